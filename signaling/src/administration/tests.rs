//! Acts are stored whole, written down, and done once; in either database.

use diemcau_protocol::MeetingId;

use super::*;
use crate::organisation::{Change, MemberKind, Name, TierId, UnitId, decide};
use crate::test_support::{Place, both};

async fn open(place: &Place) -> Administration {
    Administration::open(&place.location).await.unwrap()
}

fn act(at: i64, key: Option<&str>) -> Act {
    Act {
        actor: "administrator".to_owned(),
        action: "unit.create",
        at,
        once: key.map(|key| Once {
            key: key.to_owned(),
            request: [7; 32],
        }),
    }
}

fn new_unit(id: &str) -> Change {
    Change::AddUnit {
        id: UnitId::parse(id).unwrap(),
        parent: None,
        tier: TierId::parse("province").unwrap(),
        name: Name::parse("UBND tỉnh Minh Họa").unwrap(),
    }
}

fn answer(organisation: &Organisation) -> Answer {
    Answer {
        status: 201,
        etag: None,
        location: None,
        body: organisation.version.to_string(),
    }
}

async fn make(
    administration: &Administration,
    act: Act,
    change: Change,
) -> Result<Answer, ActError> {
    let at = act.at;
    let decide = |organisation: &Organisation| decide(organisation, at, change);
    administration.act(act, decide, answer).await
}

both! {
    async fn what_one_server_changes_the_other_one_sees(place: Place) {
        let (one, other) = (open(&place).await, open(&place).await);
        for (id, server) in [("a", &one), ("b", &other), ("c", &one)] {
            make(server, act(5, None), new_unit(id)).await.unwrap();
        }
        let refused = make(&other, act(6, None), new_unit("c")).await;
        assert!(matches!(refused, Err(ActError::Refused(_))));
        let (one, other) = (one.organisation().await.unwrap(), other.organisation().await.unwrap());
        assert_eq!(one, other);
        assert_eq!((one.units.len(), one.version), (3, 3));
    }

    async fn an_act_that_takes_long_keeps_nobody_at_the_door(place: Place) {
        let server = open(&place).await;
        let meeting = MeetingId::from("giao-ban");
        // The act is under way for as long as this lives.
        let work = server.work().await.unwrap();
        let at_the_door = async {
            assert_eq!(server.door(&meeting, "an-binh").await.unwrap(), None);
            assert!(!server.guest_may_come("guest-minh").await.unwrap());
            assert_eq!(server.meeting(&meeting).await.unwrap(), None);
        };
        let patience = std::time::Duration::from_secs(60);
        let passed = tokio::time::timeout(patience, at_the_door).await;
        passed.expect("nobody waits for the act");
        work.end(Ok::<_, StoreError>(())).await.unwrap();
        server.close().await;
        let closed = server.door(&meeting, "an-binh").await;
        assert!(matches!(closed, Err(StoreError::Closed)));
    }

    async fn an_organisation_reads_back_as_it_was(place: Place) {
        let first = open(&place).await;
        make(&first, act(5, None), new_unit("a")).await.unwrap();
        let rename = Change::AlterUnit {
            id: UnitId::parse("a").unwrap(),
            name: Some(Name::parse("Tỉnh Mới").unwrap()),
            parent: None,
            tier: None,
        };
        make(&first, act(9, None), rename).await.unwrap();
        let person = Change::AddMember {
            kind: MemberKind::Person,
            id: crate::organisation::MemberId::parse("p").unwrap(),
            unit: UnitId::parse("a").unwrap(),
            name: Name::parse("Nguyễn Thị Lan").unwrap(),
            position: Some(Name::parse("Chánh Văn phòng").unwrap()),
        };
        make(&first, act(9, None), person).await.unwrap();
        let before = first.organisation().await.unwrap();
        first.close().await;
        assert!(matches!(first.organisation().await, Err(StoreError::Closed)));
        let again = open(&place).await.organisation().await.unwrap();
        assert_eq!(before, again);
        assert_eq!(again.units.values().next().unwrap().names.len(), 2);
    }

    async fn a_request_that_comes_twice_is_done_once(place: Place) {
        let administration = open(&place).await;
        let first = make(&administration, act(5, Some("k")), new_unit("a")).await.unwrap();
        let again = make(&administration, act(6, Some("k")), new_unit("a")).await.unwrap();
        assert_eq!(first, again);
        assert_eq!(administration.organisation().await.unwrap().version, 1);

        let mut other = act(7, Some("k"));
        other.once.as_mut().unwrap().request = [8; 32];
        let reused = make(&administration, other, new_unit("b")).await;
        assert!(matches!(reused, Err(ActError::KeyReused)));
        // A day later nobody remembers.
        let late = make(&administration, act(5 + ANSWERS_KEPT, Some("k")), new_unit("b")).await;
        assert_eq!(late.unwrap().body, "2");
    }

    async fn every_act_is_in_the_audit_log_and_nothing_is_changed_there(place: Place) {
        let administration = open(&place).await;
        for id in ["a", "b", "c"] {
            make(&administration, act(5, None), new_unit(id)).await.unwrap();
        }
        let intact = administration.verify_audit().await.unwrap();
        assert_eq!((intact.entries, intact.broken_at), (3, None));
        let entries = administration.audit_after(0, 10).await.unwrap();
        let second: serde_json::Value = serde_json::from_slice(&entries[1]).unwrap();
        assert_eq!(second["prev_hash"], hex::encode(crate::log::hash_of(&entries[0])));
        assert_eq!(second["actor"], "administrator");
        assert_eq!(second["before"], serde_json::Value::Null);
        assert_eq!(second["after"]["id"], "b");

        for (tampering, broken_at) in [
            // The last entry is cut off; then one is left out; then one altered.
            ("DELETE FROM audit WHERE seq = 3", 3),
            ("DELETE FROM audit WHERE seq = 1", 1),
            ("UPDATE audit SET bytes = hash", 1),
        ] {
            place.change_organisation(tampering).await;
            let found = administration.verify_audit().await.unwrap();
            assert_eq!(found.broken_at, Some(broken_at), "{tampering}");
        }
    }

    async fn whoever_hangs_up_in_the_middle_leaves_nothing_half_done(place: Place) {
        let administration = open(&place).await;
        for patience in 0..20 {
            let id = format!("bo-do-{patience}");
            let mut begun = Box::pin(make(&administration, act(5, None), new_unit(&id)));
            for _ in 0..patience {
                let _ = futures_util::poll!(&mut begun);
                tokio::task::yield_now().await;
            }
        }
        make(&administration, act(6, None), new_unit("a")).await.unwrap();
        let organisation = administration.organisation().await.unwrap();
        let found = administration.verify_audit().await.unwrap();
        assert_eq!(found.broken_at, None);
        assert_eq!(found.entries, organisation.version);
        assert_eq!(organisation.units.len() as i64, organisation.version);
    }

    async fn what_cannot_be_stored_changes_nothing(place: Place) {
        let administration = open(&place).await;
        make(&administration, act(5, None), new_unit("a")).await.unwrap();
        place.change_organisation("ALTER TABLE audit RENAME TO elsewhere").await;
        let refused = make(&administration, act(6, None), new_unit("b")).await;
        assert!(matches!(refused, Err(ActError::Store(_))));
        place.change_organisation("ALTER TABLE elsewhere RENAME TO audit").await;
        assert_eq!(administration.organisation().await.unwrap().units.len(), 1);
        make(&administration, act(7, None), new_unit("b")).await.unwrap();
        assert_eq!(administration.verify_audit().await.unwrap().entries, 2);
    }
}
