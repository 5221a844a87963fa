//! The units' templates of minutes.

use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use diemcau_protocol::{ErrorCode, MinutesTemplate};
use serde_json::{Value as Json, json};

use super::Reader;
use crate::Signaling;
use crate::database::Value;
use crate::http::conditional::{Expected, etag};
use crate::http::problem::Problem;
use crate::organisation::{Refusal, UnitId};
use crate::permissions::system::{SystemAction, Target};
use crate::service::Shared;
use crate::store::StoreError;

/// A unit, and the template that it has set up, if it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The unit's name now.
    pub unit_name: String,
    /// The template.
    pub template: Option<MinutesTemplate>,
    /// The ETag; that of none where there is none.
    pub etag: String,
}

impl Signaling {
    /// The template of a unit, whoever asks.
    ///
    /// # Errors
    /// A problem where there is no such unit, or nothing can be read.
    pub async fn minutes_template(&self, unit: &str) -> Result<Template, Response> {
        show(self.shared(), unit)
            .await
            .map_err(IntoResponse::into_response)
    }

    /// Sets the template of a unit, which fits; `headers` have the `If-Match`.
    ///
    /// # Errors
    /// A problem where somebody may not, or was quicker.
    pub async fn set_minutes_template(
        &self,
        reader: &Reader,
        unit: &str,
        headers: &HeaderMap,
        template: &MinutesTemplate,
    ) -> Result<Template, Response> {
        let set = set(self.shared(), reader, unit, headers, template).await;
        set.map_err(IntoResponse::into_response)
    }
}

impl Reader {
    /// Whether they look after the minutes of a unit.
    ///
    /// # Errors
    /// A problem where they do not.
    pub fn keeps_minutes_of(&self, unit: &str) -> Result<(), Response> {
        self.keeps(unit).map_err(IntoResponse::into_response)
    }

    /// Whether they look after minutes anywhere.
    ///
    /// # Errors
    /// A problem where they do not.
    pub fn keeps_minutes(&self) -> Result<(), Response> {
        match self.powers.permit_somewhere(SystemAction::ManageArchives) {
            true => Ok(()),
            false => Err(super::not_allowed().into_response()),
        }
    }

    fn keeps(&self, unit: &str) -> Result<(), Problem> {
        let target = Target::Unit(UnitId::parse(unit).map_err(|_| UNKNOWN)?);
        let action = SystemAction::ManageArchives;
        self.powers.check(&self.organisation, action, &target)?;
        Ok(())
    }
}

const UNKNOWN: Refusal = Refusal::new(ErrorCode::NotFound, "there is no such unit");

async fn show(shared: &Shared, unit: &str) -> Result<Template, Problem> {
    let id = UnitId::parse(unit).map_err(|_| UNKNOWN)?;
    let organisation = shared.administration.organisation().await?;
    let known = organisation.units.get(&id).ok_or(UNKNOWN)?;
    let name = known.names.last();
    let mut work = shared.administration.glance().await?;
    let found = read(&mut work, unit).await;
    let found = work.end(found).await?;
    Ok(Template {
        unit_name: name.map_or(String::new(), |period| period.name.as_str().to_owned()),
        etag: etag(found.as_ref().map_or(0, |(version, _)| *version)),
        template: found.map(|(_, template)| template),
    })
}

async fn read(
    work: &mut crate::administration::Work<'_>,
    unit: &str,
) -> Result<Option<(i64, MinutesTemplate)>, StoreError> {
    let sql = "SELECT version, template FROM minutes_templates WHERE unit = $1";
    let Some(row) = work.fetch_one(sql, &[Value::Text(unit)]).await? else {
        return Ok(None);
    };
    let bytes: Vec<u8> = row.get("template")?;
    let template = serde_json::from_slice(&bytes);
    let template = template.map_err(|error| StoreError::Database(error.to_string()))?;
    Ok(Some((row.get("version")?, template)))
}

async fn set(
    shared: &Shared,
    reader: &Reader,
    unit: &str,
    headers: &HeaderMap,
    template: &MinutesTemplate,
) -> Result<Template, Problem> {
    reader.keeps(unit)?;
    let expected = Expected::of(headers)?;
    let shown = show(shared, unit).await?;
    let act = reader.act("minutes.set_template");
    let mut work = shared.administration.work().await?;
    let written = async {
        let before = read(&mut work, unit).await?;
        let version = before.as_ref().map_or(0, |(version, _)| *version);
        expected.check(version)?;
        let sql = "INSERT INTO minutes_templates (unit, version, template) VALUES ($1, $2, $3) \
                   ON CONFLICT (unit) DO UPDATE SET version = excluded.version, \
                   template = excluded.template";
        // Texts and numbers always become JSON.
        let json = serde_json::to_vec(template).unwrap_or_default();
        let values = [
            Value::Text(unit),
            Value::Int(version + 1),
            Value::Bytes(&json),
        ];
        work.execute(sql, &values).await?;
        let before = before.map_or(Json::Null, |(_, template)| json!(template));
        let subject = ("minutes_template", unit);
        work.note(&act, subject, before, json!(template)).await?;
        Ok::<_, Problem>(version + 1)
    };
    let written = written.await;
    let version = work.end(written).await?;
    Ok(Template {
        template: Some(template.clone()),
        etag: etag(version),
        ..shown
    })
}
