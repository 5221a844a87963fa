//! Stories of the projection: what the minutes make of a log.

use diemcau_protocol::{
    ConductEvent, DocumentFile, DocumentKind, DocumentsEvent, Event, LeaveReason, LedPage,
    RecordingEvent, SourceKind, SourceRef, Stage, StageMode, VotesEvent,
};

use super::*;
use crate::minutes::conference::{
    self, ABSENT, CHAIR, EARLY, EIGHT, LATE, Log, beside, id, invited,
};
use crate::minutes::record::{About, Attendee, Happening, VoteOutcome};
use crate::minutes::words::statements;

fn attendee<'a>(minutes: &'a Minutes, who: &str) -> &'a Attendee {
    let mut all = minutes.attendance.iter();
    all.find(|a| a.participant == id(who))
        .expect("expected there")
}

fn said(minutes: &Minutes) -> Vec<String> {
    statements(minutes).into_iter().map(|s| s.text).collect()
}

/// A meeting that goes as told, and then ends.
fn meeting(tell: impl FnOnce(&mut Log)) -> Minutes {
    let mut log = Log::new();
    log.opens("Giao ban");
    for who in invited().iter().take(5) {
        log.joins(who);
    }
    tell(&mut log);
    log.ends();
    project(&log.events, &beside()).unwrap()
}

fn happenings(minutes: &Minutes) -> Vec<&Happening> {
    let entries = minutes.course.iter().flat_map(|chapter| &chapter.entries);
    entries.map(|entry| &entry.what).collect()
}

#[test]
fn the_conference_has_minutes_with_everybody_in_them() {
    let minutes = conference::minutes();
    assert_eq!(minutes.began.value, EIGHT);
    assert_eq!(minutes.attendance.len(), 35);
    let absent: Vec<&str> = minutes
        .attendance
        .iter()
        .filter(|a| !a.was_there())
        .map(|a| a.participant.as_str())
        .collect();
    assert_eq!(absent, [ABSENT, "xa-13"]);
    let late = attendee(&minutes, LATE);
    assert!(late.late && late.left.is_none());
    assert_eq!(late.came.as_ref().unwrap().value, EIGHT + 560_000);
    let early = attendee(&minutes, EARLY);
    assert_eq!(early.left.as_ref().unwrap().value, EIGHT + 3_000_000);
    let an_binh = attendee(&minutes, "xa-01");
    assert_eq!(an_binh.delegates.len(), 2);
    assert_eq!(minutes.attendance.iter().filter(|a| a.late).count(), 1);
}

#[test]
fn the_course_goes_by_agenda_items_in_the_order_in_which_things_happened() {
    let minutes = conference::minutes();
    let about: Vec<String> = minutes
        .course
        .iter()
        .map(|chapter| match &chapter.about {
            About::Opening => "mở".to_owned(),
            About::Item { number, .. } => number.to_string(),
            About::Between => "giữa".to_owned(),
        })
        .collect();
    assert_eq!(about, ["mở", "1", "giữa", "2", "3", "giữa"]);
    for chapter in &minutes.course {
        let times: Vec<i64> = chapter.entries.iter().map(|entry| entry.at).collect();
        assert!(times.is_sorted());
    }
    let spoke = &minutes.course[1].entries[1];
    let until = EIGHT + (18 * 60 + 20) * 1_000;
    let participant = id("huyen-1");
    assert_eq!(
        spoke.what,
        Happening::Speech {
            participant,
            until,
            by_floor: true
        }
    );
    let said = said(&minutes);
    assert!(said.iter().any(|s| {
        s == "- Từ 08 giờ 11 đến 08 giờ 18 (7 phút 20 giây): Điểm cầu huyện Sơn Hà phát biểu."
    }));
}

#[test]
fn the_rehearsal_is_not_in_the_minutes() {
    let minutes = conference::minutes();
    let said = said(&minutes);
    assert!(!said.iter().any(|s| s.contains("Kiểm tra đường truyền")));
    assert!(!said.iter().any(|s| s.contains("07 giờ")));
    let first = minutes.course[0].entries.first().unwrap();
    assert!(first.at >= EIGHT);
}

#[test]
fn every_statement_of_the_log_names_events_that_are_there() {
    let events = conference::log();
    let seqs: Vec<u64> = events.iter().map(|event| event.seq).collect();
    for statement in statements(&conference::minutes()) {
        let crate::minutes::statement::Origin::Log { seqs: said_by } = &statement.origin else {
            continue;
        };
        let is_empty = statement.key.ends_with("/headcount")
            || statement.key.ends_with("/delegates")
            || statement.key.contains("xa-07/")
            || statement.key.contains("xa-13/")
            || ["attendance/list", "attendance/absent"].contains(&statement.key.as_str());
        assert!(is_empty || !said_by.is_empty(), "{}", statement.key);
        assert!(
            said_by.iter().all(|seq| seqs.contains(seq)),
            "{}",
            statement.key
        );
    }
}

#[test]
fn votes_stand_with_their_figures_and_a_secret_one_with_its_root() {
    let minutes = conference::minutes();
    let [open, secret] = &minutes.votes[..] else {
        panic!("two votes");
    };
    assert_eq!(open.ballots.len(), 31);
    let voted = open.ballots.iter().filter(|b| b.counts.is_some()).count();
    assert_eq!(voted, 30);
    assert!(secret.ballots.is_empty(), "nobody can tell");
    let said = said(&minutes).join("\n");
    assert!(said.contains(
        "Tổng số phiếu có quyền biểu quyết: 31; số phiếu đã biểu quyết: 30 (96,8%). Tán thành: 28 \
         phiếu (90,3%); Không tán thành: 1 phiếu (3,2%); Không biểu quyết: 1 phiếu (3,2%)."
    ));
    assert!(said.contains("Kết quả: được thông qua"));
    assert!(said.contains("Số phiếu phát ra: 31; số phiếu thu về: 30."));
    assert!(said.contains("5f70bf18 a0860070 16e948b0 4aed3b82"));
}

#[test]
fn a_cancelled_vote_says_why_and_has_no_figures() {
    let minutes = meeting(|log| {
        let conference = conference::log();
        let opened = conference.iter().find_map(|logged| match &logged.event {
            Event::Votes(opened @ VotesEvent::Opened { .. }) => Some(opened.clone()),
            _ => None,
        });
        log.now(Event::Votes(opened.unwrap()));
        log.now(Event::Votes(VotesEvent::Cancelled {
            reason: "Câu hỏi chưa rõ".to_owned(),
            by: id(CHAIR),
        }));
    });
    assert!(matches!(
        minutes.votes[0].outcome,
        VoteOutcome::Cancelled { .. }
    ));
    assert_eq!(minutes.votes[0].figures(), []);
    let said = said(&minutes).join("\n");
    assert!(said.contains("không có kết quả; lý do: Câu hỏi chưa rõ."));
}

#[test]
fn where_everybody_may_speak_the_voice_that_the_stage_follows_is_a_speech() {
    let follows = |who: &str| Event::StageSet {
        stage: Stage {
            mode: StageMode::FollowSpeaker,
            source: Some(SourceRef {
                participant: id(who),
                kind: SourceKind::Camera,
            }),
        },
        by: None,
    };
    let minutes = meeting(|log| {
        log.clock(1, 0).now(follows("huyen-1"));
        log.clock(3, 0).now(follows("huyen-2"));
        log.clock(3, 10).now(follows("huyen-1"));
        log.clock(4, 0).now(Event::MicrophoneSet {
            participant: id("huyen-1"),
            on: false,
        });
    });
    let speech = |minutes: i64, until| Happening::Speech {
        participant: id("huyen-1"),
        until: EIGHT + (minutes * 60 + until) * 1_000,
        by_floor: false,
    };
    // Ten seconds in between were an interjection.
    assert_eq!(happenings(&minutes), [&speech(3, 0), &speech(4, 0)]);
}

#[test]
fn who_is_renamed_goes_by_the_last_name_everywhere() {
    let minutes = meeting(|log| {
        log.gives_floor("huyen-1");
        log.gives_back("huyen-1");
        log.now(Event::Admission(
            diemcau_protocol::AdmissionEvent::Renamed {
                participant: id("huyen-1"),
                name: "Điểm cầu huyện Sơn Hà mới".to_owned(),
                by: id(CHAIR),
            },
        ));
    });
    let said = said(&minutes).join("\n");
    assert!(said.contains("Điểm cầu huyện Sơn Hà mới phát biểu"));
}

#[test]
fn who_leaves_and_comes_back_did_not_leave_early() {
    let minutes = meeting(|log| {
        log.leaves("huyen-1", LeaveReason::ConnectionLost);
        let all = invited();
        log.joins(all.iter().find(|i| i.participant == id("huyen-1")).unwrap());
        log.leaves("huyen-2", LeaveReason::Left);
    });
    assert_eq!(attendee(&minutes, "huyen-1").left, None);
    assert!(attendee(&minutes, "huyen-2").left.is_some());
    // No roll was called and no item begun: nobody is late.
    assert!(!minutes.attendance.iter().any(|a| a.late));
}

#[test]
fn consent_to_being_recorded_is_told() {
    let consented = |who: &str, given| {
        let participant = id(who);
        Event::Recording(RecordingEvent::Consented { participant, given })
    };
    let minutes = meeting(|log| {
        log.now(consented("huyen-1", false));
        log.now(consented("huyen-1", true));
        log.now(consented("huyen-2", false));
        log.now(Event::Recording(RecordingEvent::Started));
    });
    let said = said(&minutes).join("\n");
    assert!(said.contains("đồng ý: 1. Không đồng ý: Điểm cầu huyện Bình Lâm."));
    let silent = meeting(|_| {});
    let said = self::said(&silent).join("\n");
    assert!(said.contains("Hội nghị không được ghi âm, ghi hình."));
}

#[test]
fn a_break_lasts_until_it_is_ended_however_often_it_is_set_anew() {
    let paused = |until| {
        let by = id(CHAIR);
        Event::Conduct(ConductEvent::Paused { until, by })
    };
    let minutes = meeting(|log| {
        log.clock(10, 0).now(paused(None));
        log.clock(11, 0).now(paused(Some(EIGHT + 1_200_000)));
        log.clock(20, 0)
            .now(Event::Conduct(ConductEvent::Resumed { by: None }));
    });
    let until = EIGHT + 1_200_000;
    assert_eq!(happenings(&minutes), [&Happening::Break { until }]);
}

#[test]
fn what_was_put_in_for_an_item_stands_with_it_and_what_is_led_through_was_shown() {
    let put_in = |number, title: &str, item| {
        Event::Documents(DocumentsEvent::Added {
            number,
            title: title.to_owned(),
            item,
            access: Default::default(),
            withdraw_at_end: false,
            file: DocumentFile {
                name: "tai-lieu.pdf".to_owned(),
                kind: DocumentKind::Pdf,
                size: 1,
                sha256: "00".repeat(32),
            },
            by: Some(id(CHAIR)),
        })
    };
    let led = |number, page| {
        let page = LedPage {
            number,
            version: 1,
            page,
            by: id(CHAIR),
        };
        Event::Documents(DocumentsEvent::Led { page })
    };
    let minutes = meeting(|log| {
        log.item(1, "Báo cáo", "", &["Dự thảo Phương án"]);
        log.now(put_in(1, "Báo cáo số 215", Some(1)));
        log.now(put_in(2, "Danh bạ", None));
        log.begins(1);
        log.now(led(1, 1));
        log.now(led(1, 2));
    });
    let About::Item { documents, .. } = &minutes.course[1].about else {
        panic!("the first item");
    };
    assert_eq!(documents[..], ["Dự thảo Phương án", "Báo cáo số 215"]);
    let reference = "Báo cáo số 215".to_owned();
    assert_eq!(happenings(&minutes), [&Happening::Document { reference }]);
}

#[test]
fn without_an_opening_or_an_end_there_are_no_minutes() {
    let mut log = Log::new();
    assert_eq!(project(&log.events, &beside()), Err(NoMinutes::NeverOpened));
    log.opens("Giao ban");
    assert_eq!(project(&log.events, &beside()), Err(NoMinutes::NotOver));
    log.ends();
    let unclosed = Beside {
        closing_hash: None,
        ..beside()
    };
    assert_eq!(project(&log.events, &unclosed), Err(NoMinutes::NotOver));
    log.events.reverse();
    let wrong = project(&log.events, &beside());
    assert_eq!(wrong, Err(NoMinutes::OutOfOrder { seq: 1 }));
}

#[test]
fn the_minutes_read_back_from_json_as_they_were() {
    let minutes = conference::minutes();
    let json = serde_json::to_string(&minutes).unwrap();
    assert!(json.starts_with(r#"{"format":1,"#));
    assert_eq!(serde_json::from_str::<Minutes>(&json).unwrap(), minutes);
}

#[test]
fn a_pause_of_the_recording_is_in_the_course() {
    let minutes = meeting(|log| {
        log.now(Event::Recording(RecordingEvent::Started));
        log.now(Event::Recording(RecordingEvent::Paused { by: id(CHAIR) }));
        log.now(Event::Recording(RecordingEvent::Resumed { by: id(CHAIR) }));
    });
    let found = happenings(&minutes);
    let expected = [
        Happening::RecordingBegan,
        Happening::RecordingPaused,
        Happening::RecordingResumed,
    ];
    assert_eq!(found, expected.iter().collect::<Vec<_>>());
    let said = said(&minutes).join("\n");
    for line in ["Tạm dừng ghi âm, ghi hình.", "Tiếp tục ghi âm, ghi hình."] {
        assert!(said.contains(line), "{said}");
    }
}
