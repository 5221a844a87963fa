//! RTCP of the sending side: reading what receivers report, writing sender
//! reports.

/// Payload types (RFC 3550 §12.1, RFC 4585 §6.1).
const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const GOODBYE: u8 = 203;
const TRANSPORT_FEEDBACK: u8 = 205;
const PAYLOAD_FEEDBACK: u8 = 206;
/// Items of one datagram that are looked at; a full compound has fewer.
const MAX_ITEMS: usize = 512;

/// What a receiver says about what it is sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Feedback<'a> {
    /// How one stream arrives (RFC 3550 §6.4.1).
    Report(ReportBlock),
    /// Sequence numbers that are missing (RFC 4585 §6.2.1).
    Nack { ssrc: u32, seq: u16 },
    /// A keyframe is needed: PLI (RFC 4585 §6.3.1) or FIR (RFC 5104 §4.3.1).
    KeyframeWanted { ssrc: u32 },
    /// Transport-wide arrival times: the feedback control information of
    /// draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.
    Transport { fci: &'a [u8] },
    /// The receiver's own estimate (draft-alvestrand-rmcat-remb), in bit/s.
    MaxBitrate { bps: u64 },
}

/// A report block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReportBlock {
    pub(crate) ssrc: u32,
    /// Of 256.
    pub(crate) fraction_lost: u8,
    /// The middle 32 bits of the last sender report's NTP time; 0 for none.
    pub(crate) last_report: u32,
    /// Since then, in 1/65,536 s.
    pub(crate) delay: u32,
}

/// What is in a compound packet.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Contents {
    /// Something that concerns what the other side sends, or its end.
    pub(crate) for_receiver: bool,
    pub(crate) malformed: bool,
}

/// Reads a compound packet (RFC 3550 §6.1); each item is handed to `take`.
pub(crate) fn read<'a>(mut compound: &'a [u8], mut take: impl FnMut(Feedback<'a>)) -> Contents {
    let mut contents = Contents::default();
    let mut items = 0;
    let mut count = |feedback| {
        items += 1;
        if items <= MAX_ITEMS {
            take(feedback);
        }
    };
    while !compound.is_empty() {
        let Some((kind, format, body, rest)) = packet(compound) else {
            contents.malformed = true;
            break;
        };
        compound = rest;
        let whole = match (kind, format) {
            (SENDER_REPORT, _) => {
                contents.for_receiver = true;
                body.get(24..).map(|blocks| reports(blocks, &mut count))
            }
            (RECEIVER_REPORT, _) => body.get(4..).map(|blocks| reports(blocks, &mut count)),
            (TRANSPORT_FEEDBACK, 1) => body
                .get(8..)
                .map(|fci| nacks(word(body, 4), fci, &mut count)),
            (TRANSPORT_FEEDBACK, 15) => body.get(8..).map(|fci| count(Feedback::Transport { fci })),
            (PAYLOAD_FEEDBACK, 1) => body.get(4..8).map(|_| {
                count(Feedback::KeyframeWanted {
                    ssrc: word(body, 4),
                });
            }),
            (PAYLOAD_FEEDBACK, 4) => body.get(8..).map(|fci| {
                for entry in fci.chunks_exact(8) {
                    count(Feedback::KeyframeWanted {
                        ssrc: word(entry, 0),
                    });
                }
            }),
            (PAYLOAD_FEEDBACK, 15) => body.get(8..).map(|fci| {
                if let Some(bps) = max_bitrate(fci) {
                    count(Feedback::MaxBitrate { bps });
                }
            }),
            (GOODBYE, _) => {
                contents.for_receiver = true;
                Some(())
            }
            _ => Some(()),
        };
        contents.malformed |= whole.is_none();
    }
    contents
}

/// Type, format, body and what follows.
fn packet(compound: &[u8]) -> Option<(u8, u8, &[u8], &[u8])> {
    let head = compound.get(..4)?;
    if head[0] >> 6 != 2 {
        return None;
    }
    let length = 4 * usize::from(u16::from_be_bytes([head[2], head[3]]));
    let (body, rest) = compound[4..].split_at_checked(length)?;
    Some((head[1], head[0] & 0x1f, body, rest))
}

fn reports<'a>(blocks: &[u8], take: &mut impl FnMut(Feedback<'a>)) {
    for block in blocks.chunks_exact(24) {
        take(Feedback::Report(ReportBlock {
            ssrc: word(block, 0),
            fraction_lost: block[4],
            last_report: word(block, 16),
            delay: word(block, 20),
        }));
    }
}

fn nacks<'a>(ssrc: u32, fci: &[u8], take: &mut impl FnMut(Feedback<'a>)) {
    for entry in fci.chunks_exact(4) {
        let first = u16::from_be_bytes([entry[0], entry[1]]);
        let more = u16::from_be_bytes([entry[2], entry[3]]);
        take(Feedback::Nack { ssrc, seq: first });
        for bit in (0..16).filter(|bit| more >> bit & 1 == 1) {
            let seq = first.wrapping_add(bit + 1);
            take(Feedback::Nack { ssrc, seq });
        }
    }
}

fn max_bitrate(fci: &[u8]) -> Option<u64> {
    let [b'R', b'E', b'M', b'B', _, a, b, c, ..] = fci else {
        return None;
    };
    let exponent = u32::from(a >> 2);
    let mantissa = u64::from(a & 3) << 16 | u64::from(*b) << 8 | u64::from(*c);
    mantissa.checked_shl(exponent)
}

/// Four bytes; the caller has looked that they are there.
fn word(bytes: &[u8], at: usize) -> u32 {
    match bytes.get(at..at + 4) {
        Some(&[a, b, c, d]) => u32::from_be_bytes([a, b, c, d]),
        _ => 0,
    }
}

/// A sender report (RFC 3550 §6.4.1).
#[derive(Debug, Clone, Copy)]
pub(crate) struct SenderReport {
    pub(crate) ssrc: u32,
    /// NTP time, seconds since 1900 with 32 bits of fraction.
    pub(crate) ntp: u64,
    /// The same moment on the stream's RTP clock.
    pub(crate) rtp_time: u32,
    pub(crate) packets: u32,
    /// Payload bytes.
    pub(crate) octets: u32,
}

impl SenderReport {
    /// Appends it, with the source description that a compound packet needs
    /// (RFC 3550 §6.5).
    pub(crate) fn write(&self, cname: &str, into: &mut Vec<u8>) {
        into.extend_from_slice(&[0x80, SENDER_REPORT, 0, 6]);
        into.extend_from_slice(&self.ssrc.to_be_bytes());
        into.extend_from_slice(&self.ntp.to_be_bytes());
        into.extend_from_slice(&self.rtp_time.to_be_bytes());
        into.extend_from_slice(&self.packets.to_be_bytes());
        into.extend_from_slice(&self.octets.to_be_bytes());
        let name = &cname.as_bytes()[..cname.len().min(200)];
        // Chunk: SSRC, CNAME item, at least one zero, to a whole word.
        let chunk = (4 + 2 + name.len() + 1).next_multiple_of(4);
        into.extend_from_slice(&[0x81, 202, 0, (chunk / 4) as u8]);
        let end = into.len() + chunk;
        into.extend_from_slice(&self.ssrc.to_be_bytes());
        into.extend_from_slice(&[1, name.len() as u8]);
        into.extend_from_slice(name);
        into.resize(end, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(bytes: &[u8]) -> (Vec<String>, Contents) {
        let mut items = Vec::new();
        let contents = read(bytes, |item| items.push(format!("{item:?}")));
        (items, contents)
    }

    #[test]
    fn a_receivers_compound_is_read_whole() {
        let mut bytes = vec![0x81, 201, 0, 7, 0, 0, 0, 1];
        bytes.extend([
            0, 0, 0, 9, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 6,
        ]);
        bytes.extend([
            0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 9, 0xff, 0xff, 0, 0b101,
        ]);
        bytes.extend([0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 9]);
        bytes.extend([0x8f, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0]);
        bytes.extend([b'R', b'E', b'M', b'B', 1, 0b0000_1000, 0, 3, 0, 0, 0, 9]);
        let (items, contents) = read_all(&bytes);
        assert_eq!(contents, Contents::default());
        assert_eq!(items.len(), 6);
        assert!(items[0].contains("fraction_lost: 64, last_report: 5, delay: 6"));
        assert_eq!(items[1], "Nack { ssrc: 9, seq: 65535 }");
        assert_eq!(items[2], "Nack { ssrc: 9, seq: 0 }");
        assert_eq!(items[3], "Nack { ssrc: 9, seq: 2 }");
        assert_eq!(items[4], "KeyframeWanted { ssrc: 9 }");
        assert_eq!(items[5], "MaxBitrate { bps: 12 }");
    }

    #[test]
    fn what_is_cut_off_harms_nobody() {
        let mut bytes = vec![
            0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 9, 0xff, 0xff, 0, 0b101,
        ];
        bytes.extend([0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 9]);
        for len in 1..bytes.len() {
            let (_, contents) = read_all(&bytes[..len]);
            assert_eq!(contents.malformed, len != 16, "{len}");
        }
        for (kind, format) in [
            (200, 1),
            (201, 1),
            (205, 1),
            (205, 15),
            (206, 1),
            (206, 4),
            (206, 15),
        ] {
            let (_, contents) = read_all(&[0x80 | format, kind, 0, 0]);
            assert!(contents.malformed, "{kind}/{format}");
        }
    }

    #[test]
    fn a_sender_report_has_whole_words_and_a_name() {
        for name in ["", "a", "ab", "abc", "abcd"] {
            let report = SenderReport {
                ssrc: 7,
                ntp: 1,
                rtp_time: 2,
                packets: 3,
                octets: 4,
            };
            let mut bytes = Vec::new();
            report.write(name, &mut bytes);
            let (_, _, body, rest) = packet(&bytes).expect("a report");
            assert_eq!(body.len(), 24);
            let (kind, count, body, rest) = packet(rest).expect("a description");
            assert_eq!((kind, count, rest.len()), (202, 1, 0));
            assert_eq!(body[4..6], [1, name.len() as u8]);
            assert_eq!(body.last(), Some(&0));
        }
    }
}
