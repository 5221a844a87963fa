//! Somebody in a meeting on the `webrtc` crate: another WebRTC stack than the
//! server's own. Joins by an invite link, offers what a browser offers, sends
//! sound and a simulcast picture, and keeps whatever comes in.
//!
//! ```text
//!   invite link ─> Seat (WebSocket) ── offer, answer, layout
//!                                 └──> Peer (webrtc) ─> Reception of each slot
//! ```

mod lossy;
mod reception;
mod seat;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{BufMut, Bytes, BytesMut};
use diemcau::bridge::http::Client;
use diemcau::bridge::peer::{Line, Outgoing, Packet, Peer, PeerConfig, PeerEvent, Picture};
use diemcau_protocol::{
    Command, MediaOffer, OfferedSlot, OfferedSource, ServerMessage, SlotKind, SourceKind,
    SourceLayer, SourceRef,
};
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtp_transceiver::rtp_sender::RtpCodecKind;
use tokio::sync::mpsc;
use tokio::time::Interval;
use url::Url;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::RTCPeerConnectionState;

pub(crate) use lossy::{Loss, LossyRuntime};
pub(crate) use reception::Reception;
pub(crate) use seat::{Seat, own_address};

/// The camera's layers, smallest first: rid, height, bytes a frame.
pub(crate) const LAYERS: [(&str, u16, usize); 2] = [("q", 180, 700), ("f", 720, 3_000)];
const POOL: [SlotKind; 6] = [
    SlotKind::StagePicture,
    SlotKind::StageSound,
    SlotKind::Sound,
    SlotKind::Sound,
    SlotKind::Picture,
    SlotKind::Picture,
];
const SOUND_EVERY: Duration = Duration::from_millis(20);
const PICTURE_EVERY: Duration = Duration::from_millis(40);
/// Without a keyframe it is asked for this often.
const ASKING: Duration = Duration::from_millis(200);
const HEARTBEAT: Duration = Duration::from_secs(5);
const PAYLOAD: usize = 1_100;

/// What makes frames: `(source, layer, number of the frame, keyframe)`.
pub(crate) type Camera = Box<dyn FnMut(SourceKind, usize, u32, bool) -> Vec<u8> + Send>;

/// A packet of a track.
type Arrival = (Arc<dyn TrackRemote>, Packet);

/// One slot as its receiver sees it.
pub(crate) struct Slot {
    pub(crate) kind: SlotKind,
    pub(crate) reception: Reception,
    pub(crate) told: Option<SourceRef>,
    track: Option<(Arc<dyn TrackRemote>, u32)>,
}

/// Somebody in the meeting.
pub(crate) struct SecondStack {
    pub(crate) seat: Seat,
    pub(crate) slots: BTreeMap<String, Slot>,
    pub(crate) loss: Arc<Loss>,
    /// Keyframes asked for, of every layer.
    pub(crate) keyframes_asked: u32,
    /// From the beginning to the first whole frame of a picture.
    pub(crate) first_picture: Option<Duration>,
    pub(crate) connected: bool,
    began: Instant,
    peer: Peer,
    events: mpsc::UnboundedReceiver<PeerEvent>,
    arrivals: mpsc::UnboundedReceiver<Arrival>,
    arriving: mpsc::UnboundedSender<Arrival>,
    ssrcs: BTreeMap<u32, String>,
    pending: Option<(Outgoing, Outgoing)>,
    lines: Option<(Line, Line)>,
    camera: Camera,
    keyframe_due: [bool; LAYERS.len()],
    pictures: u32,
    sounds: u32,
    seqs: [u16; LAYERS.len() + 1],
    sound_timer: Interval,
    picture_timer: Interval,
    asking: Interval,
    heartbeat: Interval,
}

impl SecondStack {
    /// Joins; `camera` makes what is sent, once the own number is known.
    pub(crate) async fn join(
        link: &Url,
        client: &Client,
        name: &str,
        camera: impl FnOnce(u32) -> Camera,
    ) -> anyhow::Result<Self> {
        let began = Instant::now();
        let mut seat = Seat::take(link, client, name).await?;
        let runtime = LossyRuntime::default();
        let loss = Arc::clone(&runtime.loss);
        let config = PeerConfig {
            local: own_address(link).await?,
            pictures: vec![Picture::Vp8],
            runtime: Arc::new(runtime),
        };
        let (mut peer, events) = Peer::new(config).await?;
        let rids = LAYERS.map(|(rid, ..)| rid);
        let microphone = peer.outgoing(RtpCodecKind::Audio, &[]).await?;
        let picture = peer.outgoing(RtpCodecKind::Video, &rids).await?;
        let mut transceivers = Vec::new();
        for kind in POOL {
            let media = if kind.is_audio() {
                RtpCodecKind::Audio
            } else {
                RtpCodecKind::Video
            };
            transceivers.push((kind, peer.incoming(media).await?));
        }
        let sdp = peer.offer().await?;
        let mut slots = BTreeMap::new();
        for (kind, transceiver) in transceivers {
            let mid = transceiver.mid().await?.unwrap_or_default();
            let slot = Slot {
                kind,
                reception: Reception::new(!kind.is_audio()),
                told: None,
                track: None,
            };
            slots.insert(mid, slot);
        }
        let offered = slots.iter().map(|(mid, slot)| OfferedSlot {
            mid: mid.clone(),
            kind: slot.kind,
        });
        let layers = LAYERS.map(|(rid, height, _)| SourceLayer {
            rid: rid.into(),
            height,
        });
        let source = async |outgoing: &Outgoing, kind, layers| {
            let mid = outgoing.transceiver.mid().await?.unwrap_or_default();
            anyhow::Ok(OfferedSource { mid, kind, layers })
        };
        let offer = MediaOffer {
            sdp,
            slots: offered.collect(),
            sources: vec![
                source(&microphone, SourceKind::Microphone, Vec::new()).await?,
                source(&picture, SourceKind::Camera, layers.into()).await?,
            ],
        };
        seat.offer(offer).await?;
        let (arriving, arrivals) = mpsc::unbounded_channel();
        let camera = camera(seat.number);
        Ok(Self {
            seat,
            slots,
            loss,
            keyframes_asked: 0,
            first_picture: None,
            connected: false,
            began,
            peer,
            events,
            arrivals,
            arriving,
            ssrcs: BTreeMap::new(),
            pending: Some((microphone, picture)),
            lines: None,
            camera,
            keyframe_due: [true; LAYERS.len()],
            pictures: 0,
            sounds: 0,
            seqs: [1; LAYERS.len() + 1],
            sound_timer: tokio::time::interval(SOUND_EVERY),
            picture_timer: tokio::time::interval(PICTURE_EVERY),
            asking: tokio::time::interval(ASKING),
            heartbeat: tokio::time::interval(HEARTBEAT),
        })
    }

    /// Takes part until `done` says so.
    pub(crate) async fn run_until(
        &mut self,
        mut done: impl FnMut(&Self) -> bool,
    ) -> anyhow::Result<()> {
        while !done(self) {
            self.step().await?;
        }
        Ok(())
    }

    /// Does the next thing that is due.
    async fn step(&mut self) -> anyhow::Result<()> {
        tokio::select! {
            message = self.seat.next() => self.heard(message?).await?,
            Some(event) = self.events.recv() => self.event(event)?,
            Some(arrival) = self.arrivals.recv() => self.arrived(arrival),
            _ = self.sound_timer.tick() => self.send_sound().await?,
            _ = self.picture_timer.tick() => self.send_picture().await?,
            _ = self.asking.tick() => {
                self.ask_where(|slot| slot.reception.wants_keyframe()).await?;
            }
            _ = self.heartbeat.tick() => self.seat.ping().await?,
        }
        Ok(())
    }

    /// The slots of a kind.
    pub(crate) fn slots_of(&self, kind: SlotKind) -> impl Iterator<Item = &Slot> {
        self.slots.values().filter(move |slot| slot.kind == kind)
    }

    /// Asks for a keyframe in every slot that shows a picture.
    pub(crate) async fn ask_for_keyframes(&self) -> anyhow::Result<()> {
        self.ask_where(|slot| !slot.kind.is_audio()).await
    }

    async fn ask_where(&self, wanted: impl Fn(&Slot) -> bool) -> anyhow::Result<()> {
        for slot in self.slots.values().filter(|slot| wanted(slot)) {
            if let Some((track, ssrc)) = &slot.track {
                let pli = PictureLossIndication {
                    sender_ssrc: 0,
                    media_ssrc: *ssrc,
                };
                track.write_rtcp(vec![Box::new(pli)]).await?;
            }
        }
        Ok(())
    }

    /// Leaves the meeting.
    pub(crate) async fn leave(mut self) -> anyhow::Result<()> {
        self.seat.command(Command::Leave).await?;
        self.peer.close().await;
        Ok(())
    }

    async fn heard(&mut self, message: ServerMessage) -> anyhow::Result<()> {
        match message {
            ServerMessage::Answer { sdp, .. } => {
                self.ssrcs = ssrcs(&sdp);
                self.peer.accept(&sdp).await?;
                if let Some((microphone, picture)) = self.pending.take() {
                    let microphone = self.peer.negotiated(microphone).await?;
                    self.lines = Some((microphone, self.peer.negotiated(picture).await?));
                }
                self.wish().await
            }
            ServerMessage::Events { .. } if self.lines.is_some() => self.wish().await,
            ServerMessage::Slots { slots, .. } => {
                for shows in slots {
                    if let Some(slot) = self.slots.get_mut(&shows.mid) {
                        slot.told = shows.source;
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn wish(&mut self) -> anyhow::Result<()> {
        let of = |kind| {
            let slots = self.slots.iter().filter(move |(_, slot)| slot.kind == kind);
            slots.map(|(mid, _)| mid.clone())
        };
        let stage = of(SlotKind::StagePicture).next().unwrap_or_default();
        let pictures: Vec<String> = of(SlotKind::Picture).collect();
        self.seat.wish(&stage, &pictures).await
    }

    fn event(&mut self, event: PeerEvent) -> anyhow::Result<()> {
        match event {
            PeerEvent::State(RTCPeerConnectionState::Connected) => self.connected = true,
            PeerEvent::State(RTCPeerConnectionState::Failed) => {
                anyhow::bail!("the media connection failed")
            }
            PeerEvent::State(_) => {}
            PeerEvent::Keyframe(ssrc) => {
                self.keyframes_asked += 1;
                if let Some((_, picture)) = &self.lines {
                    for (layer, due) in self.keyframe_due.iter_mut().enumerate() {
                        *due |= picture.ssrc(layer) == ssrc;
                    }
                }
            }
            PeerEvent::Incoming(track) => {
                tokio::spawn(listen(track, self.arriving.clone()));
            }
        }
        Ok(())
    }

    fn arrived(&mut self, (track, packet): Arrival) {
        let ssrc = packet.header.ssrc;
        let mid = self.ssrcs.get(&ssrc);
        let Some(slot) = mid.and_then(|mid| self.slots.get_mut(mid)) else {
            return;
        };
        slot.track.get_or_insert((track, ssrc));
        slot.reception.take(packet);
        if !slot.kind.is_audio() && !slot.reception.frames.is_empty() {
            self.first_picture
                .get_or_insert_with(|| self.began.elapsed());
        }
    }

    async fn send_sound(&mut self) -> anyhow::Result<()> {
        let Some((microphone, _)) = self.lines.as_ref().filter(|_| self.connected) else {
            return Ok(());
        };
        self.sounds += 1;
        let mut packet = Packet::default();
        packet.header.sequence_number = self.seqs[LAYERS.len()];
        packet.header.timestamp = self.sounds.wrapping_mul(960);
        packet.payload = (self.camera)(SourceKind::Microphone, 0, self.sounds, false).into();
        self.seqs[LAYERS.len()] = packet.header.sequence_number.wrapping_add(1);
        Ok(microphone.write(0, packet, Some(30)).await?)
    }

    async fn send_picture(&mut self) -> anyhow::Result<()> {
        let Some((_, picture)) = self.lines.as_ref().filter(|_| self.connected) else {
            return Ok(());
        };
        self.pictures += 1;
        for layer in 0..LAYERS.len() {
            let keyframe = std::mem::take(&mut self.keyframe_due[layer]);
            let frame = (self.camera)(SourceKind::Camera, layer, self.pictures, keyframe);
            let pieces = frame.chunks(PAYLOAD);
            let last = pieces.len() - 1;
            for (number, piece) in pieces.enumerate() {
                let mut packet = Packet::default();
                packet.header.sequence_number = self.seqs[layer];
                packet.header.timestamp = self.pictures.wrapping_mul(3_600);
                packet.header.marker = number == last;
                packet.payload = vp8_packet(self.pictures, number == 0, piece);
                self.seqs[layer] = self.seqs[layer].wrapping_add(1);
                picture.write(layer, packet, None).await?;
            }
        }
        Ok(())
    }
}

/// Hands over what comes in on a track, until it ends.
async fn listen(track: Arc<dyn TrackRemote>, arriving: mpsc::UnboundedSender<Arrival>) {
    while let Some(event) = track.poll().await {
        if let TrackRemoteEvent::OnRtpPacket(packet) = event
            && arriving.send((Arc::clone(&track), packet)).is_err()
        {
            return;
        }
    }
}

/// Puts a descriptor with a picture id of 15 bits on (RFC 7741 §4.2).
fn vp8_packet(picture: u32, begins: bool, piece: &[u8]) -> Bytes {
    let mut payload = BytesMut::with_capacity(4 + piece.len());
    payload.put_u8(0x80 | if begins { 0x10 } else { 0 });
    payload.put_u8(0x80);
    payload.put_u16(0x8000 | (picture & 0x7fff) as u16);
    payload.put_slice(piece);
    payload.freeze()
}

/// The m-line of each SSRC that the other side sends.
fn ssrcs(answer: &str) -> BTreeMap<u32, String> {
    let mut found = BTreeMap::new();
    for section in answer.split("\nm=").skip(1) {
        let lines = || section.lines().map(str::trim_end);
        let mid = lines().find_map(|line| line.strip_prefix("a=mid:"));
        for line in lines().filter_map(|line| line.strip_prefix("a=ssrc:")) {
            let ssrc = line.split(' ').next().and_then(|ssrc| ssrc.parse().ok());
            if let (Some(ssrc), Some(mid)) = (ssrc, mid) {
                found.insert(ssrc, mid.to_owned());
            }
        }
    }
    found
}
