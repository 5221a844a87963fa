//! The conference's archive, as the recorder leaves it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::{EIGHT, log};
use crate::archive::{
    ArchiveKey, EVENTS, ExportedEvent, FORMAT_VERSION, Manifest, TrustedKeys, seal,
};
use crate::build::TIMELINE;
use crate::library::Library;
use crate::lock::{Identity, Recipients};
use crate::minutes::desk::MinutesDesk;
use crate::minutes::first::write_first_draft;
use crate::timeline::{Mark, MarkKind, TIMELINE_VERSION, Timeline};

/// A folder of recordings, and the key that signs its archives.
pub(crate) struct Recordings {
    folder: TempDir,
    pub(crate) key: Arc<ArchiveKey>,
}

impl Recordings {
    pub(crate) fn new() -> Self {
        let key = ArchiveKey::from_pem(&ArchiveKey::generate().unwrap()).unwrap();
        Self {
            folder: tempfile::tempdir().unwrap(),
            key: Arc::new(key),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn trusted(&self) -> TrustedKeys {
        TrustedKeys::from_pem(&self.key.public_pem().unwrap()).unwrap()
    }

    /// As a server has it that was started on the folder a moment ago.
    pub(crate) fn desk(&self) -> MinutesDesk {
        MinutesDesk::new(self.library(None), Arc::clone(&self.key))
    }

    /// Its recordings, with what opens encrypted ones.
    pub(crate) fn library(&self, identity: Option<Identity>) -> Library {
        Library::new(self.path(), identity)
    }

    /// The archive of the conference, under this name, with its first draft.
    pub(crate) fn archive(&self, meeting: &str, title: &str) -> PathBuf {
        self.encrypted(meeting, title, None)
    }

    /// The same, encrypted for somebody.
    pub(crate) fn encrypted(
        &self,
        meeting: &str,
        title: &str,
        recipients: Option<&Recipients>,
    ) -> PathBuf {
        let archive = self.path().join(meeting).join("archive");
        fs::create_dir_all(&archive).unwrap();
        let mut last = hex::encode([0; 32]);
        let mut lines = String::new();
        for logged in log() {
            let envelope = json!({
                "meeting": meeting, "branch": "main", "epoch": 1, "seq": logged.seq,
                "prev_hash": last, "schema_version": 1, "at": logged.at, "event": logged.event,
            });
            let bytes = envelope.to_string();
            last = hex::encode(Sha256::digest(&bytes));
            let event = ExportedEvent {
                bytes,
                hash: last.clone(),
                personal: Vec::new(),
            };
            lines.push_str(&serde_json::to_string(&event).unwrap());
            lines.push('\n');
        }
        fs::write(archive.join(EVENTS), lines).unwrap();
        let timeline = Timeline {
            version: TIMELINE_VERSION,
            meeting: meeting.to_owned(),
            title: title.to_owned(),
            host_unit: "Ủy ban nhân dân tỉnh Lâm Sơn".to_owned(),
            began_at: EIGHT,
            duration: 7_200_000,
            programme: Vec::new(),
            tracks: Vec::new(),
            chapters: vec![Mark {
                at: 600_000,
                kind: MarkKind::Speaker,
                title: "Điểm cầu Ủy ban nhân dân xã An Bình".to_owned(),
            }],
            gaps: Vec::new(),
        };
        fs::write(archive.join(TIMELINE), json!(timeline).to_string()).unwrap();
        write_first_draft(&meeting.into(), &archive)
            .unwrap()
            .unwrap();
        let manifest = Manifest {
            format_version: FORMAT_VERSION,
            meeting: meeting.to_owned(),
            title: title.to_owned(),
            host_unit: timeline.host_unit,
            ended_at: EIGHT + 7_200_000,
            closing_hash: last,
            encrypted_to: Vec::new(),
            files: Vec::new(),
        };
        seal(&archive, manifest, &self.key, recipients).unwrap();
        archive
    }
}
