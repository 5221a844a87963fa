//! Who may say what time it is.

use cms::cert::x509::Certificate;
use cms::cert::x509::der::{Decode, Encode};
use cms::cert::x509::ext::pkix::{BasicConstraints, ExtendedKeyUsage};

use crate::pem::from_pem;
use crate::signed_data::is_issued_by;

/// `id-kp-timeStamping` (RFC 3161 §2.3).
const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";
/// The longest way to an authority that is trusted.
const LONGEST: usize = 6;

/// No usable certificate.
#[derive(Debug, thiserror::Error)]
#[error("not one or more X.509 certificates in PEM")]
pub struct NoCertificate;

/// The certificates that whoever verifies trusts: of authorities, or of those
/// above them.
#[derive(Debug, Clone)]
pub struct TimestampAuthorities {
    certificates: Vec<Certificate>,
}

impl TimestampAuthorities {
    /// From one or more certificates in PEM.
    ///
    /// # Errors
    /// When there is none, or one cannot be read.
    pub fn from_pem(pem: &str) -> Result<Self, NoCertificate> {
        let all = from_pem("CERTIFICATE", pem).into_iter();
        let certificates: Vec<Certificate> = all
            .map(|der| Certificate::from_der(&der).map_err(|_| NoCertificate))
            .collect::<Result<_, _>>()?;
        if certificates.is_empty() {
            return Err(NoCertificate);
        }
        Ok(Self { certificates })
    }

    /// Whether a certificate is one of these, or one of these stands above it,
    /// each valid at this time.
    pub(super) fn vouch_for(&self, certificate: &Certificate, at: i64) -> bool {
        let mut present = certificate;
        for _ in 0..LONGEST {
            if !is_valid(present, at) {
                return false;
            }
            if self.certificates.contains(present) {
                return true;
            }
            let above = |issuer: &&Certificate| {
                *issuer != present && is_authority(issuer) && is_issued_by(present, issuer)
            };
            let Some(issuer) = self.certificates.iter().find(above) else {
                return false;
            };
            present = issuer;
        }
        false
    }
}

/// Whether a certificate is for time stamps and nothing else, and was valid.
pub(super) fn may_stamp(certificate: &Certificate, at: i64) -> bool {
    let usage = certificate
        .tbs_certificate()
        .get_extension::<ExtendedKeyUsage>();
    let is_for_stamps = usage.is_ok_and(|usage| {
        usage.is_some_and(|(critical, usage)| {
            critical && matches!(&usage.0[..], [only] if only.to_string() == TIME_STAMPING)
        })
    });
    is_for_stamps && is_valid(certificate, at)
}

fn is_valid(certificate: &Certificate, at: i64) -> bool {
    let validity = certificate.tbs_certificate().validity();
    let ms = |time: cms::cert::x509::time::Time| {
        i64::try_from(time.to_unix_duration().as_millis()).unwrap_or(i64::MAX)
    };
    (ms(validity.not_before)..=ms(validity.not_after)).contains(&at)
}

fn is_authority(certificate: &Certificate) -> bool {
    let constraints = certificate
        .tbs_certificate()
        .get_extension::<BasicConstraints>();
    constraints.is_ok_and(|found| found.is_some_and(|(_, constraints)| constraints.ca))
}

/// The certificate in DER.
pub(super) fn der_of(certificate: &Certificate) -> Vec<u8> {
    certificate.to_der().unwrap_or_default()
}
