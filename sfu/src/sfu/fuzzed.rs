//! A meeting on two workers that does whatever bytes say, for fuzzing:
//! signaling, publishers, receivers, strangers and links in any order.
//!
//! ICE and DTLS are left out, because their bytes cannot be guessed: peers
//! have keys that are known, and packets come as they would from their peers.

mod checks;
mod feedback;
#[cfg(test)]
mod flood;
mod links;
mod offer;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant, UNIX_EPOCH};

use diemcau_protocol::{
    DesiredChange, DesiredInterpreter, DesiredMeeting, DesiredParticipant, MediaCommand,
    MediaEvent, MeetingId, ParticipantId, PublishRights, SessionId, SlotKind, SlotWish, SourceKind,
    SourceLayer, SourceRef,
};

use super::{Output, Sfu, SfuConfig};
use crate::fuzzing::{Bytes, keys, packet, path_to};
use crate::link::{LinkId, LinkMessage};
use crate::path::TransportAddress;
use crate::peer::PeerOutput;
use crate::srtp::{Profile, Sealer};

/// What a run is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Only time, packets and links.
    Links,
    Everything,
}

const MEETINGS: [&str; 2] = ["hop", "hop khac"];
const PEOPLE: [&str; 4] = ["chu-toa", "an-binh", "hoa-lac", "tan-phu"];
const KINDS: [SourceKind; 4] = SourceKind::ALL;
/// The m-lines of every offer: sources, then slots, a few or all of them.
const SOURCES: usize = 2;
const SLOTS: [SlotKind; 7] = [
    SlotKind::StagePicture,
    SlotKind::StageSound,
    SlotKind::Sound,
    SlotKind::Picture,
    SlotKind::Picture,
    SlotKind::Screen,
    SlotKind::Mix,
];
const PROFILE: Profile = Profile::AeadAes128Gcm;
/// Steps of one run.
const MOST_STEPS: usize = 400;
/// Looking again this often must let time go on.
const PATIENCE: usize = 20;

/// Plays what the bytes say, then ends the meetings: nothing is left.
pub(crate) fn run(data: &[u8], kind: Kind) {
    let mut world = World::new();
    if kind == Kind::Links {
        world.everybody_comes();
    }
    let mut bytes = Bytes(data);
    for _ in 0..MOST_STEPS {
        let done = match kind {
            Kind::Links => world.step_of_links(&mut bytes),
            Kind::Everything => world.step(&mut bytes),
        };
        world.settle();
        if done.is_none() {
            break;
        }
    }
    world.check();
    world.end();
}

struct World {
    now: Instant,
    workers: Vec<Sfu>,
    on_the_way: VecDeque<(LinkId, LinkId, LinkMessage)>,
    sealers: Vec<Option<Sealer>>,
    /// The streams that each person was told of.
    ssrcs: Vec<Vec<u32>>,
    last: Option<(usize, Vec<u8>)>,
    seq: u64,
    /// Bytes of media that were sent, by whom they went to.
    sent: BTreeMap<TransportAddress, usize>,
}

fn meeting(bytes: &mut Bytes<'_>) -> Option<MeetingId> {
    // The other one seldom.
    Some(MEETINGS[usize::from(bytes.byte()? > 240)].into())
}

fn source(bytes: &mut Bytes<'_>) -> Option<SourceRef> {
    Some(SourceRef {
        participant: PEOPLE[bytes.below(4)?].into(),
        kind: KINDS[bytes.below(4)?],
    })
}

fn address(who: usize) -> TransportAddress {
    TransportAddress::udp(SocketAddr::from(([10, 0, 1, who as u8], 5_000)))
}

fn desired(who: usize, bytes: &mut Bytes<'_>) -> Option<DesiredParticipant> {
    let rights = bytes.byte()?;
    let right = |bit: u8| rights >> bit & 1 == 0;
    Some(DesiredParticipant {
        participant: PEOPLE[who].into(),
        // Two with one number: seldom.
        number: if rights > 250 { 1 } else { who as u32 + 1 },
        publish: PublishRights {
            microphone: right(0),
            camera: right(1),
            screen: right(2),
            screen_audio: right(3),
        },
        always_heard: right(4),
        interprets: (!right(5)).then_some(DesiredInterpreter {
            channel: 1,
            on_air: right(6),
        }),
        listens_to: (!right(6)).then_some(1),
    })
}

impl World {
    fn new() -> Self {
        let now = Instant::now();
        let worker = |worker| {
            let config = SfuConfig {
                candidates: vec![TransportAddress::udp(SocketAddr::from((
                    [10, 0, 0, 1],
                    8_444 + worker as u16,
                )))],
                worker,
                workers: 2,
                listened: false,
                started_at: UNIX_EPOCH + Duration::from_secs(1_000),
            };
            Sfu::new(now, config)
        };
        Self {
            now,
            workers: (0..2).map(worker).collect(),
            on_the_way: VecDeque::new(),
            sealers: PEOPLE.map(|_| None).into(),
            ssrcs: PEOPLE.map(|_| Vec::new()).into(),
            last: None,
            seq: 70_000,
            sent: BTreeMap::new(),
        }
    }

    /// Everybody is there, sends and sees each other.
    fn everybody_comes(&mut self) {
        let everybody = (0..PEOPLE.len()).filter_map(|who| desired(who, &mut Bytes(&[0])));
        let state = DesiredMeeting {
            participants: everybody.collect(),
            stage: Some(SourceRef {
                participant: PEOPLE[0].into(),
                kind: SourceKind::Camera,
            }),
            ..DesiredMeeting::default()
        };
        self.tell_all(&MediaCommand::Desired {
            meeting: MEETINGS[0].into(),
            epoch: 1,
            revision: 1,
            state,
        });
        for who in 0..PEOPLE.len() {
            self.offer(who, SLOTS.len(), false);
            self.connected(who);
            let wish = |(n, _): (usize, SlotKind)| SlotWish {
                mid: (SOURCES + n).to_string(),
                source: Some(SourceRef {
                    participant: PEOPLE[(who + n + 2) % 4].into(),
                    kind: SourceKind::Camera,
                }),
                height: 360,
            };
            let wishes = (0..).zip(SLOTS).map(wish).collect();
            self.tell(
                who,
                MediaCommand::Layout {
                    session: session(who),
                    wishes,
                },
            );
            self.settle();
        }
        while self.deliver() {}
    }

    fn step(&mut self, bytes: &mut Bytes<'_>) -> Option<()> {
        match bytes.below(24)? {
            0 => self.desired(bytes)?,
            1 => self.change(bytes)?,
            2 => {
                let (who, shape) = (bytes.below(4)?, bytes.byte()?);
                let slots = usize::from(shape >> 1) % (SLOTS.len() + 1);
                self.offer(who, slots, shape & 1 == 1);
            }
            3 | 4 => {
                let who = bytes.below(4)?;
                self.connected(who);
            }
            5 => self.layout(bytes)?,
            6 => {
                let (who, text) = (bytes.below(4)?, bytes.some(100)?);
                let candidates = vec![String::from_utf8_lossy(text).into_owned()];
                let session = session(who);
                self.tell(
                    who,
                    MediaCommand::Candidates {
                        session,
                        candidates,
                    },
                );
            }
            7 => {
                let (who, kind) = (bytes.below(4)?, KINDS[bytes.below(4)?]);
                let height = bytes.number(2)? as u16;
                let (session, rid) = (session(who), "q".into());
                let layers = vec![SourceLayer { rid, height }];
                self.tell(
                    who,
                    MediaCommand::Layers {
                        session,
                        kind,
                        layers,
                    },
                );
            }
            8 => {
                let who = bytes.below(4)?;
                let session = session(who);
                self.tell(who, MediaCommand::Close { session });
            }
            9 => {
                let (meeting, epoch) = (meeting(bytes)?, bytes.byte()?.into());
                self.tell_all(&MediaCommand::EndMeeting { meeting, epoch });
            }
            10 | 11 => {
                let (who, datagram) = (bytes.below(6)?, bytes.some(1_500)?);
                self.datagram(who, datagram.to_vec());
            }
            12 => self.check_of_ice(bytes)?,
            13 => {
                if let Some((who, datagram)) = self.last.take() {
                    self.datagram(who, datagram);
                }
            }
            14..=16 => self.feedback(bytes)?,
            17 => self.peer_says(bytes)?,
            _ => self.step_of_links(bytes)?,
        }
        Some(())
    }

    fn desired(&mut self, bytes: &mut Bytes<'_>) -> Option<()> {
        let meeting = meeting(bytes)?;
        let (epoch, revision) = (bytes.byte()?, bytes.byte()?);
        let mut state = DesiredMeeting::default();
        for who in 0..bytes.below(5)? {
            state.participants.push(desired(who, bytes)?);
        }
        if bytes.byte()? & 1 == 0 {
            state.stage = Some(source(bytes)?);
        }
        self.tell_all(&MediaCommand::Desired {
            meeting,
            epoch: epoch.into(),
            // The last there is, seldom.
            revision: match revision {
                255 => u32::MAX,
                other => other.into(),
            },
            state,
        });
        Some(())
    }

    /// In step, or nearly.
    fn change(&mut self, bytes: &mut Bytes<'_>) -> Option<()> {
        let meeting = meeting(bytes)?;
        let known = self.workers[0].meetings.get(&meeting);
        let (epoch, revision) = known.map_or((0, 0), |m| (m.epoch, m.revision));
        let revision = match bytes.byte()? {
            0 => revision,
            _ => revision.wrapping_add(1),
        };
        let change = match bytes.below(4)? {
            0 => DesiredChange::PutParticipant {
                participant: desired(bytes.below(4)?, bytes)?,
            },
            1 => DesiredChange::RemoveParticipant {
                participant: PEOPLE[bytes.below(4)?].into(),
            },
            2 => DesiredChange::SetGroups {
                groups: [(PEOPLE[bytes.below(4)?].into(), u32::from(bytes.byte()? % 3))].into(),
            },
            _ => DesiredChange::SetStage {
                stage: Some(source(bytes)?),
            },
        };
        self.tell_all(&MediaCommand::Change {
            meeting,
            epoch,
            revision,
            change,
        });
        Some(())
    }

    fn offer(&mut self, who: usize, slots: usize, restart: bool) {
        let command = MediaCommand::Offer {
            meeting: MEETINGS[0].into(),
            participant: ParticipantId::from(PEOPLE[who]),
            session: session(who),
            restart,
            offer: offer::offer(slots),
        };
        self.tell(who, command);
    }

    /// ICE and DTLS of somebody are done.
    fn connected(&mut self, who: usize) {
        let (now, sfu) = (self.now, &mut self.workers[who % 2]);
        let Some(id) = sfu.sessions.get(&session(who)).copied() else {
            return;
        };
        let Some(connection) = sfu.connections.get_mut(id.0) else {
            return;
        };
        if !connection.egress.is_keyed() {
            let taken = connection.egress.keyed(&keys(PROFILE, false));
            assert!(taken.is_ok());
            let theirs = keys(PROFILE, true).derive();
            self.sealers[who] = theirs.ok().map(|(sealer, _)| sealer);
        }
        connection.way.checked(now, path_to(address(who)), true);
        sfu.demux.add_path(path_to(address(who)), id);
        sfu.output(now, id, PeerOutput::Connected);
    }

    fn layout(&mut self, bytes: &mut Bytes<'_>) -> Option<()> {
        let who = bytes.below(4)?;
        let mut wishes = Vec::new();
        for _ in 0..bytes.below(8)? {
            wishes.push(SlotWish {
                mid: bytes.below(SOURCES + SLOTS.len())?.to_string(),
                source: Some(source(bytes)?),
                height: bytes.number(2)? as u16,
            });
        }
        let session = session(who);
        self.tell(who, MediaCommand::Layout { session, wishes });
        Some(())
    }

    fn datagram(&mut self, who: usize, datagram: Vec<u8>) {
        let sfu = &mut self.workers[who % 2];
        let to = sfu.config.candidates[0].address;
        sfu.datagram(self.now, address(who), to, &datagram);
        self.last = Some((who, datagram));
    }

    /// A check with the right ufrag, and whatever follows.
    fn check_of_ice(&mut self, bytes: &mut Bytes<'_>) -> Option<()> {
        let (from, who) = (bytes.below(6)?, bytes.below(4)?);
        let tail = bytes.some(200)?;
        let sfu = &mut self.workers[who % 2];
        let id = sfu.sessions.get(&session(who)).copied();
        let connection = id.and_then(|id| sfu.connections.get_mut(id.0));
        let Some(connection) = connection else {
            return Some(());
        };
        let username = format!("{}:abcd", connection.peer.local_ufrag());
        let mut datagram = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
        datagram.extend([7; 12]);
        datagram.extend([0, 6, 0, username.len() as u8]);
        datagram.extend(username.as_bytes());
        datagram.resize(datagram.len().next_multiple_of(4), 0);
        datagram.extend(tail);
        let length = (datagram.len() - 20) as u16;
        datagram[2..4].copy_from_slice(&length.to_be_bytes());
        let to = sfu.config.candidates[0].address;
        sfu.datagram(self.now, address(from), to, &datagram);
        Some(())
    }

    /// What else comes out of a peer.
    fn peer_says(&mut self, bytes: &mut Bytes<'_>) -> Option<()> {
        let who = bytes.below(4)?;
        let what = match bytes.below(4)? {
            0 => PeerOutput::Report {
                source: bytes.below(SOURCES)?,
                layer: 0,
                arrived: self.now,
                ntp_micros: bytes.number(8)? as i64,
                rtp_time: bytes.number(4)? as u32,
            },
            1 => PeerOutput::Malformed,
            2 => PeerOutput::Quiet,
            _ => PeerOutput::Closed,
        };
        self.out_of(who, what);
        Some(())
    }

    /// Media of a publisher.
    fn media(&mut self, bytes: &mut Bytes<'_>) -> Option<()> {
        let (who, source, layer) = (bytes.below(4)?, bytes.below(SOURCES)?, bytes.byte()?);
        self.seq = match bytes.byte()? {
            // Gaps, and numbers that were there.
            ahead @ 0..16 => self.seq + u64::from(ahead),
            behind @ 16..32 => self.seq - u64::from(behind - 16),
            leap @ 32..34 => self.seq + (u64::from(leap) << 12),
            _ => self.seq + 1,
        };
        let packet = packet(bytes, self.seq, self.now)?;
        let layers = if source == 0 { 1 } else { 2 };
        let layer = usize::from(layer) % layers;
        self.out_of(
            who,
            PeerOutput::Packet {
                source,
                layer,
                packet,
            },
        );
        Some(())
    }

    fn out_of(&mut self, who: usize, what: PeerOutput) {
        let sfu = &mut self.workers[who % 2];
        if let Some(id) = sfu.sessions.get(&session(who)).copied() {
            sfu.output(self.now, id, what);
        }
    }

    fn tell(&mut self, who: usize, command: MediaCommand) {
        self.workers[who % 2].command(self.now, command);
    }

    fn tell_all(&mut self, command: &MediaCommand) {
        for sfu in &mut self.workers {
            sfu.command(self.now, command.clone());
        }
    }

    /// Everything leaves that is due; it must come to rest.
    fn settle(&mut self) {
        for number in 0..self.workers.len() {
            let mut rounds = 0;
            while self.flush(number) <= self.now {
                rounds += 1;
                assert!(rounds < PATIENCE, "a worker that never rests");
            }
        }
    }

    fn flush(&mut self, number: usize) -> Instant {
        let (sfu, sent) = (&mut self.workers[number], &mut self.sent);
        let deadline = sfu.flush(self.now, &mut |to, transmit| {
            for datagram in transmit.datagrams() {
                assert!((1..=2_000).contains(&datagram.len()));
                *sent.entry(to.remote).or_default() += datagram.len();
            }
        });
        while let Some(output) = sfu.poll_output() {
            match output {
                Output::Transmit { contents, .. } => assert!(!contents.is_empty()),
                Output::Link { to, message } => {
                    self.on_the_way.push_back((LinkId(number), to, message));
                }
                Output::Event(MediaEvent::Answer { session, sdp }) => {
                    let who = PEOPLE.iter().position(|name| *name == session.as_str());
                    let ssrcs = sdp
                        .lines()
                        .filter_map(|line| line.strip_prefix("a=ssrc:")?.split(' ').next());
                    if let Some(who) = who {
                        self.ssrcs[who] = ssrcs.filter_map(|ssrc| ssrc.parse().ok()).collect();
                    }
                }
                Output::Event(_) => {}
            }
        }
        deadline
    }
}

fn session(who: usize) -> SessionId {
    SessionId(PEOPLE[who].to_owned())
}
