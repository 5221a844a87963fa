//! The binary from outside: settings, first start, pages, refusals, the end.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

#[path = "support/server.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod support;

#[path = "support/foreign.rs"]
mod foreign;

#[cfg(feature = "bridge")]
#[path = "support"]
mod stacks {
    //! The two WebRTC stacks that meet at a server.
    #![allow(dead_code, unused_imports, reason = "shared with other tests")]
    #![allow(missing_docs, unreachable_pub, reason = "nobody outside sees it")]

    pub(crate) mod camera;
    pub(crate) mod first_stack;
    pub(crate) mod second_stack;
    pub(crate) mod whip_endpoint;
    pub(crate) mod world;
}

#[path = "support/authority.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod authority;

#[path = "server/archive.rs"]
mod archive;
#[path = "server/backup.rs"]
mod backup;
#[cfg(feature = "bridge")]
#[path = "server/bridge.rs"]
mod bridge;
#[path = "server/clerk.rs"]
mod clerk;
#[path = "server/description.rs"]
mod description;
#[path = "server/end.rs"]
mod end;
#[path = "server/load.rs"]
mod load;
#[path = "server/pages.rs"]
mod pages;
#[path = "server/probe.rs"]
mod probe;
#[cfg(feature = "bridge")]
#[path = "server/recording.rs"]
mod recording;
#[cfg(feature = "bridge")]
#[path = "server/second_stack.rs"]
mod second_stack;
#[path = "server/selftest.rs"]
mod selftest;
#[path = "server/settings.rs"]
mod settings;
#[path = "server/start.rs"]
mod start;
#[path = "server/whip.rs"]
mod whip;
