//! Asking an authority for a time stamp, over HTTP (RFC 3161 §3.4).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_lc_rs::rand;
use reqwest::header::{ACCEPT, CONTENT_TYPE};

use super::{STAMP, Stamp, StampFault, accept, imprint_of, token};
use crate::archive::MANIFEST;
use crate::storage::{Disk, Storage, write_whole};

/// How long an authority may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest answer, in bytes.
const LONGEST: usize = 256 << 10;

/// There is no time stamp this time.
#[derive(Debug, thiserror::Error)]
pub enum StampError {
    /// The authority cannot be asked.
    #[error("the time-stamping authority cannot be reached: {0}")]
    Unreachable(reqwest::Error),
    /// It answers with an error.
    #[error("the time-stamping authority answers with status {0}")]
    Status(u16),
    /// Its answer is too long.
    #[error("the time-stamping authority's answer is too long")]
    TooLong,
    /// Its answer does not hold.
    #[error("the time-stamping authority's answer: {0}")]
    Fault(#[from] StampFault),
    /// The archive cannot be read, or the time stamp not be written.
    #[error("{}: {source}", path.display())]
    Io {
        /// What.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There is no randomness.
    #[error("there is no randomness")]
    NoRandomness,
}

/// The way to an authority.
#[derive(Debug, Clone)]
pub struct StampClient {
    url: String,
    http: reqwest::Client,
}

impl StampClient {
    /// `url` begins with `http://` or `https://`: what is asked for proves
    /// itself by its signature.
    ///
    /// # Errors
    /// When there is no TLS.
    pub fn new(url: &str) -> Result<Self, StampError> {
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build();
        Ok(Self {
            url: url.to_owned(),
            http: http.map_err(StampError::Unreachable)?,
        })
    }

    /// Has the manifest of an archive stamped, and puts the time stamp beside
    /// it.
    ///
    /// # Errors
    /// Says why there is none; the archive is as it was.
    pub async fn stamp(&self, archive: &Path) -> Result<Stamp, StampError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| StampError::Io { path, source }
        };
        let path = archive.join(MANIFEST);
        let manifest = fs::read(&path).map_err(failed(&path))?;
        let imprint = imprint_of(&manifest);
        let nonce = nonce()?;
        let answer = self.ask(token::request(&imprint, nonce)).await?;
        let (kept, stamp) = accept(&answer, &imprint, nonce)?;
        let path = archive.join(STAMP);
        // Beside the archive first: in it, half of one would be something added.
        let beside = archive.with_file_name(STAMP);
        let placed = write_whole(&Disk, &beside, &kept)
            .and_then(|()| Disk.rename(&beside, &path))
            .and_then(|()| Disk.sync_folder(archive));
        placed.map_err(failed(&path))?;
        Ok(stamp)
    }

    async fn ask(&self, request: Vec<u8>) -> Result<Vec<u8>, StampError> {
        let asked = self
            .http
            .post(&self.url)
            .header(CONTENT_TYPE, "application/timestamp-query")
            .header(ACCEPT, "application/timestamp-reply")
            .body(request);
        let mut response = asked.send().await.map_err(StampError::Unreachable)?;
        if !response.status().is_success() {
            return Err(StampError::Status(response.status().as_u16()));
        }
        let mut answer = Vec::new();
        while let Some(part) = response.chunk().await.map_err(StampError::Unreachable)? {
            if answer.len() + part.len() > LONGEST {
                return Err(StampError::TooLong);
            }
            answer.extend_from_slice(&part);
        }
        Ok(answer)
    }
}

/// Eight bytes, of which the first is between 1 and 127.
fn nonce() -> Result<u64, StampError> {
    let mut bytes = [0; 8];
    rand::fill(&mut bytes).map_err(|_| StampError::NoRandomness)?;
    bytes[0] = bytes[0] & 0x3f | 0x40;
    Ok(u64::from_be_bytes(bytes))
}
