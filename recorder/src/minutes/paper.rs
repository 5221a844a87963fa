//! From a draft to paper: PDF and DOCX.

#[cfg(feature = "pdf")]
mod printing;
#[cfg(all(test, feature = "pdf"))]
mod stories;

#[cfg(feature = "pdf")]
pub use printing::{Paper, pages, preview, put_on_paper};

use super::docx::{self, PackingError};
use super::draft::Draft;
use super::refusal::Refusal;
use super::sheet::lay_out;
use super::template::{Template, checked};

/// Why there is no paper.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    /// The template is not usable.
    #[error(transparent)]
    Template(#[from] Refusal),
    /// The typesetter failed.
    #[cfg(feature = "pdf")]
    #[error(transparent)]
    Typesetting(#[from] super::pdf::TypesettingError),
    /// The packer failed.
    #[error(transparent)]
    Packing(#[from] PackingError),
}

/// A draft as DOCX alone. The same draft and template give the same bytes.
pub fn docx_of(draft: &Draft, template: &Template) -> Result<Vec<u8>, PaperError> {
    let sheet = lay_out(draft, &checked(template)?);
    Ok(docx::render(&sheet)?)
}
