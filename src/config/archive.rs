//! `[archive]`: what is done with archives once they are made.

use std::collections::BTreeMap;
use std::path::PathBuf;

use diemcau_recorder::{DepotConfig, Identity, Recipients, Retention};
use serde::Deserialize;
use toml::Spanned;

use super::Redacted;
use super::check::{Check, Complaint, complain};
use super::file::Reader;
use super::place::{Found, Place};
use super::s3::{RawS3, S3Table};

/// A hundred years.
const MOST_DAYS: u32 = 36_525;

/// `[archive]`, as it stands in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ArchiveTable {
    timestamp_url: Option<Spanned<String>>,
    encrypt_to: Option<Spanned<Vec<Spanned<String>>>>,
    identity: Option<Spanned<String>>,
    keep_days: Option<Spanned<i64>>,
    #[serde(default)]
    keep_days_of_units: BTreeMap<String, Spanned<i64>>,
    s3: Option<S3Table>,
}

/// `[archive]`, as text.
#[derive(Debug, Clone, Default)]
pub(super) struct RawArchive {
    timestamp_url: Option<Found<String>>,
    encrypt_to: Option<Found<Vec<Found<String>>>>,
    identity: Option<Found<String>>,
    keep_days: Option<Found<String>>,
    keep_days_of_units: Vec<(String, Found<String>)>,
    s3: Option<RawS3>,
}

impl RawArchive {
    pub(super) fn read(table: Option<ArchiveTable>, at: &Reader<'_>) -> Self {
        let Some(table) = table else {
            return Self::default();
        };
        let of_units = table.keep_days_of_units.into_iter();
        Self {
            timestamp_url: at.option(table.timestamp_url),
            encrypt_to: table.encrypt_to.map(|list| at.list(list)),
            identity: at.option(table.identity),
            keep_days: at.option(table.keep_days),
            keep_days_of_units: of_units.map(|(unit, days)| (unit, at.text(days))).collect(),
            s3: table.s3.map(|table| RawS3::read(table, at)),
        }
    }
}

/// What is done with archives.
#[derive(Debug, Clone, Default)]
pub struct ArchiveSetting {
    /// Where manifests are stamped (RFC 3161).
    pub timestamp_url: Option<String>,
    /// For whom archives are encrypted.
    pub recipients: Option<Recipients>,
    /// What opens them.
    pub identity: Option<ArchiveIdentity>,
    /// How long they are kept.
    pub retention: Retention,
    /// Where they are stored, too.
    pub s3: Option<DepotConfig>,
}

impl PartialEq for ArchiveSetting {
    fn eq(&self, other: &Self) -> bool {
        let of = |one: &Self| {
            (
                one.timestamp_url.clone(),
                one.recipients.clone(),
                one.identity.as_ref().map(|identity| identity.file.clone()),
                one.retention.clone(),
                one.s3.clone(),
            )
        };
        of(self) == of(other)
    }
}

impl Eq for ArchiveSetting {}

/// An identity of age, and where it was read.
#[derive(Debug, Clone)]
pub struct ArchiveIdentity {
    /// The file.
    pub file: PathBuf,
    /// The keys in it; not shown.
    pub keys: Identity,
}

impl Check {
    pub(super) fn archive(&mut self, raw: RawArchive) -> ArchiveSetting {
        let timestamp_url = raw
            .timestamp_url
            .and_then(|found| self.one_of_archive("archive.timestamp_url", &found, web_address));
        let recipients = raw.encrypt_to.and_then(|found| self.recipients(&found));
        let identity = raw
            .identity
            .and_then(|found| self.identity(&found, recipients.as_ref()));
        let days = raw
            .keep_days
            .and_then(|found| self.one_of_archive("archive.keep_days", &found, days_number));
        let mut of_units = BTreeMap::new();
        for (unit, found) in raw.keep_days_of_units {
            let name = "archive.keep_days_of_units";
            if let Some(days) = self.one_of_archive(name, &found, days_number) {
                of_units.insert(unit, days);
            }
        }
        let s3 = raw.s3.and_then(|raw| self.s3(raw, recipients.is_some()));
        let encrypted = match &recipients {
            Some(_) => "encrypted",
            None => "not encrypted",
        };
        let kept = match days {
            Some(days) => format!("kept for {days} days"),
            None => "kept without end".to_owned(),
        };
        self.note("archive", format!("{encrypted}, {kept}"), &Place::Default);
        ArchiveSetting {
            timestamp_url,
            recipients,
            identity,
            retention: Retention { days, of_units },
            s3,
        }
    }

    /// Parses a text, complains or notes it.
    fn one_of_archive<T: ToString>(
        &mut self,
        name: &'static str,
        found: &Found<String>,
        parse: impl Fn(&str) -> Result<T, Complaint>,
    ) -> Option<T> {
        match parse(found.value.trim()) {
            Ok(value) => {
                self.note(name, value.to_string(), &found.place);
                Some(value)
            }
            Err(complaint) => {
                self.complaint(name, &found.place, complaint);
                None
            }
        }
    }

    fn recipients(&mut self, found: &Found<Vec<Found<String>>>) -> Option<Recipients> {
        let before = self.problems();
        for key in &found.value {
            if let Err(error) = Recipients::parse(&[&key.value]) {
                self.problem(
                    &key.place,
                    format!("`archive.encrypt_to`: {error}"),
                    "make a pair of keys with age-keygen, and write the public one here",
                );
            }
        }
        if self.problems() > before || found.value.is_empty() {
            return None;
        }
        let keys: Vec<&str> = found.value.iter().map(|key| key.value.as_str()).collect();
        let recipients = Recipients::parse(&keys).ok()?;
        let shown = recipients.names().join(", ");
        self.note("archive.encrypt_to", shown, &found.place);
        Some(recipients)
    }

    fn identity(
        &mut self,
        found: &Found<String>,
        recipients: Option<&Recipients>,
    ) -> Option<ArchiveIdentity> {
        let file = PathBuf::from(&found.value);
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => Redacted::new(text),
            Err(error) => {
                self.problem(
                    &found.place,
                    format!(
                        "`archive.identity`: cannot read {}: {error}",
                        file.display()
                    ),
                    "check the path, and that the user who runs the server may read the file",
                );
                return None;
            }
        };
        match Identity::from_text(text.reveal()) {
            Ok(keys) if recipients.is_none_or(|recipients| keys.opens_for(recipients)) => {
                self.note("archive.identity", file.display().to_string(), &found.place);
                Some(ArchiveIdentity { file, keys })
            }
            Ok(_) => {
                self.problem(
                    &found.place,
                    "`archive.identity`: none of its keys opens what is encrypted to \
                     `archive.encrypt_to`",
                    "add its public key (age-keygen -y FILE) to `encrypt_to`, or leave `identity` \
                     out: then the server cannot read its own archives",
                );
                None
            }
            Err(error) => {
                self.problem(
                    &found.place,
                    format!("`archive.identity`: {}: {error}", file.display()),
                    "name the file that age-keygen wrote",
                );
                None
            }
        }
    }
}

pub(super) fn web_address(text: &str) -> Result<String, Complaint> {
    let host = text
        .strip_prefix("http://")
        .or_else(|| text.strip_prefix("https://"))
        .unwrap_or_default();
    if host.is_empty() || host.starts_with('/') || host.contains([' ', '@', '#']) {
        return complain(
            format!("{text:?} is not a web address"),
            "write it like \"http://tsa.ca.gov.vn\"",
        );
    }
    Ok(text.to_owned())
}

fn days_number(text: &str) -> Result<u32, Complaint> {
    match text.parse::<u32>() {
        Ok(days) if (1..=MOST_DAYS).contains(&days) => Ok(days),
        _ => complain(
            format!("{text} is out of range"),
            format!("choose between 1 and {MOST_DAYS} days, or leave it out to keep without end"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities_have_web_addresses_and_days_have_bounds() {
        for right in ["http://tsa.ca.gov.vn", "https://tsa.example.vn:8080/tsr"] {
            assert!(web_address(right).is_ok(), "{right}");
        }
        for wrong in ["", "tsa.ca.gov.vn", "ftp://tsa.vn", "http://", "http://a b"] {
            assert!(web_address(wrong).is_err(), "{wrong}");
        }
        assert!(matches!(days_number("3650"), Ok(3_650)));
        for wrong in ["0", "-1", "36526", "mười"] {
            assert!(days_number(wrong).is_err(), "{wrong}");
        }
    }
}
