//! Recording, archive and minutes.
//!
//! It hangs on a link of the media plane like any other receiver and follows the
//! event log like any other reader:
//!
//! ```text
//!   sfu ── link: packets ──>  journal  ──>  tracks/        each track as it came
//!                                      └──>  programme      the stage and the mix
//!   signaling ── events ──>   minutes  ──>  minutes.json, .docx, .pdf
//!                             archive  ──>  manifest.json  hashes and signature
//! ```
//!
//! | part | holds |
//! | --- | --- |
//! | `journal` | one file per meeting that takes every packet, synced once a second |
//! | `programme` | the pictures of the stage, cut at keyframes, and all sound mixed |
//! | `minutes` | the minutes as a projection of the event log |
//! | `archive` | the folder, its manifest and signature, and their verification |

pub mod minutes;
