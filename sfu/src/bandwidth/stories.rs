//! Lines as they are, and what the estimate makes of them. `--nocapture` shows
//! it over time.

use diemcau_protocol::LineQuality;

use crate::allocate::Shown;

use super::line::{Conditions, FREE, Video, World, narrow};

const LAYERS: Video = Video::Layers(&[150e3, 500e3, 1_200e3]);
const ELASTIC: Video = Video::Elastic(1_500e3);

fn rough(loss: f64) -> Conditions {
    Conditions {
        loss,
        delay: 30.0,
        jitter: 8.0,
        ..FREE
    }
}

/// As `tbf rate 300kbit burst 16kb latency 400ms`.
fn shaped() -> Conditions {
    Conditions {
        bucket: 16e3,
        ..narrow(300.0)
    }
}

#[test]
fn a_free_line_gives_all_that_is_wanted_from_the_start() {
    let mut world = World::new(FREE, LAYERS);
    world.run(20.0);
    assert!(world.lowest(0.0, 20.0) >= 1_400e3);
    assert!(world.mean(1.0, 20.0, |s| s.video) >= 1_190e3);
}

#[test]
fn random_loss_does_not_take_the_picture_away() {
    for (loss, seed) in [(0.05, 1), (0.05, 2), (0.10, 3), (0.10, 4), (0.10, 5)] {
        let mut world = World::new(rough(loss), ELASTIC).seed(seed);
        world.run(40.0);
        let mean = world.mean(5.0, 40.0, |s| s.estimate);
        println!(
            "loss {loss}: mean {mean:.0}, lowest {:.0}",
            world.lowest(0.0, 40.0)
        );
        assert!(mean >= 1_400e3, "{mean}");
        assert!(world.lowest(0.0, 40.0) >= 1_150e3);
    }
}

#[test]
fn loss_that_sets_in_later_does_not_either() {
    let mut world = World::new(FREE, ELASTIC);
    world.run(10.0);
    world.becomes(rough(0.12));
    world.run(30.0);
    assert!(world.lowest(10.0, 40.0) >= 1_100e3);
    assert!(world.mean(15.0, 40.0, |s| s.estimate) >= 1_300e3);
}

#[test]
fn a_narrow_line_is_found_within_seconds_and_its_queue_stays_small() {
    for line in [narrow(300.0), shaped()] {
        for video in [ELASTIC, LAYERS] {
            println!("-- {line:?} {video:?}");
            let mut world = World::new(line, video);
            world.run(40.0);
            let found = world.after(0.0, |s| s.estimate < 330e3);
            let mean = world.mean(8.0, 40.0, |s| s.estimate);
            let queued = world.mean(8.0, 40.0, |s| s.queued);
            println!("found after {found:.1} s, mean {mean:.0}, queued {queued:.0} ms");
            assert!(found <= 2.5, "{found}");
            assert!((225e3..=330e3).contains(&mean), "{mean}");
            assert!(queued <= 60.0, "{queued}");
        }
    }
}

#[test]
fn a_line_that_narrows_is_followed_and_recovers_when_it_is_free() {
    for line in [narrow(300.0), shaped()] {
        for video in [ELASTIC, LAYERS] {
            println!("-- {line:?} {video:?}");
            let mut world = World::new(narrow(2_000.0), video);
            world.run(15.0);
            assert!(world.mean(5.0, 15.0, |s| s.estimate) >= 1_400e3);
            world.becomes(line);
            world.run(30.0);
            let found = world.after(15.0, |s| s.estimate < 330e3);
            world.becomes(FREE);
            world.run(15.0);
            let back = world.after(45.0, |s| s.estimate >= 1_500e3);
            println!("found after {found:.1} s, back after {back:.1} s");
            assert!(found <= 3.0, "{found}");
            assert!(back <= 8.0, "{back}");
        }
    }
}

#[test]
fn a_voice_alone_does_not_make_the_line_narrow() {
    let mut world = World::new(FREE, Video::None);
    world.run(60.0);
    assert!(world.lowest(1.0, 60.0) >= 1_400e3);

    world.becomes(narrow(20.0));
    world.run(15.0);
    assert!(world.lowest(75.0, 75.0) <= 200e3);
    world.becomes(FREE);
    world.run(10.0);
    let back = world.after(75.0, |s| s.estimate >= 1_400e3);
    println!("back after {back:.1} s");
    assert!(back <= 8.0, "{back}");
}

#[test]
fn stalls_of_a_busy_machine_are_not_a_narrow_line() {
    for long in [50.0, 100.0, 150.0] {
        for line in [FREE, narrow(3_000.0)] {
            for video in [ELASTIC, LAYERS] {
                println!("-- stalls of {long} ms on {line:?}");
                let mut world = World::new(
                    Conditions {
                        stalls: Some((2_000.0, long)),
                        ..line
                    },
                    video,
                );
                world.run(30.0);
                assert!(world.lowest(0.0, 30.0) >= 1_300e3);
                let mut world = World::new(
                    Conditions {
                        server_stalls: Some((2_000.0, long)),
                        ..line
                    },
                    video,
                );
                world.run(30.0);
                assert!(world.lowest(0.0, 30.0) >= 1_300e3);
            }
        }
    }
}

#[test]
fn a_cut_line_is_tried_again_as_soon_as_it_is_back() {
    let mut world = World::new(FREE, LAYERS);
    world.run(10.0);
    world.becomes(Conditions { cut: true, ..FREE });
    world.run(5.0);
    assert!(world.lowest(14.5, 15.0) <= 300e3);
    world.becomes(FREE);
    world.run(10.0);
    let back = world.after(15.0, |s| s.estimate >= 1_400e3);
    println!("back after {back:.1} s");
    assert!(back <= 2.0, "{back}");
}

#[test]
fn two_changes_in_a_row_are_both_followed() {
    let mut world = World::new(FREE, LAYERS);
    world.run(10.0);
    world.becomes(shaped());
    world.run(6.0);
    world.becomes(narrow(900.0));
    world.run(12.0);
    let mean = world.mean(22.0, 28.0, |s| s.estimate);
    assert!((600e3..=1_000e3).contains(&mean), "{mean}");
    world.becomes(narrow(400.0));
    world.run(12.0);
    let mean = world.mean(32.0, 40.0, |s| s.estimate);
    assert!((300e3..=440e3).contains(&mean), "{mean}");
}

#[test]
fn all_that_is_bad_at_once_is_survived() {
    let line = |kbps: f64, bucket: f64| Conditions {
        bucket,
        loss: 0.05,
        delay: 30.0,
        jitter: 8.0,
        stalls: Some((1_300.0, 60.0)),
        server_stalls: Some((1_700.0, 60.0)),
        ..narrow(kbps)
    };
    for (kbps, bucket) in [(1_000.0, 0.0), (1_000.0, 16e3), (300.0, 0.0), (300.0, 16e3)] {
        for (seed, video) in [(1, ELASTIC), (2, LAYERS), (3, ELASTIC), (4, LAYERS)] {
            let mut world = World::new(line(kbps, bucket), video).seed(seed);
            world.run(40.0);
            let mean = world.mean(5.0, 40.0, |s| s.estimate) / 1e3;
            let queued = world.mean(5.0, 40.0, |s| s.queued);
            world.becomes(FREE);
            world.run(10.0);
            let back = world.after(40.0, |s| s.estimate >= 1_430e3);
            println!(
                "{kbps} kbit/s, bucket {bucket}, seed {seed}: mean {mean:.0}, queued {queued:.0} ms, back after {back:.1} s"
            );
            assert!((kbps * 0.8..=kbps * 1.35).contains(&mean), "{mean}");
            assert!(queued <= 80.0, "{queued}");
            assert!(back <= 8.0, "{back}");
        }
    }
}

#[test]
fn a_longer_route_is_accepted() {
    let mut world = World::new(FREE, LAYERS);
    world.run(10.0);
    world.becomes(Conditions {
        delay: 120.0,
        ..FREE
    });
    world.run(20.0);
    let back = world.after(11.0, |s| s.estimate >= 1_400e3);
    println!("back after {back:.1} s");
    assert!(back <= 8.0, "{back}");
    assert!(world.lowest(20.0, 30.0) >= 1_300e3);
}

#[test]
fn a_policer_without_a_queue_is_found_by_its_loss() {
    let mut world = World::new(
        Conditions {
            queue: 0.0,
            bucket: 8e3,
            ..narrow(300.0)
        },
        ELASTIC,
    );
    world.run(30.0);
    let found = world.after(0.0, |s| s.estimate < 400e3);
    println!("found after {found:.1} s");
    assert!(found <= 4.0, "{found}");
    assert!(world.mean(8.0, 30.0, |s| s.estimate) <= 450e3);
}

#[test]
fn without_transport_feedback_receiver_reports_guide() {
    let mut world = World::new(FREE, ELASTIC);
    world.twcc = false;
    world.run(10.0);
    assert!(world.lowest(0.0, 10.0) >= 1_400e3);
    world.becomes(narrow(300.0));
    world.run(20.0);
    let mean = world.mean(20.0, 30.0, |s| s.estimate);
    println!("mean {mean:.0}");
    assert!((180e3..=400e3).contains(&mean), "{mean}");
    world.becomes(FREE);
    world.run(20.0);
    assert!(world.highest(40.0, 50.0) >= 350e3);
    assert!(world.bursts.is_empty());
}

#[test]
fn a_viewer_keeps_a_calm_picture_on_a_narrow_line_and_gets_all_back() {
    let rough = Conditions {
        loss: 0.05,
        delay: 30.0,
        jitter: 8.0,
        ..shaped()
    };
    let cases = [
        (narrow(300.0), 100),
        (shaped(), 100),
        (rough, 50),
        (rough, 100),
        (rough, 250),
    ];
    for (line, feedback_every) in cases {
        let mut world = World::new(FREE, Video::Meeting);
        world.feedback_every = feedback_every;
        world.run(15.0);
        assert_eq!(world.watching.stage.last(), Some(&Shown::Layer(2)));
        assert_eq!(world.watching.quality(), LineQuality::Full);

        world.becomes(line);
        world.run(5.0);
        world.watching.stage.clear();
        world.run(55.0);
        let changes = world.watching.stage.len();
        let queued = world.mean(20.0, 75.0, |s| s.queued);
        println!("{changes} changes of the stage, queued {queued:.0} ms");
        assert!(changes <= 3, "{:?}", world.watching.stage);
        assert!(queued <= 60.0, "{queued}");
        assert_eq!(world.watching.quality(), LineQuality::Reduced);

        world.becomes(narrow(100.0));
        world.run(15.0);
        assert_eq!(world.watching.quality(), LineQuality::SoundOnly);

        world.becomes(FREE);
        world.run(20.0);
        assert_eq!(world.watching.quality(), LineQuality::Full);
        let back = world.after(90.0, |s| s.video > 1_900e3);
        println!("back after {back:.1} s");
        assert!(back <= 10.0, "{back}");
    }
}
