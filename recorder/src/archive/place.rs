//! Where the files of an archive lie.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::manifest::{SealError, files_of};
use crate::content::Content;

/// A place with the files of one archive, under the names in it, with `/`
/// between the parts. What is asked may take its time: it is for threads that
/// may wait.
pub trait Place: Send + Sync {
    /// The names of all files, in order.
    ///
    /// # Errors
    /// When they cannot be listed, or something is neither file nor folder.
    fn names(&self) -> Result<Vec<String>, SealError>;

    /// What is in a file.
    ///
    /// # Errors
    /// As the system says; [`io::ErrorKind::NotFound`] where there is none.
    fn open(&self, name: &str) -> io::Result<Box<dyn Content>>;
}

/// A folder on this machine.
#[derive(Debug, Clone)]
pub struct Folder(pub PathBuf);

impl Place for Folder {
    fn names(&self) -> Result<Vec<String>, SealError> {
        files_of(&self.0).map_err(|error| match error {
            SealError::Foreign(path) => {
                let inside = path.strip_prefix(&self.0).map(Path::to_owned);
                SealError::Foreign(inside.unwrap_or(path))
            }
            other => other,
        })
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Content>> {
        Ok(Box::new(File::open(self.0.join(name))?))
    }
}
