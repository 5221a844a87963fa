use super::*;

const VOICE: [Option<u64>; 1] = [Some(40_000)];
const CAMERA: [Option<u64>; 3] = [Some(120_000), Some(450_000), Some(1_200_000)];
const SCREEN: [Option<u64>; 2] = [Some(200_000), Some(900_000)];

fn demand(class: Class, layers: &[Option<u64>], best: usize) -> Demand<'_> {
    Demand {
        class,
        layers,
        best,
        current: Shown::Nothing,
    }
}

/// Chair's voice, another, the stage, a screen, three thumbnails.
fn meeting() -> Vec<Demand<'static>> {
    let mut demands = vec![
        demand(Class::MainAudio, &VOICE, 0),
        demand(Class::Audio, &VOICE, 0),
        demand(Class::Stage, &CAMERA, 2),
        demand(Class::Screen, &SCREEN, 1),
    ];
    demands.extend(vec![demand(Class::Thumbnail, &CAMERA, 0); 3]);
    demands
}

/// What a budget gives: sounds, stage, screen, thumbnails.
fn given(division: &Division) -> (usize, Shown, Shown, usize) {
    let seen = |shown: &&Shown| matches!(shown, Shown::Layer(_));
    (
        division.shown[..2].iter().filter(seen).count(),
        division.shown[2],
        division.shown[3],
        division.shown[4..].iter().filter(seen).count(),
    )
}

#[test]
fn a_line_fills_in_the_order_of_importance() {
    use Shown::{Layer, Withheld};
    let now = Instant::now();
    let divide = |budget| Allocator::new().divide(now, budget, &meeting());
    for (budget, expected, quality) in [
        (0, (2, Withheld, Withheld, 0), LineQuality::SoundOnly),
        (199_999, (2, Withheld, Withheld, 0), LineQuality::SoundOnly),
        (200_000, (2, Layer(0), Withheld, 0), LineQuality::Reduced),
        (320_000, (2, Layer(0), Withheld, 1), LineQuality::Reduced),
        (400_000, (2, Layer(0), Layer(0), 0), LineQuality::Reduced),
        (640_000, (2, Layer(0), Layer(0), 2), LineQuality::Reduced),
        (730_000, (2, Layer(1), Layer(0), 0), LineQuality::Reduced),
        (1_430_000, (2, Layer(1), Layer(1), 0), LineQuality::Reduced),
        (1_790_000, (2, Layer(1), Layer(1), 3), LineQuality::Reduced),
        (2_540_000, (2, Layer(2), Layer(1), 3), LineQuality::Full),
    ] {
        let division = divide(budget);
        assert_eq!(given(&division), expected, "{budget}");
        assert_eq!(division.quality, quality, "{budget}");
        assert_eq!(division.wanted_bps, 2_540_000 * 115 / 100);
    }
}

#[test]
fn who_only_listens_has_a_full_line() {
    let now = Instant::now();
    let demands = [demand(Class::Audio, &VOICE, 0)];
    let division = Allocator::new().divide(now, 0, &demands);
    assert_eq!(division.quality, LineQuality::Full);
    assert_eq!(division.used_bps, 40_000);
    let quiet = [None, None, None];
    let demands = [demand(Class::Stage, &quiet, 2)];
    let division = Allocator::new().divide(now, 1_000_000, &demands);
    assert_eq!(division.shown, [Shown::Nothing]);
    assert_eq!(division.quality, LineQuality::Full);
}

#[test]
fn a_quiet_layer_is_passed_over() {
    let now = Instant::now();
    let layers = [Some(120_000), None, Some(1_200_000)];
    let demands = [demand(Class::Stage, &layers, 2)];
    let shown = |budget| Allocator::new().divide(now, budget, &demands).shown[0];
    assert_eq!(shown(1_000_000), Shown::Layer(0));
    assert_eq!(shown(1_200_000), Shown::Layer(2));
}

/// A viewer with a stage only, as the seconds pass.
struct Viewer {
    allocator: Allocator,
    now: Instant,
    current: Shown,
}

impl Viewer {
    fn new() -> Self {
        Self {
            allocator: Allocator::new(),
            now: Instant::now(),
            current: Shown::Nothing,
        }
    }

    fn after(&mut self, millis: u64, budget: u64) -> Shown {
        self.now += Duration::from_millis(millis);
        let demand = Demand {
            current: self.current,
            ..demand(Class::Stage, &CAMERA, 2)
        };
        let division = self.allocator.divide(self.now, budget, &[demand]);
        self.current = division.shown[0];
        self.current
    }
}

#[test]
fn worse_at_once_better_after_a_while_and_with_headroom() {
    let mut viewer = Viewer::new();
    assert_eq!(
        viewer.after(0, 1_200_000),
        Shown::Layer(2),
        "new: what fits"
    );
    assert_eq!(viewer.after(100, 1_199_999), Shown::Layer(1));
    assert_eq!(viewer.after(2_900, 9_000_000), Shown::Layer(1), "too soon");
    assert_eq!(viewer.after(100, 1_379_999), Shown::Layer(1), "too little");
    assert_eq!(viewer.after(100, 1_380_000), Shown::Layer(2));
    assert_eq!(viewer.after(100, 100_000), Shown::Withheld);
    assert_eq!(
        viewer.after(5_900, 9_000_000),
        Shown::Withheld,
        "did not last"
    );
    assert_eq!(viewer.after(100, 9_000_000), Shown::Layer(2));
    assert_eq!(viewer.after(20_000, 450_000), Shown::Layer(1));
    assert_eq!(
        viewer.after(3_000, 9_000_000),
        Shown::Layer(2),
        "had lasted"
    );
}

#[test]
fn a_budget_that_wavers_does_not_make_the_picture_waver() {
    let mut viewer = Viewer::new();
    viewer.after(0, 1_000_000);
    let mut changes = 0;
    for step in 0..600_u64 {
        let before = viewer.current;
        let budget = 1_250_000 + (step * 37 % 100) * 1_000;
        viewer.after(100, budget);
        changes += usize::from(before != viewer.current);
    }
    assert_eq!(changes, 0);
}

#[test]
fn drawn_smaller_is_no_downgrade_for_want_of_a_line() {
    let now = Instant::now();
    let mut allocator = Allocator::new();
    let mut shrunk = demand(Class::Stage, &CAMERA, 0);
    shrunk.current = Shown::Layer(2);
    let shown = allocator.divide(now, 9_000_000, &[shrunk.clone()]).shown[0];
    assert_eq!(shown, Shown::Layer(0));
    shrunk.best = 2;
    shrunk.current = shown;
    let shown = allocator.divide(now, 9_000_000, &[shrunk]).shown[0];
    assert_eq!(shown, Shown::Layer(2), "and comes back at once");
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

/// Any meeting: its classes, layers, wishes, and what was shown.
fn any_meeting(random: &mut Random) -> Vec<(Class, Vec<Option<u64>>, usize, Shown)> {
    let classes = [
        Class::MainAudio,
        Class::Audio,
        Class::Stage,
        Class::Screen,
        Class::Pinned,
        Class::Thumbnail,
        Class::Thumbnail,
    ];
    (0..random.below(12))
        .map(|_| {
            let class = classes[random.below(7) as usize];
            let layers = if class.is_audio() {
                1
            } else {
                1 + random.below(4) as usize
            };
            let mut bps = 0;
            let bitrates = (0..layers)
                .map(|_| {
                    bps += 1 + random.below(600_000);
                    (random.below(5) > 0).then_some(bps)
                })
                .collect();
            let current = match random.below(3) {
                0 => Shown::Nothing,
                1 => Shown::Withheld,
                _ => Shown::Layer(random.below(layers as u64) as usize),
            };
            (
                class,
                bitrates,
                random.below(layers as u64) as usize,
                current,
            )
        })
        .collect()
}

fn demands(meeting: &[(Class, Vec<Option<u64>>, usize, Shown)]) -> Vec<Demand<'_>> {
    meeting
        .iter()
        .map(|(class, layers, best, current)| Demand {
            class: *class,
            layers,
            best: *best,
            current: *current,
        })
        .collect()
}

fn stage_bps(demands: &[Demand], division: &Division) -> Vec<u64> {
    let stage = |(demand, _): &(&Demand, _)| demand.class == Class::Stage;
    let shown = demands.iter().zip(&division.shown).filter(stage);
    shown.map(|(demand, shown)| demand.bps(*shown)).collect()
}

#[test]
fn whatever_the_meeting_the_rules_hold() {
    let now = Instant::now();
    let mut random = Random(5);
    for _ in 0..20_000 {
        let meeting = any_meeting(&mut random);
        let demands = demands(&meeting);
        let budget = random.below(4_000_000);
        let division = Allocator::new().divide(now, budget, &demands);
        let used: u64 = demands
            .iter()
            .zip(&division.shown)
            .map(|(demand, shown)| demand.bps(*shown))
            .sum();
        let audio: u64 = demands
            .iter()
            .filter(|demand| demand.class.is_audio())
            .map(|demand| demand.bps(demand.top()))
            .sum();
        assert_eq!(used, division.used_bps);
        assert!(used <= budget.max(audio), "within the budget but for sound");

        for (demand, shown) in demands.iter().zip(&division.shown) {
            match *shown {
                Shown::Layer(layer) => {
                    assert!(layer <= demand.best && demand.layers[layer].is_some());
                }
                Shown::Withheld => {
                    assert!(!demand.class.is_audio());
                    assert!(division.quality != LineQuality::Full);
                    let more_important: u64 = demands
                        .iter()
                        .zip(&division.shown)
                        .filter(|(other, _)| other.class <= demand.class)
                        .map(|(other, shown)| other.bps(*shown))
                        .sum();
                    let lowest = demand.bps(Shown::Layer(demand.next(Shown::Nothing).unwrap()));
                    assert!(
                        with_headroom(more_important + lowest) > budget,
                        "withheld for something less important"
                    );
                }
                Shown::Nothing => assert_eq!(demand.top(), Shown::Nothing),
            }
        }

        let more = budget + random.below(1_000_000);
        let better = Allocator::new().divide(now, more, &demands);
        let (before, after) = (stage_bps(&demands, &division), stage_bps(&demands, &better));
        if before.len() == 1 {
            assert!(after[0] >= before[0], "a better line, a worse stage");
        }
    }
}

#[test]
fn the_same_again_gives_the_same_again() {
    let mut random = Random(9);
    for _ in 0..5_000 {
        let mut now = Instant::now();
        let mut meeting = any_meeting(&mut random);
        let budget = random.below(4_000_000);
        let mut allocator = Allocator::new();
        let mut last = None;
        for _ in 0..6 {
            let division = allocator.divide(now, budget, &demands(&meeting));
            for (demand, shown) in meeting.iter_mut().zip(&division.shown) {
                demand.3 = *shown;
            }
            now += Duration::from_secs(9);
            last = Some(division);
        }
        let again = allocator.divide(now, budget, &demands(&meeting));
        assert_eq!(last, Some(again));
    }
}
