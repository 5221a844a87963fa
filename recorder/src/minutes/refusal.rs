//! Why something about minutes was refused.

use serde::{Deserialize, Serialize};

/// A reason, for those who are told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The draft was changed meanwhile; look at it again.
    StaleRevision,
    /// It is approved, issued or superseded, and frozen.
    MinutesFrozen,
    /// It is not approved by the chair yet.
    MinutesNotApproved,
    /// It is not issued.
    MinutesNotIssued,
    /// It is issued already.
    MinutesIssued,
    /// Only the chair does this.
    OnlyTheChair,
    /// Only the secretary, or the chair, does this.
    OnlyTheSecretary,
    /// There is no such statement.
    UnknownStatement,
    /// What was established is corrected, with a reason, and not rewritten.
    Established,
    /// What somebody wrote is rewritten, and not corrected.
    NotEstablished,
    /// Nothing can be written there.
    NoSuchPlace,
    /// The text is empty.
    TextEmpty,
    /// The text is too long.
    TextTooLong,
    /// A correction needs a reason.
    ReasonMissing,
    /// The number of the minutes is not one.
    BadNumber,
    /// The year is not one.
    BadYear,
    /// The name under a signature is missing.
    SignerMissing,
    /// Too many statements were written.
    TooMany,
    /// The template cannot be used.
    BadTemplate,
    /// The file is not a PDF, or a damaged one.
    NotAPdf,
    /// The PDF is encrypted.
    PdfEncrypted,
    /// The file is too large.
    TooLarge,
    /// The PDF's text is not the one that was issued.
    TextDiffers,
    /// Something was put over the pages.
    PagesCovered,
    /// Nobody signed it.
    NotSigned,
}

/// A refusal, and what exactly is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refusal {
    /// Why.
    pub code: Code,
    /// The same in English, with what it is about.
    pub detail: String,
}

impl Refusal {
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::minutes::project::NoMinutes;

    const TEXTS: [&str; 2] = [
        include_str!("../../../web-client/src/ui/i18n/vi.json"),
        include_str!("../../../web-client/src/ui/i18n/en.json"),
    ];

    /// Every code; a new one does not compile until it stands here.
    fn next(code: Code) -> Option<Code> {
        use Code::*;
        Some(match code {
            StaleRevision => MinutesFrozen,
            MinutesFrozen => MinutesNotApproved,
            MinutesNotApproved => MinutesNotIssued,
            MinutesNotIssued => MinutesIssued,
            MinutesIssued => OnlyTheChair,
            OnlyTheChair => OnlyTheSecretary,
            OnlyTheSecretary => UnknownStatement,
            UnknownStatement => Established,
            Established => NotEstablished,
            NotEstablished => NoSuchPlace,
            NoSuchPlace => TextEmpty,
            TextEmpty => TextTooLong,
            TextTooLong => ReasonMissing,
            ReasonMissing => BadNumber,
            BadNumber => BadYear,
            BadYear => SignerMissing,
            SignerMissing => TooMany,
            TooMany => BadTemplate,
            BadTemplate => NotAPdf,
            NotAPdf => PdfEncrypted,
            PdfEncrypted => TooLarge,
            TooLarge => TextDiffers,
            TextDiffers => PagesCovered,
            PagesCovered => NotSigned,
            NotSigned => return None,
        })
    }

    #[test]
    fn every_refusal_has_a_text_in_both_languages() {
        let codes = std::iter::successors(Some(Code::StaleRevision), |code| next(*code));
        let names = codes.map(|code| serde_json::to_value(code).unwrap());
        let mut names: Vec<String> = names
            .map(|name| name.as_str().unwrap().to_owned())
            .collect();
        let none = [
            NoMinutes::NeverOpened,
            NoMinutes::NotOver,
            NoMinutes::OutOfOrder { seq: 1 },
        ];
        names.extend(none.map(|reason| reason.code().to_owned()));
        names.sort();
        for texts in TEXTS {
            let texts: Value = serde_json::from_str(texts).unwrap();
            let texts = texts["minutes"]["refusal"].as_object().unwrap();
            let mut told: Vec<&String> = texts.keys().collect();
            told.sort();
            assert_eq!(told, names.iter().collect::<Vec<_>>());
        }
    }
}
