//! Taps the SRTP keys of a peer's DTLS session, so that the SFU can seal the
//! media that it sends itself.
//!
//! str0m takes its cryptography from a provider. Ours is the default one, with
//! its DTLS sessions wrapped: a session that has exported its keying material
//! leaves a copy in a [`KeyTap`].

use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Instant;

use str0m::crypto::dtls::{
    DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, DtlsVersion, ProtocolVersion,
    SrtpProfile,
};
use str0m::crypto::{CryptoError, CryptoProvider, from_feature_flags};

use crate::srtp::{MasterKeys, Profile};

/// Where the keys of one DTLS session are found once it is up.
#[derive(Clone, Default)]
pub(crate) struct KeyTap(Arc<OnceLock<MasterKeys>>);

impl KeyTap {
    /// The keys, if they are there by now.
    pub(crate) fn keys(&self) -> Option<&MasterKeys> {
        self.0.get()
    }
}

impl fmt::Debug for KeyTap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyTap").finish_non_exhaustive()
    }
}

thread_local! {
    /// The tap of the session that this thread has begun last.
    static LAST: RefCell<Option<KeyTap>> = const { RefCell::new(None) };
}

/// Runs `build`, which makes one `Rtc` with [`provider`], and returns the tap
/// of its session.
pub(crate) fn tapped<T>(build: impl FnOnce() -> T) -> (T, Option<KeyTap>) {
    LAST.set(None);
    let built = build();
    (built, LAST.take())
}

/// The provider whose sessions are tapped.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    static TAPPING: TappingDtls = TappingDtls;
    let default = default_provider();
    Arc::new(CryptoProvider {
        srtp_provider: default.srtp_provider,
        sha1_hmac_provider: default.sha1_hmac_provider,
        sha1_provider: default.sha1_provider,
        sha256_provider: default.sha256_provider,
        dtls_provider: &TAPPING,
    })
}

fn default_provider() -> &'static CryptoProvider {
    static DEFAULT: LazyLock<CryptoProvider> = LazyLock::new(from_feature_flags);
    &DEFAULT
}

#[derive(Debug)]
struct TappingDtls;

impl DtlsProvider for TappingDtls {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        default_provider().dtls_provider.generate_certificate()
    }

    fn new_dtls(
        &self,
        cert: &DtlsCert,
        now: Instant,
        version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        let inner = default_provider()
            .dtls_provider
            .new_dtls(cert, now, version, mtu)?;
        let tap = KeyTap::default();
        LAST.set(Some(tap.clone()));
        Ok(Box::new(TappedDtls { inner, tap }))
    }
}

#[derive(Debug)]
struct TappedDtls {
    inner: Box<dyn DtlsInstance>,
    tap: KeyTap,
}

impl DtlsInstance for TappedDtls {
    fn set_active(&mut self, active: bool) {
        self.inner.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.inner.handle_packet(packet)
    }

    fn poll_output<'a>(&mut self, buf: &'a mut [u8]) -> DtlsOutput<'a> {
        let is_client = self.inner.is_active();
        let output = self.inner.poll_output(buf);
        if let DtlsOutput::KeyingMaterial(material, profile) = &output
            && let Some(profile) = known(*profile)
        {
            // Keys are exported once; a second export would be the same.
            let _ = self.tap.0.set(MasterKeys {
                profile,
                material: material.to_vec(),
                is_client,
            });
        }
        output
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.inner.handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<usize, DtlsImplError> {
        self.inner.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.inner.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.inner.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.inner.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.inner.close()
    }
}

fn known(profile: SrtpProfile) -> Option<Profile> {
    match profile {
        SrtpProfile::AES128_CM_SHA1_80 => Some(Profile::Aes128CmSha1_80),
        SrtpProfile::AEAD_AES_128_GCM => Some(Profile::AeadAes128Gcm),
        SrtpProfile::AEAD_AES_256_GCM => Some(Profile::AeadAes256Gcm),
        _ => None,
    }
}
