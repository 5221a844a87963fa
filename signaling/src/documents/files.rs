//! The seam to where contents lie: a folder on this machine. Another place,
//! such as S3, would have to do what is here and nothing else.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use diemcau_protocol::MeetingId;
use sha2::{Digest, Sha256};
use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt;

use crate::ids;

/// Where files are until they are found good. No meeting has a dot in its
/// name.
const INCOMING: &str = ".incoming";

/// Where an empty file stands for each content that no log may refer to yet.
const PENDING: &str = ".pending";

/// Contents by meeting and SHA-256.
#[derive(Debug)]
pub(super) struct Files {
    folder: PathBuf,
}

/// A file on its way in; removed unless it is kept.
#[derive(Debug)]
pub(super) struct Incoming {
    path: PathBuf,
    file: File,
    digest: Sha256,
    size: u32,
    is_kept: bool,
}

impl Files {
    /// Opens the folder; only its owner may read it. What is in `incoming`
    /// nobody waits for any more.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let incoming = folder.join(INCOMING);
        if incoming.exists() {
            fs::remove_dir_all(&incoming)?;
        }
        private_folder(&incoming)?;
        private_folder(&folder.join(PENDING))?;
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// Begins a file.
    pub(super) async fn incoming(&self) -> io::Result<Incoming> {
        let path = self.folder.join(INCOMING).join(ids::file());
        let file = OpenOptions::new()
            .create_new(true)
            .write(true)
            .mode(0o600)
            .open(&path)
            .await?;
        Ok(Incoming {
            path,
            file,
            digest: Sha256::new(),
            size: 0,
            is_kept: false,
        })
    }

    /// Gives a file that is complete its place. It is there for good when this
    /// returns, through a power cut too, and pending until it is settled.
    pub(super) async fn keep(
        &self,
        meeting: &MeetingId,
        sha256: &str,
        mut incoming: Incoming,
    ) -> io::Result<()> {
        let folder = self.folder_of(meeting)?;
        let place = folder.join(name(sha256)?);
        private_folder(&folder)?;
        let mark = self.mark(meeting, sha256)?;
        File::create(&mark).await?.sync_all().await?;
        sync_folder(&self.folder.join(PENDING)).await?;
        tokio::fs::rename(&incoming.path, &place).await?;
        incoming.is_kept = true;
        sync_folder(&folder).await?;
        sync_folder(&self.folder).await
    }

    /// Opens a content.
    pub(super) async fn read(&self, meeting: &MeetingId, sha256: &str) -> io::Result<File> {
        File::open(self.folder_of(meeting)?.join(name(sha256)?)).await
    }

    /// A log refers to a content, and it stays.
    pub(super) fn settle(&self, meeting: &MeetingId, sha256: &str) -> io::Result<()> {
        remove(&self.mark(meeting, sha256)?)
    }

    /// No log refers to a content, and it goes.
    pub(super) fn let_go(&self, meeting: &MeetingId, sha256: &str) -> io::Result<()> {
        remove(&self.folder_of(meeting)?.join(name(sha256)?))?;
        self.settle(meeting, sha256)
    }

    /// What is neither settled nor gone: meeting and SHA-256.
    pub(super) fn pending(&self) -> io::Result<Vec<(MeetingId, String)>> {
        let mut pending = Vec::new();
        for entry in fs::read_dir(self.folder.join(PENDING))? {
            if let Ok(mark) = entry?.file_name().into_string()
                && let Some((meeting, sha256)) = mark.split_once('.')
            {
                pending.push((MeetingId(meeting.to_owned()), sha256.to_owned()));
            }
        }
        pending.sort();
        Ok(pending)
    }

    fn mark(&self, meeting: &MeetingId, sha256: &str) -> io::Result<PathBuf> {
        let mark = format!("{}.{}", name(meeting.as_str())?, name(sha256)?);
        Ok(self.folder.join(PENDING).join(mark))
    }

    fn folder_of(&self, meeting: &MeetingId) -> io::Result<PathBuf> {
        Ok(self.folder.join(name(meeting.as_str())?))
    }
}

impl Incoming {
    pub(super) async fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        self.file.write_all(piece).await?;
        self.digest.update(piece);
        let size = u32::try_from(piece.len()).ok();
        let size = size.and_then(|size| self.size.checked_add(size));
        self.size = size.ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(())
    }

    /// Everything was written: it is on the disk when this returns.
    pub(super) async fn complete(&mut self) -> io::Result<()> {
        self.file.flush().await?;
        self.file.sync_all().await
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn size(&self) -> u32 {
        self.size
    }

    /// In hexadecimal.
    pub(super) fn sha256(&self) -> String {
        hex::encode(self.digest.clone().finalize())
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.is_kept {
            // What cannot be removed now goes at the next start.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// What can be the name of one file, and of nothing elsewhere.
fn name(text: &str) -> io::Result<&str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if (1..=128).contains(&text.len()) && text.chars().all(is_plain) {
        Ok(text)
    } else {
        Err(io::ErrorKind::InvalidFilename.into())
    }
}

/// Removes a file, if it is there.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// A rename is for good once the folder is on the disk.
async fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder).await?.sync_all().await
}
