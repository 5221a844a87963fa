//! Signed minutes that came back.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// A signed PDF that is what was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct SignedMinutes {
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
    /// How it was found to be the same.
    pub sameness: Sameness,
    /// The signatures, in the order in which they lie in the file.
    pub signatures: Vec<PdfSignature>,
}

/// How a signed PDF was found to be the issued one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum Sameness {
    /// Everything that was issued is there, untouched.
    Untouched,
    /// It was written anew, with the same words on every page.
    SameWords,
}

/// A signature in a PDF. Whether its certificate is to be trusted is not
/// decided here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct PdfSignature {
    /// Who signed, by the certificate; empty where that cannot be read.
    pub signer: String,
    /// The organisation, by the certificate.
    pub organisation: Option<String>,
    /// Who issued the certificate.
    pub issuer: String,
    /// When, as the signer says; in milliseconds since 1970 UTC.
    #[ts(type = "number | null")]
    pub at: Option<i64>,
    /// It covers the whole file but itself. An earlier one covers the file as
    /// it was before the next.
    pub covers_whole_file: bool,
    /// Whether it holds.
    pub finding: SignatureFinding,
}

/// What is found of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum SignatureFinding {
    /// What it covers is as it was signed, by the key of the certificate.
    Valid,
    /// What it covers was changed.
    Altered,
    /// It was not made with the key of the certificate.
    WrongKey,
    /// It is by a method that is not known, or no longer safe.
    UnknownMethod,
    /// It cannot be read.
    Unreadable,
}
