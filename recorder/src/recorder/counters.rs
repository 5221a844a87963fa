//! What the recorder counts, for the operator.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use crate::desk::Detail;
use crate::journal::Record;

/// Written by the recorder's threads, read by anyone.
#[derive(Debug, Default)]
pub(super) struct Counters {
    active: AtomicU64,
    packets: AtomicU64,
    bytes: AtomicU64,
    dropped: AtomicU64,
    syncs: AtomicU64,
    faults: AtomicU64,
    archives: AtomicU64,
    free: AtomicU64,
    detail: AtomicU64,
    warns: AtomicBool,
    has_warned: AtomicBool,
}

/// A reading of all counters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RecorderSnapshot {
    /// Meetings that are being recorded (a gauge).
    pub recordings_active: u64,
    /// Packets that were recorded.
    pub packets: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Packets that could not be taken.
    pub packets_dropped: u64,
    /// Times that a journal was synced.
    pub syncs: u64,
    /// Times that something could not be written, or broke.
    pub faults: u64,
    /// Archives that were made.
    pub archives: u64,
    /// Bytes that the disk has room for (a gauge).
    pub free_bytes: u64,
    /// How much there is room to record: 0 nothing, 1 the programme, 2 the
    /// speakers too, 3 everything (a gauge).
    pub detail: u64,
    /// Whether the disk fills up (a gauge).
    pub disk_fills: u64,
}

impl RecorderSnapshot {
    /// Those that go down again.
    pub const GAUGES: [&'static str; 4] =
        ["recordings_active", "free_bytes", "detail", "disk_fills"];

    /// Name and value of each.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        [
            ("recordings_active", self.recordings_active),
            ("packets", self.packets),
            ("bytes", self.bytes),
            ("packets_dropped", self.packets_dropped),
            ("syncs", self.syncs),
            ("faults", self.faults),
            ("archives", self.archives),
            ("free_bytes", self.free_bytes),
            ("detail", self.detail),
            ("disk_fills", self.disk_fills),
        ]
        .into_iter()
    }
}

impl Counters {
    pub(super) fn snapshot(&self) -> RecorderSnapshot {
        RecorderSnapshot {
            recordings_active: self.active.load(Relaxed),
            packets: self.packets.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            packets_dropped: self.dropped.load(Relaxed),
            syncs: self.syncs.load(Relaxed),
            faults: self.faults.load(Relaxed),
            archives: self.archives.load(Relaxed),
            free_bytes: self.free.load(Relaxed),
            detail: self.detail.load(Relaxed),
            disk_fills: self.warns.load(Relaxed).into(),
        }
    }

    pub(super) fn active(&self, count: usize) {
        self.active.store(count as u64, Relaxed);
    }

    pub(super) fn record(&self, record: &Record) {
        if let Record::Packet { packet, .. } = record {
            self.packets.fetch_add(1, Relaxed);
            self.bytes.fetch_add(packet.payload.len() as u64, Relaxed);
        }
    }

    pub(super) fn dropped(&self, packets: u64) {
        self.dropped.fetch_add(packets, Relaxed);
    }

    pub(super) fn synced(&self) {
        self.syncs.fetch_add(1, Relaxed);
    }

    pub(super) fn fault(&self) {
        self.faults.fetch_add(1, Relaxed);
    }

    pub(super) fn archive(&self) {
        self.archives.fetch_add(1, Relaxed);
    }

    pub(super) fn free(&self, bytes: u64) {
        self.free.store(bytes, Relaxed);
    }

    pub(super) fn room(&self, room: Detail, warns: bool) {
        let detail = match room {
            Detail::Nothing => 0,
            Detail::Programme => 1,
            Detail::Speakers => 2,
            Detail::Everything => 3,
        };
        self.detail.store(detail, Relaxed);
        self.warns.store(warns, Relaxed);
        if !warns {
            self.has_warned.store(false, Relaxed);
        }
    }

    /// Whether to warn: once, until there is room again.
    pub(super) fn warned(&self) -> bool {
        !self.has_warned.swap(true, Relaxed)
    }
}
