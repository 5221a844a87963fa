//! What a unit puts around its minutes: the head, the recipients, the closing.

pub use diemcau_protocol::MinutesTemplate as Template;

use super::refusal::{Code, Refusal};
use super::text::clean_line;

/// The longest name, place or recipient, in Unicode scalar values.
const LINE: usize = 200;

/// As many recipients as a document may have.
const RECIPIENTS: usize = 50;

/// The last recipient of every document.
pub(crate) const KEPT: &str = "Lưu: VT, Hồ sơ.";

/// What a unit governs comes after its kind, and is not in its abbreviation.
const PLACES: [&str; 9] = [
    "tỉnh",
    "thành",
    "huyện",
    "quận",
    "thị",
    "xã",
    "phường",
    "đặc",
    "thôn",
];

/// The template of a unit that has set up none: its name, and an
/// abbreviation made of it, *UBND* of *Ủy ban nhân dân tỉnh Minh Họa*.
pub fn of_host(unit: &str) -> Template {
    let agency: String = clean_line(unit).chars().take(LINE).collect();
    Template {
        parent: None,
        abbreviation: abbreviation_of(&agency),
        agency: match agency.is_empty() {
            true => "Điểm Cầu".to_owned(),
            false => agency,
        },
        place: None,
        recipients: Vec::new(),
        closing: None,
        size: 14,
    }
}

/// The template as it is used: clean, in its bounds. What is wrong is
/// named by its field.
///
/// # Errors
/// [`Code::BadTemplate`].
pub fn checked(template: &Template) -> Result<Template, Refusal> {
    if template.recipients.len() > RECIPIENTS {
        return Err(bad("recipients", "too many"));
    }
    if !matches!(template.size, 13 | 14) {
        return Err(bad("size", "13 or 14"));
    }
    let recipients = template.recipients.iter();
    let recipients = recipients.map(|line| required("recipients", line, LINE));
    let template = Template {
        parent: optional("parent", template.parent.as_deref(), LINE)?,
        agency: required("agency", &template.agency, LINE)?,
        abbreviation: required("abbreviation", &template.abbreviation, 20)?,
        place: optional("place", template.place.as_deref(), LINE)?,
        recipients: recipients.collect::<Result<_, _>>()?,
        closing: optional("closing", template.closing.as_deref(), 1_000)?,
        size: template.size,
    };
    super::draft::numbered(1, 2000, &template.abbreviation)
        .map_err(|refusal| bad("abbreviation", &refusal.detail))?;
    Ok(template)
}

/// The first letters of a unit's name; a word in capitals is one already.
fn abbreviation_of(agency: &str) -> String {
    let words = agency.split(|c: char| !c.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty()).enumerate();
    let kind = words.take_while(|(index, word)| *index == 0 || !PLACES.contains(word));
    let mut letters = String::new();
    for (_, word) in kind {
        let is_short = word.chars().count() > 1 && word.chars().all(char::is_uppercase);
        match is_short {
            true => letters.push_str(word),
            false => letters.extend(word.chars().take(1).flat_map(char::to_uppercase)),
        }
    }
    match letters.is_empty() {
        true => "ĐC".to_owned(),
        false => letters.replace('Ủ', "U").chars().take(20).collect(),
    }
}

fn optional(field: &str, line: Option<&str>, most: usize) -> Result<Option<String>, Refusal> {
    let line = line.map(clean_line).filter(|line| !line.is_empty());
    line.map(|line| required(field, &line, most)).transpose()
}

fn required(field: &str, line: &str, most: usize) -> Result<String, Refusal> {
    let line = clean_line(line);
    if line.is_empty() {
        return Err(bad(field, "empty"));
    }
    if line.chars().count() > most {
        return Err(bad(field, &format!("at most {most} characters")));
    }
    Ok(line)
}

fn bad(field: &str, what: &str) -> Refusal {
    Refusal::new(Code::BadTemplate, format!("{field}: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn province() -> Template {
        Template {
            parent: None,
            agency: "Ủy ban nhân dân tỉnh Lâm Sơn".to_owned(),
            abbreviation: "UBND".to_owned(),
            place: None,
            recipients: vec!["Như thành phần dự họp".to_owned()],
            closing: None,
            size: 14,
        }
    }

    #[test]
    fn a_template_is_cleaned_and_what_is_wrong_is_named() {
        let spaced = Template {
            parent: Some("  ".to_owned()),
            agency: " Ủy ban nhân dân tỉnh\u{200b} Lâm Sơn ".to_owned(),
            ..province()
        };
        assert_eq!(checked(&spaced), Ok(province()));
        let wrong = |change: fn(&mut Template)| {
            let mut template = province();
            change(&mut template);
            let refusal = checked(&template).unwrap_err();
            assert_eq!(refusal.code, Code::BadTemplate);
            refusal.detail
        };
        assert!(wrong(|t| t.agency.clear()).starts_with("agency"));
        assert!(wrong(|t| t.abbreviation = "UB/ND".to_owned()).starts_with("abbreviation"));
        assert!(wrong(|t| t.recipients.push("\u{7}".to_owned())).starts_with("recipients"));
        assert!(wrong(|t| t.recipients = vec!["A".to_owned(); 51]).starts_with("recipients"));
        assert!(wrong(|t| t.closing = Some("a".repeat(1_001))).starts_with("closing"));
        assert!(wrong(|t| t.size = 9).starts_with("size"));
    }

    #[test]
    fn a_unit_without_a_template_has_a_usable_one() {
        for (unit, abbreviation) in [
            ("Ủy ban nhân dân tỉnh Minh Họa", "UBND"),
            ("UBND tỉnh Minh Họa", "UBND"),
            ("Sở Y tế", "SYT"),
            ("Văn phòng UBND tỉnh", "VPUBND"),
            ("", "ĐC"),
            ("***", "ĐC"),
        ] {
            let template = of_host(unit);
            assert_eq!(template.abbreviation, abbreviation, "{unit}");
            checked(&template).unwrap();
        }
        checked(&of_host(&"ă b ".repeat(300))).unwrap();
    }
}
