//! Signed minutes that come back: is it what was issued, and who signed?
//!
//! ```text
//!   issued PDF ─┐   every object as it was (the signer only appended), or else
//!               ├─> the same words on every page; nothing laid over them
//!   signed PDF ─┘
//!       └──────────> each signature: bytes covered, digest, signature, signer
//! ```
//!
//! Whether a signer's certificate is to be trusted, and was not revoked, is not
//! decided here: that hangs on the authorities that the agency knows.

mod covering;
mod sameness;
mod signature;
#[cfg(all(test, feature = "pdf"))]
pub(crate) mod stories;

use lopdf::Document;
use sha2::{Digest, Sha256};

use super::refusal::{Code, Refusal};
pub use diemcau_protocol::{
    PdfSignature as Signature, Sameness, SignatureFinding as Finding, SignedMinutes,
};

/// The largest signed PDF, in bytes.
pub const LARGEST: usize = 64 * 1024 * 1024;

/// Compares a signed PDF with the issued one and lists its signatures. Refused
/// where it is another text, something covers the pages, or nobody signed.
pub fn take_back(issued: &[u8], signed: &[u8]) -> Result<SignedMinutes, Refusal> {
    if signed.len() > LARGEST {
        return Err(Refusal::new(Code::TooLarge, "at most 64 MB"));
    }
    let before = read(issued)?;
    let after = read(signed)?;
    let sameness = sameness::compare(&before, &after)?;
    covering::refuse(&before, &after)?;
    let signatures = signature::list(&after, signed);
    if signatures.is_empty() {
        return Err(Refusal::new(Code::NotSigned, "there is no signature in it"));
    }
    Ok(SignedMinutes {
        sha256: hex::encode(Sha256::digest(signed)),
        sameness,
        signatures,
    })
}

fn read(file: &[u8]) -> Result<Document, Refusal> {
    let unreadable = |error: lopdf::Error| Refusal::new(Code::NotAPdf, error.to_string());
    let document = Document::load_mem(file).map_err(unreadable)?;
    if document.is_encrypted() || document.was_encrypted() {
        return Err(Refusal::new(Code::PdfEncrypted, "take the password off"));
    }
    Ok(document)
}
