//! The figures of a run, for people and as JSON.

use std::time::{Duration, Instant};

use diemcau_protocol::SlotKind;
use hdrhistogram::Histogram;
use serde::Serialize;

use super::LoadArgs;
use super::client::Client;
use super::figures::{Figures, SlotFigures};
use super::tally::Read;
use super::usage::{Usage, listener};

/// Reads what the server uses: from `/proc` where it runs on this machine,
/// else from its metrics, which know whole seconds only.
pub(super) struct ServerUse<'a> {
    client: &'a Client,
    pid: Option<u32>,
}

impl<'a> ServerUse<'a> {
    pub(super) fn of(client: &'a Client) -> Self {
        let pid = client.is_local().then(|| listener(client.port())).flatten();
        Self { client, pid }
    }

    pub(super) async fn read(&self) -> Option<Usage> {
        match self.pid.and_then(Usage::of) {
            Some(usage) => Some(usage),
            None => self.client.process().await,
        }
    }
}

/// How a run went, beside what the sites measured.
pub(super) struct Run {
    pub(super) measured: Duration,
    pub(super) epoch: Instant,
    /// Before and after measuring.
    pub(super) server: Option<(Usage, Usage)>,
    pub(super) own: Option<(Usage, Usage)>,
}

/// What was seen in all slots of a kind.
#[derive(Debug, Clone, Serialize)]
pub struct SlotReport {
    /// The kind.
    pub kind: SlotKind,
    /// Slots that showed something.
    pub slots: u64,
    /// What one of them received, in kbit/s, on average; payloads only.
    pub kbps_per_slot: u64,
    /// As in [`Report`].
    pub packets_expected: u64,
    /// As in [`Report`].
    pub packets_received: u64,
    /// As in [`Report`].
    pub packets_repaired: u64,
    /// As in [`Report`].
    pub packets_lost: u64,
    /// Whole pictures that a decoder would have shown.
    pub frames: u64,
    /// Times that a picture stood for more than 200 ms and three pictures.
    pub freezes: u64,
    /// How long pictures stood then, all together, in ms.
    pub frozen_ms: u64,
}

/// The figures of a run. Where nothing else is said they are of the time in
/// which it was measured, after all sites were in.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Sites that were asked to join.
    pub sites: u16,
    /// Sites that saw a picture.
    pub joined: u64,
    /// Sites that came in and did not stay.
    pub dropped_out: u64,
    /// From opening the WebSocket to the first whole picture, in ms.
    pub join_ms_p50: u64,
    /// As above.
    pub join_ms_p99: u64,
    /// As above, the slowest.
    pub join_ms_max: u64,
    /// From the first site's setting out until the last one was in, in s.
    pub all_in_seconds: f64,
    /// How long it was measured, in s.
    pub measured_seconds: f64,
    /// Media packets that should have come, by the numbers of each stream.
    pub packets_expected: u64,
    /// Media packets that came, each once.
    pub packets_received: u64,
    /// Those among them that came only when they were sent again (RTX).
    pub packets_repaired: u64,
    /// Media packets that never came.
    pub packets_lost: u64,
    /// Media packets that came once more, beside `packets_received`.
    pub packets_repeated: u64,
    /// Packets that the sites dropped on purpose (`--drop`).
    pub packets_dropped: u64,
    /// From a publisher's send to a receiver's socket, in ms, by the kernel's
    /// stamp; of packets that came at once.
    pub delay_ms_p50: f64,
    /// As above.
    pub delay_ms_p99: f64,
    /// As above.
    pub delay_ms_max: f64,
    /// As above, of packets that were sent again.
    pub delay_repaired_ms_p50: f64,
    /// As above.
    pub delay_repaired_ms_p99: f64,
    /// As above.
    pub delay_repaired_ms_max: f64,
    /// How long a datagram waited in a receiver's socket, in ms: not part of
    /// the delay, but a sign that this machine has too much to do.
    pub wait_ms_p99: f64,
    /// Freezes of the stage; see [`SlotReport::freezes`].
    pub freezes: u64,
    /// As above, in ms.
    pub frozen_ms: u64,
    /// Packets whose CSRC does not name who sent them.
    pub wrong_source: u64,
    /// Answers beyond the first one of each site, since the beginning.
    pub renegotiations: u64,
    /// Received by one site, in kbit/s, on average; payloads only.
    pub kbps_per_site: u64,
    /// By kind of slot.
    pub slots: Vec<SlotReport>,
    /// Cores that the server used, if that can be known.
    pub server_cores: Option<f64>,
    /// The server's memory at the end, in MiB.
    pub server_mib: Option<f64>,
    /// The server's memory at the end, in KiB for each site.
    pub server_kib_per_site: Option<f64>,
    /// Cores that the sites used.
    pub own_cores: Option<f64>,
    /// What they used for each packet received, in µs; sending included.
    pub own_us_per_packet: Option<f64>,
    /// What went wrong with single sites; at most ten.
    pub failures: Vec<String>,
}

impl Report {
    pub(super) fn new(args: &LoadArgs, run: &Run, tally: &Read, figures: &Figures) -> Self {
        let total = figures.total();
        let seconds = run.measured.as_secs_f64();
        let stage = figures.slots.get(&SlotKind::StagePicture);
        let kbps = |bytes: u64| bytes as f64 * 8.0 / 1_000.0 / seconds;
        let in_since = |at: Instant| at.duration_since(run.epoch).as_secs_f64();
        let cores = |of: Option<(Usage, Usage)>| {
            of.map(|(before, after)| after.cores_since(&before, run.measured))
        };
        let own_cores = cores(run.own);
        let resident = run.server.map(|(_, after)| after.resident as f64);
        let (delays, again) = (&figures.delays, &figures.delays_again);
        Self {
            sites: args.sites,
            joined: tally.joined,
            dropped_out: tally.dropped_out,
            join_ms_p50: tally.joins.value_at_quantile(0.5),
            join_ms_p99: tally.joins.value_at_quantile(0.99),
            join_ms_max: tally.joins.max(),
            all_in_seconds: tally.last_join.map_or(0.0, in_since),
            measured_seconds: seconds,
            packets_expected: total.expected,
            packets_received: total.received,
            packets_repaired: total.repaired,
            packets_lost: total.lost,
            packets_repeated: figures.repeated,
            packets_dropped: figures.dropped,
            delay_ms_p50: quantile(delays, 0.5),
            delay_ms_p99: quantile(delays, 0.99),
            delay_ms_max: quantile(delays, 1.0),
            delay_repaired_ms_p50: quantile(again, 0.5),
            delay_repaired_ms_p99: quantile(again, 0.99),
            delay_repaired_ms_max: quantile(again, 1.0),
            wait_ms_p99: quantile(&figures.waits, 0.99),
            freezes: stage.map_or(0, |stage| stage.freezes),
            frozen_ms: stage.map_or(0, frozen_ms),
            wrong_source: figures.wrong_source,
            renegotiations: tally.renegotiations,
            kbps_per_site: (kbps(total.bytes) / f64::from(args.sites)) as u64,
            slots: figures
                .slots
                .iter()
                .map(|(kind, of)| SlotReport {
                    kind: *kind,
                    slots: of.slots,
                    kbps_per_slot: (kbps(of.bytes) / of.slots.max(1) as f64) as u64,
                    packets_expected: of.expected,
                    packets_received: of.received,
                    packets_repaired: of.repaired,
                    packets_lost: of.lost,
                    frames: of.frames,
                    freezes: of.freezes,
                    frozen_ms: frozen_ms(of),
                })
                .collect(),
            server_cores: cores(run.server),
            server_mib: resident.map(|bytes| bytes / f64::from(1 << 20)),
            server_kib_per_site: resident.map(|bytes| bytes / 1_024.0 / f64::from(args.sites)),
            own_cores,
            own_us_per_packet: own_cores
                .map(|cores| cores * seconds * 1e6 / total.received.max(1) as f64),
            failures: tally.failures.clone(),
        }
    }
}

fn frozen_ms(of: &SlotFigures) -> u64 {
    u64::try_from(of.frozen.as_millis()).unwrap_or(u64::MAX)
}

/// Of µs, in ms.
fn quantile(of: &Histogram<u64>, quantile: f64) -> f64 {
    of.value_at_quantile(quantile) as f64 / 1_000.0
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "sites joined      {}/{} in {:.1} s",
            self.joined, self.sites, self.all_in_seconds
        )?;
        if self.dropped_out > 0 {
            writeln!(f, "dropped out       {}", self.dropped_out)?;
        }
        writeln!(
            f,
            "joining           p50 {} ms, p99 {} ms, slowest {} ms",
            self.join_ms_p50, self.join_ms_p99, self.join_ms_max
        )?;
        writeln!(f, "measured          {:.1} s", self.measured_seconds)?;
        writeln!(
            f,
            "packets           {} expected, {} received ({} repaired), {} lost",
            self.packets_expected, self.packets_received, self.packets_repaired, self.packets_lost
        )?;
        if self.packets_dropped > 0 {
            writeln!(f, "dropped by --drop {}", self.packets_dropped)?;
        }
        writeln!(
            f,
            "delay             p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
            self.delay_ms_p50, self.delay_ms_p99, self.delay_ms_max
        )?;
        if self.packets_repaired > 0 {
            writeln!(
                f,
                "  of repairs      p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
                self.delay_repaired_ms_p50, self.delay_repaired_ms_p99, self.delay_repaired_ms_max
            )?;
        }
        writeln!(
            f,
            "stage froze       {} times, {} ms in all",
            self.freezes, self.frozen_ms
        )?;
        writeln!(
            f,
            "wrong source      {} packets; renegotiations {}",
            self.wrong_source, self.renegotiations
        )?;
        writeln!(f, "received          {} kbit/s a site", self.kbps_per_site)?;
        for slot in &self.slots {
            writeln!(f, "  {slot}")?;
        }
        if let (Some(cores), Some(mib), Some(kib)) =
            (self.server_cores, self.server_mib, self.server_kib_per_site)
        {
            writeln!(
                f,
                "server            {cores:.2} cores, {mib:.0} MiB ({kib:.0} KiB a site)"
            )?;
        }
        if let (Some(cores), Some(us)) = (self.own_cores, self.own_us_per_packet) {
            writeln!(
                f,
                "these sites       {cores:.2} cores, {us:.1} µs a packet; \
                 packets waited p99 {:.1} ms to be read",
                self.wait_ms_p99
            )?;
        }
        for failure in &self.failures {
            writeln!(f, "failed            {failure}")?;
        }
        Ok(())
    }
}

impl std::fmt::Display for SlotReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = match self.kind {
            SlotKind::StagePicture => "stage picture",
            SlotKind::StageSound => "stage sound",
            SlotKind::Sound => "other sound",
            SlotKind::Picture => "thumbnails",
            SlotKind::Screen => "screens",
            SlotKind::Mix => "mixed sound",
        };
        write!(
            f,
            "{name:<15} {:>5} slots  {:>5} kbit/s each  {:>9} packets  {} repaired  {} lost",
            self.slots,
            self.kbps_per_slot,
            self.packets_received,
            self.packets_repaired,
            self.packets_lost
        )?;
        match self.frames {
            0 => Ok(()),
            frames => write!(f, "  {frames} pictures, {} freezes", self.freezes),
        }
    }
}
