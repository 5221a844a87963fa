//! What the `webrtc` crate leaves out on the way between its interceptors and
//! the application.
//!
//! - Wishes for keyframes end inside its chain; here they become events.
//! - Its repairs (RTX, RFC 4588) carry no header extensions, and a server
//!   cannot know which layer of a simulcast they belong to (RFC 8852 §3); here
//!   they get them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use rtc::interceptor::{Interceptor, Packet, Slot, StreamInfo, TaggedPacket};
use rtc::rtcp::payload_feedbacks::full_intra_request::FullIntraRequest;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::sansio::Protocol;
use tokio::sync::mpsc;
use webrtc::error::Error;

use super::PeerEvent;

/// Between the wire and whatever sends repairs.
pub(super) const SLOT: Slot = Slot::Custom(3_500);

/// The extensions of a repair stream: number and value.
pub(super) type Marks = Vec<(u8, Bytes)>;

/// The marks of each repair stream, by its SSRC.
pub(super) type Repairs = Arc<Mutex<BTreeMap<u32, Marks>>>;

/// The interceptor.
pub(super) struct Feedback {
    events: mpsc::UnboundedSender<PeerEvent>,
    repairs: Repairs,
    reads: VecDeque<TaggedPacket>,
    writes: VecDeque<TaggedPacket>,
}

impl Feedback {
    pub(super) fn new(events: mpsc::UnboundedSender<PeerEvent>, repairs: Repairs) -> Self {
        Self {
            events,
            repairs,
            reads: VecDeque::new(),
            writes: VecDeque::new(),
        }
    }

    fn wishes(&self, packet: &dyn std::any::Any) {
        let ssrcs = if let Some(pli) = packet.downcast_ref::<PictureLossIndication>() {
            vec![pli.media_ssrc]
        } else if let Some(fir) = packet.downcast_ref::<FullIntraRequest>() {
            fir.fir.iter().map(|entry| entry.ssrc).collect()
        } else {
            return;
        };
        for ssrc in ssrcs {
            // Whoever no longer listens has closed the connection.
            let _ = self.events.send(PeerEvent::Keyframe(ssrc));
        }
    }
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for Feedback {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, message: TaggedPacket) -> Result<(), Error> {
        if let Packet::Rtcp(packets) = &message.message.packet {
            for packet in packets {
                self.wishes(packet.as_any());
            }
        }
        self.reads.push_back(message);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.reads.pop_front()
    }

    fn handle_write(&mut self, mut message: TaggedPacket) -> Result<(), Error> {
        if let Packet::Rtp(packet) = &mut message.message.packet {
            // A poisoned map is as good as it was.
            let repairs = self.repairs.lock().unwrap_or_else(PoisonError::into_inner);
            for (id, value) in repairs.get(&packet.header.ssrc).into_iter().flatten() {
                packet.header.set_extension(*id, value.clone())?;
            }
        }
        self.writes.push_back(message);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.writes.pop_front()
    }
}

impl Interceptor for Feedback {
    fn bind_local_stream(&mut self, _: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _: &StreamInfo) {}
    fn bind_remote_stream(&mut self, _: &StreamInfo) {}
    fn unbind_remote_stream(&mut self, _: &StreamInfo) {}
}
