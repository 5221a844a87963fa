//! The film of a meeting, for handing out: the programme with the names of
//! site and speaker, the item of the agenda and the time, as MP4 (H.264, AAC),
//! and in two sizes for slow lines (HLS, RFC 8216).
//!
//! ```text
//!   programme parts ──> sound ────────────────────────┐
//!        └────────────> picture, minute by minute ────┴─> film.mp4 ──> hls/
//!                          (each is kept: after a restart the next one follows)
//! ```
//!
//! It is derived, and lies beside the archive: the signature is not over it.
//! ffmpeg makes it with what nobody else needs of the processor, one film at a
//! time.

mod captions;
mod desk;
mod maker;
mod plan;
#[cfg(test)]
mod stories;

pub use desk::{FilmError, FilmState, Films};
