//! Certificates: the organisation's own, or those of an authority that the
//! server makes for itself at its first start.
//!
//! ```text
//!   tls.certificate, tls.key given ──> used as they are
//!   else  tls/ca.pem + tls/ca.key.pem          ten years, made once
//!           └─> tls/server.pem + .key.pem      about a year, made anew when the
//!               tls/server.json                names changed or it runs out
//! ```

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::config::TlsFiles;
use crate::folder::{self, FolderError};

const AUTHORITY_LIFE: Duration = Duration::days(3_650);
/// Browsers refuse certificates that live longer than 398 days.
const CERTIFICATE_LIFE: Duration = Duration::days(390);
const RENEW_BEFORE: Duration = Duration::days(30);

/// What can go wrong with certificates.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file of the own authority cannot be read or written.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The own authority cannot issue.
    #[error("cannot issue a certificate: {0}")]
    Issue(#[from] rcgen::Error),
    /// Of the own authority only one file is there.
    #[error(
        "the authority in {} is incomplete: {missing} is missing; put it back from a copy. \
         Without one, remove {left} too: the server then makes another authority, which has \
         to be installed on the clients anew",
        folder.display()
    )]
    HalfAnAuthority {
        /// `tls/` in the data folder.
        folder: PathBuf,
        /// The file that is not there.
        missing: &'static str,
        /// The one that is.
        left: &'static str,
    },
    /// A PEM file does not hold what it should.
    #[error("{} does not hold {what} in PEM: {source}", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// Why not.
        source: rustls::pki_types::pem::Error,
    },
    /// Certificate and key do not serve.
    #[error("the certificate {} cannot be used: {source}", path.display())]
    Unusable {
        /// The certificate.
        path: PathBuf,
        /// Why not.
        source: rustls::Error,
    },
}

/// Where the server's certificate comes from.
#[derive(Debug, Clone)]
pub enum Identity {
    /// From the organisation.
    Given(TlsFiles),
    /// From the own authority in this folder, for these names and addresses.
    Own {
        /// `tls/` in the data folder.
        folder: PathBuf,
        /// What the certificate is for.
        names: Vec<String>,
    },
}

impl Identity {
    /// The identity by the own authority for a host name and addresses;
    /// loopback is always among them.
    pub fn own(folder: PathBuf, host_name: Option<String>, addresses: &[IpAddr]) -> Self {
        let mut names = vec![
            "localhost".to_owned(),
            "127.0.0.1".to_owned(),
            "::1".to_owned(),
        ];
        let others = host_name
            .into_iter()
            .chain(addresses.iter().map(IpAddr::to_string));
        for name in others {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Self::Own { folder, names }
    }

    /// The certificate that clients have to install, if the authority is our
    /// own.
    pub fn authority_certificate(&self) -> Option<PathBuf> {
        match self {
            Identity::Given(_) => None,
            Identity::Own { folder, .. } => Some(folder.join(AUTHORITY_CERTIFICATE)),
        }
    }

    /// Loads the certificate as it is wanted at `now`; an own one is issued
    /// where it is missing, for other names, or about to run out.
    pub fn load(&self, now: OffsetDateTime) -> Result<Arc<ServerConfig>, TlsError> {
        match self {
            Identity::Given(files) => server_config(&files.certificate, &files.key),
            Identity::Own { folder, names } => {
                if !is_served(folder, names, now)? {
                    Authority::open(folder, now)?.issue(folder, names, now)?;
                }
                server_config(&folder.join(CERTIFICATE), &folder.join(KEY))
            }
        }
    }
}

const AUTHORITY_CERTIFICATE: &str = "ca.pem";
const AUTHORITY_KEY: &str = "ca.key.pem";
const CERTIFICATE: &str = "server.pem";
const KEY: &str = "server.key.pem";
const NOTE: &str = "server.json";

/// Whether the certificate that is there is from the present authority, for
/// these names, and good for a while. The authority's key is not needed to
/// see that, so it may be kept elsewhere.
fn is_served(folder: &Path, names: &[String], now: OffsetDateTime) -> Result<bool, FolderError> {
    let note: Option<IssueNote> = folder::read_optional(&folder.join(NOTE))?
        .and_then(|text| serde_json::from_str(&text).ok());
    let authority = folder::read_optional(&folder.join(AUTHORITY_CERTIFICATE))?;
    let chain = folder::read_optional(&folder.join(CERTIFICATE))?;
    Ok(match (note, authority, chain) {
        (Some(note), Some(authority), Some(chain)) => {
            note.serves(names, now) && chain.ends_with(&authority) && folder.join(KEY).is_file()
        }
        _ => false,
    })
}

struct Authority {
    certificate_pem: String,
    params: CertificateParams,
    key: KeyPair,
}

impl Authority {
    fn open(folder: &Path, now: OffsetDateTime) -> Result<Self, TlsError> {
        let certificate = folder::read_optional(&folder.join(AUTHORITY_CERTIFICATE))?;
        let key = folder::read_optional(&folder.join(AUTHORITY_KEY))?;
        let half = |missing, left| TlsError::HalfAnAuthority {
            folder: folder.to_owned(),
            missing,
            left,
        };
        match (certificate, key) {
            (None, None) => Self::make(folder, now),
            (Some(_), None) => Err(half(AUTHORITY_KEY, AUTHORITY_CERTIFICATE)),
            (None, Some(_)) => Err(half(AUTHORITY_CERTIFICATE, AUTHORITY_KEY)),
            (Some(certificate_pem), Some(key)) => {
                let key = KeyPair::from_pem(&key)?;
                Ok(Self {
                    certificate_pem,
                    params: authority_params(&key, now),
                    key,
                })
            }
        }
    }

    fn make(folder: &Path, now: OffsetDateTime) -> Result<Self, TlsError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let params = authority_params(&key, now);
        let certificate_pem = params.self_signed(&key)?.pem();
        folder::write_private(&folder.join(AUTHORITY_KEY), &key.serialize_pem())?;
        folder::write_public(&folder.join(AUTHORITY_CERTIFICATE), &certificate_pem)?;
        Ok(Self {
            certificate_pem,
            params,
            key,
        })
    }

    fn issue(&self, folder: &Path, names: &[String], now: OffsetDateTime) -> Result<(), TlsError> {
        let until = now + CERTIFICATE_LIFE;
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate = certificate_params(names, now, until)?
            .signed_by(&key, &Issuer::from_params(&self.params, &self.key))?;
        let chain = format!("{}{}", certificate.pem(), self.certificate_pem);
        folder::write_private(&folder.join(KEY), &key.serialize_pem())?;
        folder::write_public(&folder.join(CERTIFICATE), &chain)?;
        let note = IssueNote {
            names: names.to_owned(),
            until: until.unix_timestamp(),
        };
        let text = serde_json::to_string(&note).unwrap_or_default();
        folder::write_public(&folder.join(NOTE), &text)?;
        Ok(())
    }
}

/// What the last issued certificate is for, and until when.
#[derive(Serialize, Deserialize)]
struct IssueNote {
    names: Vec<String>,
    until: i64,
}

impl IssueNote {
    fn serves(&self, names: &[String], now: OffsetDateTime) -> bool {
        self.names == names && self.until > (now + RENEW_BEFORE).unix_timestamp()
    }
}

/// The same for the same key, so that it can be made again from the key alone.
fn authority_params(key: &KeyPair, now: OffsetDateTime) -> CertificateParams {
    let mut params = CertificateParams::default();
    let mark: String = params
        .key_identifier(key)
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, "Điểm Cầu");
    name.push(DnType::CommonName, format!("Điểm Cầu {mark}"));
    params.distinguished_name = name;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = now - Duration::days(1);
    params.not_after = now + AUTHORITY_LIFE;
    params
}

fn certificate_params(
    names: &[String],
    now: OffsetDateTime,
    until: OffsetDateTime,
) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names.to_owned())?;
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, "diemcau");
    params.distinguished_name = name;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params.not_before = now - Duration::days(1);
    params.not_after = until;
    Ok(params)
}

fn server_config(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|source| TlsError::Pem {
            path: certificate.to_owned(),
            what: "a certificate",
            source,
        })?;
    let private_key = PrivateKeyDer::from_pem_file(key).map_err(|source| TlsError::Pem {
        path: key.to_owned(),
        what: "a private key",
        source,
    })?;
    let unusable = |source| TlsError::Unusable {
        path: certificate.to_owned(),
        source,
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, private_key)
        .map_err(unusable)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(folder: &Path, address: &str) -> Identity {
        Identity::own(
            folder.to_owned(),
            Some("may-chu".to_owned()),
            &[address.parse().unwrap()],
        )
    }

    fn read(folder: &Path, name: &str) -> String {
        std::fs::read_to_string(folder.join(name)).unwrap()
    }

    #[test]
    fn a_certificate_is_issued_anew_only_when_it_must_be() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path();
        let now = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);

        own(folder, "192.0.2.7").load(now).unwrap();
        let authority = read(folder, "ca.pem");
        let first = read(folder, "server.pem");

        own(folder, "192.0.2.7")
            .load(now + Duration::days(300))
            .unwrap();
        assert_eq!(read(folder, "server.pem"), first, "it is still good");

        own(folder, "192.0.2.8").load(now).unwrap();
        let second = read(folder, "server.pem");
        assert_ne!(second, first, "the address changed");

        own(folder, "192.0.2.8")
            .load(now + Duration::days(370))
            .unwrap();
        assert_ne!(read(folder, "server.pem"), second, "it was running out");
        assert_eq!(read(folder, "ca.pem"), authority, "clients installed it");
    }

    #[test]
    fn the_authoritys_key_is_needed_only_to_issue() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path();
        let now = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
        own(folder, "192.0.2.7").load(now).unwrap();
        let (authority, first) = (read(folder, "ca.pem"), read(folder, "server.pem"));

        std::fs::remove_file(folder.join("ca.key.pem")).unwrap();
        own(folder, "192.0.2.7").load(now).unwrap();

        let refused = own(folder, "192.0.2.8").load(now).unwrap_err().to_string();
        assert!(refused.contains("ca.key.pem is missing"), "{refused}");
        assert_eq!(read(folder, "ca.pem"), authority, "clients installed it");
        assert_eq!(read(folder, "server.pem"), first);
        assert!(!folder.join("ca.key.pem").exists());
    }

    #[test]
    fn an_authority_without_its_certificate_is_refused() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path();
        let now = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
        own(folder, "192.0.2.7").load(now).unwrap();
        let key = read(folder, "ca.key.pem");

        std::fs::remove_file(folder.join("ca.pem")).unwrap();
        let refused = own(folder, "192.0.2.7").load(now).unwrap_err().to_string();
        assert!(refused.contains("ca.pem is missing"), "{refused}");
        assert_eq!(read(folder, "ca.key.pem"), key);
    }

    #[test]
    fn another_authority_issues_another_certificate() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path();
        let now = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
        own(folder, "192.0.2.7").load(now).unwrap();
        let authority = read(folder, "ca.pem");

        for name in ["ca.pem", "ca.key.pem"] {
            std::fs::remove_file(folder.join(name)).unwrap();
        }
        own(folder, "192.0.2.7").load(now).unwrap();
        let another = read(folder, "ca.pem");
        assert_ne!(another, authority);
        assert!(read(folder, "server.pem").ends_with(&another));
    }

    #[test]
    fn a_file_that_is_no_certificate_is_named() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("server.crt");
        std::fs::write(&path, "nothing").unwrap();
        let given = Identity::Given(TlsFiles {
            certificate: path.clone(),
            key: path,
        });
        let error = given.load(OffsetDateTime::UNIX_EPOCH).unwrap_err();
        assert!(error.to_string().contains("server.crt"), "{error}");
    }
}
