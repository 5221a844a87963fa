//! From what a provider says to an account and its roles.

use std::collections::BTreeMap;
use std::sync::Arc;

use diemcau_protocol::{ErrorCode, SignInMethod, SystemRole};
use serde_json::{Map, Value as Json};

use super::accounts::{self, Account, Login};
use super::sign_in::{self, Arrival, SignedIn};
use super::{Administration, IdentityError};
use crate::OidcConfig;
use crate::administration::{Act, Work};
use crate::ids;
use crate::organisation::{
    Change, MemberId, MemberKind, Name, Organisation, Refusal, UnitId, decide,
};
use crate::permissions::system::{Grant, Place};

const NO_ACCOUNT: Refusal = Refusal::new(
    ErrorCode::NoAccount,
    "the provider knows the person, but no account goes with it",
);

/// Who somebody is at the provider.
pub(crate) struct Claims {
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) claims: Map<String, Json>,
}

impl Claims {
    fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Json::as_str)
    }

    /// One text, or several.
    fn texts(&self, name: &str) -> Vec<&str> {
        match self.claims.get(name) {
            Some(Json::String(text)) => vec![text],
            Some(Json::Array(texts)) => texts.iter().filter_map(Json::as_str).collect(),
            Some(_) | None => Vec::new(),
        }
    }

    /// The roles that the claims stand for, for somebody of a unit.
    fn grants(
        &self,
        claim: &str,
        roles: &BTreeMap<String, SystemRole>,
        unit: &UnitId,
    ) -> Vec<Grant> {
        let mut grants: Vec<Grant> = self
            .texts(claim)
            .into_iter()
            .filter_map(|text| roles.get(text))
            .map(|role| Grant {
                role: *role,
                place: match role {
                    SystemRole::Administrator
                    | SystemRole::Auditor
                    | SystemRole::Member
                    // The settings do not take it: there is no site in a claim.
                    | SystemRole::SiteOperator => Place::Everywhere,
                    SystemRole::UnitAdministrator | SystemRole::Organiser | SystemRole::Clerk => {
                        Place::Unit(unit.clone())
                    }
                },
            })
            .filter(|grant| grant.role != SystemRole::SiteOperator)
            .collect();
        grants.sort();
        grants.dedup();
        grants
    }
}

/// Begins a session of whoever the provider says that it is; makes the account
/// where the settings allow it.
pub(crate) async fn admit(
    administration: &Administration,
    config: &OidcConfig,
    now: i64,
    arrival: &Arrival,
    claims: &Claims,
) -> Result<SignedIn, IdentityError> {
    let mut work = administration.work().await?;
    let admitted = async {
        let account = account(&mut work, config, now, claims).await?;
        sign_in::begin(&mut work, now, arrival, account, SignInMethod::Provider).await
    }
    .await;
    work.end(admitted).await
}

async fn account(
    work: &mut Work<'_>,
    config: &OidcConfig,
    now: i64,
    claims: &Claims,
) -> Result<Account, IdentityError> {
    let who = (claims.issuer.as_str(), claims.subject.as_str());
    let (before, mut account) = match accounts::by_provider(work, who).await? {
        Some(account) => (account.audited(), account),
        None => {
            let login = claims.text(&config.login_claim).ok_or(NO_ACCOUNT)?;
            let login = Login::parse(login).map_err(|_| NO_ACCOUNT)?;
            match accounts::by_login(work, &login).await? {
                Some(account) if config.link_accounts && account.provider.is_none() => {
                    (account.audited(), account)
                }
                Some(_) => return Err(NO_ACCOUNT.into()),
                None if config.create_accounts => {
                    let account = make(work, config, now, claims, login).await?;
                    (Json::Null, account)
                }
                None => return Err(NO_ACCOUNT.into()),
            }
        }
    };
    let organisation = Arc::clone(work.organisation());
    let person = account.person(&organisation).ok_or(NO_ACCOUNT)?;
    account.provider = Some((claims.issuer.clone(), claims.subject.clone()));
    if let Some(claim) = &config.role_claim {
        account.grants = claims.grants(claim, &config.roles, &person.unit);
    }
    let after = account.audited();
    if before != after {
        if !before.is_null() {
            account.version += 1;
        }
        accounts::write(work, &account).await?;
        let action = if before.is_null() {
            "account.create"
        } else {
            "account.change"
        };
        let act = by_provider(action, now);
        work.note(&act, ("account", &account.id), before, after)
            .await?;
    }
    Ok(account)
}

fn by_provider(action: &'static str, at: i64) -> Act {
    Act {
        actor: "provider".to_owned(),
        action,
        at,
        once: None,
    }
}

/// A person in the unit that the provider names, and an account.
async fn make(
    work: &mut Work<'_>,
    config: &OidcConfig,
    now: i64,
    claims: &Claims,
    login: Login,
) -> Result<Account, IdentityError> {
    let unit = config
        .unit_claim
        .as_deref()
        .and_then(|claim| claims.text(claim));
    let unit = UnitId::parse(unit.ok_or(NO_ACCOUNT)?).map_err(|_| NO_ACCOUNT)?;
    let is_open = |organisation: &Organisation| {
        let unit = organisation.units.get(&unit);
        unit.is_some_and(|unit| unit.closed_at.is_none())
    };
    if !is_open(work.organisation()) {
        return Err(NO_ACCOUNT.into());
    }
    let name = claims.text("name").unwrap_or(login.as_str());
    let person = MemberId::parse(&ids::entry())?;
    let change = Change::AddMember {
        kind: MemberKind::Person,
        id: person.clone(),
        unit: unit.clone(),
        name: Name::parse(name)?,
        position: None,
    };
    let records = decide(work.organisation(), now, change)?;
    work.change(&by_provider("person.create", now), records)
        .await?;
    Ok(Account::new(ids::entry(), person, login, now))
}

#[cfg(test)]
mod tests;
