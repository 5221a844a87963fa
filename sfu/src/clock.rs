//! Puts the publishers' clocks on the SFU's clock, so that sound and picture
//! of one publisher stay together wherever they are forwarded.
//!
//! A sender report (RFC 3550 §6.4.1) pairs an RTP timestamp with the
//! publisher's NTP time. The fastest report of the last few tells how far the
//! publisher's NTP clock is from ours; microphone and camera share that offset.

use std::collections::VecDeque;
use std::time::Instant;

/// How many sender reports are remembered for the offset.
const WINDOW: usize = 32;

/// The offset between a publisher's NTP clock and the SFU's clock.
#[derive(Debug)]
pub(crate) struct PublisherClock {
    origin: Instant,
    offsets: VecDeque<i64>,
    offset: Option<i64>,
}

/// The mapping of one RTP stream onto its publisher's clock.
#[derive(Debug)]
pub(crate) struct StreamClock {
    rate: u32,
    /// NTP time in microseconds and the RTP timestamp at that time.
    report: Option<(i64, u32)>,
    /// Fallback before the first report: arrival and RTP timestamp.
    first: Option<(Instant, u32)>,
}

impl PublisherClock {
    pub(crate) fn new(origin: Instant) -> Self {
        Self {
            origin,
            offsets: VecDeque::new(),
            offset: None,
        }
    }

    /// A sender report came in.
    pub(crate) fn report(&mut self, arrived: Instant, ntp_micros: i64) {
        if self.offsets.len() == WINDOW {
            self.offsets.pop_front();
        }
        self.offsets
            .push_back(micros_since(self.origin, arrived) - ntp_micros);
        self.offset = self.offsets.iter().min().copied();
    }

    fn local(&self, ntp_micros: i64) -> Option<Instant> {
        let micros = u64::try_from(ntp_micros + self.offset?).ok()?;
        self.origin
            .checked_add(std::time::Duration::from_micros(micros))
    }
}

impl StreamClock {
    pub(crate) fn new(rate: u32) -> Self {
        Self {
            rate,
            report: None,
            first: None,
        }
    }

    /// A sender report of this stream came in.
    pub(crate) fn report(&mut self, ntp_micros: i64, rtp_time: u32) {
        self.report = Some((ntp_micros, rtp_time));
    }

    /// When the sample with this RTP timestamp was captured, by the SFU's
    /// clock; never later than `arrived`.
    pub(crate) fn captured(
        &mut self,
        publisher: &PublisherClock,
        rtp_time: u32,
        arrived: Instant,
    ) -> Instant {
        let from_report = self.report.and_then(|(ntp, at)| {
            publisher.local(ntp + ticks_to_micros(rtp_time.wrapping_sub(at) as i32, self.rate))
        });
        let captured = from_report.or_else(|| {
            let (first, at) = *self.first.get_or_insert((arrived, rtp_time));
            offset(
                first,
                ticks_to_micros(rtp_time.wrapping_sub(at) as i32, self.rate),
            )
        });
        captured.unwrap_or(arrived).min(arrived)
    }
}

fn ticks_to_micros(ticks: i32, rate: u32) -> i64 {
    i64::from(ticks) * 1_000_000 / i64::from(rate)
}

/// `to - from` in microseconds, negative when `to` is earlier.
pub(crate) fn micros_since(from: Instant, to: Instant) -> i64 {
    match to.checked_duration_since(from) {
        Some(later) => i64::try_from(later.as_micros()).unwrap_or(i64::MAX),
        None => -i64::try_from((from - to).as_micros()).unwrap_or(i64::MAX),
    }
}

fn offset(from: Instant, micros: i64) -> Option<Instant> {
    let by = std::time::Duration::from_micros(micros.unsigned_abs());
    if micros < 0 {
        from.checked_sub(by)
    } else {
        from.checked_add(by)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn sound_and_picture_of_one_publisher_meet_on_one_clock() {
        let origin = Instant::now();
        let mut publisher = PublisherClock::new(origin);
        let mut sound = StreamClock::new(48_000);
        let mut picture = StreamClock::new(90_000);
        let ntp = 1_700_000_000_000_000;
        let arrived = origin + Duration::from_millis(5_040);

        // Both reports were sent at the publisher's second 5; the network
        // took 40 ms for one and 60 ms for the other.
        publisher.report(arrived, ntp);
        sound.report(ntp, 1_000);
        publisher.report(arrived + Duration::from_millis(20), ntp);
        picture.report(ntp, 77);

        // Captured one second later, arriving at different times.
        let late = arrived + Duration::from_secs(2);
        let a = sound.captured(&publisher, 1_000 + 48_000, late);
        let b = picture.captured(&publisher, 77 + 90_000, late + Duration::from_millis(300));
        assert_eq!(a, b);
        assert_eq!(a, arrived + Duration::from_secs(1));
    }

    #[test]
    fn timestamps_wrap_and_never_lie_in_the_future() {
        let origin = Instant::now();
        let publisher = PublisherClock::new(origin);
        let mut clock = StreamClock::new(90_000);
        let first = clock.captured(&publisher, u32::MAX - 89_999, origin);
        let next = clock.captured(&publisher, 0, origin + Duration::from_secs(3));
        assert_eq!(next - first, Duration::from_secs(1));
        let jumped = clock.captured(&publisher, 900_000_000, origin + Duration::from_secs(4));
        assert_eq!(jumped, origin + Duration::from_secs(4));
    }
}
