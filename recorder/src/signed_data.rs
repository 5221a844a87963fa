//! Signed data (CMS, RFC 5652 §5): who signed, and whether it holds. Signed
//! minutes and time stamps are of this form.

use aws_lc_rs::{digest, signature as keys};
use cms::cert::CertificateChoices;
use cms::cert::x509::Certificate;
use cms::cert::x509::der::asn1::OctetString;
use cms::cert::x509::der::{Any, Decode, Encode, Reader, SliceReader};
use cms::cert::x509::ext::pkix::SubjectKeyIdentifier;
use cms::cert::x509::name::Name;
use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerIdentifier, SignerInfo};
pub(crate) use diemcau_protocol::SignatureFinding as Finding;

/// Signed data that could be read.
pub(crate) struct SignedContent {
    pub(crate) data: SignedData,
}

/// Opens a container; zeros may follow it.
pub(crate) fn open(contents: &[u8]) -> Option<SignedContent> {
    let mut reader = SliceReader::new(contents).ok()?;
    let content = ContentInfo::decode(&mut reader).ok()?;
    let is_padding = reader.remaining_len().try_into().is_ok_and(|left: usize| {
        let padding = &contents[contents.len() - left..];
        padding.iter().all(|byte| *byte == 0)
    });
    let data = content.content.decode_as::<SignedData>().ok()?;
    is_padding.then_some(SignedContent { data })
}

/// Whoever signed.
pub(crate) struct Signer<'a> {
    info: &'a SignerInfo,
    pub(crate) certificate: &'a Certificate,
}

const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";

impl SignedContent {
    /// The one signer; none where there are several, or the certificate is not
    /// there.
    pub(crate) fn signer(&self) -> Option<Signer<'_>> {
        let mut signers = self.data.signer_infos.0.iter();
        let (Some(info), None) = (signers.next(), signers.next()) else {
            return None;
        };
        let certificate = self.certificate(&info.sid)?;
        Some(Signer { info, certificate })
    }

    /// The certificates that lie in it.
    fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        let all = self.data.certificates.iter().flat_map(|all| all.0.iter());
        all.filter_map(|choice| match choice {
            CertificateChoices::Certificate(certificate) => Some(certificate),
            _ => None,
        })
    }

    fn certificate(&self, sid: &SignerIdentifier) -> Option<&Certificate> {
        self.certificates().find(|certificate| {
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

impl Signer<'_> {
    /// A signed attribute.
    pub(crate) fn attribute(&self, oid: &str) -> Option<&Any> {
        let attributes = self.info.signed_attrs.as_ref()?;
        let mut named = attributes.iter().filter(|a| a.oid.to_string() == oid);
        named.next()?.values.iter().next()
    }

    /// Whether the signature holds for what has this digest.
    pub(crate) fn judge(
        &self,
        digest: impl FnOnce(&'static digest::Algorithm) -> digest::Digest,
    ) -> Finding {
        let Some(by) = digest_by(&self.info.digest_alg.oid.to_string()) else {
            return Finding::UnknownMethod;
        };
        // What is signed are the attributes, with the digest among them.
        let Some(attributes) = &self.info.signed_attrs else {
            return Finding::UnknownMethod;
        };
        let said = self.attribute(MESSAGE_DIGEST);
        let said = said.and_then(|any| any.decode_as::<OctetString>().ok());
        if said.is_none_or(|said| said.as_bytes() != digest(by).as_ref()) {
            return Finding::Altered;
        }
        let Ok(message) = attributes.to_der() else {
            return Finding::Unreadable;
        };
        let method = self.info.signature_algorithm.oid.to_string();
        let signature = self.info.signature.as_bytes();
        verify(self.certificate, &method, by, &message, signature)
    }
}

/// What somebody is called in a certificate.
pub(crate) fn called(name: &Name) -> String {
    let common = name.common_name().ok().flatten();
    common.map_or_else(|| name.to_string(), |name| name.value().into_owned())
}

/// Whether a certificate was signed with the key of another (RFC 5280 §6.1.3).
pub(crate) fn is_issued_by(certificate: &Certificate, issuer: &Certificate) -> bool {
    let tbs = certificate.tbs_certificate();
    let method = certificate.signature_algorithm().oid.to_string();
    let by = match method.as_str() {
        "1.2.840.113549.1.1.11" | "1.2.840.10045.4.3.2" => &digest::SHA256,
        "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" => &digest::SHA384,
        "1.2.840.113549.1.1.13" => &digest::SHA512,
        _ => return false,
    };
    let Ok(message) = tbs.to_der() else {
        return false;
    };
    let signature = certificate.signature().raw_bytes();
    tbs.issuer() == issuer.tbs_certificate().subject()
        && verify(issuer, &method, by, &message, signature) == Finding::Valid
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
    method: &str,
    by: &'static digest::Algorithm,
    message: &[u8],
    signature: &[u8],
) -> Finding {
    let info = certificate.tbs_certificate().subject_public_key_info();
    let curve = info.algorithm.parameters.as_ref();
    let curve = curve.and_then(|any| any.to_der().ok()).unwrap_or_default();
    let Some(method) = method_of(method, by, &curve) else {
        return Finding::UnknownMethod;
    };
    let key = keys::UnparsedPublicKey::new(method, info.subject_public_key.raw_bytes());
    match key.verify(message, signature) {
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
        None if is_elliptic && curve == P256 && is(&digest::SHA384) => {
            &keys::ECDSA_P256_SHA384_ASN1
        }
        None if is_elliptic && curve == P384 && is(&digest::SHA256) => {
            &keys::ECDSA_P384_SHA256_ASN1
        }
        None if is_elliptic && curve == P384 && is(&digest::SHA384) => {
            &keys::ECDSA_P384_SHA384_ASN1
        }
        _ => return None,
    })
}
