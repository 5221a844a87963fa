//! `diemcau admin backup` and `restore`: everything of a server in one file.
//!
//! ```text
//!   running server's folder                     FILE (tar)            new folder
//!     store/*.db ── VACUUM INTO ─> copies ──┐
//!     keys/, tls/, documents/, .demonstration ─┴> whole, or not ──> whole, or not
//!                                               there               there
//! ```
//!
//! Both are made under a name that ends in `.unfinished` and take their own at
//! the end. The last entry of the file marks its end: tar itself does not tell
//! a file that was cut between two entries.
//!
//! The file holds the keys: whoever has it can be the server. Databases in
//! PostgreSQL are copied by `pg_dump`, and are not in it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

use diemcau_signaling::{BackupError, back_up as copy_databases};

use crate::config::Settings;
use crate::folder::{FolderError, Layout, private_folder};
use crate::wire::store_location;

/// The folder of documents, which has one for each meeting.
const DOCUMENTS: &str = "documents";

/// The other folders that go into a file; nothing else comes out of one.
const FOLDERS: [&str; 3] = ["keys", "store", "tls"];

/// The mark of a demonstration's folder.
const MARK: &str = ".demonstration";

/// The last entry of every file, and what it says.
const END: (&str, &str) = ("end-of-diemcau-backup", "1\n");

/// What every server has, and so every file.
const NEEDED: [&str; 4] = [
    "keys/token.pem",
    "store/events.db",
    "store/directory.db",
    "store/ballots.db",
];

/// A server cannot be put into a file, or taken out of one.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The databases cannot be copied.
    #[error(transparent)]
    Databases(#[from] BackupError),
    /// A folder cannot be made.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The system refuses something.
    #[error("{}: {source}", path.display())]
    Io {
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// No server has started on the folder.
    #[error("no server has started on the data folder {} yet; name the server's folder with --data-dir", .0.display())]
    NoServer(PathBuf),
    /// Something is there already, and stays.
    #[error("{} is there already; choose another name, or move it away", .0.display())]
    There(PathBuf),
    /// The file was not made by a backup.
    #[error("{} is not a backup: {what}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
}

/// Puts a server, which may run, into a new file.
pub async fn back_up(settings: &Settings, file: &Path) -> Result<(), ArchiveError> {
    let layout = Layout::new(&settings.data_dir);
    if !layout.is_set_up() {
        return Err(ArchiveError::NoServer(settings.data_dir.clone()));
    }
    let unfinished = with_ending(file, "unfinished");
    for path in [file, &unfinished] {
        if path.exists() {
            return Err(ArchiveError::There(path.to_owned()));
        }
    }
    // Copies of what only the owner may read, before they are in the file.
    let copies = unfinished.join("store");
    private_folder(&unfinished)?;
    let outcome = async {
        private_folder(&copies)?;
        let location = store_location(settings, &layout);
        copy_databases(&location, &layout.ballots(), &copies).await?;
        let written = unfinished.join("file");
        write_file(&settings.data_dir, &copies, &written)?;
        fs::rename(&written, file).map_err(failed(file))
    }
    .await;
    // What is left is of no use; the reason of a failure is told already.
    let _ = fs::remove_dir_all(&unfinished);
    outcome
}

fn write_file(data_dir: &Path, copies: &Path, file: &Path) -> Result<(), ArchiveError> {
    let written = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(file)
        .map_err(failed(file))?;
    let mut archive = tar::Builder::new(written);
    for folder in FOLDERS {
        let from = match folder {
            "store" => copies.to_owned(),
            other => data_dir.join(other),
        };
        for path in files_of(&from)? {
            let name = Path::new(folder).join(path.file_name().unwrap_or_default());
            archive
                .append_path_with_name(&path, name)
                .map_err(failed(&path))?;
        }
    }
    write_documents(&mut archive, &data_dir.join(DOCUMENTS))?;
    let mark = data_dir.join(MARK);
    if mark.is_file() {
        archive
            .append_path_with_name(&mark, MARK)
            .map_err(failed(&mark))?;
    }
    let (name, text) = END;
    let mut header = tar::Header::new_ustar();
    header.set_size(text.len() as u64);
    header.set_mode(0o600);
    archive
        .append_data(&mut header, name, text.as_bytes())
        .map_err(failed(file))?;
    let written = archive.into_inner().map_err(failed(file))?;
    written.sync_all().map_err(failed(file))
}

/// The contents of documents. They come behind the databases: what those refer
/// to was on the disk before.
fn write_documents(archive: &mut tar::Builder<File>, documents: &Path) -> Result<(), ArchiveError> {
    for meeting in entries_of(documents)? {
        let Some(name) = meeting.file_name().filter(|_| meeting.is_dir()) else {
            continue;
        };
        for path in files_of(&meeting)? {
            let name = Path::new(DOCUMENTS)
                .join(name)
                .join(path.file_name().unwrap_or_default());
            if is_expected(&name) {
                archive
                    .append_path_with_name(&path, name)
                    .map_err(failed(&path))?;
            }
        }
    }
    Ok(())
}

/// The files of a folder, in the order of their names.
fn files_of(folder: &Path) -> Result<Vec<PathBuf>, ArchiveError> {
    let mut entries = entries_of(folder)?;
    entries.retain(|path| path.is_file());
    Ok(entries)
}

/// What is in a folder, in the order of the names; nothing where there is none.
fn entries_of(folder: &Path) -> Result<Vec<PathBuf>, ArchiveError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        // With given certificates a server makes none; documents may be none.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(failed(folder)(source)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(failed(folder))?.path());
    }
    paths.sort();
    Ok(paths)
}

/// Takes a server out of a file, into a folder that is not there yet.
pub fn restore(file: &Path, data_dir: &Path) -> Result<(), ArchiveError> {
    let is_empty = fs::read_dir(data_dir).is_ok_and(|mut entries| entries.next().is_none());
    if data_dir.exists() && !is_empty {
        return Err(ArchiveError::There(data_dir.to_owned()));
    }
    let unfinished = with_ending(data_dir, "unfinished");
    if unfinished.exists() {
        return Err(ArchiveError::There(unfinished));
    }
    private_folder(&unfinished)?;
    let outcome = read_file(file, &unfinished).and_then(|()| {
        // An empty folder gives way.
        fs::rename(&unfinished, data_dir).map_err(failed(data_dir))
    });
    // What is left of a failure is of no use; its reason is told already.
    let _ = fs::remove_dir_all(&unfinished);
    outcome
}

fn read_file(file: &Path, folder: &Path) -> Result<(), ArchiveError> {
    let foreign = |what: String| ArchiveError::Foreign {
        path: file.to_owned(),
        what,
    };
    for name in FOLDERS {
        private_folder(&folder.join(name))?;
    }
    let opened = File::open(file).map_err(failed(file))?;
    let mut archive = tar::Archive::new(opened);
    let entries = archive
        .entries()
        .map_err(|error| foreign(error.to_string()))?;
    let mut ended = false;
    for entry in entries {
        let mut entry = entry.map_err(|error| foreign(error.to_string()))?;
        let name = entry.path().map_err(|error| foreign(error.to_string()))?;
        let name = name.into_owned();
        if name == Path::new(END.0) {
            let mut text = String::new();
            let read = entry.read_to_string(&mut text);
            ended = read.is_ok() && text == END.1;
            break;
        }
        if !is_expected(&name) || !entry.header().entry_type().is_file() {
            return Err(foreign(format!("{} is in it", name.display())));
        }
        let path = folder.join(&name);
        if let Some(above) = path.parent() {
            private_folder(above)?;
        }
        let mut written = OpenOptions::new()
            .create_new(true)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(failed(&path))?;
        io::copy(&mut entry, &mut written).map_err(failed(&path))?;
        written.sync_all().map_err(failed(&path))?;
    }
    if !ended {
        return Err(foreign("its end is missing".to_owned()));
    }
    match NEEDED.iter().find(|name| !folder.join(name).is_file()) {
        Some(missing) => Err(foreign(format!("{missing} is not in it"))),
        None => Ok(()),
    }
}

/// Whether a file of this name belongs into a data folder.
fn is_expected(name: &Path) -> bool {
    let parts: Option<Vec<&str>> = name
        .components()
        .map(|part| match part {
            Component::Normal(part) => part.to_str(),
            _ => None,
        })
        .collect();
    match parts.as_deref() {
        Some([folder, _]) => FOLDERS.contains(folder),
        // Unfinished ones are in folders with a dot before the name.
        Some([folder, meeting, _]) => *folder == DOCUMENTS && !meeting.starts_with('.'),
        Some([file]) => *file == MARK,
        Some(_) | None => false,
    }
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    // A slash at the end would put it inside.
    let path: PathBuf = path.components().collect();
    let mut name = path.into_os_string();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> ArchiveError + use<> {
    let path = path.to_owned();
    move |source| ArchiveError::Io { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_comes_out_of_a_file_that_does_not_belong() {
        for name in [
            "keys/token.pem",
            "store/events.db",
            "tls/ca.pem",
            "documents/giao-ban/5e88",
            MARK,
        ] {
            assert!(is_expected(Path::new(name)), "{name}");
        }
        for name in [
            "../keys/x",
            "/etc/passwd",
            "keys/../x",
            "keys/a/b",
            "documents/x",
            "documents/.incoming/x",
            "documents/../../x",
            "documents/a/b/c",
            "x",
            "keys",
            "etc/x",
        ] {
            assert!(!is_expected(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn what_is_no_backup_leaves_no_folder_behind() {
        let temporary = tempfile::tempdir().unwrap();
        let (file, folder) = (temporary.path().join("f"), temporary.path().join("data"));
        for nonsense in [&b""[..], b"khong phai ban sao luu", &[0; 1024]] {
            fs::write(&file, nonsense).unwrap();
            assert!(restore(&file, &folder).is_err());
            assert!(!folder.exists() && fs::read_dir(temporary.path()).unwrap().count() == 1);
        }
    }

    #[test]
    fn a_file_that_was_cut_anywhere_changes_nothing() {
        let temporary = tempfile::tempdir().unwrap();
        let server = temporary.path().join("server");
        for name in NEEDED
            .into_iter()
            .chain(["documents/giao-ban/5e88", "tls/ca.pem"])
        {
            let path = server.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            // Zeros, as at the end of a tar and in a database.
            fs::write(path, [0; 1500]).unwrap();
        }
        fs::write(server.join(MARK), "x").unwrap();
        let (file, folder) = (temporary.path().join("f"), temporary.path().join("data"));
        write_file(&server, &server.join("store"), &file).unwrap();

        let whole = fs::read(&file).unwrap();
        // Behind the mark of the end come two empty blocks and its own filling.
        let needed = whole.len() - 1024 - 512 + END.1.len();
        for length in (0..needed).step_by(256).chain([needed - 1]) {
            fs::write(&file, &whole[..length]).unwrap();
            assert!(restore(&file, &folder).is_err(), "{length}");
            assert!(!folder.exists() && fs::read_dir(temporary.path()).unwrap().count() == 2);
        }
        fs::write(&file, &whole).unwrap();
        restore(&file, &folder).unwrap();
        for name in NEEDED
            .into_iter()
            .chain(["documents/giao-ban/5e88", "tls/ca.pem", MARK])
        {
            let [before, after] = [&server, &folder].map(|root| fs::read(root.join(name)).unwrap());
            assert_eq!(before, after, "{name}");
        }
    }
}
