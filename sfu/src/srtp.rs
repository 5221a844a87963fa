//! SRTP (RFC 3711, RFC 7714) for what the SFU sends itself: media is sealed
//! in place, in the buffer in which it leaves; feedback is opened.
//!
//! The keys are those of str0m's DTLS session (see `keys`). str0m goes on
//! using them for its own streams: no SSRC is ever used by both, so that no
//! nonce is used twice.

use std::collections::BTreeMap;

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, Algorithm, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{
    AES_128, DecryptionContext, EncryptingKey, EncryptionContext, UnboundCipherKey,
};
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;

/// The length of a GCM tag, in bytes.
const GCM_TAG: usize = 16;
/// The length of an HMAC-SHA1-80 tag, in bytes.
const HMAC_TAG: usize = 10;
/// Senders of feedback whose indexes are remembered.
const MAX_SENDERS: usize = 64;
/// The most bytes that sealing adds: a tag, and for SRTCP its index.
pub(crate) const OVERHEAD: usize = GCM_TAG + 4;

/// What can go wrong with SRTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SrtpError {
    #[error("the key is of the wrong length")]
    Key,
    #[error("the packet is too short")]
    Short,
    #[error("the tag is wrong")]
    Tag,
    #[error("the packet was here before")]
    Replayed,
}

/// The protection profile (RFC 5764 §4.1.2, RFC 7714 §14.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Aes128CmSha1_80,
    AeadAes128Gcm,
    AeadAes256Gcm,
}

impl Profile {
    fn key_and_salt(self) -> (usize, usize) {
        match self {
            Profile::Aes128CmSha1_80 => (16, 14),
            Profile::AeadAes128Gcm => (16, 12),
            Profile::AeadAes256Gcm => (32, 12),
        }
    }
}

/// The master keys of both directions.
pub(crate) struct MasterKeys {
    pub(crate) profile: Profile,
    /// As DTLS exports it: client key, server key, client salt, server salt
    /// (RFC 5764 §4.2).
    pub(crate) material: Vec<u8>,
    /// Whether this side is the DTLS client.
    pub(crate) is_client: bool,
}

/// Key derivation labels (RFC 3711 §4.3.1): cipher, authentication, salt.
const RTP_LABELS: [u8; 3] = [0, 1, 2];
const RTCP_LABELS: [u8; 3] = [3, 4, 5];

/// Seals what leaves.
pub(crate) struct Sealer {
    rtp: Cipher,
    rtcp: Cipher,
    rtcp_index: u32,
}

/// Opens the feedback that comes in.
pub(crate) struct Opener {
    rtcp: Cipher,
    windows: BTreeMap<u32, Window>,
}

impl MasterKeys {
    /// The two ends of the session.
    pub(crate) fn derive(&self) -> Result<(Sealer, Opener), SrtpError> {
        let (key, salt) = self.profile.key_and_salt();
        if self.material.len() != 2 * (key + salt) {
            return Err(SrtpError::Key);
        }
        let half = |server: bool| {
            let n = usize::from(server);
            let master = &self.material[n * key..(n + 1) * key];
            let salts = &self.material[2 * key..];
            (master, &salts[n * salt..(n + 1) * salt])
        };
        let (own, theirs) = (half(!self.is_client), half(self.is_client));
        let cipher = |(master, salt), labels| Cipher::derive(self.profile, master, salt, labels);
        let sealer = Sealer {
            rtp: cipher(own, RTP_LABELS)?,
            rtcp: cipher(own, RTCP_LABELS)?,
            rtcp_index: 0,
        };
        let opener = Opener {
            rtcp: cipher(theirs, RTCP_LABELS)?,
            windows: BTreeMap::new(),
        };
        Ok((sealer, opener))
    }
}

impl Sealer {
    /// The bytes that sealing an RTP packet adds.
    pub(crate) fn overhead(&self) -> usize {
        match &self.rtp {
            Cipher::Gcm { .. } => GCM_TAG,
            Cipher::CtrHmac { .. } => HMAC_TAG,
        }
    }

    /// Seals the RTP packet at `start..` of the buffer, whose header takes
    /// `header` bytes; the tag is appended. `seq` is its extended sequence
    /// number.
    pub(crate) fn rtp(
        &self,
        buffer: &mut Vec<u8>,
        start: usize,
        header: usize,
        ssrc: u32,
        seq: u64,
    ) -> Result<(), SrtpError> {
        let body = start + header;
        match &self.rtp {
            Cipher::Gcm { key, salt } => {
                let index = (seq & 0xffff_ffff_ffff).to_be_bytes();
                let mut nonce = *salt;
                xor(&mut nonce[2..6], &ssrc.to_be_bytes());
                xor(&mut nonce[6..12], &index[2..]);
                seal_gcm(key, nonce, buffer, start, body)
            }
            Cipher::CtrHmac { key, salt, mac } => {
                ctr(key, *salt, ssrc, seq, &mut buffer[body..])?;
                let mut context = hmac::Context::with_key(mac);
                context.update(&buffer[start..]);
                context.update(&((seq >> 16) as u32).to_be_bytes());
                buffer.extend_from_slice(&context.sign().as_ref()[..HMAC_TAG]);
                Ok(())
            }
        }
    }

    /// Seals the RTCP packet in the buffer (RFC 3711 §3.4, RFC 7714 §9).
    pub(crate) fn rtcp(&mut self, buffer: &mut Vec<u8>) -> Result<(), SrtpError> {
        let ssrc = ssrc_of_rtcp(buffer)?;
        self.rtcp_index = (self.rtcp_index + 1) & 0x7fff_ffff;
        let flagged = (self.rtcp_index | 0x8000_0000).to_be_bytes();
        match &self.rtcp {
            Cipher::Gcm { key, salt } => {
                let nonce = rtcp_nonce(*salt, ssrc, self.rtcp_index);
                let mut aad = [0; 12];
                aad[..8].copy_from_slice(&buffer[..8]);
                aad[8..].copy_from_slice(&flagged);
                let nonce = Nonce::assume_unique_for_key(nonce);
                let tag = key
                    .seal_in_place_separate_tag(nonce, Aad::from(aad), &mut buffer[8..])
                    .map_err(|_| SrtpError::Key)?;
                buffer.extend_from_slice(tag.as_ref());
                buffer.extend_from_slice(&flagged);
            }
            Cipher::CtrHmac { key, salt, mac } => {
                ctr(
                    key,
                    *salt,
                    ssrc,
                    u64::from(self.rtcp_index),
                    &mut buffer[8..],
                )?;
                buffer.extend_from_slice(&flagged);
                let tag = hmac::sign(mac, buffer);
                buffer.extend_from_slice(&tag.as_ref()[..HMAC_TAG]);
            }
        }
        Ok(())
    }
}

impl Opener {
    /// Opens an SRTCP packet into `plain`, once.
    pub(crate) fn rtcp(&mut self, packet: &[u8], plain: &mut Vec<u8>) -> Result<(), SrtpError> {
        let ssrc = ssrc_of_rtcp(packet)?;
        plain.clear();
        let index = match &self.rtcp {
            Cipher::Gcm { key, salt } => {
                let (sealed, index) = packet
                    .split_at_checked(packet.len() - 4)
                    .ok_or(SrtpError::Short)?;
                if sealed.len() < 8 + GCM_TAG {
                    return Err(SrtpError::Short);
                }
                let flagged = u32::from_be_bytes([index[0], index[1], index[2], index[3]]);
                let number = flagged & 0x7fff_ffff;
                let nonce = Nonce::assume_unique_for_key(rtcp_nonce(*salt, ssrc, number));
                if flagged & 0x8000_0000 == 0 {
                    // Authenticated only (RFC 7714 §9.3).
                    let (clear, tag) = sealed.split_at(sealed.len() - GCM_TAG);
                    let aad = [clear, index].concat();
                    let mut tag = tag.to_vec();
                    key.open_in_place(nonce, Aad::from(aad), &mut tag)
                        .map_err(|_| SrtpError::Tag)?;
                    plain.extend_from_slice(clear);
                } else {
                    let mut aad = [0; 12];
                    aad[..8].copy_from_slice(&sealed[..8]);
                    aad[8..].copy_from_slice(index);
                    plain.extend_from_slice(sealed);
                    let opened = key
                        .open_in_place(nonce, Aad::from(aad), &mut plain[8..])
                        .map_err(|_| SrtpError::Tag)?
                        .len();
                    plain.truncate(8 + opened);
                }
                number
            }
            Cipher::CtrHmac { key, salt, mac } => {
                let (signed, tag) = packet
                    .split_at_checked(packet.len().wrapping_sub(HMAC_TAG))
                    .filter(|(signed, _)| signed.len() >= 12)
                    .ok_or(SrtpError::Short)?;
                let expected = hmac::sign(mac, signed);
                aws_lc_rs::constant_time::verify_slices_are_equal(
                    &expected.as_ref()[..HMAC_TAG],
                    tag,
                )
                .map_err(|_| SrtpError::Tag)?;
                let (sealed, index) = signed.split_at(signed.len() - 4);
                let flagged = u32::from_be_bytes([index[0], index[1], index[2], index[3]]);
                let number = flagged & 0x7fff_ffff;
                plain.extend_from_slice(sealed);
                if flagged & 0x8000_0000 != 0 {
                    ctr(key, *salt, ssrc, u64::from(number), &mut plain[8..])?;
                }
                number
            }
        };
        self.first_time(ssrc, index)
    }

    fn first_time(&mut self, ssrc: u32, index: u32) -> Result<(), SrtpError> {
        if self.windows.len() == MAX_SENDERS && !self.windows.contains_key(&ssrc) {
            self.windows.pop_first();
        }
        let window = self.windows.entry(ssrc).or_default();
        if window.take(index) {
            Ok(())
        } else {
            Err(SrtpError::Replayed)
        }
    }
}

/// The indexes that were here (RFC 3711 §3.3.2).
#[derive(Debug, Default)]
struct Window {
    newest: u32,
    /// Bit `n` stands for `newest - n`.
    seen: u128,
}

impl Window {
    fn take(&mut self, index: u32) -> bool {
        if self.seen == 0 || index > self.newest {
            let ahead = index.wrapping_sub(self.newest);
            self.seen = self.seen.checked_shl(ahead).unwrap_or(0) | 1;
            self.newest = index;
            return true;
        }
        let behind = self.newest - index;
        if behind >= u128::BITS || self.seen >> behind & 1 == 1 {
            return false;
        }
        self.seen |= 1 << behind;
        true
    }
}

#[expect(
    clippy::large_enum_variant,
    reason = "a cipher is used for every packet; no pointer to follow"
)]
enum Cipher {
    Gcm {
        key: LessSafeKey,
        salt: [u8; 12],
    },
    CtrHmac {
        key: [u8; 16],
        salt: [u8; 14],
        mac: hmac::Key,
    },
}

impl Cipher {
    fn derive(
        profile: Profile,
        master: &[u8],
        salt: &[u8],
        [cipher, authentication, salting]: [u8; 3],
    ) -> Result<Self, SrtpError> {
        let gcm = |algorithm: &'static Algorithm, key: &[u8]| {
            let mut session_salt = [0; 12];
            derive(master, salt, salting, &mut session_salt)?;
            let key = UnboundKey::new(algorithm, key).map_err(|_| SrtpError::Key)?;
            Ok(Self::Gcm {
                key: LessSafeKey::new(key),
                salt: session_salt,
            })
        };
        match profile {
            Profile::AeadAes128Gcm => {
                let mut key = [0; 16];
                derive(master, salt, cipher, &mut key)?;
                gcm(&AES_128_GCM, &key)
            }
            Profile::AeadAes256Gcm => {
                let mut key = [0; 32];
                derive(master, salt, cipher, &mut key)?;
                gcm(&AES_256_GCM, &key)
            }
            Profile::Aes128CmSha1_80 => {
                let (mut key, mut mac, mut session_salt) = ([0; 16], [0; 20], [0; 14]);
                derive(master, salt, cipher, &mut key)?;
                derive(master, salt, authentication, &mut mac)?;
                derive(master, salt, salting, &mut session_salt)?;
                Ok(Self::CtrHmac {
                    key,
                    salt: session_salt,
                    mac: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &mac),
                })
            }
        }
    }
}

/// Key derivation with rate 0 (RFC 3711 §4.3.3): AES in counter mode over
/// salt and label.
fn derive(master: &[u8], salt: &[u8], label: u8, out: &mut [u8]) -> Result<(), SrtpError> {
    let mut iv = [0; 16];
    iv[..salt.len()].copy_from_slice(salt);
    iv[7] ^= label;
    out.fill(0);
    let algorithm = match master.len() {
        16 => &AES_128,
        32 => &aws_lc_rs::cipher::AES_256,
        _ => return Err(SrtpError::Key),
    };
    let key = UnboundCipherKey::new(algorithm, master).map_err(|_| SrtpError::Key)?;
    encrypt_ctr(key, iv, out)
}

/// AES counter mode for RTP and RTCP (RFC 3711 §4.1.1).
fn ctr(
    key: &[u8; 16],
    salt: [u8; 14],
    ssrc: u32,
    index: u64,
    data: &mut [u8],
) -> Result<(), SrtpError> {
    let mut iv = [0; 16];
    iv[..14].copy_from_slice(&salt);
    xor(&mut iv[4..8], &ssrc.to_be_bytes());
    xor(&mut iv[8..14], &index.to_be_bytes()[2..]);
    let key = UnboundCipherKey::new(&AES_128, key).map_err(|_| SrtpError::Key)?;
    encrypt_ctr(key, iv, data)
}

fn encrypt_ctr(key: UnboundCipherKey, iv: [u8; 16], data: &mut [u8]) -> Result<(), SrtpError> {
    let key = EncryptingKey::ctr(key).map_err(|_| SrtpError::Key)?;
    let context = EncryptionContext::Iv128(FixedLength::from(iv));
    let _: DecryptionContext = key
        .less_safe_encrypt(data, context)
        .map_err(|_| SrtpError::Key)?;
    Ok(())
}

fn seal_gcm(
    key: &LessSafeKey,
    nonce: [u8; 12],
    buffer: &mut Vec<u8>,
    start: usize,
    body: usize,
) -> Result<(), SrtpError> {
    let (before, payload) = buffer.split_at_mut(body);
    let nonce = Nonce::assume_unique_for_key(nonce);
    let tag = key
        .seal_in_place_separate_tag(nonce, Aad::from(&before[start..]), payload)
        .map_err(|_| SrtpError::Key)?;
    buffer.extend_from_slice(tag.as_ref());
    Ok(())
}

/// RFC 7714 §9.1.
fn rtcp_nonce(mut salt: [u8; 12], ssrc: u32, index: u32) -> [u8; 12] {
    xor(&mut salt[2..6], &ssrc.to_be_bytes());
    xor(&mut salt[8..12], &index.to_be_bytes());
    salt
}

fn xor(into: &mut [u8], with: &[u8]) {
    for (byte, with) in into.iter_mut().zip(with) {
        *byte ^= with;
    }
}

fn ssrc_of_rtcp(packet: &[u8]) -> Result<u32, SrtpError> {
    match packet {
        [_, _, _, _, a, b, c, d, ..] => Ok(u32::from_be_bytes([*a, *b, *c, *d])),
        _ => Err(SrtpError::Short),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILES: [Profile; 3] = [
        Profile::Aes128CmSha1_80,
        Profile::AeadAes128Gcm,
        Profile::AeadAes256Gcm,
    ];

    fn both_ends(profile: Profile) -> ((Sealer, Opener), (Sealer, Opener)) {
        let (key, salt) = profile.key_and_salt();
        let material: Vec<u8> = (0..2 * (key + salt)).map(|n| n as u8).collect();
        let end = |is_client| {
            let keys = MasterKeys {
                profile,
                material: material.clone(),
                is_client,
            };
            keys.derive().expect("good keys")
        };
        (end(true), end(false))
    }

    #[test]
    fn key_derivation_is_that_of_the_rfc() {
        // RFC 3711, appendix B.3.
        let master = 0xE1F9_7A0D_3E01_8BE0_D64F_A32C_06DE_4139_u128.to_be_bytes();
        let salt = &0x0EC6_75AD_498A_FEEB_B696_0B3A_ABE6_u128.to_be_bytes()[2..];
        let mut key = [0; 16];
        derive(&master, salt, 0, &mut key).expect("a good key");
        assert_eq!(
            u128::from_be_bytes(key),
            0xC61E_7A93_744F_39EE_1073_4AFE_3FF7_A087
        );
        let mut session_salt = [0; 14];
        derive(&master, salt, 2, &mut session_salt).expect("a good key");
        assert_eq!(session_salt[..4], [0x30, 0xCB, 0xBC, 0x08]);
        let mut mac = [0; 20];
        derive(&master, salt, 1, &mut mac).expect("a good key");
        assert_eq!(mac[..4], [0xCE, 0xBE, 0x32, 0x1F]);
    }

    #[test]
    fn feedback_is_opened_once_and_only_as_it_was() {
        for profile in PROFILES {
            let ((mut sealer, _), (_, mut opener)) = both_ends(profile);
            let report = [0x80, 201, 0, 1, 0, 0, 0, 7];
            let mut sealed = report.to_vec();
            sealed.extend([0x81, 206, 0, 2, 0, 0, 0, 7, 0, 0, 0, 9]);
            let clear = sealed.clone();
            sealer.rtcp(&mut sealed).expect("sealed");
            assert_ne!(sealed[8..clear.len()], clear[8..], "{profile:?}");
            let mut plain = Vec::new();
            let mut broken = sealed.clone();
            broken[10] ^= 1;
            assert_eq!(opener.rtcp(&broken, &mut plain), Err(SrtpError::Tag));
            assert_eq!(opener.rtcp(&sealed, &mut plain), Ok(()));
            assert_eq!(plain, clear);
            assert_eq!(opener.rtcp(&sealed, &mut plain), Err(SrtpError::Replayed));
            for len in 0..sealed.len() {
                assert!(opener.rtcp(&sealed[..len], &mut plain).is_err());
            }
        }
    }

    #[test]
    fn late_feedback_counts_once() {
        let mut window = Window::default();
        assert!(window.take(5));
        assert!(window.take(7));
        assert!(window.take(6));
        assert!(!window.take(6));
        assert!(!window.take(7));
        assert!(window.take(1_000));
        assert!(!window.take(7), "too old to be known");
        assert!(window.take(999));
    }
}
