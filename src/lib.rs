//! Điểm Cầu in one binary: the settings, the joining of the services, and the
//! shell that serves them.
//!
//! ```text
//!            config ──> Settings
//!                          │
//!   browser ── HTTPS ──> serve ──> web      the embedded web client
//!                          │  └──> ops      /healthz, /readyz, /metrics
//!                          │  └──> demo     the demonstration meeting
//!                          ▼
//!                        wire ──> signaling ── MediaCommand ──> sfu
//!                                      ▲────── MediaEvent ───────┘
//! ```
//!
//! [`load`], [`probe`] and [`selftest`] are tools: synthetic sites against a
//! running server, a test of the line to one, and a test of everything on this
//! machine.
//!
//! The services never import each other; [`wire`] joins them.

pub mod addresses;
pub mod backup;
#[cfg(feature = "bridge")]
pub mod bridge;
pub mod config;
pub mod demo;
pub mod folder;
pub mod limits;
pub mod load;
pub mod logging;
pub mod ops;
pub mod probe;
pub mod problem;
pub mod recording;
pub mod selftest;
pub mod serve;
pub mod tls;
pub mod verify;
pub mod web;
pub mod wire;
