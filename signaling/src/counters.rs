//! What the operator counts.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use diemcau_protocol::ErrorCode;

/// The counters at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CountersSnapshot {
    /// Meetings that run here.
    pub meetings: u64,
    /// Participants that are present in them.
    pub participants_present: u64,
    /// Open WebSockets.
    pub websockets: u64,
    /// Devices that came in by WHIP or WHEP.
    pub devices: u64,
    /// Commands received, since the start.
    pub commands: u64,
    /// What was refused, by code, since the start.
    pub refused: BTreeMap<ErrorCode, u64>,
    /// Events stored, since the start.
    pub events_stored: u64,
    /// Unusable messages, since the start.
    pub problems: u64,
}

/// The counters that grow.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    websockets: AtomicU64,
    commands: AtomicU64,
    events_stored: AtomicU64,
    problems: AtomicU64,
    refused: Mutex<BTreeMap<ErrorCode, u64>>,
}

/// Counts a WebSocket for as long as it is held.
#[derive(Debug)]
pub(crate) struct OpenWebSocket(Arc<Counters>);

impl Drop for OpenWebSocket {
    fn drop(&mut self) {
        self.0.websockets.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Counters {
    pub(crate) fn websocket(self: &Arc<Self>) -> OpenWebSocket {
        self.websockets.fetch_add(1, Ordering::Relaxed);
        OpenWebSocket(Arc::clone(self))
    }

    pub(crate) fn websockets(&self) -> u64 {
        self.websockets.load(Ordering::Relaxed)
    }

    pub(crate) fn command(&self) {
        self.commands.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn stored(&self, events: usize) {
        self.events_stored
            .fetch_add(events as u64, Ordering::Relaxed);
    }

    pub(crate) fn problem(&self, code: ErrorCode) {
        self.problems.fetch_add(1, Ordering::Relaxed);
        self.refused(code);
    }

    pub(crate) fn refused(&self, code: ErrorCode) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        *refused.entry(code).or_default() += 1;
    }

    /// The counters with those that others keep.
    pub(crate) fn snapshot(
        &self,
        meetings: u64,
        participants_present: u64,
        devices: u64,
    ) -> CountersSnapshot {
        CountersSnapshot {
            meetings,
            participants_present,
            websockets: self.websockets(),
            devices,
            commands: self.commands.load(Ordering::Relaxed),
            refused: self
                .refused
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
            events_stored: self.events_stored.load(Ordering::Relaxed),
            problems: self.problems.load(Ordering::Relaxed),
        }
    }
}
