//! What comes over links: what the other worker says, late, twice or never,
//! and what it would never say.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{KINDS, World, meeting};
use crate::fuzzing::{Bytes, packet};
use crate::link::{LinkId, LinkLayer, LinkMessage, LinkSound, Message};
use crate::loudest::Rank;
use crate::track::TrackId;

impl World {
    pub(super) fn step_of_links(&mut self, bytes: &mut Bytes<'_>) -> Option<()> {
        match bytes.below(12)? {
            0 => {
                // A minute at most.
                self.now += Duration::from_millis(bytes.number(2)?);
            }
            1 | 2 => {
                for _ in 0..bytes.below(10)? {
                    self.now += Duration::from_millis(10);
                    self.settle();
                    while self.deliver() {}
                }
            }
            3..=5 => self.media(bytes)?,
            6 => while self.deliver() {},
            7 => {
                self.on_the_way.pop_front();
            }
            8 => {
                let first = self.on_the_way.front().cloned();
                self.on_the_way.extend(first);
            }
            9 => {
                let message = LinkMessage(message(bytes, self.now)?);
                if let Some((_, _, next)) = self.on_the_way.front_mut() {
                    *next = message;
                }
            }
            _ => {
                let (from, to) = (LinkId(bytes.below(3)?), bytes.below(2)?);
                let message = LinkMessage(message(bytes, self.now)?);
                self.workers[to].link(self.now, from, message);
            }
        }
        Some(())
    }

    /// The first that is on its way arrives. Whether there was one.
    pub(super) fn deliver(&mut self) -> bool {
        let Some((from, to, message)) = self.on_the_way.pop_front() else {
            return false;
        };
        if let Some(worker) = self.workers.get_mut(to.0) {
            worker.link(self.now, from, message);
            self.settle();
        }
        true
    }
}

fn track(bytes: &mut Bytes<'_>) -> Option<TrackId> {
    // Those that are there, and one that will never be.
    Some(match bytes.byte()? {
        255 => TrackId(u64::MAX),
        id => TrackId(u64::from(id) % 16),
    })
}

fn layers(bytes: &mut Bytes<'_>) -> Option<Vec<LinkLayer>> {
    let mut layers = Vec::new();
    for _ in 0..bytes.below(5)? {
        layers.push(LinkLayer {
            height: bytes.number(2)? as u16,
            can_be_had: bytes.byte()? & 1 == 0,
            bps: bytes.number(8)?,
        });
    }
    Some(layers)
}

fn message(bytes: &mut Bytes<'_>, now: Instant) -> Option<Message> {
    Some(match bytes.below(8)? {
        0 => Message::Announce {
            track: track(bytes)?,
            meeting: meeting(bytes)?,
            csrc: bytes.byte()?.into(),
            kind: KINDS[bytes.below(4)?],
            layers: layers(bytes)?,
        },
        1 => Message::Withdraw {
            track: track(bytes)?,
        },
        2 => Message::Layers {
            track: track(bytes)?,
            layers: layers(bytes)?,
        },
        3 => Message::Subscribe {
            track: track(bytes)?,
            layers: bytes.some(8)?.iter().map(|n| usize::from(*n)).collect(),
        },
        4 => Message::Keyframe {
            track: track(bytes)?,
            layer: bytes.byte()?.into(),
        },
        5 => {
            let (track, layer) = (track(bytes)?, bytes.below(5)?);
            // SRTP counts to 2^48.
            let seq = bytes.number(6)?;
            let packet = packet(bytes, seq, now)?;
            Message::Media {
                track,
                layer,
                packet: Arc::new(packet),
            }
        }
        6 => {
            let (meeting, csrc) = (meeting(bytes)?, bytes.byte()?.into());
            let sound = LinkSound {
                csrc,
                loudness: f32::from_bits(bytes.number(4)? as u32),
                always: bytes.byte()? & 1 == 0,
            };
            Message::Sounds {
                meeting,
                sounds: vec![sound],
            }
        }
        _ => {
            let meeting = meeting(bytes)?;
            let heard = bytes.some(8)?.iter().map(|csrc| {
                let rank = match csrc % 3 {
                    0 => Rank::Silent,
                    1 => Rank::Sounding,
                    _ => Rank::MustBeHeard,
                };
                (u32::from(*csrc), rank)
            });
            Message::Heard {
                meeting,
                heard: heard.collect(),
            }
        }
    })
}
