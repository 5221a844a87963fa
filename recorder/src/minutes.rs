//! Minutes (*biên bản*): from the event log to the document that the meeting
//! leaves behind.
//!
//! ```text
//!   log ──> project ──> Minutes ──> words ──> Draft ── edit, approve, issue
//!                                               │
//!                     Template ──> sheet <──────┘    what is on paper, as data
//!                                    ├──> pdf        by typst
//!                                    └──> docx
//!   signed PDF ──> signed            the same text? whose signatures?
//! ```
//!
//! Everything up to the sheet is pure. The form is that of Nghị định
//! 30/2020/NĐ-CP; `docs/minutes.md` goes through it point by point.

#[cfg(feature = "pdf")]
pub mod desk;
mod docx;
pub mod draft;
#[cfg(feature = "pdf")]
pub mod first;
mod fonts;
#[cfg(feature = "pdf")]
pub mod issue;
pub mod log;
pub mod paper;
#[cfg(feature = "pdf")]
mod pdf;
pub mod project;
pub mod record;
pub mod refusal;
mod sheet;
pub mod signed;
pub mod statement;
pub mod template;
mod text;
mod words;

pub(crate) use fonts::FILES as TINOS;

#[cfg(test)]
pub(crate) mod conference;
