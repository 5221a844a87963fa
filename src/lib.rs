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
//! [`load`] is a tool: synthetic sites against a running server.
//!
//! The services never import each other; [`wire`] joins them.

pub mod addresses;
#[cfg(feature = "bridge")]
pub mod bridge;
pub mod config;
pub mod demo;
pub mod folder;
pub mod load;
pub mod logging;
pub mod ops;
pub mod problem;
pub mod serve;
pub mod tls;
pub mod web;
pub mod wire;
