//! `[documents]`: which files are taken into meetings, and how they are
//! searched for viruses.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use diemcau_protocol::DocumentKind;
use diemcau_signaling::{DocumentSettings, Scan};

use super::DocumentsSetting;
use super::check::{Check, Complaint, complain, join};
use super::file::RawDocuments;
use super::place::{Found, Place};

/// The largest file that can be counted, in megabytes.
const MOST_MEGABYTES: u64 = 4_000;
const MOST_MEETING_MEGABYTES: u64 = 1_000_000;
const LONGEST_SCAN_SECONDS: u64 = 600;

impl Default for DocumentsSetting {
    fn default() -> Self {
        Self {
            most_bytes: DocumentSettings::MOST_BYTES,
            most_bytes_of_meeting: DocumentSettings::MOST_BYTES_OF_MEETING,
            kinds: DocumentKind::ALL.into(),
            scan: None,
        }
    }
}

impl Check {
    pub(super) fn documents(&mut self, raw: RawDocuments) -> DocumentsSetting {
        let default = DocumentsSetting::default();
        let most = self.number("documents.max_megabytes", raw.max_megabytes, MOST_MEGABYTES);
        let of_meeting = self.number(
            "documents.max_meeting_megabytes",
            raw.max_meeting_megabytes,
            MOST_MEETING_MEGABYTES,
        );
        let seconds = self.number(
            "documents.scan_seconds",
            raw.scan_seconds,
            LONGEST_SCAN_SECONDS,
        );
        let kinds = raw.types.map(|found| self.kinds(found));
        let time = seconds.map_or(DocumentSettings::SCAN_TIME, Duration::from_secs);
        let scan = raw.scan_command.and_then(|found| self.scan(found, time));
        let shown = if scan.is_some() {
            "searched for viruses"
        } else {
            "not searched for viruses"
        };
        self.note("documents", shown.to_owned(), &Place::Default);
        let bytes = |megabytes: u64| megabytes << 20;
        DocumentsSetting {
            // At most 4,000 megabytes, which fits.
            most_bytes: most.map_or(default.most_bytes, |most| {
                u32::try_from(bytes(most)).unwrap_or(u32::MAX)
            }),
            most_bytes_of_meeting: of_meeting.map_or(default.most_bytes_of_meeting, bytes),
            kinds: kinds.unwrap_or(default.kinds),
            scan,
        }
    }

    fn number(&mut self, name: &str, found: Option<Found<String>>, most: u64) -> Option<u64> {
        let found = found?;
        match within(&found.value, most) {
            Ok(number) => Some(number),
            Err(complaint) => {
                self.complaint(name, &found.place, complaint);
                None
            }
        }
    }

    fn kinds(&mut self, found: Found<Vec<Found<String>>>) -> BTreeSet<DocumentKind> {
        let mut kinds = BTreeSet::new();
        for text in found.value {
            match serde_json::from_value(text.value.as_str().into()) {
                Ok(kind) => {
                    kinds.insert(kind);
                }
                Err(_) => {
                    let all = DocumentKind::ALL.iter().map(|kind| format!("{kind:?}"));
                    self.problem(
                        &text.place,
                        format!("`documents.types`: {:?} is not a kind of file", text.value),
                        format!("choose from {}", join(all).to_lowercase()),
                    );
                }
            }
        }
        kinds
    }

    fn scan(&mut self, found: Found<Vec<Found<String>>>, time: Duration) -> Option<Scan> {
        let command: Vec<String> = found.value.into_iter().map(|part| part.value).collect();
        let program = command.first()?;
        if !Path::new(program).is_absolute() {
            self.problem(
                &found.place,
                format!("`documents.scan_command`: {program:?} is not the whole path of a program"),
                "write it like [\"/usr/bin/clamdscan\", \"--no-summary\", \"--fdpass\"]",
            );
            return None;
        }
        Some(Scan { command, time })
    }
}

fn within(text: &str, most: u64) -> Result<u64, Complaint> {
    match text.parse::<u64>() {
        Ok(number) if (1..=most).contains(&number) => Ok(number),
        _ => complain(
            format!("{text} is out of range"),
            format!("choose between 1 and {most}"),
        ),
    }
}
