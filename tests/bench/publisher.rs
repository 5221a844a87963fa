//! Replays the trace on a str0m peer: the same sizes at the same times, over
//! and over. Payloads are noise behind real VP8 descriptors. A keyframe that is
//! asked for has the size of the trace's first.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};

use str0m::Rtc;
use str0m::format::Codec;
use str0m::media::{Mid, Pt, Rid};
use str0m::rtp::{ExtensionValues, RtpWrite};

use crate::trace::{Head, LAYERS, Stream, Trace, TracePacket};
use crate::vp8::Fields;

const AUDIO_CLOCK: u64 = 48;
const VIDEO_CLOCK: u64 = 90;
/// As many as Chromium keeps.
const RTX_PACKETS: usize = 600;
const RTX_AGE: Duration = Duration::from_secs(3);

/// Plays a trace from some place in it.
pub(crate) struct Publisher {
    trace: Rc<Trace>,
    /// Of the clock on which the trace's first turn would have begun.
    began: Instant,
    /// The next packet, counted over all turns.
    next: usize,
    microphone: Option<(Mid, Pt)>,
    camera: Option<(Mid, Pt)>,
    /// By stream: the microphone, then the layers.
    streams: [Option<Sending>; 1 + LAYERS.len()],
}

/// One stream on its way.
struct Sending {
    rid: Option<Rid>,
    seq: u64,
    picture_id: u16,
    tl0: u8,
    rtp_time: Option<u32>,
    keyframe_wanted: bool,
    /// The frame is a keyframe that stands in for the trace's.
    replaced: bool,
}

impl Publisher {
    /// Sends the microphone, if there is one, and these layers on the camera.
    /// It joins the trace so far from its beginning.
    pub(crate) fn new(
        trace: Rc<Trace>,
        now: Instant,
        skip: Duration,
        microphone: Option<Mid>,
        camera: Option<(Mid, &[usize])>,
    ) -> Self {
        let skip = Duration::from_nanos((skip.as_nanos() % trace.length.as_nanos()) as u64);
        let next = trace.packets.partition_point(|packet| packet.at < skip);
        let mut streams = [const { None }; 1 + LAYERS.len()];
        if microphone.is_some() {
            streams[0] = Some(Sending::new(None));
        }
        if let Some((_, layers)) = camera {
            for layer in layers {
                let rid = (layers.len() > 1).then(|| LAYERS[*layer].0.into());
                streams[1 + layer] = Some(Sending::new(rid));
            }
        }
        // Both are found once the answer is there.
        let unknown = Pt::new_with_value(0);
        Self {
            trace,
            began: now - skip,
            next,
            microphone: microphone.map(|mid| (mid, unknown)),
            camera: camera.map(|(mid, _)| (mid, unknown)),
            streams,
        }
    }

    /// Once the session is negotiated: what is sent from now on.
    pub(crate) fn begin(&mut self, now: Instant, rtc: &mut Rtc) {
        let skipped = self.due(self.next).duration_since(self.began);
        self.began = now - skipped;
        let pt = |codec| {
            let params = rtc.codec_config().params().iter();
            let mut of_codec = params.filter(|params| params.spec().codec == codec);
            of_codec.next().map(|params| params.pt())
        };
        let (opus, vp8) = (pt(Codec::Opus), pt(Codec::Vp8));
        self.microphone = self.microphone.zip(opus).map(|((mid, _), pt)| (mid, pt));
        self.camera = self.camera.zip(vp8).map(|((mid, _), pt)| (mid, pt));
        let Some((mid, _)) = self.camera else {
            return;
        };
        let mut api = rtc.direct_api();
        for sending in self.streams[1..].iter().flatten() {
            if let Some(stream) = api.stream_tx_by_mid(mid, sending.rid) {
                // Browsers resend as often as they are asked.
                stream.set_rtx_cache(RTX_PACKETS, RTX_AGE, None);
            }
        }
    }

    /// When the next packet is due.
    pub(crate) fn next_due(&self) -> Instant {
        self.due(self.next)
    }

    fn due(&self, index: usize) -> Instant {
        let count = self.trace.packets.len();
        let turns = u32::try_from(index / count).unwrap_or(u32::MAX);
        self.began + self.trace.length * turns + self.trace.packets[index % count].at
    }

    /// Somebody needs a keyframe of a layer.
    pub(crate) fn keyframe_wanted(&mut self, rid: Option<Rid>) {
        for sending in self.streams[1..].iter_mut().flatten() {
            sending.keyframe_wanted |= sending.rid == rid;
        }
    }

    /// Writes what is due; it leaves when the peer is drained.
    pub(crate) fn publish(&mut self, now: Instant, rtc: &mut Rtc) {
        while self.next_due() <= now {
            let trace = Rc::clone(&self.trace);
            let turn = self.next / trace.packets.len();
            let packet = &trace.packets[self.next % trace.packets.len()];
            let due = self.next_due();
            self.next += 1;
            let turned = trace.length.as_millis() as u64 * turn as u64;
            match packet.stream {
                Stream::Microphone => self.voice(due, packet, turned, rtc),
                Stream::Layer(layer) => self.picture(due, packet, layer, turned, rtc),
            }
        }
    }

    fn voice(&mut self, due: Instant, packet: &TracePacket, turned: u64, rtc: &mut Rtc) {
        let (Some((mid, pt)), Some(sending)) = (self.microphone, &mut self.streams[0]) else {
            return;
        };
        let Head::Voice { level, voice } = packet.head else {
            return;
        };
        let extensions = ExtensionValues {
            audio_level: Some(0_i8.saturating_sub_unsigned(level)),
            voice_activity: Some(voice),
            ..ExtensionValues::default()
        };
        let rtp_time = packet.rtp_time.wrapping_add((turned * AUDIO_CLOCK) as u32);
        let payload = noise(packet.size, sending.seq);
        if let Some(stream) = rtc.direct_api().stream_tx_by_mid(mid, None) {
            let write = RtpWrite::new(pt, sending.seq.into(), rtp_time, due, payload);
            stream.write_rtp(write.marker(packet.marker).ext_vals(extensions));
            sending.seq += 1;
        }
    }

    fn picture(
        &mut self,
        due: Instant,
        packet: &TracePacket,
        layer: usize,
        turned: u64,
        rtc: &mut Rtc,
    ) {
        let (Some((mid, pt)), Some(sending)) = (self.camera, &mut self.streams[1 + layer]) else {
            return;
        };
        let rtp_time = packet.rtp_time.wrapping_add((turned * VIDEO_CLOCK) as u32);
        let mut burst = VecDeque::from([packet]);
        if sending.rtp_time != Some(rtp_time) {
            sending.rtp_time = Some(rtp_time);
            sending.begin_frame(packet);
            sending.replaced = std::mem::take(&mut sending.keyframe_wanted) && !is_keyframe(packet);
            if sending.replaced {
                burst = first_frame(&self.trace, packet.stream).collect();
            }
        } else if sending.replaced {
            return;
        }
        let mut api = rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(mid, sending.rid) else {
            return;
        };
        for packet in burst {
            let payload = sending.payload(packet);
            let write = RtpWrite::new(pt, sending.seq.into(), rtp_time, due, payload);
            stream.write_rtp(write.marker(packet.marker).nackable(true));
            sending.seq += 1;
        }
    }
}

impl Sending {
    fn new(rid: Option<Rid>) -> Self {
        Self {
            rid,
            seq: 1,
            picture_id: 0,
            tl0: 0,
            rtp_time: None,
            keyframe_wanted: true,
            replaced: false,
        }
    }

    fn begin_frame(&mut self, packet: &TracePacket) {
        self.picture_id = (self.picture_id + 1) & 0x7fff;
        if let Head::Picture { descriptor, .. } = &packet.head
            && let Some(fields) = Fields::parse(descriptor)
            && fields.temporal_layer(descriptor) == 0
        {
            self.tl0 = self.tl0.wrapping_add(1);
        }
    }

    fn payload(&self, packet: &TracePacket) -> Vec<u8> {
        let mut payload = noise(packet.size, self.seq);
        let Head::Picture {
            descriptor,
            keyframe,
        } = &packet.head
        else {
            return payload;
        };
        if let Some(fields) = Fields::parse(descriptor)
            && packet.size > fields.length
        {
            payload[..fields.length].copy_from_slice(descriptor);
            fields.put(&mut payload, self.picture_id, self.tl0);
            if fields.starts_frame {
                // The last bit of a frame is 0 in a keyframe (RFC 7741 §4.3).
                payload[fields.length] = u8::from(!keyframe);
            }
        }
        payload
    }
}

fn is_keyframe(packet: &TracePacket) -> bool {
    matches!(packet.head, Head::Picture { keyframe: true, .. })
}

fn first_frame(trace: &Trace, stream: Stream) -> impl Iterator<Item = &TracePacket> {
    let mut packets = trace.of(stream).peekable();
    let rtp_time = packets.peek().map(|packet| packet.rtp_time);
    packets.take_while(move |packet| Some(packet.rtp_time) == rtp_time)
}

/// Bytes without a pattern.
pub(crate) fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = vec![0; length];
    for chunk in bytes.chunks_mut(8) {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        chunk.copy_from_slice(&state.to_le_bytes()[..chunk.len()]);
    }
    bytes
}
