//! Time stamps of archives (RFC 3161): an authority says that the manifest was
//! there at a time.
//!
//! ```text
//!   manifest.json ── SHA-256, nonce ──> authority
//!   manifest.tsr  <── accept: granted, of this hash, of this nonce, signed ──┘
//!       └── read: the same again, offline, but for the nonce
//! ```
//!
//! What is kept is a `TimeStampResp`, so `openssl ts -verify -data manifest.json
//! -in manifest.tsr` reads it too. It has one form: status 0, nothing said
//! beside it, and the token with the certificate of its signer alone.

mod authorities;
mod client;
#[cfg(test)]
mod stories;
mod token;

pub use authorities::{NoCertificate, TimestampAuthorities};
pub use client::{StampClient, StampError};

use aws_lc_rs::digest;
pub use diemcau_protocol::{ArchiveStamp as Stamp, StampFault};
use sha2::{Digest, Sha256};

use crate::signed_data::{Finding, SignedContent, called, open};
use token::{Answer, TstInfo};

/// The file beside the manifest.
pub const STAMP: &str = "manifest.tsr";

/// The SHA-256 of what is stamped.
pub(crate) fn imprint_of(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Checks what an authority answers to a request (RFC 3161 §2.4.2). Returns
/// what is to be kept.
pub(crate) fn accept(
    answer: &[u8],
    imprint: &[u8; 32],
    nonce: u64,
) -> Result<(Vec<u8>, Stamp), StampFault> {
    let answer = Answer::read(answer).ok_or(StampFault::Unreadable)?;
    if !answer.is_granted {
        return Err(StampFault::Refused);
    }
    let token = answer.token.ok_or(StampFault::Unreadable)?;
    let token = open(&token).and_then(|content| token::pared(&content));
    let token = token.ok_or(StampFault::Unreadable)?;
    let (stamp, info, _) = look_at(&token, imprint)?;
    if info.nonce != Some(nonce) {
        return Err(StampFault::WrongNonce);
    }
    Ok((token::kept(&token), stamp))
}

/// Reads a time stamp that was kept, of something with this hash.
pub(crate) fn read(
    kept: &[u8],
    imprint: &[u8; 32],
    trusted: Option<&TimestampAuthorities>,
) -> Result<Stamp, StampFault> {
    let answer = Answer::read(kept).ok_or(StampFault::Unreadable)?;
    let token = answer.token.ok_or(StampFault::Unreadable)?;
    if token::kept(&token) != kept {
        return Err(StampFault::Unreadable);
    }
    let (mut stamp, _, content) = look_at(&token, imprint)?;
    stamp.trusted = trusted.map(|trusted| {
        let certificate = content.signer().map(|signer| signer.certificate);
        certificate.is_some_and(|certificate| trusted.vouch_for(certificate, stamp.at))
    });
    Ok(stamp)
}

fn look_at(
    token: &[u8],
    imprint: &[u8; 32],
) -> Result<(Stamp, TstInfo, SignedContent), StampFault> {
    let content = open(token).ok_or(StampFault::Unreadable)?;
    if !token::is_in_form(&content, token) {
        return Err(StampFault::Unreadable);
    }
    let bytes = token::content(&content).ok_or(StampFault::Unreadable)?;
    let info = TstInfo::read(&bytes).ok_or(StampFault::Unreadable)?;
    if info.imprint != imprint {
        return Err(StampFault::Foreign);
    }
    let signer = content.signer().ok_or(StampFault::Unreadable)?;
    match signer.judge(|by| digest::digest(by, &bytes)) {
        Finding::Valid => {}
        Finding::UnknownMethod => return Err(StampFault::UnknownMethod),
        Finding::Altered | Finding::WrongKey | Finding::Unreadable => {
            return Err(StampFault::SignatureWrong);
        }
    }
    if !token::names_its_signer(&signer) {
        return Err(StampFault::SignatureWrong);
    }
    if !authorities::may_stamp(signer.certificate, info.at) {
        return Err(StampFault::NotAnAuthority);
    }
    let stamp = Stamp {
        at: info.at,
        authority: called(signer.certificate.tbs_certificate().subject()),
        policy: info.policy.clone(),
        serial: info.serial.clone(),
        trusted: None,
    };
    Ok((stamp, info, content))
}
