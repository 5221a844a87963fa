//! `diemcau bridge`.

pub mod assemble;
pub mod backoff;
pub mod h264;
pub mod habits;
pub mod http;
pub mod peer;
pub mod sdp;
pub mod whip;
