//! What can be wrong with an archive.

use serde::Serialize;

use crate::stamp::StampFault;

/// Something that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// It cannot be read.
    Unreadable {
        /// What the system says.
        reason: String,
    },
    /// It is not there.
    Missing,
    /// It stands under another name.
    Renamed {
        /// The name under which it was signed.
        from: String,
    },
    /// It was not there when the archive was signed.
    Added,
    /// It has another length.
    Truncated {
        /// In bytes, as signed.
        signed: u64,
        /// In bytes, now.
        found: u64,
    },
    /// Its content is another one.
    Altered,
    /// It holds what was signed as another file.
    Swapped {
        /// Whose content it has.
        with: String,
    },
    /// It is not in its one form.
    Malformed,
    /// The form is newer than this program.
    UnknownFormat {
        /// Its version.
        version: u32,
    },
    /// The signature is not of this manifest.
    SignatureWrong,
    /// It was signed by a key that is not trusted.
    ForeignSigner {
        /// The name of the key.
        key: String,
    },
    /// An event cannot be read.
    EventUnreadable {
        /// Its line.
        seq: u64,
    },
    /// An event is not the one that was hashed.
    EventAltered {
        /// Its number.
        seq: u64,
    },
    /// An event does not follow the one before it.
    ChainBroken {
        /// Its number.
        seq: u64,
    },
    /// A personal value is not the one that was committed to.
    ForeignValue {
        /// The event's number.
        seq: u64,
        /// The field.
        field: String,
    },
    /// The log does not end with the hash that the manifest says.
    ClosingHashDiffers,
    /// It is encrypted, and the identity that was given does not open it.
    WrongIdentity,
    /// What is inside cannot be read, though the encrypted file is as it was
    /// signed; or it is not what was signed.
    InsideAltered,
    /// The time stamp does not hold.
    StampWrong {
        /// Why not.
        reason: StampFault,
    },
    /// The time stamp is of an authority that is not trusted.
    ForeignAuthority {
        /// What it is called.
        authority: String,
    },
}

/// A fault, and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The path in the archive.
    pub file: String,
    /// What is wrong with it.
    #[serde(flatten)]
    pub fault: Fault,
}
