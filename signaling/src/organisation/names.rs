//! Identifiers and names, parsed once.

use diemcau_protocol::{ErrorCode, NAME_LENGTH};
use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

use super::Refusal;
use crate::meeting::clean_line;

/// The longest identifier, in characters.
const ID_LENGTH: usize = 64;

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub(crate) struct $name(String);

        impl $name {
            /// An identifier of ASCII letters, digits, and `.`, `_`, `-`.
            pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
                let text = text.trim();
                let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
                if (1..=ID_LENGTH).contains(&text.len()) && text.chars().all(fits) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(Refusal::new(
                        ErrorCode::BadMessage,
                        "an identifier has 1 to 64 letters, digits, and . _ -",
                    ))
                }
            }

            pub(crate) fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

identifier! {
    /// A unit: the official code of the unit, or one made here.
    UnitId
}
identifier! {
    /// A site or a person.
    MemberId
}
identifier! {
    /// A tier: `province`, `commune`.
    TierId
}

/// What people are called, and units, sites and positions: one clean line of
/// 1 to 120 characters in Unicode's NFC.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub(crate) struct Name(String);

impl Name {
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let clean: String = clean_line(text).nfc().collect();
        match clean.chars().count() {
            0 => Err(Refusal::new(ErrorCode::TextEmpty, "the name is empty")),
            length if length > NAME_LENGTH as usize => Err(Refusal::new(
                ErrorCode::TextTooLong,
                "the name has more than 120 characters",
            )),
            _ => Ok(Self(clean)),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A name and when it was valid, in milliseconds since 1970 UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct NamePeriod {
    pub(crate) name: Name,
    pub(crate) from: i64,
    /// Absent while it is valid.
    pub(crate) to: Option<i64>,
}
