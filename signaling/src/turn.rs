//! Passwords for TURN that expire, one for each participant, as coturn's
//! `use-auth-secret` checks them (draft-uberti-behave-turn-rest-00): the user
//! name is `EXPIRY:PARTICIPANT`, the password is
//! `base64(HMAC-SHA1(secret, user name))`.

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use diemcau_protocol::{IceServer, ParticipantId};

use crate::redacted::Redacted;

/// A TURN server that shares a secret with this one.
#[derive(Debug, Clone)]
pub struct TurnServer {
    urls: Vec<String>,
    secret: Redacted<String>,
    lifetime: Duration,
}

impl TurnServer {
    /// How long a password is valid, unless the settings say otherwise.
    pub const LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);

    /// A server at `urls` (`turn:` or `turns:`) with coturn's
    /// `static-auth-secret`; each password is valid for `lifetime`.
    pub fn new(urls: Vec<String>, secret: String, lifetime: Duration) -> Self {
        Self {
            urls,
            secret: Redacted::new(secret),
            lifetime,
        }
    }

    /// What a participant is told at `now`, in milliseconds since 1970 UTC.
    pub(crate) fn issue(&self, participant: &ParticipantId, now: i64) -> IceServer {
        let lifetime = i64::try_from(self.lifetime.as_secs()).unwrap_or(i64::MAX);
        let expiry = (now / 1_000).saturating_add(lifetime);
        let username = format!("{expiry}:{participant}");
        let key = hmac::Key::new(
            hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            self.secret.expose().as_bytes(),
        );
        let credential = STANDARD.encode(hmac::sign(&key, username.as_bytes()));
        IceServer {
            urls: self.urls.clone(),
            username: Some(username),
            credential: Some(credential),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> TurnServer {
        let urls = vec!["turns:turn.example.vn:443?transport=tcp".to_owned()];
        TurnServer::new(urls, "north".to_owned(), Duration::from_secs(24 * 60 * 60))
    }

    #[test]
    fn the_password_is_what_coturn_reckons() {
        let told = server().issue(&ParticipantId::from("p1"), 1_433_809_021_999);
        assert_eq!(told.username.as_deref(), Some("1433895421:p1"));
        // printf 1433895421:p1 | openssl dgst -sha1 -hmac north -binary | base64
        assert_eq!(
            told.credential.as_deref(),
            Some("SbOjP72m/qEoDhHH3V/3rw9iMK4=")
        );
        assert_eq!(told.urls, ["turns:turn.example.vn:443?transport=tcp"]);
    }

    #[test]
    fn everyone_has_another_one_and_the_secret_is_not_shown() {
        let [one, other] = ["p1", "p2"].map(|id| server().issue(&ParticipantId::from(id), 0));
        assert_ne!(one.credential, other.credential);
        assert!(!format!("{:?}", server()).contains("north"));
    }
}
