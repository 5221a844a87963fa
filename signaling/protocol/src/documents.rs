//! Documents (*tài liệu họp*): put in by REST, shown to whom they are for, and
//! turned page by page for everyone. Contents are never in the log.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{ParticipantId, Role};

/// As many documents as a meeting may have.
pub const MEETING_DOCUMENTS: u32 = 500;

/// As many versions as a document may have.
pub const DOCUMENT_VERSIONS: u32 = 100;

/// The longest name of a file, in Unicode scalar values.
pub const FILE_NAME_LENGTH: u32 = 200;

/// The last page that anybody can lead to.
pub const LAST_PAGE: u32 = 100_000;

/// The documents as everyone knows them; who may open one is another matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct Documents {
    /// In the order in which they came.
    pub list: Vec<Document>,
    /// How many there ever were; their numbers count from 1.
    pub numbered: u32,
    /// The page that somebody leads to, for all who follow.
    pub led: Option<LedPage>,
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct Document {
    /// Its number, from 1.
    pub number: u32,
    /// What it is called.
    pub title: String,
    /// The item of the agenda that it belongs to.
    pub item: Option<u32>,
    /// Who may open it, and when.
    pub access: DocumentAccess,
    /// Its content is withdrawn when the meeting ends.
    pub withdraw_at_end: bool,
    /// Its content was withdrawn: nobody gets it any more.
    pub withdrawn: bool,
    /// Its versions, the oldest first; never empty.
    pub versions: Vec<DocumentVersion>,
}

/// Who may open a document, and when. Who manages documents always may.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(default)]
pub struct DocumentAccess {
    /// The roles that may; everyone where none is named.
    #[schema(value_type = Vec<String>)]
    pub roles: BTreeSet<Role>,
    /// Only once its item of the agenda was begun, not in a rehearsal.
    pub from_item: bool,
}

/// A version of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct DocumentVersion {
    /// Its number in the document, from 1.
    pub version: u32,
    /// What was put in.
    pub file: DocumentFile,
    /// When, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub at: i64,
    /// Who did; nobody where the administration did.
    #[schema(value_type = Option<String>)]
    pub by: Option<ParticipantId>,
}

/// What is known of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct DocumentFile {
    /// Its name, as whoever put it in had it.
    pub name: String,
    /// What it is, by name and content.
    #[schema(value_type = String)]
    pub kind: DocumentKind,
    /// Its length, in bytes.
    pub size: u32,
    /// The SHA-256 of its content, in hexadecimal.
    pub sha256: String,
}

/// What a file can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// PDF.
    Pdf,
    /// A text of Office Open XML.
    Docx,
    /// A workbook of Office Open XML.
    Xlsx,
    /// A presentation of Office Open XML.
    Pptx,
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP.
    Webp,
    /// Plain text, UTF-8.
    Text,
}

impl DocumentKind {
    /// Every kind.
    pub const ALL: [DocumentKind; 8] = [
        DocumentKind::Pdf,
        DocumentKind::Docx,
        DocumentKind::Xlsx,
        DocumentKind::Pptx,
        DocumentKind::Png,
        DocumentKind::Jpeg,
        DocumentKind::Webp,
        DocumentKind::Text,
    ];
}

/// A page that somebody leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct LedPage {
    /// The document.
    pub number: u32,
    /// Its version.
    pub version: u32,
    /// The page, from 1.
    pub page: u32,
    /// Who leads.
    pub by: ParticipantId,
}

/// What can be done with documents, beside putting them in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum DocumentsCommand {
    /// Change what is said of a document, whole.
    Change {
        /// Which.
        number: u32,
        /// 1 to [`crate::ITEM_TITLE_LENGTH`] characters.
        title: String,
        /// The item that it belongs to.
        #[serde(default)]
        item: Option<u32>,
        /// Who may open it, and when.
        #[serde(default)]
        access: DocumentAccess,
        /// Whether its content is withdrawn when the meeting ends.
        #[serde(default)]
        withdraw_at_end: bool,
    },
    /// Withdraw the content of a document, for good.
    Withdraw {
        /// Which.
        number: u32,
    },
    /// Lead all who follow to a page. Of several that come close upon one
    /// another the last counts.
    Lead {
        /// A PDF.
        number: u32,
        /// Its version.
        version: u32,
        /// The page, 1 to [`LAST_PAGE`].
        page: u32,
    },
    /// Lead no longer.
    EndLead,
    /// Something that a newer client can do; refused with `unknown_command`.
    #[serde(other)]
    #[ts(skip)]
    Unknown,
}

/// What happens to documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum DocumentsEvent {
    /// A document was put in.
    Added {
        /// Its number.
        number: u32,
        /// What it is called.
        title: String,
        /// The item that it belongs to.
        item: Option<u32>,
        /// Who may open it, and when.
        access: DocumentAccess,
        /// Whether its content is withdrawn when the meeting ends.
        withdraw_at_end: bool,
        /// Its first version.
        file: DocumentFile,
        /// Who did; nobody where the administration did.
        by: Option<ParticipantId>,
    },
    /// A new version was put in; the others stay.
    Revised {
        /// The document.
        number: u32,
        /// The number of the version.
        version: u32,
        /// What was put in.
        file: DocumentFile,
        /// Who did; nobody where the administration did.
        by: Option<ParticipantId>,
    },
    /// What is said of a document changed.
    Changed {
        /// Which.
        number: u32,
        /// What it is called.
        title: String,
        /// The item that it belongs to.
        item: Option<u32>,
        /// Who may open it, and when.
        access: DocumentAccess,
        /// Whether its content is withdrawn when the meeting ends.
        withdraw_at_end: bool,
        /// Who decided.
        by: ParticipantId,
    },
    /// The contents of documents were withdrawn.
    Withdrawn {
        /// Which.
        numbers: BTreeSet<u32>,
        /// Who decided, or ended the meeting.
        by: ParticipantId,
    },
    /// Somebody leads to a page.
    Led {
        /// Where to, and who.
        page: LedPage,
    },
    /// Nobody leads any more.
    LeadEnded {
        /// Who ended it; nobody where the leader left or the document was
        /// withdrawn.
        by: Option<ParticipantId>,
    },
}

/// `GET /api/v1/meetings/{id}/documents`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct DocumentList {
    /// In the order in which they came.
    pub documents: Vec<DocumentEntry>,
}

/// A document, as somebody finds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct DocumentEntry {
    /// The document.
    pub document: Document,
    /// Whether whoever asked may open it now.
    pub may_open: bool,
}
