//! One measurement: a server under a load for a while, what it used and what
//! arrived.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;
use tokio::task::JoinHandle;

use crate::peer::{Peer, Tally};
use crate::process;
use crate::publisher::Publisher;

const POLL: Duration = Duration::from_millis(5);
/// What joining costs is over by then.
const SETTLE: Duration = Duration::from_secs(2);
/// So many come in at a time.
pub(crate) const DOOR: usize = 24;
const PATIENCE: Duration = Duration::from_secs(60);

/// What a server used and what its peers received, in one measurement.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figures {
    /// CPU time of the server's process for each media packet that a peer
    /// received, in µs.
    pub(crate) us_per_packet: f64,
    /// Cores that the server used.
    pub(crate) cores: f64,
    /// Media packets that peers received, a second.
    pub(crate) packets_per_s: f64,
    /// Of those that the best of pictures would make, the part that came; less
    /// than 1 where the server took the lines for slow.
    pub(crate) share: Option<f64>,
    /// How long was measured.
    pub(crate) seconds: f64,
    /// Of a datagram with media, with everything from the RTP header on.
    pub(crate) bytes_per_packet: f64,
    /// Bytes that sealing adds to a packet: 16 by AES-GCM.
    pub(crate) seal_bytes: Option<usize>,
    /// Media packets that never came.
    pub(crate) lost: u64,
    /// Growth of the server's memory, divided by its receivers.
    pub(crate) rss_kb_per_peer: f64,
    /// Time of the kernel's network threads that no process was charged with,
    /// in percent of the server's.
    pub(crate) uncharged_percent: f64,
    /// Cores that neither the server nor its peers used: on a machine that is
    /// busy otherwise, servers wake later and find more to do at once.
    pub(crate) other_cores: f64,
    /// What the server counted meanwhile, if it says so.
    pub(crate) counted: BTreeMap<String, u64>,
}

/// The server that is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Server {
    pub(crate) pid: u32,
    /// Its memory before the receivers came, in KiB.
    pub(crate) resident_before: u64,
    /// How many came then.
    pub(crate) receivers: usize,
}

/// The peers of a measurement.
pub(crate) struct Load {
    pub(crate) address: IpAddr,
    peers: Vec<(Rc<Tally>, JoinHandle<()>)>,
    /// The streams that each peer is to receive, in the order of `peers`.
    expected: Vec<usize>,
}

/// A reading between which is measured.
struct Mark {
    at: Instant,
    cpu: Duration,
    softirq: Duration,
    machine: Duration,
    own: Duration,
    packets: u64,
    datagrams: u64,
    bytes: u64,
    lost: u64,
}

impl Load {
    /// Peers will come from this address.
    pub(crate) fn new(address: IpAddr) -> Self {
        Self {
            address,
            peers: Vec::new(),
            expected: Vec::new(),
        }
    }

    /// Lets a peer run that is to receive so many streams.
    pub(crate) fn run(&mut self, peer: Peer, publisher: Option<Publisher>, expected: usize) {
        let tally = peer.tally();
        let task = tokio::task::spawn_local(peer.run(publisher));
        self.peers.push((tally, task));
        self.expected.push(expected);
    }

    /// Waits until no more than so many peers are on their way.
    pub(crate) async fn connected_but(&self, waiting: usize) -> Result<()> {
        let so = |tally: &Tally, _: usize| tally.connected.get();
        self.until("connected", waiting, so).await
    }

    /// Waits until every peer is connected and receiving, and a while longer.
    pub(crate) async fn settled(&self) -> Result<()> {
        self.connected_but(0).await?;
        let so = |tally: &Tally, expected: usize| tally.streams.get() >= expected;
        self.until("receiving", 0, so).await?;
        tokio::time::sleep(SETTLE).await;
        Ok(())
    }

    async fn until(
        &self,
        what: &str,
        waiting: usize,
        so: impl Fn(&Tally, usize) -> bool,
    ) -> Result<()> {
        let began = Instant::now();
        loop {
            let peers = self.peers.iter().zip(&self.expected);
            let done = peers.filter(|((tally, _), expected)| so(tally, **expected));
            let done = done.count();
            self.sound()?;
            if done + waiting >= self.peers.len() {
                return Ok(());
            }
            let all = self.peers.len();
            ensure!(
                began.elapsed() < PATIENCE,
                "{done} of {all} peers are {what}"
            );
            tokio::time::sleep(POLL).await;
        }
    }

    /// A peer that has failed spoils the figures.
    fn sound(&self) -> Result<()> {
        for (index, (tally, _)) in self.peers.iter().enumerate() {
            if let Some(failure) = tally.failure.borrow().as_ref() {
                bail!("peer {index} has failed: {failure}");
            }
        }
        Ok(())
    }

    /// Measures a server for so long.
    pub(crate) async fn measure(&self, server: Server, length: Duration) -> Result<Figures> {
        let pid = server.pid;
        let before = self.mark(pid)?;
        tokio::time::sleep(length).await;
        let after = self.mark(pid)?;
        let resident = process::resident_kib(pid)?.saturating_sub(server.resident_before);
        let packets = (after.packets - before.packets) as f64;
        ensure!(packets > 0.0, "no media packet arrived");
        let cpu = (after.cpu - before.cpu).as_secs_f64();
        let seconds = (after.at - before.at).as_secs_f64();
        let machine = after.machine.saturating_sub(before.machine);
        let own = after.own - before.own;
        let datagrams = (after.datagrams - before.datagrams) as f64;
        Ok(Figures {
            us_per_packet: cpu * 1e6 / packets,
            cores: cpu / seconds,
            packets_per_s: packets / seconds,
            share: None,
            seconds,
            bytes_per_packet: (after.bytes - before.bytes) as f64 / datagrams,
            seal_bytes: self.peers.iter().filter_map(|(t, _)| t.seal.get()).min(),
            lost: after.lost.saturating_sub(before.lost),
            rss_kb_per_peer: resident as f64 / server.receivers as f64,
            uncharged_percent: (after.softirq - before.softirq).as_secs_f64() / cpu * 100.0,
            other_cores: (machine.saturating_sub(own)).as_secs_f64() / seconds - cpu / seconds,
            counted: BTreeMap::new(),
        })
    }

    fn mark(&self, pid: u32) -> Result<Mark> {
        let sum = |count: fn(&Tally) -> u64| self.peers.iter().map(|(t, _)| count(t)).sum();
        Ok(Mark {
            at: Instant::now(),
            cpu: process::cpu_time(pid).context("the server has ended")?,
            softirq: process::softirq_time()?,
            machine: process::machine_time()?,
            own: process::cpu_time(std::process::id())?,
            packets: sum(|tally| tally.packets.get()),
            datagrams: sum(|tally| tally.datagrams.get()),
            bytes: sum(|tally| tally.bytes.get()),
            lost: sum(|tally| tally.lost.get()),
        })
    }

    /// Ends all peers.
    pub(crate) async fn stop(self) -> Result<()> {
        self.sound()?;
        for (_, task) in self.peers {
            task.abort();
            // What comes of it is that it was aborted.
            let _ = task.await;
        }
        Ok(())
    }
}
