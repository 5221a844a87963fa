//! What forwarding a packet costs, without sockets: one publisher on the
//! stage, 50 receivers, in virtual time; beside it the floor, which is sealing
//! the same number of packets of the same size by AES-128-GCM.
//!
//! `make bench` prints a table and writes `target/bench/report.json`.

#[path = "../support/mod.rs"]
mod support;

use std::hint::black_box;
use std::time::{Duration, Instant};

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use diemcau_protocol::{Command, Role};
use support::world::{Line, World, camera};

const RECEIVERS: usize = 50;
const SECONDS: u64 = 20;

fn main() {
    let mut world = World::new(1);
    world.join("chu-toa", Role::Chair, Line::GOOD);
    for n in 0..RECEIVERS {
        let name: &'static str = format!("xa-{n:02}").leak();
        world.join(name, Role::Operator, Line::GOOD);
        world.person_mut(name).sends = false;
        world.draws(name, 720, &[]);
    }
    let source = Some(camera("chu-toa"));
    world.command("chu-toa", Command::SetStage { source });
    world.person_mut("chu-toa").speaks = true;
    world.run(Duration::from_secs(2));

    let before = world.counters();
    world.sfu_busy = Duration::ZERO;
    world.run(Duration::from_secs(SECONDS));
    let after = world.counters();
    let packets = after.packets_forwarded - before.packets_forwarded;
    let bytes = after.bytes_sent - before.bytes_sent;
    let size = usize::try_from(bytes / packets).expect("a packet's size");
    let sfu = per(world.sfu_busy, packets);
    let floor = per(seal(packets, size), packets);

    println!("1 publisher -> {RECEIVERS} receivers, {SECONDS} s of meeting, no sockets");
    println!("  packets forwarded           {packets:>10}");
    println!("  bytes per packet            {size:>10}");
    println!("  SFU core, per packet        {sfu:>10.0} ns");
    println!("  AES-128-GCM seal, per packet{floor:>10.0} ns");
    println!("  ratio                       {:>10.1}", sfu / floor);

    let report = serde_json::json!({
        "packets": packets,
        "bytes_per_packet": size,
        "sfu_core_ns_per_packet": sfu,
        "seal_ns_per_packet": floor,
        "ratio_core_to_seal": sfu / floor,
    });
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&folder).expect("target can be written");
    std::fs::write(folder.join("report.json"), format!("{report:#}\n")).expect("can be written");
}

fn per(time: Duration, count: u64) -> f64 {
    time.as_nanos() as f64 / count as f64
}

/// The time to seal so many packets of this size.
fn seal(packets: u64, size: usize) -> Duration {
    let key = UnboundKey::new(&AES_128_GCM, &[7; 16]).expect("a key of 16 bytes");
    let key = LessSafeKey::new(key);
    let mut packet = vec![0_u8; size];
    let began = Instant::now();
    for n in 0..packets {
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&n.to_be_bytes());
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = key.seal_in_place_separate_tag(nonce, Aad::from([0; 12]), &mut packet);
        let _ = black_box(tag.expect("can be sealed"));
    }
    began.elapsed()
}
