//! Carries an archive to the bucket, step by step.

use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use object_store::multipart::{MultipartStore, PartId};
use object_store::{ObjectStoreExt, PutPayload};

use super::ledger::{Cargo, LEDGER, Ledger, PART, Progress, Sent, Step};
use super::{Depot, DepotError};
use crate::archive::additions::{ADDITIONS, files_of_additions};
use crate::archive::{MANIFEST, Manifest, SIGNATURE, is_proof};
use crate::content::{Digested, Hashing};
use crate::stamp::STAMP;
use crate::storage::{Disk, Storage, read_whole, write_whole};

/// An archive that is carried.
pub(crate) struct Upload<'a> {
    depot: &'a Depot,
    /// The recording's folder, in which the ledger lies.
    folder: PathBuf,
    archive: PathBuf,
    /// What it is called in the bucket.
    name: String,
}

/// The ledger of a recording.
pub(crate) fn ledger_of(folder: &Path) -> io::Result<Option<Ledger>> {
    match read_whole(&Disk, &folder.join(LEDGER)) {
        Ok(bytes) => Ok(Some(
            serde_json::from_slice(&bytes).map_err(io::Error::other)?,
        )),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

impl<'a> Upload<'a> {
    pub(crate) fn new(depot: &'a Depot, folder: PathBuf, archive: PathBuf, name: String) -> Self {
        Self {
            depot,
            folder,
            archive,
            name,
        }
    }

    /// Everything that belongs to the archive; what proves it comes last.
    fn cargo(&self) -> io::Result<Vec<Cargo>> {
        let bytes = fs::read(self.archive.join(MANIFEST))?;
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(io::Error::other)?;
        let files = manifest.files.iter().map(|file| {
            let (size, sha256) = file.stored();
            Cargo {
                name: file.stored_as(),
                size,
                sha256: sha256.to_owned(),
            }
        });
        let mut all: Vec<Cargo> = files.collect();
        let mut small = files_of_additions(&self.archive).map_err(io::Error::other)?;
        small.extend([SIGNATURE, STAMP, MANIFEST].map(str::to_owned));
        for name in small {
            let path = self.archive.join(&name);
            if name != STAMP || path.exists() {
                let Digested { size, sha256 } = Digested::of(&mut File::open(path)?)?;
                all.push(Cargo { name, size, sha256 });
            }
        }
        Ok(all)
    }

    fn ledger(&self) -> io::Result<Ledger> {
        let place = self.depot.place();
        let known = ledger_of(&self.folder)?.filter(|ledger| ledger.is_of(place));
        Ok(known.unwrap_or_else(|| Ledger::new(place)))
    }

    fn write(&self, ledger: &Ledger) -> io::Result<()> {
        let bytes = serde_json::to_vec_pretty(ledger).map_err(io::Error::other)?;
        write_whole(&Disk, &self.folder.join(LEDGER), &bytes)
    }

    /// Whether everything arrived. Reads little files only.
    pub(crate) fn is_done(&self) -> io::Result<bool> {
        let ledger = self.ledger()?;
        Ok(ledger.is_done && ledger.next(&self.cargo()?) == Step::Done)
    }

    /// How far it is.
    pub(crate) fn progress(&self) -> io::Result<Progress> {
        Ok(self.ledger()?.progress(&self.cargo()?))
    }

    /// Carries everything that is not there yet. What was done before an error
    /// is not done again.
    pub(crate) async fn run(&self) -> Result<(), DepotError> {
        let cargo = self.cargo()?;
        let mut ledger = self.ledger()?;
        loop {
            // A destroyed archive is not carried any further.
            if !self.archive.join(MANIFEST).exists() {
                return Err(io::Error::from(io::ErrorKind::NotFound).into());
            }
            match ledger.next(&cargo) {
                Step::Done => break,
                Step::Put(one) => {
                    let bytes = self.read(one, 0..one.size)?;
                    let key = self.depot.key(&self.name, &one.name);
                    self.depot.store.put(&key, bytes).await?;
                    ledger.note(one, Sent::Whole);
                }
                Step::Begin(one) => {
                    let key = self.depot.key(&self.name, &one.name);
                    let id = self.depot.store.create_multipart(&key).await?;
                    let parts = Vec::new();
                    ledger.note(one, Sent::Begun { id, parts });
                }
                Step::Part {
                    cargo: one,
                    id,
                    number,
                    range,
                } => {
                    let bytes = self.read(one, range)?;
                    let key = self.depot.key(&self.name, &one.name);
                    let id = id.to_owned();
                    let sent = self.depot.store.put_part(&key, &id, number, bytes).await;
                    match sent {
                        Ok(part) => ledger.note_part(one, part.content_id),
                        Err(error) => return self.lost(&mut ledger, one, error),
                    }
                }
                Step::Complete {
                    cargo: one,
                    id,
                    parts,
                } => {
                    let parts = parts.iter().map(|part| PartId {
                        content_id: part.clone(),
                    });
                    let (id, parts) = (id.to_owned(), parts.collect());
                    let key = self.depot.key(&self.name, &one.name);
                    match self.depot.store.complete_multipart(&key, &id, parts).await {
                        Ok(_) => ledger.note(one, Sent::Whole),
                        Err(error) => return self.lost(&mut ledger, one, error),
                    }
                }
                Step::Check(one) => {
                    if self.arrived(one).await? {
                        ledger.note(one, Sent::Checked);
                    } else {
                        ledger.forget(&one.name);
                        self.write(&ledger)?;
                        return Err(DepotError::Damaged(one.name.clone()));
                    }
                }
            }
            self.write(&ledger)?;
        }
        ledger.is_done = true;
        self.write(&ledger)?;
        if !self.depot.keeps_local() {
            self.remove_local(&cargo)?;
        }
        Ok(())
    }

    /// An upload that the store does not know any longer begins anew.
    fn lost(
        &self,
        ledger: &mut Ledger,
        one: &Cargo,
        error: object_store::Error,
    ) -> Result<(), DepotError> {
        if matches!(error, object_store::Error::NotFound { .. }) {
            ledger.forget(&one.name);
            self.write(ledger)?;
        }
        Err(error.into())
    }

    fn read(&self, one: &Cargo, range: Range<u64>) -> io::Result<PutPayload> {
        let file = File::open(self.archive.join(&one.name))?;
        // A part, which fits.
        let mut bytes = vec![0; (range.end - range.start) as usize];
        file.read_exact_at(&mut bytes, range.start)?;
        Ok(PutPayload::from(bytes))
    }

    /// Reads a file back and compares it with what was signed.
    async fn arrived(&self, one: &Cargo) -> Result<bool, DepotError> {
        let key = self.depot.key(&self.name, &one.name);
        if self.depot.store.head(&key).await?.size != one.size {
            return Ok(false);
        }
        let mut hashing = Hashing::new(io::sink());
        let mut at = 0;
        while at < one.size {
            let to = one.size.min(at + PART);
            let bytes = self.depot.store.get_range(&key, at..to).await?;
            if bytes.len() as u64 != to - at {
                return Ok(false);
            }
            hashing.write_all(&bytes)?;
            at = to;
        }
        Ok(hashing.finish().1.sha256 == one.sha256)
    }

    /// What proves the archive stays, and what was added: it is small, lists ask
    /// for it, and minutes go on with it.
    fn remove_local(&self, cargo: &[Cargo]) -> io::Result<()> {
        let stays = |name: &str| is_proof(name) || name.starts_with(ADDITIONS);
        for one in cargo.iter().filter(|one| !stays(&one.name)) {
            match Disk.remove(&self.archive.join(&one.name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        Disk.sync_folder(&self.archive)
    }
}
