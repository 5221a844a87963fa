//! What people write, made fit to be stored and shown.

use diemcau_protocol::{CHAT_LENGTH, ErrorCode, NAME_LENGTH};

use super::Refusal;

/// A name without outer blanks and control characters, or nothing.
pub fn clean_name(name: &str) -> Result<Option<String>, Refusal> {
    let clean: String = name.chars().filter(|c| !c.is_control()).collect();
    let clean = clean.trim();
    if clean.chars().count() > NAME_LENGTH as usize {
        return Err(Refusal::new(ErrorCode::TextTooLong, "the name is too long"));
    }
    Ok((!clean.is_empty()).then(|| clean.to_owned()))
}

/// A chat message without outer blanks and without control characters other
/// than line break and tabulator.
pub(super) fn clean_chat(text: &str) -> Result<String, Refusal> {
    let clean: String = text
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect();
    let clean = clean.trim();
    if clean.is_empty() {
        return Err(Refusal::new(ErrorCode::TextEmpty, "the message is empty"));
    }
    if clean.chars().count() > CHAT_LENGTH as usize {
        return Err(Refusal::new(
            ErrorCode::TextTooLong,
            "the message is too long",
        ));
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
    fn lengths_count_characters_not_bytes() {
        let longest = "ễ".repeat(CHAT_LENGTH as usize);
        assert_eq!(clean_chat(&longest).unwrap(), longest);
        let refusal = clean_chat(&format!("{longest}ễ")).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::TextTooLong);
        assert_eq!(clean_chat("\n").unwrap_err().code, ErrorCode::TextEmpty);
    }
}
