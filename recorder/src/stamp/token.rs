//! What is sent to an authority, and what comes back, in DER (RFC 3161 §2.4).

use aws_lc_rs::digest;
use cms::cert::CertificateChoices;
use cms::cert::x509::der::asn1::{AnyRef, ObjectIdentifier, OctetString, OctetStringRef};
use cms::cert::x509::der::{self, Decode, Encode, Reader, SliceReader, Tag, Tagged};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::CertificateSet;
use time::{Date, Month, PrimitiveDateTime, Time};

use super::authorities::der_of;
use crate::signed_data::{SignedContent, Signer};

/// `AlgorithmIdentifier` of SHA-256.
const SHA256: [u8; 15] = [
    0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
];
const SHA256_OID: &str = "2.16.840.1.101.3.4.2.1";
/// `id-ct-TSTInfo`.
const TST_INFO: &str = "1.2.840.113549.1.9.16.1.4";
/// `id-signedData`.
const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
/// How the methods of RSA begin (RFC 8017 appendix C); 10 is PSS.
const RSA: &str = "1.2.840.113549.1.1.";
const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
/// Which certificate signed (RFC 2634 §5.4, RFC 5035 §3).
const SIGNING_CERTIFICATE: &str = "1.2.840.113549.1.9.16.2.12";
const SIGNING_CERTIFICATE_V2: &str = "1.2.840.113549.1.9.16.2.47";

/// A `TimeStampReq` for this hash, which asks for the certificates too. The
/// nonce's first byte must be between 1 and 127.
pub(super) fn request(imprint: &[u8; 32], nonce: u64) -> Vec<u8> {
    let mut bytes = vec![0x30, 0x43, 0x02, 0x01, 0x01, 0x30, 0x31];
    bytes.extend(SHA256);
    bytes.extend([0x04, 0x20]);
    bytes.extend(imprint);
    bytes.extend([0x02, 0x08]);
    bytes.extend(nonce.to_be_bytes());
    bytes.extend([0x01, 0x01, 0xff]);
    bytes
}

/// A `TimeStampResp`.
pub(super) struct Answer {
    pub(super) is_granted: bool,
    /// In DER.
    pub(super) token: Option<Vec<u8>>,
}

impl Answer {
    pub(super) fn read(answer: &[u8]) -> Option<Self> {
        let read = AnyRef::from_der(answer).and_then(|all| {
            all.sequence(|reader| {
                let status: u8 = reader.decode::<AnyRef<'_>>()?.sequence(|reader| {
                    let status = reader.decode()?;
                    rest(reader)?;
                    Ok::<_, der::Error>(status)
                })?;
                let token = if reader.is_finished() {
                    None
                } else {
                    Some(reader.decode::<AnyRef<'_>>()?.to_der()?)
                };
                Ok::<_, der::Error>((status, token))
            })
        });
        let (status, token) = read.ok()?;
        Some(Self {
            is_granted: matches!(status, 0 | 1),
            token,
        })
    }
}

/// The one form in which a token is kept: granted, and nothing else said.
pub(super) fn kept(token: &[u8]) -> Vec<u8> {
    const GRANTED: [u8; 5] = [0x30, 0x03, 0x02, 0x01, 0x00];
    let body = [&GRANTED[..], token].concat();
    let whole = AnyRef::new(Tag::Sequence, &body).and_then(|any| any.to_der());
    // Of what was received over a bounded line: its length fits.
    whole.unwrap_or_default()
}

/// A token as it is kept: with the certificate of its signer alone, which it
/// names by its hash. What else an authority puts beside it proves nothing by
/// itself, and could be changed without anybody seeing it.
pub(super) fn pared(content: &SignedContent) -> Option<Vec<u8>> {
    let own = content.signer()?.certificate.clone();
    let own = vec![CertificateChoices::Certificate(own)];
    let mut data = content.data.clone();
    data.certificates = Some(CertificateSet::try_from(own).ok()?);
    let content = der::Any::encode_from(&data).ok()?;
    let content_type = ObjectIdentifier::new_unwrap(SIGNED_DATA);
    let token = ContentInfo {
        content_type,
        content,
    };
    token.to_der().ok()
}

/// Whether a token says nothing that its signature does not cover: no bit of
/// it can be another one.
pub(super) fn is_in_form(content: &SignedContent, token: &[u8]) -> bool {
    let data = &content.data;
    let Some(info) = data.signer_infos.0.iter().next() else {
        return false;
    };
    let method = &info.signature_algorithm;
    let parameters = method.parameters.as_ref();
    let is_method_in_form = match method.oid.to_string().strip_prefix(RSA) {
        Some("10") => true,
        Some(_) => parameters == Some(&der::Any::null()),
        None => parameters.is_none(),
    };
    is_method_in_form
        && pared(content).is_some_and(|form| form == token)
        && data.version == CmsVersion::V3
        && info.version == CmsVersion::V1
        && data.crls.is_none()
        && info.unsigned_attrs.is_none()
        && data.digest_algorithms.len() == 1
        && data.digest_algorithms.iter().next() == Some(&info.digest_alg)
}

/// The bytes of the `TSTInfo`.
pub(super) fn content(content: &SignedContent) -> Option<Vec<u8>> {
    let inside = &content.data.encap_content_info;
    if inside.econtent_type.to_string() != TST_INFO {
        return None;
    }
    let octets = inside.econtent.as_ref()?.decode_as::<OctetString>().ok()?;
    Some(octets.as_bytes().to_vec())
}

/// Whether what is signed says that it is a time stamp, and names the
/// certificate of its signer.
pub(super) fn names_its_signer(signer: &Signer<'_>) -> bool {
    let kind = signer.attribute(CONTENT_TYPE);
    let kind = kind.and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
    if kind.is_none_or(|kind| kind.to_string() != TST_INFO) {
        return false;
    }
    let hashed = |attribute: &str, by: &'static digest::Algorithm| {
        let named = signer.attribute(attribute)?;
        let (method, hash) = first_hash(named.to_ref()).ok()?;
        // Other methods than the attribute's own are not in use.
        let is_own = method.is_none_or(|method| method.to_string() == SHA256_OID);
        Some(is_own && hash == digest::digest(by, &der_of(signer.certificate)).as_ref())
    };
    hashed(SIGNING_CERTIFICATE_V2, &digest::SHA256)
        .or_else(|| hashed(SIGNING_CERTIFICATE, &digest::SHA1_FOR_LEGACY_USE_ONLY))
        .unwrap_or(false)
}

/// The method, where it is said, and the hash of the first certificate.
fn first_hash(named: AnyRef<'_>) -> der::Result<(Option<ObjectIdentifier>, Vec<u8>)> {
    first_of(named, |certificates| {
        first_of(certificates, |certificate| {
            certificate.sequence(|reader| {
                let mut next: AnyRef<'_> = reader.decode()?;
                let mut method = None;
                if next.tag() == Tag::Sequence {
                    method = Some(first_of(next, |first| first.decode_as())?);
                    next = reader.decode()?;
                }
                rest(reader)?;
                let hash: &OctetStringRef = next.decode_as()?;
                Ok((method, hash.as_bytes().to_vec()))
            })
        })
    })
}

/// Reads the first of a sequence.
fn first_of<'a, T>(
    sequence: AnyRef<'a>,
    read: impl FnOnce(AnyRef<'a>) -> der::Result<T>,
) -> der::Result<T> {
    sequence.sequence(|reader| {
        let first = read(reader.decode()?)?;
        rest(reader)?;
        Ok(first)
    })
}

fn rest(reader: &mut SliceReader<'_>) -> der::Result<()> {
    while !reader.is_finished() {
        reader.decode::<AnyRef<'_>>()?;
    }
    Ok(())
}

/// What a time stamp says.
#[derive(Debug)]
pub(super) struct TstInfo {
    pub(super) policy: String,
    pub(super) imprint: Vec<u8>,
    /// In hex.
    pub(super) serial: String,
    /// In milliseconds since 1970 UTC.
    pub(super) at: i64,
    pub(super) nonce: Option<u64>,
}

impl TstInfo {
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let read = AnyRef::from_der(bytes).and_then(|all| all.sequence(Self::decode));
        let (version, method, info, at) = read.ok()?;
        let at = moment(std::str::from_utf8(&at).ok()?)?;
        (version == 1 && method == SHA256_OID).then_some(Self { at, ..info })
    }

    fn decode(reader: &mut SliceReader<'_>) -> der::Result<(u8, String, Self, Vec<u8>)> {
        let version: u8 = reader.decode()?;
        let policy: ObjectIdentifier = reader.decode()?;
        let imprint: AnyRef<'_> = reader.decode()?;
        let (method, imprint) = imprint.sequence(|reader| {
            let method: ObjectIdentifier = first_of(reader.decode()?, |first| first.decode_as())?;
            let hash: &OctetStringRef = reader.decode()?;
            Ok::<_, der::Error>((method.to_string(), hash.as_bytes().to_vec()))
        })?;
        let serial: AnyRef<'_> = reader.decode()?;
        let at: AnyRef<'_> = reader.decode()?;
        serial.tag().assert_eq(Tag::Integer)?;
        at.tag().assert_eq(Tag::GeneralizedTime)?;
        let mut nonce = None;
        while !reader.is_finished() {
            let next: AnyRef<'_> = reader.decode()?;
            if next.tag() == Tag::Integer {
                nonce = next.decode_as().ok();
            }
        }
        let info = Self {
            policy: policy.to_string(),
            imprint,
            serial: hex::encode(serial.value()),
            at: 0,
            nonce,
        };
        Ok((version, method, info, at.value().to_vec()))
    }
}

/// `YYYYMMDDhhmmss[.s…]Z` in milliseconds since 1970 UTC (RFC 3161 §2.4.2).
fn moment(text: &str) -> Option<i64> {
    let text = text.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if whole.len() != 14 || !text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    let number = |range: std::ops::Range<usize>| whole.get(range)?.parse::<u8>().ok();
    let month = Month::try_from(number(4..6)?).ok()?;
    let date = Date::from_calendar_date(whole.get(..4)?.parse().ok()?, month, number(6..8)?);
    let time = Time::from_hms(number(8..10)?, number(10..12)?, number(12..14)?);
    let at = PrimitiveDateTime::new(date.ok()?, time.ok()?).assume_utc();
    let milliseconds: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    Some(at.unix_timestamp() * 1_000 + milliseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_and_without_a_fraction() {
        assert_eq!(moment("19700101000001Z"), Some(1_000));
        assert_eq!(moment("20260921071500.5Z"), Some(1_789_974_900_500));
        assert_eq!(moment("20260921071500.12345Z"), Some(1_789_974_900_123));
        for wrong in [
            "",
            "Z",
            "20260921071500",
            "20261321071500Z",
            "2026é921071500Z",
        ] {
            assert_eq!(moment(wrong), None, "{wrong}");
        }
    }
}
