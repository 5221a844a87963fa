//! What people write, made fit to be kept and printed.

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use super::refusal::{Code, Refusal};

/// A text of some lines, composed as TCVN 6909:2001 has it, without outer
/// blanks and without what nobody sees; 1 to `most` characters.
pub(crate) fn clean_text(text: &str, most: usize) -> Result<String, Refusal> {
    let lines: Vec<String> = text.lines().map(clean_line).collect();
    let clean = lines.join("\n").trim().to_owned();
    if clean.is_empty() {
        return Err(Refusal::new(Code::TextEmpty, "the text is empty"));
    }
    if clean.chars().count() > most {
        let detail = format!("at most {most} characters");
        return Err(Refusal::new(Code::TextTooLong, detail));
    }
    Ok(clean)
}

/// A line, composed, without outer blanks and without what nobody sees:
/// control characters, and format characters, which can turn the order of
/// letters around (Unicode categories Cc, Cf, Zl, Zp). A tabulator is a blank.
pub(crate) fn clean_line(line: &str) -> String {
    let seen = |c: &char| {
        !matches!(
            c.general_category(),
            GeneralCategory::Control
                | GeneralCategory::Format
                | GeneralCategory::LineSeparator
                | GeneralCategory::ParagraphSeparator
        )
    };
    let blank = |c: char| if c == '\t' { ' ' } else { c };
    let clean: String = line.nfc().map(blank).filter(seen).collect();
    clean.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_composed_and_what_nobody_sees_is_gone() {
        let decomposed = "Ti\u{ea}\u{301}ng Vi\u{1ec7}t\u{202e}\u{0}\tA";
        assert_eq!(clean_line(decomposed), "Tiếng Việt A");
        let two = clean_text("  một \r\n\u{200b}hai\n\n", 10);
        assert_eq!(two.as_deref(), Ok("một\nhai"));
        assert_eq!(clean_text("\n\u{7}", 10).unwrap_err().code, Code::TextEmpty);
        let long = clean_text(&"ễ".repeat(11), 10);
        assert_eq!(long.unwrap_err().code, Code::TextTooLong);
    }
}
