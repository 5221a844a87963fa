//! Coming in, speaking, raising a hand, leaving.

use std::time::Duration;

use diemcau_protocol::{
    Action, Command, ErrorCode, Event, LeaveReason, Presence, Role, ServerMessage, SourceKind,
    SourceRef, Stage, StageMode,
};

use super::support::{AN_BINH, CHAIR, HOA_LAC, Machine, OBSERVER, token};

#[tokio::test]
async fn three_people_meet_write_and_raise_hands() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;

    let (mut chair, welcome) = server.guest(&meeting.links[CHAIR]).await;
    let snapshot = welcome.snapshot.unwrap();
    assert_eq!(snapshot.meeting.title, "Giao ban phòng chống bão");
    assert_eq!(snapshot.participants[0].name, "Chủ tọa");
    assert_eq!(snapshot.participants[0].number, 1);
    assert!(welcome.you.may.contains(&Action::MuteOthers));
    assert_eq!(welcome.heartbeat_seconds, 10);

    let (mut an_binh, welcome) = server.guest(&meeting.links[AN_BINH]).await;
    assert_eq!(welcome.snapshot.unwrap().participants.len(), 2);
    assert!(!welcome.you.may.contains(&Action::MuteOthers));
    chair
        .event(Event::ParticipantJoined {
            participant: "an-binh".into(),
            number: 2,
            name: "Xã An Bình".to_owned(),
            role: Role::Operator,
            kind: diemcau_protocol::ParticipantKind::Site,
            unit: Some("Tỉnh Minh Họa".to_owned()),
        })
        .await;

    an_binh.chat(" Chào các đồng chí ").await.unwrap();
    chair
        .event(Event::ChatSent {
            from: "an-binh".into(),
            text: "Chào các đồng chí".to_owned(),
        })
        .await;

    an_binh
        .command(Command::SetHand { raised: true })
        .await
        .unwrap();
    let (_hoa_lac, welcome) = server.guest(&meeting.links[HOA_LAC]).await;
    let snapshot = welcome.snapshot.unwrap();
    assert_eq!(snapshot.chat.len(), 1);
    assert!(snapshot.participants[1].hand_raised_at.is_some());

    chair
        .command(Command::LowerHand {
            participant: "an-binh".into(),
        })
        .await
        .unwrap();
    an_binh
        .event(Event::HandSet {
            participant: "an-binh".into(),
            raised: false,
            by: "chu-toa".into(),
        })
        .await;
    assert_eq!(server.signaling.counters().participants_present, 3);
    assert_eq!(server.signaling.counters().websockets, 3);
}

#[tokio::test]
async fn the_chair_mutes_and_only_the_chair_lifts_it() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    let (mut an_binh, _) = server.guest(&meeting.links[AN_BINH]).await;

    let open = Command::SetMicrophone { on: true };
    an_binh.command(open.clone()).await.unwrap();
    let mute = |muted| Command::SetMuted {
        participant: "an-binh".into(),
        muted,
    };
    chair.command(mute(true)).await.unwrap();
    an_binh
        .event(Event::MicrophoneSet {
            participant: "an-binh".into(),
            on: false,
        })
        .await;
    assert_eq!(
        an_binh.command(open.clone()).await,
        Err(ErrorCode::MutedByChair)
    );
    assert_eq!(
        an_binh.command(mute(false)).await,
        Err(ErrorCode::Forbidden)
    );
    chair.command(mute(false)).await.unwrap();
    an_binh.command(open).await.unwrap();
    let refused = server.signaling.counters().refused;
    assert_eq!(refused[&ErrorCode::MutedByChair], 1);
    assert_eq!(refused[&ErrorCode::Forbidden], 1);
}

#[tokio::test]
async fn the_observer_only_sees_and_hears() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let (mut observer, welcome) = server.guest(&meeting.links[OBSERVER]).await;
    assert_eq!(welcome.you.may, []);
    for command in [
        Command::SetMicrophone { on: true },
        Command::SetHand { raised: true },
        Command::SendChat {
            text: "Xin hỏi".to_owned(),
        },
    ] {
        assert_eq!(observer.command(command).await, Err(ErrorCode::Forbidden));
    }
}

#[tokio::test]
async fn whoever_leaves_leaves_the_stage_too() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    let (mut an_binh, _) = server.guest(&meeting.links[AN_BINH]).await;
    chair
        .command(Command::SetStage {
            source: Some(SourceRef {
                participant: "an-binh".into(),
                kind: SourceKind::Camera,
            }),
        })
        .await
        .unwrap();
    an_binh.command(Command::Leave).await.unwrap();
    chair
        .event(Event::StageSet {
            stage: Stage {
                mode: StageMode::FollowSpeaker,
                source: None,
            },
            by: None,
        })
        .await;
    let last = an_binh.end().await;
    assert!(
        !last
            .iter()
            .any(|message| matches!(message, ServerMessage::Bye { .. }))
    );

    let (_, welcome) = server.guest(&meeting.links[AN_BINH]).await;
    let me = &welcome.snapshot.unwrap().participants[1];
    assert_eq!((me.number, me.presence), (2, Presence::Present));
}

#[tokio::test]
async fn another_tab_takes_over_and_the_first_stays_away() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    let (mut first, _) = server.guest(&meeting.links[AN_BINH]).await;
    let mut second = server.door().await;
    second
        .hello(&token(&meeting.links[AN_BINH]), "tab khác", None)
        .await;
    let welcome = second.welcome().await;
    assert_eq!(welcome.snapshot.unwrap().participants.len(), 2);
    assert_eq!(first.bye().await, (ErrorCode::TakenOver, false));
    // Nobody else noticed: no event came between these two.
    second.chat("Tôi đây").await.unwrap();
    let cursor = chair
        .event(Event::ChatSent {
            from: "an-binh".into(),
            text: "Tôi đây".to_owned(),
        })
        .await;
    assert!(!cursor.as_str().is_empty());
    assert_eq!(server.signaling.counters().participants_present, 2);
}

#[tokio::test]
async fn whoever_does_not_come_back_within_the_grace_is_gone() {
    let machine = Machine::new();
    let server = machine
        .start_with(|config| config.reconnect_grace = Duration::from_millis(50))
        .await;
    let meeting = server.briefing().await;
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    let (an_binh, _) = server.guest(&meeting.links[AN_BINH]).await;
    an_binh.cut();
    chair
        .event(Event::ConnectionLost {
            participant: "an-binh".into(),
        })
        .await;
    chair
        .event(Event::ParticipantLeft {
            participant: "an-binh".into(),
            reason: LeaveReason::ConnectionLost,
        })
        .await;
}

#[tokio::test]
async fn a_silent_line_is_a_lost_one() {
    let machine = Machine::new();
    let server = machine
        .start_with(|config| config.heartbeat = Duration::from_millis(500))
        .await;
    let meeting = server.briefing().await;
    // Whoever reads answers the server's pings; xã An Bình reads no more.
    let (mut an_binh, _) = server.guest(&meeting.links[AN_BINH]).await;
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    chair
        .event(Event::ConnectionLost {
            participant: "an-binh".into(),
        })
        .await;
    assert_eq!(an_binh.bye().await, (ErrorCode::HeartbeatLost, true));
}

#[tokio::test]
async fn at_the_end_everyone_is_told_to_come_back() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    chair.chat("Hẹn gặp lại").await.unwrap();
    let (bye, ()) = tokio::join!(chair.bye(), server.signaling.shutdown());
    assert_eq!(bye, (ErrorCode::ServerStopping, true));
    assert!(server.signaling.ready().await.is_err());
}
