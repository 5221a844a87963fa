//! Which codecs and header extensions are offered a home.
//!
//! str0m matches an offered codec with a configured one: H.264 by profile, AV1
//! by profile, level and tier, all exactly. Forwarding needs no decoder, so what
//! is configured is what the offer says, payload types included, as far as the
//! meeting allows it.

use diemcau_protocol::VideoCodec;
use str0m::format::{Codec, CodecConfig, FormatParams};
use str0m::media::Frequency;
use str0m::rtp::{Extension, ExtensionMap, ExtensionSerializer, ExtensionValues};

use super::negotiated::{self, DEPENDENCY_DESCRIPTOR, Format, H264Profile};

/// Allows Opus, also with RED, and of what is offered the codecs that the meeting allows, the
/// preferred one first.
pub(super) fn configure(config: &mut CodecConfig, offer: &str, allowed: &[VideoCodec]) {
    config.clear();
    config.enable_opus(true, true);
    let offered = negotiated::offered(offer);
    for codec in allowed {
        for format in formats(*codec) {
            // Only one of each profile: str0m would give both the same payload
            // type, and panic.
            let found = offered
                .iter()
                .find(|(payload, _)| payload.format == *format);
            if let Some((payload, parameters)) = found {
                config.add_config(
                    payload.pt.into(),
                    payload.rtx.map(Into::into),
                    str0m_codec(*codec),
                    Frequency::NINETY_KHZ,
                    None,
                    FormatParams::parse_line(parameters),
                );
            }
        }
    }
}

/// The formats of a codec, what every decoder has first.
fn formats(codec: VideoCodec) -> &'static [Format] {
    match codec {
        VideoCodec::Vp8 => &[Format::Vp8],
        VideoCodec::H264 => &[
            Format::H264(H264Profile::ConstrainedBaseline),
            Format::H264(H264Profile::Baseline),
            Format::H264(H264Profile::Main),
            Format::H264(H264Profile::ConstrainedHigh),
            Format::H264(H264Profile::High),
        ],
        VideoCodec::Vp9 => &[Format::Vp9],
        VideoCodec::Av1 => &[Format::Av1],
    }
}

fn str0m_codec(codec: VideoCodec) -> Codec {
    match codec {
        VideoCodec::Vp8 => Codec::Vp8,
        VideoCodec::H264 => Codec::H264,
        VideoCodec::Vp9 => Codec::Vp9,
        VideoCodec::Av1 => Codec::Av1,
    }
}

/// The header extensions that are used; their numbers follow the offer.
pub(super) fn extensions() -> ExtensionMap {
    let mut map = ExtensionMap::standard();
    map.set(5, Extension::PlayoutDelay);
    map.set(6, Extension::AbsoluteCaptureTime);
    let descriptor = Extension::with_serializer(DEPENDENCY_DESCRIPTOR, DescriptorBytes);
    map.set(12, descriptor);
    map
}

/// A dependency descriptor (AV1 RTP payload, appendix A), as it came.
struct DependencyDescriptor(Box<[u8]>);

/// The dependency descriptor of a packet, if it has one.
pub(super) fn dependencies(values: &ExtensionValues) -> Option<Box<[u8]>> {
    let value = values.user_values.get::<DependencyDescriptor>()?;
    Some(value.0.clone())
}

/// Takes the dependency descriptor as it is.
#[derive(Debug)]
struct DescriptorBytes;

impl ExtensionSerializer for DescriptorBytes {
    fn write_to(&self, buf: &mut [u8], values: &ExtensionValues) -> usize {
        let Some(DependencyDescriptor(bytes)) = values.user_values.get() else {
            return 0;
        };
        let Some(room) = buf.get_mut(..bytes.len()) else {
            return 0;
        };
        room.copy_from_slice(bytes);
        bytes.len()
    }

    fn parse_value(&self, buf: &[u8], values: &mut ExtensionValues) -> bool {
        values.user_values.set(DependencyDescriptor(buf.into()));
        true
    }

    fn is_video(&self) -> bool {
        true
    }

    fn is_audio(&self) -> bool {
        false
    }

    fn requires_two_byte_form(&self, values: &ExtensionValues) -> bool {
        let value = values.user_values.get::<DependencyDescriptor>();
        value.is_some_and(|DependencyDescriptor(bytes)| bytes.is_empty() || bytes.len() > 16)
    }
}
