//! Codes of authenticators (TOTP, RFC 6238) and recovery codes. Pure but for
//! the randomness of new ones.

use totp_rs::{Builder, Secret, Totp};

use super::secret::Secret as RandomSecret;
use crate::redacted::Redacted;

/// What authenticators show beside the account's name.
const ISSUER: &str = "Điểm Cầu";

/// Bytes of a shared secret (RFC 4226 §4 recommends 160 bits).
const SECRET_BYTES: usize = 20;

/// Recovery codes of an account.
const RECOVERY_CODES: usize = 10;

/// Letters that are not mistaken for others: Crockford's Base32.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Letters of a recovery code, in groups of four: 80 bits.
const CODE_LETTERS: usize = 16;
const GROUP: usize = 4;

/// A new shared secret.
pub(super) fn new_secret() -> Redacted<Vec<u8>> {
    Redacted::new(rand::random::<[u8; SECRET_BYTES]>().to_vec())
}

/// What an authenticator needs.
pub(super) struct Enrolment {
    pub(super) base32: String,
    pub(super) uri: String,
}

/// How a secret gets into an authenticator.
pub(super) fn enrolment(secret: &Redacted<Vec<u8>>, login: &str) -> Option<Enrolment> {
    let totp = totp(secret, login)?;
    Some(Enrolment {
        base32: totp.secret().to_base32(),
        uri: totp.to_url().ok()?,
    })
}

/// The step of a code that is right now, or was half a minute ago, or will be;
/// `None` for a wrong one, and for one of a step that was used.
pub(super) fn check(
    secret: &Redacted<Vec<u8>>,
    code: &str,
    now: i64,
    last_step: i64,
) -> Option<i64> {
    let seconds = u64::try_from(now / 1_000).ok()?;
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let step = totp(secret, "-")?.check(&code, seconds)?;
    let step = i64::try_from(step).ok()?;
    (step > last_step).then_some(step)
}

fn totp(secret: &Redacted<Vec<u8>>, login: &str) -> Option<Totp> {
    Builder::new()
        .with_secret(Secret::new(secret.expose().clone().into_boxed_slice()))
        .with_account_name(login)
        .with_issuer(Some(ISSUER))
        .build()
        .ok()
}

/// The code of a moment.
#[cfg(test)]
pub(super) fn code(secret: &Redacted<Vec<u8>>, now: i64) -> String {
    let totp = totp(secret, "-").unwrap();
    totp.generate(u64::try_from(now / 1_000).unwrap())
        .to_string()
}

/// New recovery codes, as they are shown.
pub(super) fn new_recovery_codes() -> Vec<String> {
    (0..RECOVERY_CODES).map(|_| recovery_code()).collect()
}

fn recovery_code() -> String {
    let mut code = String::new();
    for (index, byte) in rand::random::<[u8; CODE_LETTERS]>().into_iter().enumerate() {
        if index > 0 && index % GROUP == 0 {
            code.push('-');
        }
        code.push(char::from(LETTERS[usize::from(byte) % LETTERS.len()]));
    }
    code
}

/// The hash by which a recovery code is found, however it is written; `None`
/// for what cannot be one.
pub(super) fn recovery_hash(code: &str) -> Option<[u8; 32]> {
    let plain: String = code
        .chars()
        .filter(|c| !matches!(c, '-' | ' '))
        .map(|c| c.to_ascii_lowercase())
        .take(CODE_LETTERS + 1)
        .collect();
    (plain.len() == CODE_LETTERS).then(|| RandomSecret::shown(&plain).hash())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, Appendix B: SHA-1, at 59 seconds and at 1,111,111,109, the
    /// last six of eight digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = Redacted::new(b"12345678901234567890".to_vec());
        assert_eq!(check(&secret, "287082", 59_000, -1), Some(1));
        assert_eq!(
            check(&secret, "081 804", 1_111_111_109_000, -1),
            Some(37_037_036)
        );
        for wrong in ["", "287083", "28708", "2870820", "máy tính", "28708２"] {
            assert_eq!(check(&secret, wrong, 59_000, -1), None, "{wrong}");
        }
    }

    #[test]
    fn a_code_is_good_once_and_for_a_step_before_and_after() {
        let secret = Redacted::new(b"12345678901234567890".to_vec());
        assert_eq!(check(&secret, "287082", 89_000, 0), Some(1));
        assert_eq!(check(&secret, "287082", 20_000, 0), Some(1));
        assert_eq!(check(&secret, "287082", 120_000, 0), None);
        assert_eq!(check(&secret, "287082", 59_000, 1), None);
        assert_eq!(check(&secret, "287082", 59_000, 2), None);
    }

    #[test]
    fn an_authenticator_is_told_whose_account_it_is() {
        let secret = new_secret();
        let enrolment = enrolment(&secret, "lan.nguyen").unwrap();
        assert!(
            enrolment.uri.starts_with("otpauth://totp/"),
            "{}",
            enrolment.uri
        );
        assert!(enrolment.uri.contains("lan.nguyen"));
        assert!(enrolment.uri.contains(&enrolment.base32));
    }

    #[test]
    fn a_recovery_code_is_known_however_it_is_written() {
        let codes = new_recovery_codes();
        assert_eq!(codes.len(), RECOVERY_CODES);
        let code = &codes[0];
        assert_eq!(code.len(), 19);
        let hash = recovery_hash(code).unwrap();
        assert_eq!(
            recovery_hash(&code.to_uppercase().replace('-', " ")),
            Some(hash)
        );
        assert_ne!(recovery_hash(&codes[1]), Some(hash));
        for wrong in ["", "abcd", "123456", &format!("{code}0")] {
            assert_eq!(recovery_hash(wrong), None, "{wrong}");
        }
    }
}
