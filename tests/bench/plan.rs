//! What is measured, in which order.

use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;

use crate::floor;
use crate::janus;
use crate::meeting::{self, Shape};
use crate::namespace::Namespace;
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

/// Measures and reports.
pub(crate) async fn run(quick: bool) -> Result<()> {
    let mut bench = Bench {
        trace: Rc::new(Trace::recorded()),
        report: Report::default(),
    };
    bench.describe();
    bench.floor()?;
    bench.stage(COMPARED).await;
    bench.ratio();
    if !quick {
        bench.loopback().await;
        bench.namespaces().await;
        bench.sites();
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

    fn floor(&mut self) -> Result<()> {
        self.report
            .heading("Floor: AES-128-GCM seal + UDP GSO send");
        let floor = floor::measure(&self.trace, &STAGE, COMPARED, LOOPBACK, LENGTH)?;
        self.report.floor(&format!("1 -> {COMPARED}"), floor);
        self.report.put("floor_ns_per_packet", floor.ns_per_packet);
        Ok(())
    }

    /// One publisher on the stage, with the web client's pool of slots.
    async fn stage(&mut self, receivers: usize) {
        self.report.heading("Điểm Cầu");
        self.sfu(
            &loopback(1),
            &format!("1 -> {receivers}"),
            &Shape::stage(receivers),
        )
        .await;
    }

    fn ratio(&mut self) {
        let Some(figures) = self.report.of(&format!("1 -> {COMPARED}")) else {
            return;
        };
        let (us, kb) = (figures.us_per_packet, figures.rss_kb_per_peer);
        self.report.put("sfu_us_per_packet", us);
        self.report.put("rss_kb_per_peer", kb);
        if let Some(floor) = self.report.figure("floor_ns_per_packet") {
            self.report.say("ratio_to_floor", us * 1e3 / floor, "");
        }
    }

    async fn loopback(&mut self) {
        for workers in sfu::worker_counts() {
            self.report
                .heading(&format!("Growth: receivers, {workers} worker(s)"));
            for receivers in [50, 100, 200, 300, 500] {
                let name = format!("1 -> {receivers}, {workers} worker(s)");
                self.sfu(&loopback(workers), &name, &Shape::stage(receivers))
                    .await;
            }
        }
        self.report.heading("Many publishers");
        self.sfu(&loopback(1), "10 x 10", &Shape::all_see_all(10))
            .await;
        for slots in [9, 25] {
            let name = format!("{slots} thumbnails to each of 20");
            self.sfu(&loopback(1), &name, &Shape::wall(slots, 20)).await;
        }
    }

    /// Between two network namespaces: beside Janus.
    async fn namespaces(&mut self) {
        self.report.heading("Over a veth pair: one layer, 1 -> 50");
        let namespace = match Namespace::new() {
            Ok(namespace) => namespace,
            Err(error) => return self.report.failed("Janus", &error),
        };
        let place = Place {
            address: namespace.inside,
            namespace: Some(namespace.name.clone()),
            workers: 1,
        };
        let shape = Shape {
            layers: vec![FULL],
            ..Shape::stage(COMPARED)
        };
        let ours = meeting::measure(&self.trace, &place, namespace.here, &shape, LENGTH).await;
        self.take("Điểm Cầu, veth", ours);
        for event_loops in [None, Some(2)] {
            let loops = event_loops.map_or("unset".into(), |loops: usize| loops.to_string());
            let name = format!("Janus, event_loops {loops}");
            let trace = &self.trace;
            let janus =
                janus::measure(trace, &namespace, event_loops, FULL, COMPARED, LENGTH).await;
            self.take(&name, janus);
        }
        let us = |name: &str| self.report.of(name).map(|figures| figures.us_per_packet);
        let best = [us("Janus, event_loops unset"), us("Janus, event_loops 2")];
        let best = best.into_iter().flatten().reduce(f64::min);
        let ours = us("Điểm Cầu, veth");
        if let (Some(best), Some(ours)) = (best, ours) {
            self.report.put("janus_us_per_packet", best);
            self.report.say("janus_over_sfu", best / ours, "");
        }
    }

    /// Everything together: signaling, media, and the load beside them.
    fn sites(&mut self) {
        println!("\n300 sites in one meeting (stage, 8 thumbnails, sound)");
        match sites::measure() {
            Ok((summary, report)) => {
                println!("{summary:#}");
                self.report.put("sites300", summary);
                self.report.put("load", report);
            }
            Err(error) => self.report.failed("300 sites", &error),
        }
    }

    async fn sfu(&mut self, place: &Place, name: &str, shape: &Shape) {
        let figures = meeting::measure(&self.trace, place, LOOPBACK, shape, LENGTH).await;
        self.take(name, figures);
    }

    /// What fails is said; the other measurements go on.
    fn take(&mut self, name: &str, figures: Result<crate::load::Figures>) {
        match figures {
            Ok(figures) => self.report.row(name, figures),
            Err(error) => self.report.failed(name, &error),
        }
    }
}

fn loopback(workers: usize) -> Place {
    Place {
        address: LOOPBACK,
        namespace: None,
        workers,
    }
}
