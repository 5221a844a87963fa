//! What the verification of an archive finds.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// `GET /api/v1/recordings/{meeting}/verify`, and `diemcau verify --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct ArchiveVerification {
    /// What it comes to.
    pub verdict: Verdict,
    /// How many files were looked at.
    pub files: usize,
    /// How many of them are encrypted and were looked at from outside only.
    pub locked: usize,
    /// How many events the log has; none where it was not opened.
    pub events: usize,
    /// How many signed additions there are: issued minutes, signed files.
    pub additions: usize,
    /// The name of the key that signed, where the signature is right.
    pub key: Option<String>,
    /// The hash that closes the log, as the manifest says it.
    pub closing_hash: Option<String>,
    /// The time stamp of the manifest, where there is one that holds.
    pub stamp: Option<ArchiveStamp>,
    /// What does not hold.
    pub findings: Vec<ArchiveFinding>,
}

/// What a verification comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Everything is as it was signed, by a trusted key.
    Whole,
    /// Everything is as it was signed; nothing says who the signer is.
    SignerUnknown,
    /// Something does not hold.
    Broken,
}

impl Verdict {
    /// The exit status of `diemcau verify`.
    pub fn exit_status(self) -> u8 {
        match self {
            Verdict::Whole => 0,
            Verdict::Broken => 1,
            Verdict::SignerUnknown => 3,
        }
    }
}

/// A fault, and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct ArchiveFinding {
    /// The path in the archive.
    pub file: String,
    /// What is wrong with it.
    #[serde(flatten)]
    pub fault: ArchiveFault,
}

/// Something that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum ArchiveFault {
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
        #[ts(type = "number")]
        signed: u64,
        /// In bytes, now.
        #[ts(type = "number")]
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
        #[ts(type = "number")]
        seq: u64,
    },
    /// An event is not the one that was hashed.
    EventAltered {
        /// Its number.
        #[ts(type = "number")]
        seq: u64,
    },
    /// An event does not follow the one before it.
    ChainBroken {
        /// Its number.
        #[ts(type = "number")]
        seq: u64,
    },
    /// A personal value is not the one that was committed to.
    ForeignValue {
        /// The event's number.
        #[ts(type = "number")]
        seq: u64,
        /// The field.
        field: String,
    },
    /// The log does not end with the hash that the manifest says.
    ClosingHashDiffers,
    /// The addition belongs to another archive, or does not follow the one
    /// before it.
    OutOfPlace,
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

/// A time stamp that holds (RFC 3161).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct ArchiveStamp {
    /// When, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub at: i64,
    /// Who says so, by the certificate.
    pub authority: String,
    /// Under which policy, as an object identifier.
    pub policy: String,
    /// Its number there, in hex.
    pub serial: String,
    /// Whether the authority is one of those that are trusted; nothing where
    /// none were named.
    pub trusted: Option<bool>,
}

/// Why a time stamp does not hold.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema, thiserror::Error,
)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum StampFault {
    /// It is not an answer of such an authority, or not in its one form.
    #[error("it is not a time stamp in its form")]
    Unreadable,
    /// The authority did not grant it.
    #[error("the authority refused")]
    Refused,
    /// It is of something else.
    #[error("it is of something else")]
    Foreign,
    /// It answers another request.
    #[error("it answers another request")]
    WrongNonce,
    /// It is signed by a method that is not known, or no longer safe.
    #[error("it is signed by a method that is not known, or no longer safe")]
    UnknownMethod,
    /// Its signature does not hold.
    #[error("its signature does not hold")]
    SignatureWrong,
    /// Its signer's certificate is not for time stamps, or was not valid then.
    #[error("its signer's certificate is not for time stamps, or was not valid then")]
    NotAnAuthority,
}

/// `PUT /api/v1/recordings/{meeting}/hold` and `…/destruction`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct ArchiveReason {
    /// Why; 1 to 1,000 characters.
    pub reason: String,
}
