//! Coming back: after a broken line, from a cursor, after a restart.

use diemcau_protocol::{Command, Cursor, Event, MediaCommand, Presence};

use super::support::{AN_BINH, CHAIR, Machine, token};

#[tokio::test]
async fn a_broken_line_is_resumed_where_it_broke() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    let (an_binh, welcome) = server.guest(&meeting.links[AN_BINH]).await;
    an_binh.cut();
    chair
        .event(Event::ConnectionLost {
            participant: "an-binh".into(),
        })
        .await;
    chair.chat("Chờ xã An Bình").await.unwrap();

    let mut again = server.door().await;
    again
        .hello(
            &token(&meeting.links[AN_BINH]),
            "an-binh",
            Some(welcome.cursor),
        )
        .await;
    let back = again.welcome().await;
    assert_eq!(back.snapshot, None);
    let missed: Vec<Event> = back.events.into_iter().map(|event| event.event).collect();
    assert_eq!(
        missed,
        [
            Event::ConnectionLost {
                participant: "an-binh".into()
            },
            Event::ChatSent {
                from: "chu-toa".into(),
                text: "Chờ xã An Bình".to_owned()
            },
            Event::ConnectionRestored {
                participant: "an-binh".into()
            },
        ]
    );
    chair
        .event(Event::ConnectionRestored {
            participant: "an-binh".into(),
        })
        .await;
}

#[tokio::test]
async fn a_cursor_of_somewhere_else_gets_a_snapshot() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    for cursor in ["", "khong phai", "62616e3a313a6162"] {
        let mut guest = server.door().await;
        guest
            .hello(
                &token(&meeting.links[AN_BINH]),
                "an-binh",
                Some(Cursor::from(cursor)),
            )
            .await;
        let welcome = guest.welcome().await;
        assert!(welcome.snapshot.is_some(), "{cursor}");
        assert_eq!(welcome.events, []);
    }
}

#[tokio::test]
async fn after_a_kill_the_meeting_its_chat_and_its_hands_are_there_again() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let (mut an_binh, welcome) = server.guest(&meeting.links[AN_BINH]).await;
    an_binh.chat("Nước đang lên").await.unwrap();
    an_binh
        .command(Command::SetHand { raised: true })
        .await
        .unwrap();
    an_binh
        .command(Command::SetCamera { on: true })
        .await
        .unwrap();
    server.kill();

    let mut server = machine.start().await;
    let (epoch, state) = server
        .media_asked(|command| match command {
            MediaCommand::Desired { epoch, state, .. } => Some((epoch, state)),
            _ => None,
        })
        .await;
    assert_eq!(epoch, 2);
    assert!(state.participants[0].publish.camera);

    // The demonstration opens its meeting again; it is the same one.
    let again = server.briefing().await;
    assert_eq!(again.meeting, meeting.meeting);
    let (_, chair) = server.guest(&again.links[CHAIR]).await;
    let snapshot = chair.snapshot.unwrap();
    assert_eq!(snapshot.chat[0].text, "Nước đang lên");
    let waiting = &snapshot.participants[0];
    assert_eq!(waiting.name, "Xã An Bình");
    assert_eq!(waiting.presence, Presence::Reconnecting);
    assert!(waiting.hand_raised_at.is_some());

    // The old link and the old cursor are good across the restart.
    let mut back = server.door().await;
    back.hello(
        &token(&meeting.links[AN_BINH]),
        "an-binh",
        Some(welcome.cursor),
    )
    .await;
    let welcome = back.welcome().await;
    assert_eq!(welcome.snapshot, None);
    assert!(
        welcome
            .events
            .iter()
            .any(|event| event.event == Event::ServerRestarted)
    );
}

#[tokio::test]
async fn a_meeting_without_anybody_in_it_is_opened_only_when_somebody_asks() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    chair.chat("Hẹn tuần sau").await.unwrap();
    chair.command(Command::Leave).await.unwrap();
    server.kill();

    let mut server = machine.start().await;
    assert_eq!(server.media_asked_so_far(), []);
    assert_eq!(server.signaling.counters().meetings, 0);
    assert_eq!(server.signaling.counters().events_stored, 0);
    let (_, welcome) = server.guest(&meeting.links[CHAIR]).await;
    assert_eq!(welcome.snapshot.unwrap().chat[0].text, "Hẹn tuần sau");
    assert_eq!(server.signaling.counters().meetings, 1);
    // The chair came in; nobody was awaited, so no restart was noted.
    assert_eq!(server.signaling.counters().events_stored, 1);
}

#[tokio::test]
async fn each_owner_of_a_meeting_has_a_higher_epoch() {
    let machine = Machine::new();
    for expected in 1..=3 {
        let mut server = machine.start().await;
        server.briefing().await;
        let epoch = server
            .media_asked(|command| match command {
                MediaCommand::Desired { epoch, .. } => Some(epoch),
                _ => None,
            })
            .await;
        assert_eq!(epoch, expected);
        server.signaling.shutdown().await;
    }
}
