//! Stories of meetings over real WebSockets, with a media plane that only
//! records what it is asked.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bad_input;
mod clerk;
mod devices;
mod documents;
mod guests;
mod identity;
mod joining;
mod machine;
mod mail;
mod media;
mod organisation;
mod post;
#[path = "../support/postgres.rs"]
mod postgres;
mod power;
mod procedure;
mod recording;
mod redaction;
mod reports;
mod rest;
mod resuming;
mod schedule;
mod stopped;
mod storage;
mod support;
mod voter;
mod votes;
mod webhooks;
