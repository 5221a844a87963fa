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

#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the egress that uses it comes next")
)]
mod allocate;
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the egress that uses it comes next")
)]
mod bandwidth;
mod clock;
mod counters;
mod demux;
mod layers;
mod loudest;
mod meeting;
mod packet;
mod peer;
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the egress that uses it comes next")
)]
mod rate;
mod routing;
mod sfu;
mod slot;
mod source;
mod worker;

pub use counters::CountersSnapshot;
pub use sfu::{Output, Sfu, SfuConfig};
pub use worker::{Media, MediaConfig};
