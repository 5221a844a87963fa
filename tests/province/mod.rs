//! A conference of a province from the invitation to the minutes, in virtual
//! time: three districts, thirty communes, a storm on its way.
//!
//! ```text
//!   days before   planned by selection; letters come to a mail server
//!   07.05         rehearsal: all wait in the lobby, and are let in
//!   08.00         opened, recorded; the roll is called: two absent, one late
//!   08.15   1.    the report: documents, the stage
//!   08.35   2.    the floor: queue, timers; microphones closed for all
//!   08.50         a break, and a power cut in it
//!   09.05   3.    a vote by show of hands, and a secret one
//!   09.35         conclusions, the end
//!   after         the log replays and its chain holds; the minutes
//! ```
//!
//! Everything is real: the server at its WebSockets and its REST interface, on
//! SQLite and on PostgreSQL, and a mail server that is not ours. Time stands
//! until the story turns it (`stopped.rs`), also while those are at work, so
//! letters and meeting have one clock.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

#[path = "../../signaling/tests/stories/clerk.rs"]
#[allow(dead_code, reason = "shared with other stories")]
mod clerk;
#[path = "../../signaling/tests/stories/machine.rs"]
#[allow(dead_code, reason = "shared with other stories")]
mod machine;
#[path = "../../signaling/tests/stories/post.rs"]
#[allow(dead_code, reason = "shared with other stories")]
mod post;
#[path = "../../signaling/tests/support/postgres.rs"]
#[allow(dead_code, reason = "shared with other stories")]
mod postgres;
#[path = "../../signaling/tests/stories/stopped.rs"]
mod stopped;
#[path = "../../signaling/tests/stories/support.rs"]
#[allow(dead_code, unused_imports, reason = "shared with other stories")]
mod support;
#[path = "../../signaling/tests/stories/voter.rs"]
#[allow(dead_code, reason = "shared with other stories")]
mod voter;

mod chapter;
mod conference;
mod people;

use chapter::{
    closing, discussion, lobby, log, minutes, opening, planning, power_cut, report, votes,
};
use machine::{Machine, both};

both! {
    async fn the_province_prepares_for_the_storm(machine: Machine) {
        let mut conference = planning::everybody_is_invited(machine).await;
        lobby::who_comes_early_waits_and_is_let_in(&mut conference).await;
        opening::the_roll_is_called(&mut conference).await;
        report::the_storm_is_reported(&mut conference).await;
        discussion::the_floor_goes_round(&mut conference).await;
        power_cut::the_server_dies_in_the_break(&mut conference).await;
        votes::the_plan_is_voted_on(&mut conference).await;
        votes::the_leader_is_elected_in_secret(&mut conference).await;
        let closing_hash = closing::the_chair_concludes(&mut conference).await;
        let archive = log::it_replays_and_its_chain_holds(&conference, &closing_hash).await;
        minutes::a_clerk_would_sign_them(&conference, &archive, &closing_hash);
    }
}
