//! The signatures of a PDF (ISO 32000-1 §12.8): what each covers, and whether
//! it holds (CMS, RFC 5652).

use aws_lc_rs::{digest, signature as keys};
use cms::cert::CertificateChoices;
use cms::cert::x509::Certificate;
use cms::cert::x509::der::asn1::OctetString;
use cms::cert::x509::der::{Any, Decode, Encode, Reader, SliceReader};
use cms::cert::x509::ext::pkix::SubjectKeyIdentifier;
use cms::cert::x509::time::Time;
use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerIdentifier, SignerInfo};
use lopdf::{Dictionary, Document, Object};

use super::{Finding, Signature};

/// Lists the signatures of a document that lies in these bytes.
pub(super) fn list(document: &Document, file: &[u8]) -> Vec<Signature> {
    let objects = document.objects.values();
    let dictionaries = objects.filter_map(|object| object.as_dict().ok());
    let mut signatures: Vec<(usize, Signature)> = dictionaries
        .filter(|dict| dict.has(b"ByteRange") && dict.has(b"Contents"))
        .map(|dict| look_at(dict, file))
        .collect();
    signatures.sort_by_key(|(end, _)| *end);
    signatures
        .into_iter()
        .map(|(_, signature)| signature)
        .collect()
}

/// A signature, and where what it covers ends.
fn look_at(dict: &Dictionary, file: &[u8]) -> (usize, Signature) {
    let mut signature = Signature {
        signer: String::new(),
        organisation: None,
        issuer: String::new(),
        at: None,
        covers_whole_file: false,
        finding: Finding::Unreadable,
    };
    let Some(covered) = Covered::of(dict, file) else {
        return (usize::MAX, signature);
    };
    signature.covers_whole_file = covered.end == file.len();
    let contents = dict.get(b"Contents").and_then(Object::as_str);
    let contents = contents.unwrap_or_default();
    signature.finding = match open(contents) {
        Some(signed) => signed.judge(&covered, &mut signature),
        None => Finding::Unreadable,
    };
    (covered.end, signature)
}

/// The bytes that a signature covers: everything but its own contents.
struct Covered<'a> {
    first: &'a [u8],
    second: &'a [u8],
    end: usize,
}

impl<'a> Covered<'a> {
    /// None where the gap is not the signature's own hexadecimal string: there
    /// something else could hide.
    fn of(dict: &Dictionary, file: &'a [u8]) -> Option<Self> {
        let range = dict.get(b"ByteRange").and_then(Object::as_array).ok()?;
        let numbers = range.iter().map(|n| usize::try_from(n.as_i64().ok()?).ok());
        let numbers: Option<Vec<usize>> = numbers.collect();
        let [0, gap, after, length] = numbers?[..] else {
            return None;
        };
        let end = after.checked_add(length)?;
        let first = file.get(..gap)?;
        let between = file.get(gap..after)?;
        let second = file.get(after..end)?;
        let digits = between.strip_prefix(b"<")?.strip_suffix(b">")?;
        let is_string = digits
            .iter()
            .all(|d| d.is_ascii_hexdigit() || d.is_ascii_whitespace());
        is_string.then_some(Self { first, second, end })
    }

    fn digest(&self, by: &'static digest::Algorithm) -> digest::Digest {
        let mut context = digest::Context::new(by);
        context.update(self.first);
        context.update(self.second);
        context.finish()
    }
}

struct Signed {
    data: SignedData,
}

/// Opens a CMS container; zeros may follow it.
fn open(contents: &[u8]) -> Option<Signed> {
    let mut reader = SliceReader::new(contents).ok()?;
    let content = ContentInfo::decode(&mut reader).ok()?;
    let is_padding = reader.remaining_len().try_into().is_ok_and(|left: usize| {
        let padding = &contents[contents.len() - left..];
        padding.iter().all(|byte| *byte == 0)
    });
    let data = content.content.decode_as::<SignedData>().ok()?;
    is_padding.then_some(Signed { data })
}

const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
const SIGNING_TIME: &str = "1.2.840.113549.1.9.5";

impl Signed {
    fn judge(&self, covered: &Covered<'_>, told: &mut Signature) -> Finding {
        let mut signers = self.data.signer_infos.0.iter();
        let (Some(signer), None) = (signers.next(), signers.next()) else {
            return Finding::Unreadable;
        };
        let Some(certificate) = self.certificate(&signer.sid) else {
            return Finding::Unreadable;
        };
        introduce(certificate, told);
        told.at = attribute(signer, SIGNING_TIME).and_then(moment);
        let Some(by) = digest_by(&signer.digest_alg.oid.to_string()) else {
            return Finding::UnknownMethod;
        };
        let digest = covered.digest(by);
        // What is signed are the attributes, with the digest among them.
        let Some(attributes) = &signer.signed_attrs else {
            return Finding::UnknownMethod;
        };
        let said = attribute(signer, MESSAGE_DIGEST);
        let said = said.and_then(|any| any.decode_as::<OctetString>().ok());
        if said.is_none_or(|said| said.as_bytes() != digest.as_ref()) {
            return Finding::Altered;
        }
        let Ok(message) = attributes.to_der() else {
            return Finding::Unreadable;
        };
        verify(certificate, signer, by, &message)
    }

    fn certificate(&self, sid: &SignerIdentifier) -> Option<&Certificate> {
        let all = self.data.certificates.as_ref()?.0.iter();
        let mut all = all.filter_map(|choice| match choice {
            CertificateChoices::Certificate(certificate) => Some(certificate),
            _ => None,
        });
        all.find(|certificate| {
            let tbs = certificate.tbs_certificate();
            match sid {
                SignerIdentifier::IssuerAndSerialNumber(named) => {
                    named.issuer == *tbs.issuer() && named.serial_number == *tbs.serial_number()
                }
                SignerIdentifier::SubjectKeyIdentifier(named) => {
                    let own = tbs.get_extension::<SubjectKeyIdentifier>();
                    own.is_ok_and(|own| own.is_some_and(|(_, own)| own == *named))
                }
            }
        })
    }
}

fn introduce(certificate: &Certificate, told: &mut Signature) {
    let tbs = certificate.tbs_certificate();
    let subject = tbs.subject();
    let name = subject.common_name().ok().flatten();
    told.signer = name.map_or_else(|| subject.to_string(), |name| name.value().into_owned());
    let organisation = subject.organization().ok().flatten();
    told.organisation = organisation.map(|name| name.value().into_owned());
    let issuer = tbs.issuer().common_name().ok().flatten();
    told.issuer = issuer.map_or_else(
        || tbs.issuer().to_string(),
        |name| name.value().into_owned(),
    );
}

fn attribute<'a>(signer: &'a SignerInfo, oid: &str) -> Option<&'a Any> {
    let attributes = signer.signed_attrs.as_ref()?;
    let mut named = attributes.iter().filter(|a| a.oid.to_string() == oid);
    named.next()?.values.iter().next()
}

fn moment(any: &Any) -> Option<i64> {
    let time = Time::from_der(&any.to_der().ok()?).ok()?;
    i64::try_from(time.to_unix_duration().as_millis()).ok()
}

fn digest_by(oid: &str) -> Option<&'static digest::Algorithm> {
    match oid {
        "2.16.840.1.101.3.4.2.1" => Some(&digest::SHA256),
        "2.16.840.1.101.3.4.2.2" => Some(&digest::SHA384),
        "2.16.840.1.101.3.4.2.3" => Some(&digest::SHA512),
        _ => None,
    }
}

fn verify(
    certificate: &Certificate,
    signer: &SignerInfo,
    by: &'static digest::Algorithm,
    message: &[u8],
) -> Finding {
    let info = certificate.tbs_certificate().subject_public_key_info();
    let curve = info.algorithm.parameters.as_ref();
    let curve = curve.and_then(|any| any.to_der().ok()).unwrap_or_default();
    let method = signer.signature_algorithm.oid.to_string();
    let Some(method) = method_of(&method, by, &curve) else {
        return Finding::UnknownMethod;
    };
    let key = keys::UnparsedPublicKey::new(method, info.subject_public_key.raw_bytes());
    match key.verify(message, signer.signature.as_bytes()) {
        Ok(()) => Finding::Valid,
        Err(_) => Finding::WrongKey,
    }
}

/// `OBJECT IDENTIFIER` of the curves P-256 and P-384, in DER.
const P256: &[u8] = &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const P384: &[u8] = &[6, 5, 0x2b, 0x81, 4, 0, 0x22];

fn method_of(
    oid: &str,
    by: &'static digest::Algorithm,
    curve: &[u8],
) -> Option<&'static dyn keys::VerificationAlgorithm> {
    let is = |algorithm: &'static digest::Algorithm| by == algorithm;
    let rsa = oid.strip_prefix("1.2.840.113549.1.1.");
    let is_elliptic = oid.starts_with("1.2.840.10045.");
    Some(match rsa {
        Some("1" | "11" | "12" | "13") if is(&digest::SHA256) => &keys::RSA_PKCS1_2048_8192_SHA256,
        Some("1" | "11" | "12" | "13") if is(&digest::SHA384) => &keys::RSA_PKCS1_2048_8192_SHA384,
        Some("1" | "11" | "12" | "13") if is(&digest::SHA512) => &keys::RSA_PKCS1_2048_8192_SHA512,
        Some("10") if is(&digest::SHA256) => &keys::RSA_PSS_2048_8192_SHA256,
        Some("10") if is(&digest::SHA384) => &keys::RSA_PSS_2048_8192_SHA384,
        Some("10") if is(&digest::SHA512) => &keys::RSA_PSS_2048_8192_SHA512,
        None if is_elliptic && curve == P256 && is(&digest::SHA256) => {
            &keys::ECDSA_P256_SHA256_ASN1
        }
        None if is_elliptic && curve == P384 && is(&digest::SHA384) => {
            &keys::ECDSA_P384_SHA384_ASN1
        }
        _ => return None,
    })
}
