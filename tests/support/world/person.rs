//! Somebody with a browser: a str0m peer that sends labelled frames and
//! decodes what comes into its slots.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime};

use diemcau_protocol::{
    MediaOffer, OfferedSlot, OfferedSource, SlotKind, SlotShows, SourceKind, SourceLayer, SourceRef,
};
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::format::Codec;
use str0m::media::{
    Direction, KeyframeRequestKind, MediaKind, MediaTime, Mid, Rid, Simulcast, SimulcastLayer,
};
use str0m::net::{Protocol, Receive};
use str0m::rtp::rtcp::Rtcp;
use str0m::rtp::{RawPacket, RtpWrite};
use str0m::{Candidate, Event, Input, Output, Rtc};
use str0m_netem::{Bitrate, DataSize, Input as NetInput, Netem, Output as NetOutput};

use super::Line;
use super::decoder::{Decoded, Decoder, Label, encode};
use super::scalable::Scalable;
use super::sound::{HeardPacket, Voice};

const SOUND_EVERY: Duration = Duration::from_millis(20);
const PICTURE_EVERY: Duration = Duration::from_millis(40);
/// The pool: stage pair, two sounds, two pictures.
const POOL: [SlotKind; 6] = [
    SlotKind::StagePicture,
    SlotKind::StageSound,
    SlotKind::Sound,
    SlotKind::Sound,
    SlotKind::Picture,
    SlotKind::Picture,
];
/// What a player has.
const PLAYER: [SlotKind; 2] = [SlotKind::StagePicture, SlotKind::Mix];
/// The layers of the camera, smallest first: rid, height, bytes per frame.
const LAYERS: [(&str, u16, usize); 2] = [("q", 180, 700), ("f", 720, 3_000)];

/// One slot as its receiver sees it.
pub struct SlotView {
    pub kind: SlotKind,
    pub decoder: Decoder,
    /// What signaling said it shows.
    pub told: Option<SourceRef>,
    /// The last sender report: NTP time and RTP timestamp.
    pub report: Option<(SystemTime, u32)>,
    /// Mixed sound, as it came.
    pub heard: Vec<HeardPacket>,
}

/// Somebody in the meeting.
pub struct Person {
    pub address: SocketAddr,
    pub connected: bool,
    /// Makes a sound loud enough to be the speaker.
    pub speaks: bool,
    /// Sends microphone and camera, whatever the meeting says.
    pub sends: bool,
    /// A real voice in place of labelled frames.
    pub voice: Option<Voice>,
    /// Sends pictures without ever a keyframe among them.
    pub hides_keyframes: bool,
    /// The camera is one scalable stream, not several.
    scalable: Option<Scalable>,
    /// Pictures are this many times as large as agreed.
    pub swollen: usize,
    /// What it has sent, once this is there.
    pub recorded: Option<Vec<Vec<u8>>>,
    /// Checks go out with this sender's address too.
    pub forged_address: Option<SocketAddr>,
    /// Offers made so far.
    pub negotiations: u32,
    pub slots: BTreeMap<Mid, SlotView>,
    /// Frames of the camera sent so far, of each layer the same.
    pub pictures_sent: u32,
    start: Instant,
    pub number: u32,
    rtc: Rtc,
    deadline: Instant,
    pending: Option<SdpPendingOffer>,
    /// As it was made.
    pub last_offer: Option<MediaOffer>,
    pool: &'static [SlotKind],
    publishes: bool,
    microphone: Option<Mid>,
    camera: Option<Mid>,
    keyframe_due: [bool; LAYERS.len()],
    sounds_sent: u32,
    next_sound: Instant,
    next_picture: Instant,
    up: Netem<Vec<u8>>,
    down: Netem<Vec<u8>>,
    sfu: SocketAddr,
    ssrcs: BTreeMap<u32, Mid>,
    csrcs: BTreeMap<(u32, u32), u32>,
    /// The newest sequence number sent, by SSRC.
    sent: BTreeMap<u32, u16>,
}

impl Person {
    pub fn new(start: Instant, now: Instant, number: u32, line: Line, seed: u64) -> Self {
        let host = u8::try_from(number).expect("a small world") + 1;
        let address = SocketAddr::from(([10, 0, 1, host], 5_000));
        let mut person = Self {
            address,
            connected: false,
            speaks: false,
            sends: true,
            voice: None,
            hides_keyframes: false,
            scalable: None,
            swollen: 1,
            recorded: None,
            forged_address: None,
            negotiations: 0,
            slots: BTreeMap::new(),
            pictures_sent: 0,
            start,
            number,
            rtc: Rtc::new(now),
            deadline: now,
            pending: None,
            last_offer: None,
            pool: &POOL,
            publishes: true,
            microphone: None,
            camera: None,
            keyframe_due: [true; LAYERS.len()],
            sounds_sent: 0,
            next_sound: now,
            next_picture: now,
            up: Netem::new(line.netem(seed)),
            down: Netem::new(line.netem(seed + 1)),
            sfu: SocketAddr::from(([10, 0, 0, 1], 8444)),
            ssrcs: BTreeMap::new(),
            csrcs: BTreeMap::new(),
            sent: BTreeMap::new(),
        };
        person.renew(now);
        person
    }

    /// It is a player: it has no microphone and no camera.
    pub fn only_watches(&mut self) {
        self.pool = &PLAYER;
        self.publishes = false;
        self.sends = false;
    }

    /// Its browser sends VP9 with spatial layers.
    pub fn scales(&mut self, now: Instant) {
        self.scalable = Some(Scalable::default());
        self.renew(now);
    }

    /// A new browser page: nothing is connected.
    pub fn renew(&mut self, now: Instant) {
        self.rtc = Rtc::builder()
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .enable_vp9(self.scalable.is_some())
            .set_reordering_size_video(400)
            .set_rtcp_report_interval_audio(Duration::from_secs(1))
            .enable_raw_packets(true)
            .build(now);
        let candidate = Candidate::host(self.address, Protocol::Udp).expect("a good address");
        self.rtc.add_local_candidate(candidate);
        self.connected = false;
        self.deadline = now;
        self.keyframe_due = [true; LAYERS.len()];
        self.slots.clear();
        self.ssrcs.clear();
        self.csrcs.clear();
    }

    /// Offers microphone, camera and the pool of slots, once.
    pub fn offer(&mut self) -> MediaOffer {
        let offer = self.make_offer();
        self.last_offer = Some(offer.clone());
        offer
    }

    fn make_offer(&mut self) -> MediaOffer {
        let layers = if self.scalable.is_some() {
            Vec::new()
        } else {
            let layer = |(rid, height, _): (&str, u16, usize)| SourceLayer {
                rid: rid.into(),
                height,
            };
            LAYERS.map(layer).to_vec()
        };
        let simulcast = (!layers.is_empty()).then(|| {
            let mut simulcast = Simulcast::new();
            for (rid, _, _) in LAYERS {
                simulcast.add_send_layer(SimulcastLayer::new(rid));
            }
            simulcast
        });
        let mut api = self.rtc.sdp_api();
        let mut sources = Vec::new();
        if self.publishes {
            let send = Direction::SendOnly;
            let microphone = api.add_media(MediaKind::Audio, send, None, None, None);
            let camera = api.add_media(MediaKind::Video, send, None, None, simulcast);
            sources.push(OfferedSource {
                mid: microphone.to_string(),
                kind: SourceKind::Microphone,
                layers: Vec::new(),
            });
            sources.push(OfferedSource {
                mid: camera.to_string(),
                kind: SourceKind::Camera,
                layers,
            });
            (self.microphone, self.camera) = (Some(microphone), Some(camera));
        }
        let mut slots = Vec::new();
        for kind in self.pool.iter().copied() {
            let media = if kind.is_audio() {
                MediaKind::Audio
            } else {
                MediaKind::Video
            };
            let mid = api.add_media(media, Direction::RecvOnly, None, None, None);
            slots.push(OfferedSlot {
                mid: mid.to_string(),
                kind,
            });
            self.slots.insert(
                mid,
                SlotView {
                    kind,
                    decoder: Decoder::default(),
                    told: None,
                    report: None,
                    heard: Vec::new(),
                },
            );
        }
        let (offer, pending) = api.apply().expect("there are changes");
        self.pending = Some(pending);
        self.negotiations += 1;
        MediaOffer {
            sdp: offer.to_sdp_string(),
            slots,
            sources,
        }
    }

    /// From now on the line is so.
    pub fn set_line(&mut self, line: Line) {
        self.up.set_config(line.netem(1));
        self.down.set_config(line.netem(2));
    }

    pub fn answered(&mut self, sdp: &str) {
        let answer = SdpAnswer::from_sdp_string(sdp).expect("a good answer");
        let pending = self.pending.take().expect("an offer was made");
        // The streams of each m-line, of repeated packets too.
        for section in sdp.split("\nm=").skip(1) {
            let values = |name: &'static str| {
                section
                    .lines()
                    .filter_map(move |line| line.strip_prefix(name))
            };
            let mid = values("a=mid:").next().expect("each m-line has one");
            for ssrc in values("a=ssrc:") {
                let ssrc = ssrc.split(' ').next().expect("never empty");
                let ssrc = ssrc.parse().expect("a number");
                self.ssrcs.insert(ssrc, Mid::from(mid));
            }
        }
        self.rtc
            .sdp_api()
            .accept_answer(pending, answer)
            .expect("a fitting answer");
        // Browsers resend as often as they are asked; str0m by itself stops
        // at 15 %, which reordering alone can reach.
        let mut api = self.rtc.direct_api();
        let rids = LAYERS.map(|(rid, _, _)| Some(Rid::from(rid)));
        let rids: &[Option<Rid>] = if self.scalable.is_some() {
            &[None]
        } else {
            &rids
        };
        for rid in rids {
            let Some(camera) = self.camera else {
                continue;
            };
            let stream = api.stream_tx_by_mid(camera, *rid);
            stream
                .expect("was negotiated")
                .set_rtx_cache(1_000, Duration::from_secs(3), None);
        }
        self.deadline = self.start;
    }

    pub fn told(&mut self, slots: &[SlotShows]) {
        for shows in slots {
            if let Some(slot) = self.slots.get_mut(&Mid::from(shows.mid.as_str())) {
                slot.told.clone_from(&shows.source);
            }
        }
    }

    pub fn stage_mid(&self) -> String {
        self.mids(SlotKind::StagePicture).remove(0)
    }

    pub fn picture_mids(&self) -> Vec<String> {
        self.mids(SlotKind::Picture)
    }

    fn mids(&self, kind: SlotKind) -> Vec<String> {
        let of_kind = self.slots.iter().filter(|(_, slot)| slot.kind == kind);
        of_kind.map(|(mid, _)| mid.to_string()).collect()
    }

    /// The slots of a kind.
    pub fn slots_of(&self, kind: SlotKind) -> impl Iterator<Item = &SlotView> {
        self.slots.values().filter(move |slot| slot.kind == kind)
    }

    /// What was decoded of one source, in all slots of a kind, in order.
    pub fn decoded(&self, kind: SlotKind, number: u32) -> Vec<Decoded> {
        let mut frames: Vec<Decoded> = self
            .slots_of(kind)
            .flat_map(|slot| slot.decoder.decoded.iter().copied())
            .filter(|frame| frame.label.number == number)
            .collect();
        frames.sort_by_key(|frame| frame.at);
        frames
    }

    /// Whose frames were decoded after this time in slots of a kind.
    pub fn seen_since(&self, kind: SlotKind, since: Instant) -> Vec<u32> {
        let mut seen: Vec<u32> = self
            .slots_of(kind)
            .flat_map(|slot| &slot.decoder.decoded)
            .filter(|frame| frame.at >= since)
            .map(|frame| frame.label.number)
            .collect();
        seen.sort_unstable();
        seen.dedup();
        seen
    }

    pub fn next_due(&self) -> Instant {
        let sending = if self.connected {
            self.next_sound.min(self.next_picture)
        } else {
            self.deadline
        };
        self.deadline
            .min(sending)
            .min(self.up.poll_timeout())
            .min(self.down.poll_timeout())
    }

    /// Does what is due.
    pub fn tick(&mut self, now: Instant) {
        self.down.handle_input(NetInput::Timeout(now));
        while let Some(output) = self.down.poll_output() {
            let NetOutput::Packet(bytes) = output else {
                continue;
            };
            let receive = Receive::new(Protocol::Udp, self.sfu, self.address, &bytes);
            let receive = receive.expect("the SFU sends nothing malformed");
            self.rtc
                .handle_input(Input::Receive(now, receive))
                .expect("a living peer");
            self.drain(now);
        }
        if self.connected {
            self.publish(now);
        }
        self.rtc
            .handle_input(Input::Timeout(now))
            .expect("a living peer");
        self.drain(now);
    }

    fn publish(&mut self, now: Instant) {
        let captured = now - self.start;
        while self.next_sound <= now {
            self.next_sound = now + SOUND_EVERY;
            self.sounds_sent += 1;
            let label = Label {
                number: self.number,
                kind: SourceKind::Microphone,
                frame: self.sounds_sent,
                captured,
                height: 0,
            };
            if self.sends {
                self.write_sound(now, &label);
            }
        }
        while self.next_picture <= now {
            self.next_picture = now + PICTURE_EVERY;
            self.pictures_sent += 1;
            if self.scalable.is_some() {
                self.write_scalable(now);
                continue;
            }
            for (layer, (rid, height, size)) in LAYERS.into_iter().enumerate() {
                let keyframe = std::mem::take(&mut self.keyframe_due[layer]);
                let label = Label {
                    number: self.number,
                    kind: SourceKind::Camera,
                    frame: self.pictures_sent,
                    captured,
                    height: height.into(),
                };
                if self.sends {
                    let size = if keyframe { size * 4 } else { size } * self.swollen;
                    let keyframe = keyframe && !self.hides_keyframes;
                    self.write_picture(now, rid.into(), encode(&label, keyframe, size));
                }
            }
        }
    }

    fn write_sound(&mut self, now: Instant, label: &Label) {
        let mid = self.microphone.expect("was offered");
        let level = if self.speaks { -30 } else { -127 };
        let time = MediaTime::new(
            label.captured.as_millis() as u64 * 48,
            str0m::media::Frequency::FORTY_EIGHT_KHZ,
        );
        let sound = match &mut self.voice {
            Some(voice) => voice.sing(label.captured),
            None => encode(label, false, 80),
        };
        let writer = self.rtc.writer(mid).expect("was negotiated");
        let opus = writer
            .payload_params()
            .find(|p| p.spec().codec == Codec::Opus);
        let pt = opus.expect("Opus was negotiated").pt();
        writer
            .audio_level(level, self.speaks)
            .write(pt, now, time, sound)
            .expect("can write");
    }

    /// Sends a packet of sound with a payload of this many bytes, which no
    /// packetizer would make. Nothing else of the sound comes after it.
    pub fn send_raw_sound(&mut self, now: Instant, bytes: usize) {
        let mid = self.microphone.expect("was offered");
        let params = self.rtc.codec_config().params();
        let opus = params.iter().find(|p| p.spec().codec == Codec::Opus);
        let pt = opus.expect("Opus was negotiated").pt();
        let mut api = self.rtc.direct_api();
        let stream = api.stream_tx_by_mid(mid, None).expect("was negotiated");
        let last = self.sent.get(&*stream.ssrc()).expect("has sent before");
        let seq = u64::from(*last) + 1;
        stream.write_rtp(RtpWrite::new(pt, seq.into(), 1, now, vec![1; bytes]));
        self.sends = false;
        self.tick(now);
    }

    /// Sends a packet of a picture in a stream that was not agreed on: with
    /// this SSRC, on the camera's m-line with this rid, or on one of a slot.
    pub fn send_stray_picture(&mut self, now: Instant, ssrc: u32, seq: u64, rid: Option<&str>) {
        let camera = self.camera.expect("was offered");
        let slot = self.slots.iter().find(|(_, slot)| !slot.kind.is_audio());
        let slot = *slot.expect("was offered").0;
        let mid = if rid.is_some() { camera } else { slot };
        let params = self.rtc.codec_config().params();
        let vp8 = params.iter().find(|p| p.spec().codec == Codec::Vp8);
        let pt = vp8.expect("VP8 was negotiated").pt();
        let mut api = self.rtc.direct_api();
        if api.stream_tx(&ssrc.into()).is_none() {
            api.declare_stream_tx(ssrc.into(), None, mid, rid.map(Rid::from));
        }
        let stream = api.stream_tx(&ssrc.into()).expect("was declared");
        let payload = vec![0x10, 0, 0, 0, 0x9d, 0x01, 0x2a];
        let time = seq as u32 * 3_600;
        stream.write_rtp(RtpWrite::new(pt, seq.into(), time, now, payload));
        self.tick(now);
    }

    /// Asks for a keyframe of every picture that it gets.
    pub fn ask_for_keyframes(&mut self, now: Instant) {
        for ssrc in self.ssrcs.keys() {
            let mut api = self.rtc.direct_api();
            if let Some(stream) = api.stream_rx(&(*ssrc).into()) {
                stream.request_keyframe(KeyframeRequestKind::Pli);
            }
        }
        self.tick(now);
    }

    fn write_picture(&mut self, now: Instant, rid: Rid, bytes: Vec<u8>) {
        let mid = self.camera.expect("was offered");
        let captured = (now - self.start).as_millis() as u64;
        let time = MediaTime::new(captured * 90, str0m::media::Frequency::NINETY_KHZ);
        let writer = self.rtc.writer(mid).expect("was negotiated");
        let vp8 = writer
            .payload_params()
            .find(|p| p.spec().codec == Codec::Vp8);
        let pt = vp8.expect("VP8 was negotiated").pt();
        writer
            .rid(rid)
            .write(pt, now, time, bytes)
            .expect("can write");
    }

    fn write_scalable(&mut self, now: Instant) {
        let captured = now - self.start;
        let label = Label {
            number: self.number,
            kind: SourceKind::Camera,
            frame: self.pictures_sent,
            captured,
            height: 0,
        };
        let Some(scalable) = self.scalable.as_mut().filter(|_| self.sends) else {
            return;
        };
        let parts = scalable.picture(&label, std::mem::take(&mut self.keyframe_due[0]));
        let params = self.rtc.codec_config().params();
        let vp9 = params.iter().find(|p| p.spec().codec == Codec::Vp9);
        let pt = vp9.expect("VP9 was negotiated").pt();
        let mid = self.camera.expect("was offered");
        let mut api = self.rtc.direct_api();
        let stream = api.stream_tx_by_mid(mid, None).expect("was negotiated");
        let time = captured.as_millis() as u32 * 90;
        for part in parts {
            let write = RtpWrite::new(pt, part.seq, time, now, part.payload);
            stream.write_rtp(write.marker(part.marker).nackable(true));
        }
    }

    /// The line to this person carries no more, in kbit/s.
    pub fn narrows(&mut self, kbps: u64) {
        let link = Line::GOOD.netem(2);
        self.down
            .set_config(link.link(Bitrate::kbps(kbps), DataSize::kbytes(30)));
    }

    /// A datagram from the SFU goes onto the line.
    pub fn send_down(&mut self, now: Instant, sfu: SocketAddr, bytes: &[u8]) {
        self.sfu = sfu;
        self.down
            .handle_input(NetInput::Packet(now, bytes.to_vec()));
    }

    /// The next datagram of this person that has reached the SFU.
    pub fn arrived_at_sfu(&mut self, now: Instant) -> Option<(SocketAddr, Vec<u8>)> {
        self.up.handle_input(NetInput::Timeout(now));
        while let Some(output) = self.up.poll_output() {
            if let NetOutput::Packet(bytes) = output {
                if let Some(recorded) = &mut self.recorded {
                    recorded.push(bytes.clone());
                }
                let is_check = bytes.first().is_some_and(|first| *first < 4);
                let from = self.forged_address.filter(|_| is_check);
                return Some((from.unwrap_or(self.address), bytes));
            }
        }
        None
    }

    fn drain(&mut self, now: Instant) {
        loop {
            match self.rtc.poll_output().expect("a living peer") {
                Output::Timeout(at) => {
                    // str0m now and then wants the time that it has.
                    self.deadline = at.max(now + Duration::from_millis(1));
                    return;
                }
                Output::Transmit(transmit) => {
                    let bytes = transmit.contents.to_vec();
                    self.up.handle_input(NetInput::Packet(now, bytes));
                }
                Output::Event(event) => self.event(now, event),
            }
        }
    }

    fn event(&mut self, now: Instant, event: Event) {
        match event {
            Event::Connected => self.connected = true,
            Event::KeyframeRequest(request) => {
                let layer = match request.rid {
                    None => Some(0),
                    rid => LAYERS.iter().position(|layer| Some(layer.0.into()) == rid),
                };
                self.keyframe_due[layer.expect("an offered layer")] = true;
            }
            Event::RawPacket(raw) => self.raw(*raw),
            Event::MediaData(data) => {
                let codec = data.params.spec().codec;
                let rtp_time = data.time.numer() as u32;
                let slot = self.slots.get_mut(&data.mid).expect("came in a slot");
                if slot.kind == SlotKind::Mix {
                    slot.heard.push(HeardPacket {
                        at: now,
                        rtp_time,
                        payload: data.data.to_vec(),
                    });
                    return;
                }
                let csrc = self
                    .ssrcs
                    .iter()
                    .filter(|(_, mid)| **mid == data.mid)
                    .find_map(|(ssrc, _)| self.csrcs.get(&(*ssrc, rtp_time)));
                let csrc = csrc.copied();
                let decoder = &mut slot.decoder;
                let is_stuck = if codec == Codec::Vp9 {
                    decoder.feed_scalable(&data.data, now, rtp_time, csrc)
                } else {
                    decoder.feed(&data.data, codec == Codec::Vp8, now, rtp_time, csrc)
                };
                if is_stuck {
                    let mut writer = self.rtc.writer(data.mid).expect("was negotiated");
                    writer
                        .request_keyframe(None, KeyframeRequestKind::Pli)
                        .expect("PLI was negotiated");
                }
            }
            _ => {}
        }
    }

    fn raw(&mut self, raw: RawPacket) {
        match raw {
            RawPacket::RtpRx(header, _) if header.csrc_count > 0 => {
                let key = (*header.ssrc, header.timestamp);
                self.csrcs.insert(key, header.csrc[0]);
            }
            RawPacket::RtpTx(header, _) => {
                self.sent.insert(*header.ssrc, header.sequence_number);
            }
            RawPacket::RtcpRx(Rtcp::SenderReport(report)) => {
                let info = report.sender_info;
                if let Some(mid) = self.ssrcs.get(&*info.ssrc)
                    && let Some(slot) = self.slots.get_mut(mid)
                {
                    slot.report = Some((info.ntp_time, info.rtp_time.numer() as u32));
                }
            }
            _ => {}
        }
    }
}
