//! Reading archives, encrypted or not, file by file and whole.

use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};

use diemcau_protocol::{MeetingId, RecordingState};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::{Library, Recording, folder_of};
use crate::archive::additions::files_of_additions;
use crate::archive::{
    Against, Folder, MANIFEST, Manifest, Place, SIGNATURE, SealError, TrustedKeys, Verification,
    inside, is_proof,
};
use crate::build::TIMELINE;
use crate::content::Content;
use crate::depot::ledger_of;
use crate::lock::WrongIdentity;
use crate::stamp::STAMP;
use crate::timeline::Timeline;

/// Copied at a time.
const PAGE: usize = 1 << 18;

/// A file of an archive, opened.
pub struct Opened {
    /// Its path in the archive.
    pub name: String,
    /// In bytes.
    pub length: u64,
    /// What is in it.
    pub content: Box<dyn Content>,
}

impl Library {
    /// Where the files of an archive lie: on this machine, or, where some of
    /// them are not here any longer, elsewhere too.
    ///
    /// # Errors
    /// As [`Library::manifest`].
    pub fn place(&self, meeting: &MeetingId) -> io::Result<Box<dyn Place>> {
        let manifest = self.manifest(meeting)?;
        let archive = self.archive_of(meeting);
        let mut files = manifest.files.iter();
        let is_here = files.all(|file| archive.join(file.stored_as()).exists());
        let local = Folder(archive);
        let folder = folder_of(&self.folder, meeting);
        let ledger = ledger_of(&folder)?.filter(|ledger| ledger.is_done());
        match (&self.depot, ledger) {
            (Some(depot), Some(_)) if !is_here => {
                let remote = depot.remote(&self.name_of(meeting));
                Ok(Box::new(remote.below(&folder, local)))
            }
            (Some(_) | None, _) => Ok(Box::new(local)),
        }
    }

    /// A recording whose archive is there.
    ///
    /// # Errors
    /// As [`Library::open`].
    pub fn recording(&self, meeting: &MeetingId) -> io::Result<Recording> {
        let manifest = self.manifest(meeting)?;
        let opened = self.open_of(meeting, &manifest, TIMELINE)?;
        let timeline: Result<Timeline, _> = serde_json::from_reader(opened.content);
        Ok(Recording {
            manifest,
            timeline: timeline.map_err(io::Error::other)?,
        })
    }

    /// What is in a file of an archive, where the manifest has it. What was
    /// recorded is there as soon as the meeting ends, while the archive is being
    /// sealed.
    ///
    /// # Errors
    /// As [`Library::manifest`]; [`io::ErrorKind::NotFound`] where it is not in
    /// it; [`crate::is_wrong_identity`] where it is encrypted and cannot be
    /// opened.
    pub fn open(&self, meeting: &MeetingId, name: &str) -> io::Result<Opened> {
        if self.state(meeting) == Some(RecordingState::UnderWay) {
            return self.open_early(meeting, name);
        }
        let manifest = self.manifest(meeting)?;
        self.open_of(meeting, &manifest, name)
    }

    /// A file of the recording, of an archive that is being sealed. The timeline
    /// is written after all others. What is encrypted meanwhile is not there
    /// before the end.
    fn open_early(&self, meeting: &MeetingId, name: &str) -> io::Result<Opened> {
        let local = Folder(self.archive_of(meeting));
        let timeline: Timeline =
            serde_json::from_reader(local.open(TIMELINE)?).map_err(io::Error::other)?;
        let tracks = timeline.tracks.iter().flat_map(|track| &track.parts);
        let mut parts = timeline.programme.iter().chain(tracks);
        if name == TIMELINE || parts.any(|part| part.file == name) {
            opened(name, local.open(name)?)
        } else {
            Err(io::ErrorKind::NotFound.into())
        }
    }

    fn open_of(&self, meeting: &MeetingId, manifest: &Manifest, name: &str) -> io::Result<Opened> {
        let place = self.place(meeting)?;
        let content = if is_proof(name) {
            place.open(name)?
        } else {
            let file = manifest.files.iter().find(|file| file.path == name);
            let file = file.ok_or(io::ErrorKind::NotFound)?;
            inside(&*place, file, self.identity.as_deref())?
        };
        opened(name, content)
    }

    /// What is in something encrypted beside an archive.
    pub(crate) fn unlocked(&self, name: &str, stored: Box<dyn Content>) -> io::Result<Opened> {
        let identity = self.identity.as_deref();
        let closed = || io::Error::new(io::ErrorKind::PermissionDenied, WrongIdentity);
        opened(name, identity.ok_or_else(closed)?.open(stored)?)
    }

    /// Looks at everything in an archive.
    ///
    /// # Errors
    /// As [`Library::manifest`].
    pub fn verify(&self, meeting: &MeetingId, keys: &TrustedKeys) -> io::Result<Verification> {
        let against = Against {
            keys: Some(keys),
            identity: self.identity.as_deref(),
            authorities: None,
        };
        let place = self.place(meeting)?;
        // A store that is away says nothing of the archive.
        if let Err(SealError::Io { source, .. }) = place.names() {
            return Err(source);
        }
        Ok(against.verify(&*place))
    }

    /// The name of the folder in which [`Library::pack`] puts everything.
    pub fn name_of(&self, meeting: &MeetingId) -> String {
        let folder = folder_of(&self.folder, meeting);
        let name = folder.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Writes a whole archive as a zip file, in one go: the proof first, then
    /// every file as it lies there, encrypted ones too, then what was added, so
    /// that what is unpacked verifies like the archive itself.
    ///
    /// # Errors
    /// As [`Library::manifest`], and as `out` says.
    pub fn pack(&self, meeting: &MeetingId, out: impl Write) -> io::Result<()> {
        let manifest = self.manifest(meeting)?;
        let place = self.place(meeting)?;
        let folder = self.name_of(meeting);
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(moment(manifest.ended_at))
            .unix_permissions(0o600)
            .large_file(true);
        let mut zip = ZipWriter::new_stream(BufWriter::with_capacity(PAGE, out));
        let proof = [MANIFEST, SIGNATURE, STAMP].map(str::to_owned);
        let files = manifest.files.iter().map(|file| file.stored_as());
        let added = files_of_additions(&self.archive_of(meeting));
        let added = added.map_err(io::Error::other)?;
        for name in proof.into_iter().chain(files).chain(added) {
            let mut content = match place.open(&name) {
                Err(error) if name == STAMP && error.kind() == io::ErrorKind::NotFound => continue,
                opened => opened?,
            };
            zip.start_file(format!("{folder}/{name}"), options)?;
            let mut page = vec![0; PAGE];
            loop {
                match content.read(&mut page)? {
                    0 => break,
                    read => zip.write_all(&page[..read])?,
                }
            }
        }
        zip.finish()?.into_inner().flush()
    }
}

pub(crate) fn opened(name: &str, mut content: Box<dyn Content>) -> io::Result<Opened> {
    let length = content.seek(SeekFrom::End(0))?;
    content.rewind()?;
    Ok(Opened {
        name: name.to_owned(),
        length,
        content,
    })
}

/// In UTC; the beginning of the format's time where it does not reach.
fn moment(at: i64) -> DateTime {
    let at = time::OffsetDateTime::from_unix_timestamp(at / 1_000);
    let moment = at.ok().and_then(|at| {
        let year = u16::try_from(at.year()).ok()?;
        let (month, day) = (u8::from(at.month()), at.day());
        DateTime::from_date_and_time(year, month, day, at.hour(), at.minute(), at.second()).ok()
    });
    moment.unwrap_or_default()
}
