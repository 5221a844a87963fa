//! What a unit puts around its minutes: the head, the recipients, the closing.

use serde::{Deserialize, Serialize};

use super::refusal::{Code, Refusal};
use super::text::clean_line;

/// The longest name, place or recipient, in Unicode scalar values.
const LINE: usize = 200;

/// As many recipients as a document may have.
const RECIPIENTS: usize = 50;

/// The last recipient of every document.
pub(crate) const KEPT: &str = "Lưu: VT, Hồ sơ.";

/// The template of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// *Tên cơ quan, tổ chức chủ quản*; absent where there is none above.
    #[serde(default)]
    pub parent: Option<String>,
    /// *Tên cơ quan, tổ chức*.
    pub agency: String,
    /// Its abbreviation, as in the number: `UBND`.
    pub abbreviation: String,
    /// Where the chair's site is, for *Địa điểm*.
    #[serde(default)]
    pub place: Option<String>,
    /// Whom the minutes go to; the archive is added.
    #[serde(default)]
    pub recipients: Vec<String>,
    /// What stands before the end, such as that the minutes were read out.
    #[serde(default)]
    pub closing: Option<String>,
    /// The size of the text in points: 13 or 14.
    #[serde(default = "largest")]
    pub size: u8,
}

fn largest() -> u8 {
    14
}

impl Template {
    /// The template as it is used: clean, in its bounds. What is wrong is
    /// named by its field.
    pub fn checked(&self) -> Result<Self, Refusal> {
        if self.recipients.len() > RECIPIENTS {
            return Err(bad("recipients", "too many"));
        }
        if !matches!(self.size, 13 | 14) {
            return Err(bad("size", "13 or 14"));
        }
        let recipients = self.recipients.iter();
        let recipients = recipients.map(|line| required("recipients", line, LINE));
        let template = Self {
            parent: optional("parent", self.parent.as_deref(), LINE)?,
            agency: required("agency", &self.agency, LINE)?,
            abbreviation: required("abbreviation", &self.abbreviation, 20)?,
            place: optional("place", self.place.as_deref(), LINE)?,
            recipients: recipients.collect::<Result<_, _>>()?,
            closing: optional("closing", self.closing.as_deref(), 1_000)?,
            size: self.size,
        };
        super::draft::Number::new(1, 2000, &template.abbreviation)
            .map_err(|refusal| bad("abbreviation", &refusal.detail))?;
        Ok(template)
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
        assert_eq!(spaced.checked(), Ok(province()));
        let wrong = |change: fn(&mut Template)| {
            let mut template = province();
            change(&mut template);
            let refusal = template.checked().unwrap_err();
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
}
