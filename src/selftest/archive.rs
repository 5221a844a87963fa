//! What is left of the meeting: its archive, the minutes in it, and the proof.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use diemcau_protocol::{MeetingEnd, MeetingId, Role};
use diemcau_recorder::library::Library;
use diemcau_recorder::minutes::draft::{Draft, Hand, Number};
use diemcau_recorder::minutes::issue::{self, IssueError};
use diemcau_recorder::minutes::paper;
use diemcau_recorder::minutes::refusal::Refusal;
use diemcau_recorder::minutes::statement::Editor;
use diemcau_recorder::minutes::template::Template;
use diemcau_recorder::{
    ArchiveKey, KeyError, Manifest, SealError, Timeline, TrustedKeys, Verdict, Verification, seal,
    verify,
};
use serde::Deserialize;
use time::OffsetDateTime;
use tokio::time::{Instant, sleep};

use super::ground::Ground;
use super::meeting::{Place, Stuck};
use crate::folder::{FolderError, Layout};
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
    #[error("minutes.json: {0}")]
    Draft(#[from] serde_json::Error),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Issue(#[from] IssueError),
    #[error(transparent)]
    Seal(#[from] SealError),
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

/// The chair approves the first draft, the secretary issues it as number 1, and
/// the archive is signed with it.
pub(super) async fn issue_minutes(
    ground: &Ground,
    meeting: &MeetingId,
) -> Result<IssuedMinutes, Unproved> {
    let folder = archive_of(&ground.layout(), meeting);
    let key = ground.layout().archive_key_pem(false)?;
    aside(move || {
        let key = ArchiveKey::from_pem(&key)?;
        let mut draft: Draft = serde_json::from_slice(&fs::read(folder.join(issue::JSON))?)?;
        let seen = draft.revision;
        draft.approve(&hand(Role::Chair), seen)?;
        let template = Template::of_host(&draft.minutes.host_unit.value);
        let year = OffsetDateTime::now_utc().year();
        let number = Number::new(1, year, &template.abbreviation)?;
        let said = number.to_string();
        issue::issue(
            &mut draft,
            &hand(Role::Secretary),
            number,
            &template,
            &folder,
        )?;
        let manifest = fs::read(folder.join(diemcau_recorder::MANIFEST))?;
        seal(&folder, serde_json::from_slice(&manifest)?, &key, None)?;
        Ok(IssuedMinutes {
            number: said,
            pages: paper::pages(&fs::read(folder.join(issue::PDF))?)?,
        })
    })
    .await
}

fn hand(role: Role) -> Hand {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    Hand {
        editor: Editor {
            id: "selftest".into(),
            name: "Tự kiểm tra hệ thống".into(),
        },
        role,
        now: i64::try_from(now.unwrap_or_default().as_millis()).unwrap_or(i64::MAX),
    }
}

/// Where the archive is.
fn archive_of(layout: &Layout, meeting: &MeetingId) -> PathBuf {
    Library::new(&layout.recordings(), None).archive_of(meeting)
}

/// Verifies the archive as anybody would; it is left where it is to be kept.
pub(super) async fn verified(
    ground: &Ground,
    meeting: &MeetingId,
) -> Result<Verification, Unproved> {
    let layout = ground.layout();
    let made = archive_of(&layout, meeting);
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
