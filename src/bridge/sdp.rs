//! As much of a session description (RFC 8866) as a bridge needs: what comes
//! on which port.

use std::net::IpAddr;

use bytes::Bytes;

use super::h264::{Nal, Parameters};

/// One m-line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// `audio`, `video`, …
    pub media: String,
    /// Its port.
    pub port: u16,
    /// Its first payload type.
    pub payload_type: u8,
    /// The codec's name in lower case; empty where it is not said.
    pub encoding: String,
    /// `a=fmtp`, without the payload type.
    pub format: String,
    /// Where it is sent to, where that is said.
    pub address: Option<IpAddr>,
}

impl Stream {
    /// H.264's parameter sets (RFC 6184 §8.1), as far as they are given.
    pub fn parameters(&self) -> Parameters {
        let mut parameters = Parameters::default();
        let parts = self.format.split(';').map(str::trim);
        let sets = parts.filter_map(|part| part.strip_prefix("sprop-parameter-sets="));
        for set in sets.flat_map(|sets| sets.split(',')) {
            if let Some(bytes) = base64(set) {
                parameters.learn(&Nal(Bytes::from(bytes)));
            }
        }
        parameters
    }
}

/// The m-lines of a session description; lines that are not understood are
/// passed over.
pub fn streams(sdp: &str) -> Vec<Stream> {
    let mut common = None;
    let mut streams: Vec<Stream> = Vec::new();
    for line in sdp.lines().map(str::trim_end) {
        if let Some(line) = line.strip_prefix("m=") {
            let words: Vec<&str> = line.split(' ').collect();
            let [media, port, _, payload_type, ..] = words[..] else {
                continue;
            };
            let port = port.split('/').next().unwrap_or_default();
            streams.push(Stream {
                media: media.to_owned(),
                port: port.parse().unwrap_or_default(),
                payload_type: payload_type.parse().unwrap_or_default(),
                encoding: String::new(),
                format: String::new(),
                address: common,
            });
        } else if let Some(line) = line.strip_prefix("c=IN ") {
            let address = line.split(' ').nth(1).unwrap_or_default();
            let address = address.split('/').next().unwrap_or_default().parse().ok();
            match streams.last_mut() {
                Some(stream) => stream.address = address,
                None => common = address,
            }
        } else if let (Some(line), Some(stream)) = (line.strip_prefix("a="), streams.last_mut()) {
            let own = format!("{} ", stream.payload_type);
            if let Some(value) = line
                .strip_prefix("rtpmap:")
                .and_then(|l| l.strip_prefix(&own))
            {
                let name = value.split('/').next().unwrap_or_default();
                stream.encoding = name.to_ascii_lowercase();
            } else if let Some(value) = line
                .strip_prefix("fmtp:")
                .and_then(|l| l.strip_prefix(&own))
            {
                stream.format = value.to_owned();
            }
        }
    }
    streams
}

/// Base64 (RFC 4648 §4); nothing where it is none.
fn base64(text: &str) -> Option<Vec<u8>> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let (mut bits, mut held) = (0_u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        let value = LETTERS.iter().position(|l| *l == letter)?;
        bits = bits << 6 | value as u32;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ffmpeg_writes_is_read() {
        let sdp = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=No Name\r\nc=IN IP4 239.1.2.3/16\r\n\
            t=0 0\r\nm=video 5004 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n\
            a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0LAHtkDxWhAAAADAEAAAAwDxYuS,aMuMsg==; profile-level-id=42C01E\r\n\
            m=audio 5006/2 RTP/AVP 97\r\nc=IN IP4 127.0.0.1\r\na=rtpmap:97 opus/48000/2\r\n";
        let streams = streams(sdp);
        assert_eq!(streams.len(), 2);
        let (video, audio) = (&streams[0], &streams[1]);
        assert_eq!((video.port, video.encoding.as_str()), (5_004, "h264"));
        assert_eq!(video.address, Some("239.1.2.3".parse().unwrap()));
        assert_eq!(video.parameters().profile().as_deref(), Some("42c01e"));
        assert_eq!((audio.port, audio.encoding.as_str()), (5_006, "opus"));
        assert_eq!(audio.address, Some("127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn nonsense_has_no_streams() {
        for sdp in ["", "m=", "m=video", "a=rtpmap:96 H264", "c=IN", "c=IN IP4"] {
            assert_eq!(streams(sdp), [], "{sdp}");
        }
        assert_eq!(base64("a*b"), None);
    }
}
