//! What people write, made fit to be stored and shown.

use diemcau_protocol::{CHAT_LENGTH, ErrorCode, NAME_LENGTH};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use super::Refusal;

/// A line of text without outer blanks and without what nobody sees: control
/// characters, and format characters, which can turn the order of letters
/// around or make two names look alike (Unicode categories Cc, Cf, Zl, Zp).
pub(crate) fn clean_line(text: &str) -> String {
    let seen = |c: &char| {
        !matches!(
            c.general_category(),
            GeneralCategory::Control
                | GeneralCategory::Format
                | GeneralCategory::LineSeparator
                | GeneralCategory::ParagraphSeparator
        )
    };
    let clean: String = text.chars().filter(seen).collect();
    clean.trim().to_owned()
}

/// A name as a clean line, or nothing.
pub fn clean_name(name: &str) -> Result<Option<String>, Refusal> {
    let clean = clean_line(name);
    if clean.chars().count() > NAME_LENGTH as usize {
        return Err(Refusal::new(ErrorCode::TextTooLong, "the name is too long"));
    }
    Ok(Some(clean).filter(|clean| !clean.is_empty()))
}

/// A chat message, as [`clean_text`].
pub(super) fn clean_chat(text: &str) -> Result<String, Refusal> {
    clean_text(text, CHAT_LENGTH)
}

/// A text of some lines without outer blanks and without control characters
/// other than line break and tabulator; 1 to `most` characters.
pub(super) fn clean_text(text: &str, most: u32) -> Result<String, Refusal> {
    let clean: String = text
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect();
    let clean = clean.trim();
    if clean.is_empty() {
        return Err(Refusal::new(ErrorCode::TextEmpty, "the text is empty"));
    }
    if clean.chars().count() > most as usize {
        return Err(Refusal::new(ErrorCode::TextTooLong, "the text is too long"));
    }
    Ok(clean.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vietnamese_name_stays_as_it_is() {
        assert_eq!(
            clean_name("  Xã An Bình\u{0} ").unwrap().as_deref(),
            Some("Xã An Bình")
        );
        assert_eq!(clean_name(" \u{7} ").unwrap(), None);
    }

    #[test]
    fn a_name_shows_everything_that_is_in_it() {
        let sly = "\u{202e}hnìB nA ãX\u{202c} \u{2066}(chủ\u{200b} tọa)\u{2069}\u{feff}";
        assert_eq!(
            clean_name(sly).unwrap().as_deref(),
            Some("hnìB nA ãX (chủ tọa)")
        );
        assert_eq!(
            clean_name("\u{200b} \u{200f}\u{2028}\u{e0041}").unwrap(),
            None
        );
    }

    #[test]
    fn lengths_count_characters_not_bytes() {
        let longest = "ễ".repeat(CHAT_LENGTH as usize);
        assert_eq!(clean_chat(&longest).unwrap(), longest);
        let refusal = clean_chat(&format!("{longest}ễ")).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::TextTooLong);
        assert_eq!(clean_chat("\n").unwrap_err().code, ErrorCode::TextEmpty);
    }
}
