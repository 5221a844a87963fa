//! What is left of the meeting: its archive, the minutes in it, and the proof.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use diemcau_protocol::{IssueMinutes, MeetingEnd, MeetingId, MinutesDraft};
use diemcau_recorder::library::Library;
use diemcau_recorder::minutes::paper;
use diemcau_recorder::minutes::refusal::Refusal;
use diemcau_recorder::{KeyError, Manifest, Timeline, TrustedKeys, Verdict, Verification, verify};
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::ground::Ground;
use super::meeting::{Place, Stuck};
use super::script::Held;
use crate::folder::FolderError;
use crate::load::ClientError;
use crate::verify::{KEPT_ARCHIVE, KEPT_KEY};

/// The archive is there by then, however slow the machine is.
const PATIENCE: Duration = Duration::from_secs(120);
const LOOK: Duration = Duration::from_millis(200);
/// A recording may be off by this from what it is of.
const NEARLY: Duration = Duration::from_secs(1);

/// Why the archive is not as it has to be.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unproved {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Paper(#[from] Refusal),
    #[error("{0}")]
    Otherwise(String),
}

/// A recording that became an archive.
#[derive(Deserialize)]
struct Told {
    manifest: Option<Manifest>,
    timeline: Option<Timeline>,
}

/// What is known of the recording.
pub(super) struct Recorded {
    manifest: Manifest,
    timeline: Timeline,
    pub(super) seconds: f64,
    pub(super) gap_ms: i64,
}

/// Waits until the server has the archive.
pub(super) async fn made(place: &Place, meeting: &MeetingId) -> Result<Recorded, Stuck> {
    let path = format!("/api/v1/recordings/{}", meeting.as_str());
    let late = Instant::now() + PATIENCE;
    loop {
        match place.client.get(&path, &place.token).await {
            Ok(Told {
                manifest: Some(manifest),
                timeline: Some(timeline),
            }) => {
                let gaps = timeline.gaps.iter().map(|gap| gap.to - gap.from);
                return Ok(Recorded {
                    seconds: timeline.duration as f64 / 1_000.0,
                    gap_ms: gaps.sum(),
                    manifest,
                    timeline,
                });
            }
            Ok(_) | Err(ClientError::Refused { status: 404, .. }) if Instant::now() < late => {
                sleep(LOOK).await;
            }
            Ok(_) | Err(ClientError::Refused { status: 404, .. }) => {
                return Err(Stuck::NotHappened("the making of the archive"));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

impl Recorded {
    /// Whether all of the meeting is in it.
    pub(super) fn is_good(&self, length: Duration, end: &MeetingEnd) -> Result<(), Unproved> {
        let otherwise = |what: String| Err(Unproved::Otherwise(what));
        let nearly = NEARLY.as_millis() as i64;
        let (seconds, gap) = (self.seconds, self.gap_ms);
        if self.timeline.duration + nearly < length.as_millis() as i64 {
            return otherwise(format!("only {seconds:.1} s were recorded"));
        }
        if gap > nearly {
            return otherwise(format!("{gap} ms are missing in the recording"));
        }
        let shown = self.timeline.programme.iter().map(|part| part.to).max();
        if shown.unwrap_or(0) + 2 * nearly < self.timeline.duration {
            let shown = shown.unwrap_or(0) / 1_000;
            return otherwise(format!("the programme has {shown} s of {seconds:.1} s"));
        }
        if self.manifest.closing_hash != end.closing_hash {
            return otherwise("its log ends otherwise than the sites were told".into());
        }
        Ok(())
    }
}

/// Minutes that were issued.
pub(super) struct IssuedMinutes {
    pub(super) number: String,
    pub(super) pages: usize,
}

/// The chair approves the first draft, and the secretary issues it, as both
/// would in their browsers.
pub(super) async fn issue_minutes(
    place: &Place,
    Held {
        meeting,
        chair,
        secretary,
        ..
    }: &Held,
) -> Result<IssuedMinutes, Unproved> {
    let minutes = format!("/api/v1/recordings/{}/minutes", meeting.as_str());
    let client = &place.client;
    let path = format!("{minutes}/approve");
    let _: MinutesDraft = client.change(&minutes, &path, chair, &json!({})).await?;
    let path = format!("{minutes}/issue");
    let wanted = IssueMinutes {
        serial: None,
        year: None,
    };
    let issued: MinutesDraft = client.change(&minutes, &path, secretary, &wanted).await?;
    let Some(number) = issued.number else {
        return Err(Unproved::Otherwise("the minutes have no number".into()));
    };
    let path = format!("{minutes}/versions/{}/minutes.pdf", issued.version);
    let paper = client.bytes(&path, secretary).await?;
    aside(move || {
        let pages = paper::pages(&paper)?;
        Ok(IssuedMinutes { number, pages })
    })
    .await
}

/// Verifies the archive as anybody would; it is left where it is to be kept.
pub(super) async fn verified(
    ground: &Ground,
    meeting: &MeetingId,
) -> Result<Verification, Unproved> {
    let layout = ground.layout();
    let made = Library::new(&layout.recordings(), None).archive_of(meeting);
    let keys = layout.archive_public_keys();
    let keep = ground.keep.clone();
    aside(move || {
        let (folder, keys) = match keep {
            Some(keep) => left(&keep, &made, &keys)?,
            None => (made, keys),
        };
        let trusted = TrustedKeys::from_pem(&fs::read_to_string(keys)?)?;
        let found = verify(&folder, Some(&trusted));
        if found.verdict == Verdict::Whole {
            return Ok(found);
        }
        let named = found.findings.iter();
        let named = named.map(|found| format!("{}: {:?}", found.file, found.fault));
        let named: Vec<String> = named.collect();
        Err(Unproved::Otherwise(named.join("; ")))
    })
    .await
}

/// Leaves archive and key in a folder.
fn left(keep: &Path, archive: &Path, keys: &Path) -> io::Result<(PathBuf, PathBuf)> {
    let (folder, key) = (keep.join(KEPT_ARCHIVE), keep.join(KEPT_KEY));
    copy(archive, &folder)?;
    fs::copy(keys, &key)?;
    Ok((folder, key))
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (old, new) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy(&old, &new)?;
        } else {
            fs::copy(&old, &new)?;
        }
    }
    Ok(())
}

/// Does what takes a while away from the threads that serve.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Unproved> + Send + 'static,
) -> Result<T, Unproved> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|panicked| Err(Unproved::Otherwise(panicked.to_string())))
}
