//! The media plane of Điểm Cầu: a selective forwarding unit.
//!
//! ```text
//!            MediaCommand                      MediaEvent
//!  signaling ────────────┐                  ┌────────────> signaling
//!                        v                  │
//!          ┌──────────── Sfu (pure) ────────┴──┐
//!          │ demux ─> peer ─> source           │     worker: thread, UDP socket,
//!          │            (publisher)            │ <─> clock; performs the effects
//!          │ meeting: desired state, loudest   │
//!          │ routing: what each slot shows     │
//!          │ slot ─> peer (receiver)           │
//!          └───────────────────────────────────┘
//! ```
//!
//! [`Sfu`] takes `(now, input)` and queues [`Output`]s; it has no socket, task
//! or clock. Law: after any number of inputs, call [`Sfu::flush`] and take all
//! outputs. Only `peer.rs` knows str0m.

mod allocate;
mod bandwidth;
mod batch;
mod clock;
mod counters;
mod demux;
mod echo;
mod egress;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod keys;
mod layers;
mod link;
mod loudest;
mod media;
mod meeting;
mod mixer;
mod packet;
mod path;
mod payload;
mod peer;
mod rate;
mod routing;
mod rtcp;
mod sfu;
mod slab;
mod slot;
mod srtp;
mod svc;
mod track;
mod voices;
mod way;
mod worker;

pub use batch::Transmit;
pub use counters::CountersSnapshot;
pub use echo::{EchoKey, NoRandomness};
pub use link::{LinkId, LinkMessage};
pub use media::{Media, MediaConfig, WorkerSnapshot};
pub use path::{Path, Transport, TransportAddress};
pub use sfu::{Output, Sfu, SfuConfig};
pub use worker::{LinkListener, StartError};
