//! Who keeps archives, and what is written down of it: for the addresses of
//! recordings, which stand outside of this crate.

use std::borrow::Cow;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use diemcau_protocol::{ErrorCode, MeetingId};
use serde_json::Value as Json;

use super::actor::Caller;
use super::problem::Problem;
use crate::administration::Act;
use crate::clock::now_ms;
use crate::service::Signaling;
use crate::store::StoreError;

/// Somebody who may put archives under a hold and have them destroyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveKeeper {
    /// As it stands in the audit log.
    pub name: String,
    /// The same for somebody's account and for the programs that act for them.
    pub person: String,
}

/// The answer to whom nobody knows, or who may not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeeperRefused {
    /// The HTTP status.
    pub status: StatusCode,
    /// Why.
    pub code: ErrorCode,
    /// In English, for whoever writes a client.
    pub detail: Cow<'static, str>,
}

impl From<Problem> for KeeperRefused {
    fn from(problem: Problem) -> Self {
        let (status, code, detail) = problem.parts();
        Self {
            status,
            code,
            detail,
        }
    }
}

impl Signaling {
    /// Who asks, where they may administer the server.
    ///
    /// # Errors
    /// Says why not.
    pub async fn archive_keeper(&self, parts: &mut Parts) -> Result<ArchiveKeeper, KeeperRefused> {
        let caller = Caller::from_request_parts(parts, &self.shared).await?;
        caller.administers().map_err(Problem::from)?;
        let person = person_of(&caller.name).to_owned();
        let name = caller.name;
        Ok(ArchiveKeeper { name, person })
    }

    /// Writes down in the audit log what was done with an archive.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub async fn note_archive(
        &self,
        keeper: &ArchiveKeeper,
        action: &'static str,
        meeting: &MeetingId,
        (before, after): (Json, Json),
    ) -> Result<(), StoreError> {
        let act = Act {
            actor: keeper.name.clone(),
            action,
            at: now_ms(),
            once: None,
        };
        let mut work = self.shared.administration.work().await?;
        let noted = work
            .note(&act, ("archive", meeting.as_str()), before, after)
            .await;
        work.end(noted).await
    }
}

/// `account:LOGIN` and `token:LOGIN/ID` are the same person.
fn person_of(name: &str) -> &str {
    let owner = name
        .strip_prefix("token:")
        .and_then(|rest| rest.rsplit_once('/'));
    match owner {
        Some((login, _)) => login,
        None => name.strip_prefix("account:").unwrap_or(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_and_their_program_are_one_person() {
        assert_eq!(person_of("account:an"), "an");
        assert_eq!(person_of("token:an/7f"), "an");
        assert_eq!(person_of("administrator"), "administrator");
    }
}
