//! What is measured, in which order.

use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;

use crate::assembly::{self, Store};
use crate::floor::{self, Sent};
use crate::janus::{self, Room};
use crate::load::Figures;
use crate::meeting::{self, Shape};
use crate::namespace::Namespace;
use crate::recording;
use crate::report::Report;
use crate::sfu::{self, Place};
use crate::sites;
use crate::trace::{LAYERS, Stream, Trace};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// The layer of 720 lines.
const FULL: usize = 2;
/// What the stage of one publisher carries.
const STAGE: [Stream; 2] = [Stream::Microphone, Stream::Layer(FULL)];
/// Each measurement runs so long.
const LENGTH: Duration = Duration::from_secs(8);
/// The receivers by which servers are compared.
const COMPARED: usize = 50;
/// Janus's own default, and as many as a small machine has cores.
const EVENT_LOOPS: [Option<usize>; 2] = [None, Some(2)];
const GROWTH: [usize; 5] = [50, 100, 200, 300, 500];

/// A part of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The floor, and one publisher with 50 receivers.
    Quick,
    /// More receivers, more publishers, more slots.
    Growth,
    /// Beside Janus.
    Janus,
    /// 300 sites in one meeting.
    Sites,
    /// Ten recorded meetings at once.
    Recording,
    /// 3,321 participants in one, without media.
    Assembly,
}

impl Part {
    /// The last one leaves the processors divided.
    pub(crate) const ALL: [Part; 6] = [
        Part::Quick,
        Part::Growth,
        Part::Janus,
        Part::Sites,
        Part::Recording,
        Part::Assembly,
    ];

    /// The part of this name, or all of them.
    pub(crate) fn named(name: &str) -> Option<&'static [Part]> {
        match name {
            "full" => Some(&Part::ALL),
            "quick" => Some(&[Part::Quick]),
            "growth" => Some(&[Part::Growth]),
            "janus" => Some(&[Part::Janus]),
            "sites" => Some(&[Part::Sites]),
            "recording" => Some(&[Part::Recording]),
            "assembly" => Some(&[Part::Assembly]),
            _ => None,
        }
    }
}

/// Measures and reports.
pub(crate) async fn run(parts: &[Part]) -> Result<()> {
    let mut bench = Bench {
        trace: Rc::new(Trace::recorded()),
        report: Report::default(),
    };
    bench.describe();
    for part in parts {
        match part {
            Part::Quick => bench.quick().await?,
            Part::Growth => bench.growth().await?,
            Part::Janus => bench.janus().await,
            Part::Sites => bench.sites(),
            Part::Recording => bench.recording(),
            Part::Assembly => bench.assembly().await,
        }
    }
    bench.report.write()
}

struct Bench {
    trace: Rc<Trace>,
    report: Report,
}

impl Bench {
    fn describe(&mut self) {
        let cores = std::thread::available_parallelism().map_or(0, |n| n.get());
        let kbps = |stream| self.trace.bitrate(stream) / 1_000.0;
        println!("{cores} cores; packets of a real Chromium:");
        for (layer, (rid, height)) in LAYERS.into_iter().enumerate() {
            println!(
                "  {rid} {height} lines, {:.0} kbit/s",
                kbps(Stream::Layer(layer))
            );
        }
        println!("  sound {:.0} kbit/s", kbps(Stream::Microphone));
        self.report.put("cores", cores);
    }

    /// The floor is measured before and after, since this machine may have
    /// other things to do.
    async fn quick(&mut self) -> Result<()> {
        self.report
            .heading("Floor: AES-128-GCM seal + UDP GSO send");
        let before = self.floor("1 -> 50", COMPARED, true)?;
        self.report.heading("Điểm Cầu");
        self.stage(COMPARED, 1).await;
        let after = self.floor("floor again", COMPARED, true)?;
        let floor = (before + after) / 2.0;
        self.report.put("floor_ns_per_packet", floor);
        if let Some(figures) = self.report.of(&stage_name(COMPARED, 1)) {
            let (us, kb) = (figures.us_per_packet, figures.rss_kb_per_peer);
            self.report.put("sfu_us_per_packet", us);
            self.report.put("rss_kb_per_peer", kb);
            self.report.say("ratio_to_floor", us * 1e3 / floor, "");
        }
        Ok(())
    }

    /// In ns a packet.
    fn floor(&mut self, name: &str, receivers: usize, gso: bool) -> Result<f64> {
        let sent = Sent {
            trace: &self.trace,
            streams: &STAGE,
            receivers,
            gso,
        };
        let floor = floor::measure(sent, LOOPBACK, LENGTH)?;
        self.report.floor(name, floor);
        Ok(floor.ns_per_packet)
    }

    /// One publisher on the stage, with the web client's pool of slots.
    async fn stage(&mut self, receivers: usize, workers: usize) {
        let name = stage_name(receivers, workers);
        self.sfu(workers, &name, &Shape::stage(receivers)).await;
    }

    async fn growth(&mut self) -> Result<()> {
        self.report.heading("Floor, otherwise");
        self.floor("1 -> 200", 200, true)?;
        self.floor("1 -> 50, one send a packet", COMPARED, false)?;
        for workers in sfu::worker_counts() {
            self.report
                .heading(&format!("Growth: receivers, {workers} worker(s)"));
            for receivers in GROWTH {
                self.stage(receivers, workers).await;
            }
        }
        self.report.heading("Many publishers");
        self.sfu(1, "10 x 10", &Shape::all_see_all(10)).await;
        for slots in [9, 25] {
            let name = format!("{slots} thumbnails to each of 20");
            self.sfu(1, &name, &Shape::wall(slots, 20)).await;
        }
        Ok(())
    }

    /// Between two network namespaces, with one layer, since Janus's simulcast
    /// is another thing.
    async fn janus(&mut self) {
        let namespace = match Namespace::new() {
            Ok(namespace) => namespace,
            Err(error) => return self.report.failed("Janus", &error),
        };
        for receivers in [COMPARED, 200] {
            self.beside_janus(&namespace, receivers).await;
        }
        let us = |name: &str| self.report.of(name).map(|figures| figures.us_per_packet);
        let of_janus = EVENT_LOOPS.map(|loops| us(&janus_name(loops, COMPARED)));
        let best = of_janus.into_iter().flatten().reduce(f64::min);
        if let (Some(best), Some(ours)) = (best, us(&veth_name(COMPARED))) {
            self.report.put("janus_us_per_packet", best);
            self.report.say("janus_over_sfu", best / ours, "");
        }
    }

    async fn beside_janus(&mut self, namespace: &Namespace, receivers: usize) {
        self.report
            .heading(&format!("Over a veth pair, one layer, 1 -> {receivers}"));
        let place = Place {
            address: namespace.inside,
            namespace: Some(namespace.name.clone()),
            workers: 1,
        };
        let shape = Shape {
            layers: vec![FULL],
            ..Shape::stage(receivers)
        };
        let trace = &self.trace;
        let ours = meeting::measure(trace, &place, namespace.here, &shape, LENGTH).await;
        self.take(&veth_name(receivers), ours);
        for loops in EVENT_LOOPS {
            let room = Room {
                event_loops: loops,
                layer: FULL,
                receivers,
            };
            let janus = janus::measure(&self.trace, namespace, room, LENGTH).await;
            self.take(&janus_name(loops, receivers), janus);
        }
    }

    /// Everything together: signaling, media, and the load beside them.
    fn sites(&mut self) {
        println!("\n300 sites in one meeting (stage, 8 thumbnails, sound)");
        match sites::measure() {
            Ok((sites, load)) => self.report.sites(&sites, load),
            Err(error) => self.report.failed("300 sites", &error),
        }
    }

    /// The recorder alone, beside ffmpeg.
    fn recording(&mut self) {
        println!("\n10 meetings of 5 tracks recorded at once, and one composed by ffmpeg");
        match recording::measure() {
            Ok(recording) => self.report.recording(&recording),
            Err(error) => self.report.failed("recording", &error),
        }
    }

    /// The control plane alone, on one core, over either database.
    async fn assembly(&mut self) {
        println!("\n3,321 participants in one meeting, the server on one core");
        for store in [Store::Sqlite, Store::Postgres] {
            match assembly::measure(store).await {
                Ok(assembly) => self.report.assembly(store.name(), &assembly),
                Err(error) => self
                    .report
                    .failed(&format!("assembly.{}", store.name()), &error),
            }
        }
    }

    async fn sfu(&mut self, workers: usize, name: &str, shape: &Shape) {
        let place = Place {
            address: LOOPBACK,
            namespace: None,
            workers,
        };
        let figures = meeting::measure(&self.trace, &place, LOOPBACK, shape, LENGTH).await;
        let rate = self.stage_rate();
        let share = |figures: &Figures| figures.packets_per_s / rate / shape.receivers as f64;
        let on_stage = shape.stage && shape.thumbnails == 0;
        let figures = figures.map(|figures| Figures {
            share: on_stage.then(|| share(&figures)),
            ..figures
        });
        self.take(name, figures);
    }

    /// Packets of the stage, picture and sound, a second.
    fn stage_rate(&self) -> f64 {
        let packets = STAGE.map(|stream| self.trace.of(stream).count());
        packets.iter().sum::<usize>() as f64 / self.trace.length.as_secs_f64()
    }

    /// What fails is said; the other measurements go on.
    fn take(&mut self, name: &str, figures: Result<Figures>) {
        match figures {
            Ok(figures) => self.report.row(name, figures),
            Err(error) => self.report.failed(name, &error),
        }
    }
}

fn veth_name(receivers: usize) -> String {
    format!("Điểm Cầu, 1 -> {receivers}, veth")
}

fn janus_name(event_loops: Option<usize>, receivers: usize) -> String {
    let loops = event_loops.map_or("unset".into(), |loops| loops.to_string());
    format!("Janus, 1 -> {receivers}, event_loops {loops}")
}

fn stage_name(receivers: usize, workers: usize) -> String {
    format!("1 -> {receivers}, {workers} worker(s)")
}
