//! Whether a queue stands in the line.
//!
//! Of each packet the one-way delay is known but for a constant. Its minimum
//! over 50 ms of sending time is one point; the lowest of the last points is
//! the *standing* delay, and what that is above the lowest of the last half
//! minute is the *queue* that does not go away.
//!
//! Taking minima is what makes this calm: jitter has packets that were not
//! held up, and a machine or radio that stalls for 150 ms delays the first
//! packet by 150 ms and the last by none. Only a queue delays every packet of a
//! quarter of a second. A line fitted through the points (as the trendline of
//! draft-ietf-rmcat-gcc-02 §5.4) tells whether it drains already.

/// Microseconds of sending time that make one point.
const GRAIN: i64 = 50_000;
/// Points kept.
const POINTS: usize = 20;
/// The standing delay looks at least so far back, in points (250 ms),
const LOOK_BACK: i64 = 5;
/// and at no fewer packets than this.
const FEWEST: u32 = 6;
/// A line's lowest delay is forgotten after one to two of these: clocks drift
/// apart by some 3 ms a minute, and routes change.
const FLOOR_FOR: i64 = 15_000_000;
/// Delays further apart than this are another clock's.
const OTHER_CLOCK: i64 = 10_000_000;

#[derive(Debug, Clone, Copy)]
struct Point {
    lowest: i64,
    packets: u32,
}

const NO_POINT: Point = Point {
    lowest: i64::MAX,
    packets: 0,
};

/// What is known of the queue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Queue {
    /// What stands in it, in microseconds.
    pub(super) standing: i64,
    /// How it changes, in microseconds a second.
    pub(super) slope: f64,
    /// When the newest packet that tells was sent.
    pub(super) sent_at: i64,
}

/// The delays of the line.
#[derive(Debug)]
pub(super) struct Delay {
    points: [Point; POINTS],
    newest: Option<i64>,
    sent_at: i64,
    floors: [i64; 2],
    floor_since: i64,
}

impl Delay {
    pub(super) fn new() -> Self {
        Self {
            points: [NO_POINT; POINTS],
            newest: None,
            sent_at: 0,
            floors: [i64::MAX; 2],
            floor_since: 0,
        }
    }

    /// A packet sent at `sent_at` took `delay` microseconds and a constant.
    pub(super) fn add(&mut self, sent_at: i64, delay: i64) {
        let floor = self.floor();
        if floor != i64::MAX && (delay - floor).abs() > OTHER_CLOCK {
            *self = Self::new();
        }
        let point = sent_at.div_euclid(GRAIN);
        let newest = *self.newest.get_or_insert(point);
        if point > newest {
            if point - newest >= POINTS as i64 {
                self.points = [NO_POINT; POINTS];
            }
            for between in (newest + 1).max(point - POINTS as i64 + 1)..=point {
                self.points[cell(between)] = NO_POINT;
            }
            self.newest = Some(point);
        } else if point <= newest - POINTS as i64 {
            return;
        }
        let of = &mut self.points[cell(point)];
        of.lowest = of.lowest.min(delay);
        of.packets += 1;
        self.sent_at = self.sent_at.max(sent_at);

        if sent_at - self.floor_since > FLOOR_FOR {
            self.floors = [self.floors[1], i64::MAX];
            self.floor_since = sent_at;
        }
        self.floors[1] = self.floors[1].min(delay);
    }

    /// What is known, when enough is.
    pub(super) fn queue(&self) -> Option<Queue> {
        let newest = self.newest?;
        let (mut packets, mut standing) = (0, i64::MAX);
        let (mut n, mut sx, mut sy, mut sxx, mut sxy) = (0.0, 0.0, 0.0, 0.0, 0.0);
        let floor = self.floor();
        for back in 0..POINTS as i64 {
            if back >= LOOK_BACK && packets >= FEWEST {
                break;
            }
            let point = self.points[cell(newest - back)];
            if point.packets == 0 {
                continue;
            }
            packets += point.packets;
            standing = standing.min(point.lowest);
            let (x, y) = (-(back * GRAIN) as f64 / 1e6, (point.lowest - floor) as f64);
            n += 1.0;
            sx += x;
            sy += y;
            sxx += x * x;
            sxy += x * y;
        }
        if packets < FEWEST {
            return None;
        }
        let spread = n * sxx - sx * sx;
        Some(Queue {
            standing: standing - floor,
            slope: if spread > 0.0 {
                (n * sxy - sx * sy) / spread
            } else {
                0.0
            },
            sent_at: self.sent_at,
        })
    }

    /// What stands now is not ours, or the line's own: from here it counts.
    pub(super) fn accept(&mut self) {
        if let Some(queue) = self.queue() {
            self.floors = [i64::MAX, self.floor() + queue.standing];
            self.floor_since = queue.sent_at;
        }
    }

    /// Forgets the points, for instance because nothing passed for a while; the
    /// line is taken for the same.
    pub(super) fn pause(&mut self) {
        self.points = [NO_POINT; POINTS];
    }

    fn floor(&self) -> i64 {
        self.floors[0].min(self.floors[1])
    }
}

fn cell(point: i64) -> usize {
    point.rem_euclid(POINTS as i64) as usize
}
