//! A meeting on our SFU under load.

use std::net::IpAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Result;
use diemcau_protocol::{
    DesiredMeeting, DesiredParticipant, MediaCommand, MediaOffer, MeetingId, OfferedSlot,
    OfferedSource, ParticipantId, PublishRights, SessionId, SlotKind, SlotWish, SourceKind,
    SourceLayer, SourceRef,
};
use str0m::media::MediaKind;

use crate::load::{DOOR, Figures, Load, Server};
use crate::peer::Peer;
use crate::process;
use crate::publisher::Publisher;
use crate::sfu::{Place, Sfu};
use crate::trace::{LAYERS, Trace};

const MEETING: &str = "do";
const STAGE_HEIGHT: u16 = 720;
/// Publishers are this far from one another in the trace.
const APART: Duration = Duration::from_millis(1_370);

/// Who is in the meeting and what they see.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// They send a camera and a microphone.
    pub(crate) publishers: usize,
    /// The layers of a camera, as indices of [`LAYERS`].
    pub(crate) layers: Vec<usize>,
    /// They only receive; their microphone is connected and silent.
    pub(crate) receivers: usize,
    /// Whether everyone sees the first publisher on the stage.
    pub(crate) stage: bool,
    /// Slots for pictures beside the stage.
    pub(crate) pool: usize,
    /// Cameras that everyone draws in them.
    pub(crate) thumbnails: usize,
    /// The height at which these are drawn.
    pub(crate) height: u16,
    /// Streams of sound that everyone hears.
    pub(crate) sounds: usize,
}

impl Shape {
    /// One publisher on the stage, seen and heard by so many, with the web
    /// client's pool.
    pub(crate) fn stage(receivers: usize) -> Self {
        Self {
            publishers: 1,
            layers: vec![0, 1, 2],
            receivers,
            stage: true,
            pool: 8,
            thumbnails: 0,
            height: 0,
            sounds: 1,
        }
    }

    /// So many people, who all see and hear one another.
    pub(crate) fn all_see_all(people: usize) -> Self {
        Self {
            publishers: people,
            layers: vec![0, 1, 2],
            receivers: 0,
            stage: false,
            pool: people - 1,
            thumbnails: people - 1,
            height: 360,
            sounds: 3,
        }
    }

    /// Receivers that draw so many thumbnails.
    pub(crate) fn wall(slots: usize, receivers: usize) -> Self {
        Self {
            publishers: slots,
            layers: vec![0, 1, 2],
            receivers,
            stage: false,
            pool: slots,
            thumbnails: slots,
            height: 180,
            sounds: 3,
        }
    }

    /// How many are there before the first of those by whom memory is counted.
    fn before_receivers(&self) -> usize {
        if self.receivers == 0 {
            0
        } else {
            self.publishers
        }
    }

    fn slots(&self) -> Vec<SlotKind> {
        let mut slots = vec![SlotKind::StagePicture, SlotKind::StageSound];
        slots.extend([SlotKind::Sound; 3]);
        slots.extend(std::iter::repeat_n(SlotKind::Picture, self.pool));
        slots.push(SlotKind::Screen);
        slots
    }

    fn state(&self) -> DesiredMeeting {
        let participants = (0..self.publishers + self.receivers).map(|index| DesiredParticipant {
            participant: name(index),
            number: index as u32 + 1,
            publish: PublishRights {
                microphone: true,
                camera: true,
                ..PublishRights::default()
            },
            always_heard: index == 0,
            interprets: None,
            listens_to: None,
        });
        DesiredMeeting {
            participants: participants.collect(),
            stage: self.stage.then(|| camera(0)),
            video_codecs: Vec::new(),
            groups: Default::default(),
        }
    }

    /// What one of them draws: the cameras of the first others.
    fn wishes(&self, index: usize, slots: &[OfferedSlot]) -> Vec<SlotWish> {
        let of_kind = |kind| slots.iter().filter(move |slot| slot.kind == kind);
        let stage = of_kind(SlotKind::StagePicture).map(|slot| SlotWish {
            mid: slot.mid.clone(),
            source: None,
            height: STAGE_HEIGHT,
        });
        let others = (0..self.publishers).filter(|other| *other != index);
        let cameras = of_kind(SlotKind::Picture).zip(others.take(self.thumbnails));
        let cameras = cameras.map(|(slot, other)| SlotWish {
            mid: slot.mid.clone(),
            source: Some(camera(other)),
            height: self.height,
        });
        stage.chain(cameras).collect()
    }

    /// The streams that one of them receives: at least, since who is loudest
    /// changes.
    fn streams(&self, index: usize) -> usize {
        let publishes = index < self.publishers;
        let on_stage = self.stage && index != 0;
        let others = self.publishers - usize::from(publishes);
        usize::from(on_stage) + self.thumbnails.min(others) + self.sounds.min(others)
    }
}

/// Holds such a meeting and measures the SFU.
pub(crate) async fn measure(
    trace: &Rc<Trace>,
    place: &Place,
    from: IpAddr,
    shape: &Shape,
    length: Duration,
) -> Result<Figures> {
    let mut sfu = Sfu::start(place).await?;
    let state = shape.state();
    sfu.send(MediaCommand::Desired {
        meeting: MeetingId::from(MEETING),
        epoch: 1,
        revision: 1,
        state,
    })?;
    let mut load = Load::new(from);
    let mut resident_before = 0;
    for index in 0..shape.publishers + shape.receivers {
        if index == shape.before_receivers() {
            resident_before = process::resident_kib(sfu.pid())?;
        }
        join(&mut sfu, &mut load, trace, shape, index).await?;
        load.connected_but(DOOR).await?;
    }
    load.settled().await?;
    let server = Server {
        pid: sfu.pid(),
        resident_before,
        receivers: shape.publishers + shape.receivers - shape.before_receivers(),
    };
    let before = sfu.counters().await?;
    let mut figures = load.measure(server, length).await?;
    let counted = sfu.counters().await?.into_iter().map(|(name, after)| {
        let before = before.get(&name).copied().unwrap_or_default();
        (name, after.saturating_sub(before))
    });
    figures.counted = counted.collect();
    load.stop().await?;
    sfu.stop()?;
    Ok(figures)
}

async fn join(
    sfu: &mut Sfu,
    load: &mut Load,
    trace: &Rc<Trace>,
    shape: &Shape,
    index: usize,
) -> Result<()> {
    let publishes = index < shape.publishers;
    let kinds = shape.slots();
    let media: Vec<MediaKind> = kinds.iter().map(|kind| media_kind(*kind)).collect();
    let mut peer = Peer::new(load.address)?;
    let layers: &[usize] = if publishes { &shape.layers } else { &[] };
    let (sdp, lines) = peer.offer(true, layers, &media)?;
    let slots = lines.receiving.iter().zip(kinds);
    let slots = slots.map(|(mid, kind)| OfferedSlot {
        mid: mid.to_string(),
        kind,
    });
    let slots: Vec<OfferedSlot> = slots.collect();
    let microphone = lines.microphone.map(|mid| OfferedSource {
        mid: mid.to_string(),
        kind: SourceKind::Microphone,
        layers: Vec::new(),
    });
    let simulcast = if layers.len() > 1 { layers } else { &[] };
    let rungs = simulcast.iter().map(|layer| SourceLayer {
        rid: LAYERS[*layer].0.into(),
        height: LAYERS[*layer].1,
    });
    let picture = lines.camera.map(|mid| OfferedSource {
        mid: mid.to_string(),
        kind: SourceKind::Camera,
        layers: rungs.collect(),
    });
    let session = SessionId(format!("s{index}"));
    let wishes = shape.wishes(index, &slots);
    sfu.send(MediaCommand::Offer {
        meeting: MeetingId::from(MEETING),
        participant: name(index),
        session: session.clone(),
        restart: false,
        offer: MediaOffer {
            sdp,
            slots,
            sources: microphone.into_iter().chain(picture).collect(),
        },
    })?;
    let answer = sfu.answer(session.as_str()).await?;
    peer.accept(&answer)?;
    sfu.send(MediaCommand::Layout { session, wishes })?;
    let publisher = publishes.then(|| {
        Publisher::new(
            Rc::clone(trace),
            Instant::now(),
            APART * index as u32,
            lines.microphone,
            lines.camera.map(|mid| (mid, &*shape.layers)),
        )
    });
    load.run(peer, publisher, shape.streams(index));
    Ok(())
}

fn media_kind(kind: SlotKind) -> MediaKind {
    if kind.is_audio() {
        MediaKind::Audio
    } else {
        MediaKind::Video
    }
}

fn name(index: usize) -> ParticipantId {
    ParticipantId(format!("p{index}"))
}

fn camera(index: usize) -> SourceRef {
    SourceRef {
        participant: name(index),
        kind: SourceKind::Camera,
    }
}
