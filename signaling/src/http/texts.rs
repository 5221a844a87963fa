//! What each code means, in the user's language: the texts of the web client,
//! so that both say the same.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use diemcau_protocol::ErrorCode;

/// A language of the texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Vietnamese,
    English,
}

impl Language {
    /// The one that the request prefers (RFC 9110 §12.5.4); Vietnamese where
    /// it prefers neither.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let wanted = headers
            .get(ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        let (mut vietnamese, mut english) = (0.0, 0.0);
        for range in wanted.unwrap_or_default().split(',') {
            let (tag, parameter) = range.split_once(';').unwrap_or((range, "q=1"));
            let quality = parameter
                .trim()
                .strip_prefix("q=")
                .and_then(|q| q.parse().ok());
            let quality: f32 = quality.unwrap_or(0.0);
            match tag.trim().split('-').next() {
                Some("vi") => vietnamese = quality.max(vietnamese),
                Some("en") => english = quality.max(english),
                _ => {}
            }
        }
        if english > vietnamese {
            Language::English
        } else {
            Language::Vietnamese
        }
    }

    pub(super) fn tag(self) -> &'static str {
        match self {
            Language::Vietnamese => "vi",
            Language::English => "en",
        }
    }
}

/// The text of a code.
pub(crate) fn text(code: ErrorCode, language: Language) -> &'static str {
    static VIETNAMESE: LazyLock<Texts> = LazyLock::new(|| texts(VIETNAMESE_FILE));
    static ENGLISH: LazyLock<Texts> = LazyLock::new(|| texts(ENGLISH_FILE));
    let texts = match language {
        Language::Vietnamese => &*VIETNAMESE,
        Language::English => &*ENGLISH,
    };
    // A test looks for the text of every code.
    texts.get(&code).map_or("", String::as_str)
}

type Texts = BTreeMap<ErrorCode, String>;

const VIETNAMESE_FILE: &str = include_str!("../../../web-client/src/ui/i18n/vi.json");
const ENGLISH_FILE: &str = include_str!("../../../web-client/src/ui/i18n/en.json");

/// The texts of codes in a file of the web client, which has others too.
fn texts(file: &str) -> Texts {
    let all: serde_json::Value = serde_json::from_str(file).unwrap_or_default();
    let texts = all["error"].as_object().into_iter().flatten();
    texts
        .filter_map(|(code, text)| {
            let code = serde_json::from_value(code.as_str().into()).ok()?;
            Some((code, text.as_str()?.to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_text_in_both_languages() {
        // The variants as serde knows them.
        let unknown = serde_json::from_str::<ErrorCode>("\"?\"").unwrap_err();
        let listed = unknown.to_string();
        let names = listed.split('`').skip(3).step_by(2);
        let codes: Vec<ErrorCode> = names
            .map(|name| serde_json::from_value(name.into()).unwrap())
            .collect();
        assert!(codes.len() > 40, "{listed}");
        for code in codes {
            assert!(!text(code, Language::Vietnamese).is_empty(), "{code:?}");
            assert!(!text(code, Language::English).is_empty(), "{code:?}");
        }
    }

    fn of(accepted: &str) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, accepted.parse().unwrap());
        Language::of(&headers)
    }

    #[test]
    fn vietnamese_is_spoken_unless_english_is_preferred() {
        assert_eq!(Language::of(&HeaderMap::new()), Language::Vietnamese);
        for accepted in [
            "vi",
            "vi-VN,en;q=0.8",
            "fr",
            "en;q=0.3, vi;q=0.4",
            "en;q=x",
            ";;,",
        ] {
            assert_eq!(of(accepted), Language::Vietnamese, "{accepted}");
        }
        for accepted in ["en", "en-GB,vi;q=0.9", "fr, en;q=0.1"] {
            assert_eq!(of(accepted), Language::English, "{accepted}");
        }
    }
}
