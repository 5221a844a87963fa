//! What forwarding a packet costs: the floor, our SFU and Janus, side by side
//! in one run, with the packets of a real Chromium.
//!
//! `make bench` prints tables and writes `target/bench/report.json`;
//! `make bench BENCH=quick` takes half a minute and measures only the floor and
//! one publisher with 50 receivers. `BENCH=assembly` measures what a meeting of
//! 3,321 costs the control plane, `BENCH=recording` what ten recorded meetings
//! cost the recorder.

mod assembly;
mod floor;
mod janus;
mod load;
mod meeting;
mod namespace;
mod peer;
mod plan;
mod process;
mod publisher;
mod record;
mod recording;
mod report;
mod sfu;
mod sites;
mod trace;
mod vp8;

use anyhow::{Result, bail};
use plan::Part;

fn main() -> Result<()> {
    let arguments = std::env::args().skip(1);
    // Cargo adds it to what the caller gives.
    let arguments: Vec<String> = arguments.filter(|a| a != "--bench").collect();
    let Some((first, rest)) = arguments.split_first() else {
        return run(&Part::ALL);
    };
    match first.as_str() {
        "record" => record::record(),
        "serve-sfu" => sfu::serve(rest),
        "drain" => floor::drain(rest),
        name => match Part::named(name) {
            Some(parts) => run(parts),
            None => bail!(
                "{name}: not full, quick, growth, janus, sites, recording, assembly or record"
            ),
        },
    }
}

/// All peers of the load live on this thread; servers are processes of their
/// own.
fn run(parts: &[Part]) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, plan::run(parts))
}
