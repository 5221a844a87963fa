//! Stories of clerks who look for a recording.

use std::sync::Arc;

use diemcau_protocol::{RecordingState, Role, SearchedPlace};
use tokio::runtime::Builder;

use super::*;
use crate::keeping::{Order, Retention};
use crate::lock::Identity;
use crate::minutes::conference::EIGHT;
use crate::minutes::conference::archived::Recordings;
use crate::minutes::desk::Seen;
use crate::minutes::draft::{Edit, Hand};
use crate::minutes::statement::{Editor, Section};

fn index(recordings: &Recordings) -> ArchiveIndex {
    let library = Library::new(recordings.path(), None);
    ArchiveIndex::new(library, Arc::new(recordings.desk()))
}

/// The meetings that are found, with where.
async fn search(
    index: &ArchiveIndex,
    query: &str,
    with_drafts: bool,
) -> Vec<(String, Vec<FoundPlace>)> {
    index
        .refresh(|_| async { Ok("{}".to_owned()) })
        .await
        .unwrap();
    let wanted = Wanted::with(Some(query)).unwrap();
    let mut found = Vec::new();
    for hit in index.some(&wanted).await.unwrap() {
        let places = index.places(&hit, &wanted, with_drafts).await.unwrap();
        found.extend(places.map(|places| (hit.entry.meeting.0, places)));
    }
    found
}

fn names(found: &[(String, Vec<FoundPlace>)]) -> Vec<&str> {
    found.iter().map(|(meeting, _)| meeting.as_str()).collect()
}

fn run(story: impl Future<Output = ()>) {
    Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(story);
}

#[test]
fn a_meeting_is_found_with_and_without_diacritics_and_with_its_moment() {
    run(async {
        let recordings = Recordings::new();
        recordings.archive("bao-so-5", "Ứng phó bão số 5");
        recordings.archive("dat-dai", "Giải phóng mặt bằng đường Đèo Cả");
        let index = index(&recordings);
        for query in ["đèo cả", "deo ca", "ĐÈO", "giai phong DEO"] {
            assert_eq!(
                names(&search(&index, query, true).await),
                ["dat-dai"],
                "{query}"
            );
        }
        // All of the words, wherever each stands.
        assert_eq!(
            names(&search(&index, "bão An Bình", true).await),
            ["dat-dai", "bao-so-5"]
        );
        assert_eq!(
            names(&search(&index, "đèo bão số 5", true).await),
            ["dat-dai"]
        );
        assert_eq!(search(&index, "qwx zjf", true).await, []);
        let found = search(&index, "an binh", true).await;
        let moments = found[0]
            .1
            .iter()
            .filter(|one| one.place == SearchedPlace::Speaker);
        assert!(
            moments.clone().any(|one| one.at == Some(600_000)),
            "{found:#?}"
        );
        let words = &found[0].1[0].words;
        assert!(words.iter().any(|part| part.matches), "{words:?}");
        assert!(Wanted::with(Some("…")).is_none());
    });
}

#[test]
fn a_draft_is_found_by_those_alone_who_may_read_it_and_at_once() {
    run(async {
        let recordings = Recordings::new();
        recordings.archive("bao-so-5", "Ứng phó bão số 5");
        let index = index(&recordings);
        assert_eq!(search(&index, "hỏa tốc", true).await, []);
        let desk = recordings.desk();
        let meeting = "bao-so-5".into();
        let hand = Hand {
            editor: Editor {
                id: "thu-ky".to_owned(),
                name: "Bà Trần Thị Thu Hương".to_owned(),
            },
            role: Role::Secretary,
            now: EIGHT,
        };
        let seen = Seen::of(&desk.draft(&meeting).unwrap());
        let edits = vec![Edit::Write {
            section: Section::Conclusion,
            after: None,
            text: "Ban hành công điện hỏa tốc.".to_owned(),
        }];
        desk.edit(&meeting, &hand, &seen, edits).unwrap();
        let found = search(&index, "hoa toc", true).await;
        assert_eq!(names(&found), ["bao-so-5"]);
        assert_eq!(found[0].1[0].place, SearchedPlace::Minutes);
        assert_eq!(search(&index, "hoa toc", false).await, []);
    });
}

#[test]
fn a_damaged_index_is_made_anew_and_a_recording_that_is_gone_is_forgotten() {
    run(async {
        let recordings = Recordings::new();
        recordings.archive("bao-so-5", "Ứng phó bão số 5");
        recordings.archive("giao-ban", "Tổng kết mùa vụ");
        assert_eq!(search(&index(&recordings), "bão số 5", true).await.len(), 2);
        let file = recordings.path().join(FILE);
        std::fs::write(&file, vec![0x5a; 9_000]).unwrap();
        let index = index(&recordings);
        assert_eq!(names(&search(&index, "mua vu", true).await), ["giao-ban"]);
        std::fs::remove_dir_all(recordings.path().join("giao-ban")).unwrap();
        assert_eq!(search(&index, "mua vu", true).await, []);
    });
}

#[test]
fn an_encrypted_archive_is_searched_where_the_key_is_and_listed_where_it_is_not() {
    run(async {
        let identity = Identity::from_text(&Identity::generate()).unwrap();
        let recordings = Recordings::new();
        let recipients = identity.recipients();
        recordings.encrypted("bao-so-5", "Ứng phó bão số 5", Some(&recipients));
        let locked = index(&recordings);
        assert_eq!(
            names(&search(&locked, "bão số 5", true).await),
            ["bao-so-5"]
        );
        assert_eq!(search(&locked, "an binh", true).await, []);
        drop(locked);

        // The server is started with the key.
        let library = recordings.library(Some(identity));
        let desk = MinutesDesk::new(library.clone(), Arc::clone(&recordings.key));
        let open = ArchiveIndex::new(library, Arc::new(desk));
        assert_eq!(names(&search(&open, "an binh", true).await), ["bao-so-5"]);
    });
}

#[test]
fn of_a_destroyed_archive_its_title_is_listed_and_its_words_are_gone_from_the_file() {
    run(async {
        let recordings = Recordings::new();
        recordings.archive("bao-so-5", "Ứng phó bão số 5");
        let index = index(&recordings);
        assert_eq!(names(&search(&index, "an binh", true).await), ["bao-so-5"]);
        let has_words = || {
            let file = fs::read(recordings.path().join(FILE)).unwrap();
            let words = "Ủy ban nhân dân xã An Bình".as_bytes();
            file.windows(words.len()).any(|place| place == words)
        };
        assert!(has_words());

        let library = recordings.library(None);
        let meeting = "bao-so-5".into();
        let retention = Retention {
            days: Some(1),
            ..Retention::default()
        };
        let reason = "Hết thời hạn lưu trữ".to_owned();
        for (person, order) in [("binh", Order::Propose { reason }), ("lan", Order::Confirm)] {
            let decided = library.decide(&meeting, &retention, i64::MAX, (person, person), order);
            let (_, outcome) = decided.unwrap().unwrap();
            library
                .perform(&meeting, &outcome, &recordings.key)
                .unwrap();
        }
        index.forget(&meeting).await.unwrap();
        assert!(!has_words());
        assert_eq!(search(&index, "an binh", true).await, []);
        assert_eq!(names(&search(&index, "bão số 5", true).await), ["bao-so-5"]);
        let wanted = Wanted::with(None).unwrap();
        let listed = &index.some(&wanted).await.unwrap()[0].entry;
        assert_eq!(listed.state, RecordingState::Destroyed);
    });
}
