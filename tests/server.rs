//! The binary from outside: settings, first start, pages, refusals, the end.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

#[path = "support/server.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod support;

#[path = "support/foreign.rs"]
mod foreign;

#[path = "server/end.rs"]
mod end;
#[path = "server/load.rs"]
mod load;
#[path = "server/pages.rs"]
mod pages;
#[path = "server/probe.rs"]
mod probe;
#[path = "server/settings.rs"]
mod settings;
#[path = "server/start.rs"]
mod start;
#[path = "server/whip.rs"]
mod whip;
