//! How many bits a second something carries.

use std::time::{Duration, Instant};

/// The grain of the measuring window, in microseconds.
const GRAIN: i64 = 50_000;
/// A window younger than this is taken for this long, lest its first packet
/// look like a torrent.
const YOUNGEST: i64 = 250_000;

/// Bytes of the last `N` × 50 ms, on any clock that counts microseconds.
#[derive(Debug)]
pub(crate) struct Buckets<const N: usize> {
    bytes: [u32; N],
    newest: i64,
    first: Option<i64>,
}

impl<const N: usize> Buckets<N> {
    pub(crate) fn new() -> Self {
        Self {
            bytes: [0; N],
            newest: 0,
            first: None,
        }
    }

    /// So many bytes at this time. What is older than the window is ignored.
    pub(crate) fn add(&mut self, at: i64, bytes: u32) {
        let bucket = at.div_euclid(GRAIN);
        if self.first.is_none() {
            self.first = Some(at);
            self.newest = bucket;
        }
        if bucket > self.newest {
            self.turn(bucket);
        } else if bucket <= self.newest - N as i64 {
            return;
        }
        let cell = &mut self.bytes[Self::cell(bucket)];
        *cell = cell.saturating_add(bytes);
    }

    /// The rate over the window that ends at `at`, in bits a second.
    pub(crate) fn bps(&self, at: i64) -> u64 {
        let Some(first) = self.first else {
            return 0;
        };
        let last = at.div_euclid(GRAIN).max(self.newest);
        let start = last - N as i64 + 1;
        let sum: u64 = (start..=self.newest)
            .map(|bucket| u64::from(self.bytes[Self::cell(bucket)]))
            .sum();
        let age = at.max(self.newest * GRAIN) - first.max(start * GRAIN);
        sum * 8_000_000 / age.max(YOUNGEST).cast_unsigned()
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Self::new();
    }

    fn turn(&mut self, to: i64) {
        if to - self.newest >= N as i64 {
            self.bytes = [0; N];
        } else {
            for bucket in self.newest + 1..=to {
                self.bytes[Self::cell(bucket)] = 0;
            }
        }
        self.newest = to;
    }

    fn cell(bucket: i64) -> usize {
        bucket.rem_euclid(N as i64) as usize
    }
}

/// The bitrate of a layer or a stream over the last second: 0 when it has been
/// quiet for so long.
#[derive(Debug)]
pub(crate) struct RateMeter {
    origin: Instant,
    buckets: Buckets<20>,
}

impl RateMeter {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            origin: now,
            buckets: Buckets::new(),
        }
    }

    /// A packet of so many bytes passed.
    pub(crate) fn add(&mut self, now: Instant, bytes: usize) {
        let at = micros(now.duration_since(self.origin));
        self.buckets
            .add(at, u32::try_from(bytes).unwrap_or(u32::MAX));
    }

    /// Bits a second.
    pub(crate) fn bps(&self, now: Instant) -> u64 {
        self.buckets.bps(micros(now.duration_since(self.origin)))
    }
}

/// Whole microseconds; cheaper than [`Duration::as_micros`], which divides
/// 128 bits.
pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs())
        .unwrap_or(i64::MAX)
        .saturating_mul(1_000_000)
        .saturating_add(i64::from(duration.subsec_micros()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_stream_is_measured_and_a_quiet_one_fades_within_a_second() {
        let start = Instant::now();
        let mut meter = RateMeter::new(start);
        assert_eq!(meter.bps(start), 0);
        let mut now = start;
        for _ in 0..300 {
            meter.add(now, 1_250);
            now += Duration::from_millis(10);
        }
        let bps = meter.bps(now);
        assert!((970_000..=1_030_000).contains(&bps), "{bps}");
        let half = meter.bps(now + Duration::from_millis(500));
        assert!((450_000..=550_000).contains(&half), "{half}");
        assert_eq!(meter.bps(now + Duration::from_millis(1_050)), 0);
        now += Duration::from_secs(60);
        meter.add(now, 1_000);
        assert!(meter.bps(now) < 10_000);
    }

    #[test]
    fn the_first_packet_is_no_torrent_and_a_late_one_still_counts() {
        let start = Instant::now();
        let mut meter = RateMeter::new(start);
        meter.add(start, 1_000);
        assert_eq!(meter.bps(start), 32_000);
        let mut buckets = Buckets::<4>::new();
        buckets.add(1_000_000, 100);
        buckets.add(950_000, 100);
        buckets.add(700_000, 100);
        assert_eq!(buckets.bps(1_000_000), 200 * 8 * 4);
    }
}
