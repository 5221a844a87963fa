//! Tokens: signed, expiring capabilities (JWT, RFC 7519, with Ed25519, RFC 8037).
//!
//! An invitation is bound to meeting, participant and role; an administrator's
//! token opens the REST interface. The two have different audiences, so that
//! neither passes for the other.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use diemcau_protocol::{ErrorCode, MeetingId, ParticipantId, ParticipantKind, Role};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::redacted::Redacted;

/// How long an invitation is good.
pub(crate) const INVITATION_TTL: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Longer tokens are not looked at.
const LONGEST_TOKEN: usize = 8 * 1024;

/// What an invitation says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InvitationClaims {
    aud: MeetingAudience,
    /// Which meeting.
    pub(crate) meeting: MeetingId,
    /// Which place in it.
    pub(crate) participant: ParticipantId,
    /// As what.
    pub(crate) role: Role,
    /// What takes part.
    pub(crate) kind: ParticipantKind,
    /// The name, where the organisation gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// The unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unit: Option<String>,
    /// The end, in seconds since 1970 UTC.
    pub(crate) exp: i64,
}

/// Whom an invitation is for, before it is signed.
pub(crate) struct Place<'a> {
    pub(crate) meeting: &'a MeetingId,
    pub(crate) participant: &'a ParticipantId,
    pub(crate) role: Role,
    pub(crate) kind: ParticipantKind,
    pub(crate) name: Option<&'a str>,
    pub(crate) unit: Option<&'a str>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum MeetingAudience {
    #[serde(rename = "meeting")]
    Meeting,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum AdminAudience {
    #[serde(rename = "admin")]
    Admin,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum KnownAudience {
    #[serde(rename = "known")]
    Known,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum GuestAudience {
    #[serde(rename = "guest")]
    Guest,
}

/// What a link for guests says. It opens no meeting by itself: each guest
/// takes a place with it, and comes in with the invitation for that.
#[derive(Serialize, Deserialize)]
pub(crate) struct GuestClaims {
    aud: GuestAudience,
    /// Which meeting.
    pub(crate) meeting: MeetingId,
    /// Which invitation for guests.
    pub(crate) invitation: String,
    /// The end, in seconds since 1970 UTC.
    exp: i64,
}

/// A browser in which somebody signed in before. It opens nothing.
#[derive(Serialize, Deserialize)]
struct KnownClaims {
    aud: KnownAudience,
    login: String,
    device: String,
    exp: i64,
}

#[derive(Serialize, Deserialize)]
struct AdminClaims {
    aud: AdminAudience,
    exp: i64,
}

/// The keys cannot be used, or a token cannot be signed.
#[derive(Debug, thiserror::Error)]
#[error("token key: {0}")]
pub struct TokenKeyError(#[from] jsonwebtoken::errors::Error);

/// Why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenRefusal {
    #[error("the token is not valid")]
    Invalid,
    #[error("the token has expired")]
    Expired,
}

impl TokenRefusal {
    /// The code for the client.
    pub(crate) fn code(self) -> ErrorCode {
        match self {
            TokenRefusal::Invalid => ErrorCode::TokenInvalid,
            TokenRefusal::Expired => ErrorCode::TokenExpired,
        }
    }
}

/// Signs an administrator's token that ends after `ttl`, for tools that run
/// beside the server and must not open its log.
///
/// # Errors
/// When the keys cannot be used.
pub fn admin_token(
    key_pem: &str,
    public_pem: &str,
    ttl: Duration,
) -> Result<String, TokenKeyError> {
    Tokens::new(key_pem, public_pem)?.admin(ttl)
}

/// Signs and checks tokens.
pub(crate) struct Tokens {
    signing: Redacted<EncodingKey>,
    checking: DecodingKey,
    meeting: Validation,
    admin: Validation,
    known: Validation,
    guest: Validation,
}

impl Tokens {
    /// Reads the keys, and tries them on each other.
    pub(crate) fn new(key_pem: &str, public_pem: &str) -> Result<Self, TokenKeyError> {
        let tokens = Self {
            signing: Redacted::new(EncodingKey::from_ed_pem(key_pem.as_bytes())?),
            checking: DecodingKey::from_ed_pem(public_pem.as_bytes())?,
            meeting: validation("meeting"),
            admin: validation("admin"),
            known: validation("known"),
            guest: validation("guest"),
        };
        let trial = tokens.admin(Duration::from_secs(60))?;
        decode::<AdminClaims>(trial, &tokens.checking, &tokens.admin)?;
        Ok(tokens)
    }

    /// Signs an invitation that ends after `ttl`.
    pub(crate) fn invitation(
        &self,
        place: &Place<'_>,
        ttl: Duration,
    ) -> Result<String, TokenKeyError> {
        self.sign(&InvitationClaims {
            aud: MeetingAudience::Meeting,
            meeting: place.meeting.clone(),
            participant: place.participant.clone(),
            role: place.role,
            kind: place.kind,
            name: place.name.map(str::to_owned),
            unit: place.unit.map(str::to_owned),
            exp: end_after(ttl),
        })
    }

    /// Signs a link for guests that ends at a time, in milliseconds since 1970
    /// UTC. It is the same each time.
    pub(crate) fn guest(
        &self,
        meeting: &MeetingId,
        invitation: &str,
        ends_at: i64,
    ) -> Result<String, TokenKeyError> {
        self.sign(&GuestClaims {
            aud: GuestAudience::Guest,
            meeting: meeting.clone(),
            invitation: invitation.to_owned(),
            exp: ends_at.div_euclid(1_000),
        })
    }

    /// Signs an administrator's token that ends after `ttl`.
    pub(crate) fn admin(&self, ttl: Duration) -> Result<String, TokenKeyError> {
        self.sign(&AdminClaims {
            aud: AdminAudience::Admin,
            exp: end_after(ttl),
        })
    }

    /// Signs what tells that an account was opened in a browser before.
    pub(crate) fn known(
        &self,
        login: &str,
        device: &str,
        ttl: Duration,
    ) -> Result<String, TokenKeyError> {
        self.sign(&KnownClaims {
            aud: KnownAudience::Known,
            login: login.to_owned(),
            device: device.to_owned(),
            exp: end_after(ttl),
        })
    }

    /// The account's name and the browser, where that was signed here.
    pub(crate) fn check_known(&self, token: &Redacted<String>) -> Option<(String, String)> {
        let claims: KnownClaims = self.check(token, &self.known).ok()?;
        Some((claims.login, claims.device))
    }

    /// Checks an invitation.
    pub(crate) fn check_invitation(
        &self,
        token: &Redacted<String>,
    ) -> Result<InvitationClaims, TokenRefusal> {
        self.check(token, &self.meeting)
    }

    /// Checks a link for guests.
    pub(crate) fn check_guest(
        &self,
        token: &Redacted<String>,
    ) -> Result<GuestClaims, TokenRefusal> {
        self.check(token, &self.guest)
    }

    /// Checks an invitation or a link for guests, for what opens no meeting;
    /// gives whom it is for.
    pub(crate) fn check_link(
        &self,
        token: &Redacted<String>,
    ) -> Result<ParticipantId, TokenRefusal> {
        match self.check_guest(token) {
            Ok(claims) => Ok(ParticipantId(claims.invitation)),
            Err(_) => Ok(self.check_invitation(token)?.participant),
        }
    }

    /// Checks an administrator's token.
    pub(crate) fn check_admin(&self, token: &Redacted<String>) -> Result<(), TokenRefusal> {
        self.check::<AdminClaims>(token, &self.admin).map(|_| ())
    }

    fn sign<T: Serialize>(&self, claims: &T) -> Result<String, TokenKeyError> {
        let header = Header::new(Algorithm::EdDSA);
        Ok(encode(&header, claims, self.signing.expose())?)
    }

    fn check<T: DeserializeOwned>(
        &self,
        token: &Redacted<String>,
        validation: &Validation,
    ) -> Result<T, TokenRefusal> {
        let token = token.expose();
        if token.len() > LONGEST_TOKEN {
            return Err(TokenRefusal::Invalid);
        }
        match decode::<T>(token, &self.checking, validation) {
            Ok(data) => Ok(data.claims),
            Err(error) if matches!(error.kind(), ErrorKind::ExpiredSignature) => {
                Err(TokenRefusal::Expired)
            }
            Err(_) => Err(TokenRefusal::Invalid),
        }
    }
}

fn validation(audience: &str) -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&[audience]);
    validation.set_required_spec_claims(&["exp", "aud"]);
    validation.leeway = 0;
    validation
}

fn end_after(ttl: Duration) -> i64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(now.saturating_add(ttl).as_secs()).unwrap_or(i64::MAX)
}
