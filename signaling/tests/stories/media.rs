//! Offers, answers and slots, and what the media plane is asked.

use diemcau_protocol::{
    ClientMessage, Command, DesiredChange, ErrorCode, Event, LayoutMessage, MediaCommand,
    MediaEvent, ServerMessage, SessionId, SlotShows, SlotWish, SourceKind, SourceRef, Stage,
    StageMode,
};

use super::support::{AN_BINH, CHAIR, Guest, HOA_LAC, Machine, Server, token};

/// The session of the next offer that reaches the media plane.
async fn offered(server: &mut Server) -> (SessionId, bool) {
    server
        .media_asked(|command| match command {
            MediaCommand::Offer {
                session, restart, ..
            } => Some((session, restart)),
            _ => None,
        })
        .await
}

/// Makes a media connection.
async fn connect(server: &mut Server, guest: &mut Guest) -> SessionId {
    let id = guest.offer(None).await;
    let (session, restart) = offered(server).await;
    assert!(!restart);
    server.signaling.media_event(MediaEvent::Answer {
        session: session.clone(),
        sdp: "v=0 answer".to_owned(),
    });
    let answered = guest
        .hear(|message| match message {
            ServerMessage::Answer {
                id: of, session, ..
            } if *of == id => Some(session.clone()),
            _ => None,
        })
        .await;
    assert_eq!(answered, session);
    session
}

async fn closed(server: &mut Server) -> SessionId {
    server
        .media_asked(|command| match command {
            MediaCommand::Close { session } => Some(session),
            _ => None,
        })
        .await
}

#[tokio::test]
async fn a_reconnect_keeps_the_media_and_a_takeover_does_not() {
    let machine = Machine::new();
    let mut server = machine.start().await;
    let meeting = server.briefing().await;
    let (mut an_binh, _) = server.guest(&meeting.links[AN_BINH]).await;
    let session = connect(&mut server, &mut an_binh).await;
    an_binh.cut();

    let (mut same_tab, welcome) = server.guest(&meeting.links[AN_BINH]).await;
    assert_eq!(welcome.session.as_ref(), Some(&session));
    let id = same_tab.offer(Some(session.clone())).await;
    assert_eq!(offered(&mut server).await, (session.clone(), true));
    server.signaling.media_event(MediaEvent::OfferRefused {
        session: session.clone(),
        code: ErrorCode::SdpInvalid,
        detail: "not usable".to_owned(),
    });
    assert_eq!(same_tab.answer(id).await, Err(ErrorCode::SdpInvalid));

    let mut other_tab = server.door().await;
    other_tab
        .hello(&token(&meeting.links[AN_BINH]), "tab khác", None)
        .await;
    assert_eq!(other_tab.welcome().await.session, None);
    assert_eq!(closed(&mut server).await, session);
    let id = other_tab.offer(Some(session)).await;
    assert_eq!(other_tab.answer(id).await, Err(ErrorCode::UnknownSession));
}

#[tokio::test]
async fn what_the_media_plane_tells_reaches_whom_it_concerns() {
    let machine = Machine::new();
    let mut server = machine.start().await;
    let meeting = server.briefing().await;
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    let (mut an_binh, _) = server.guest(&meeting.links[AN_BINH]).await;
    let session = connect(&mut server, &mut an_binh).await;
    let camera = SourceRef {
        participant: "chu-toa".into(),
        kind: SourceKind::Camera,
    };

    let wishes = vec![SlotWish {
        mid: "5".to_owned(),
        source: Some(camera.clone()),
        height: 360,
    }];
    an_binh
        .say(&ClientMessage::Layout(LayoutMessage {
            wishes: wishes.clone(),
        }))
        .await;
    let wished = server
        .media_asked(|command| match command {
            MediaCommand::Layout { session, wishes } => Some((session, wishes)),
            _ => None,
        })
        .await;
    assert_eq!(wished, (session.clone(), wishes));

    let slots = vec![SlotShows {
        mid: "5".to_owned(),
        source: Some(camera),
    }];
    server.signaling.media_event(MediaEvent::Slots {
        session: session.clone(),
        slots: slots.clone(),
    });
    server.signaling.media_event(MediaEvent::Speaking {
        meeting: meeting.meeting.clone(),
        participants: vec!["chu-toa".into()],
    });
    let shown = an_binh
        .hear(|message| match message {
            ServerMessage::Slots { slots, .. } => Some(slots.clone()),
            _ => None,
        })
        .await;
    assert_eq!(shown, slots);
    chair
        .hear(|message| match message {
            ServerMessage::Slots { .. } => panic!("these are not the chair's slots"),
            ServerMessage::Speaking { participants } => participants.first().cloned(),
            _ => None,
        })
        .await;

    server.signaling.media_event(MediaEvent::Disconnected {
        session: session.clone(),
    });
    let lost = an_binh
        .hear(|message| match message {
            ServerMessage::MediaLost { session } => Some(session.clone()),
            _ => None,
        })
        .await;
    assert_eq!(lost, session);
    assert_eq!(closed(&mut server).await, session);
}

#[tokio::test]
async fn whoever_comes_back_is_told_what_the_slots_show_and_who_speaks() {
    let machine = Machine::new();
    let mut server = machine.start().await;
    let meeting = server.briefing().await;
    let (_chair, _) = server.guest(&meeting.links[CHAIR]).await;
    let (mut an_binh, _) = server.guest(&meeting.links[AN_BINH]).await;
    let session = connect(&mut server, &mut an_binh).await;
    let shows = |mid: &str, whose: Option<&str>| SlotShows {
        mid: mid.to_owned(),
        source: whose.map(|whose| SourceRef {
            participant: whose.into(),
            kind: SourceKind::Camera,
        }),
    };
    let tell = |slots| {
        server.signaling.media_event(MediaEvent::Slots {
            session: session.clone(),
            slots,
        });
    };
    tell(vec![
        shows("5", Some("chu-toa")),
        shows("6", Some("hoa-lac")),
    ]);
    an_binh.cut();
    // While nobody listens, xã Hòa Lạc goes, and the chair speaks.
    tell(vec![shows("6", None), shows("7", Some("chu-toa"))]);
    server.signaling.media_event(MediaEvent::Speaking {
        meeting: meeting.meeting.clone(),
        participants: vec!["chu-toa".into()],
    });

    let (mut back, welcome) = server.guest(&meeting.links[AN_BINH]).await;
    assert_eq!(welcome.session.as_ref(), Some(&session));
    let (of, shown) = back
        .hear(|message| match message {
            ServerMessage::Slots { session, slots } => Some((session.clone(), slots.clone())),
            _ => None,
        })
        .await;
    assert_eq!(of, session);
    assert_eq!(
        shown,
        [
            shows("5", Some("chu-toa")),
            shows("6", None),
            shows("7", Some("chu-toa")),
        ]
    );
    let speaking = back
        .hear(|message| match message {
            ServerMessage::Speaking { participants } => Some(participants.clone()),
            _ => None,
        })
        .await;
    assert_eq!(speaking, ["chu-toa".into()]);
}

#[tokio::test]
async fn restarts_of_one_connection_are_negotiated_one_after_the_other() {
    let machine = Machine::new();
    let mut server = machine.start().await;
    let meeting = server.briefing().await;
    let (mut an_binh, _) = server.guest(&meeting.links[AN_BINH]).await;
    let session = connect(&mut server, &mut an_binh).await;
    server.media_asked_so_far();

    let first = an_binh.offer(Some(session.clone())).await;
    let second = an_binh.offer(Some(session.clone())).await;
    let third = an_binh.offer(Some(session.clone())).await;
    // The newest waits, so the second is not needed any more.
    assert_eq!(
        an_binh.answer(second).await,
        Err(ErrorCode::MediaUnavailable)
    );
    assert_eq!(offered(&mut server).await, (session.clone(), true));
    assert_eq!(server.media_asked_so_far(), []);

    for (id, sdp) in [(first, "v=0 first"), (third, "v=0 third")] {
        server.signaling.media_event(MediaEvent::Answer {
            session: session.clone(),
            sdp: sdp.to_owned(),
        });
        let answered = an_binh
            .hear(|message| match message {
                ServerMessage::Answer { id, sdp, .. } => Some((*id, sdp.clone())),
                _ => None,
            })
            .await;
        assert_eq!(answered, (id, sdp.to_owned()));
        if id == first {
            assert_eq!(offered(&mut server).await, (session.clone(), true));
        }
    }

    // One that is refused makes way for the next; a session that is gone does not.
    let fourth = an_binh.offer(Some(session.clone())).await;
    offered(&mut server).await;
    let fifth = an_binh.offer(Some(session.clone())).await;
    let sixth = an_binh.offer(Some(session.clone())).await;
    assert_eq!(
        an_binh.answer(fifth).await,
        Err(ErrorCode::MediaUnavailable)
    );
    let refuse = |code| {
        server.signaling.media_event(MediaEvent::OfferRefused {
            session: session.clone(),
            code,
            detail: "not usable".to_owned(),
        });
    };
    refuse(ErrorCode::SdpInvalid);
    assert_eq!(an_binh.answer(fourth).await, Err(ErrorCode::SdpInvalid));
    let seventh = an_binh.offer(Some(session.clone())).await;
    an_binh.ping_pong().await;
    refuse(ErrorCode::UnknownSession);
    for id in [sixth, seventh] {
        assert_eq!(an_binh.answer(id).await, Err(ErrorCode::UnknownSession));
    }
}

#[tokio::test]
async fn the_stage_follows_the_speaker_until_the_chair_chooses() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    let (mut an_binh, _) = server.guest(&meeting.links[AN_BINH]).await;
    let (mut hoa_lac, _) = server.guest(&meeting.links[HOA_LAC]).await;
    let camera = |who: &str| {
        Some(SourceRef {
            participant: who.into(),
            kind: SourceKind::Camera,
        })
    };
    let follows = |who: &str| Event::StageSet {
        stage: Stage {
            mode: StageMode::FollowSpeaker,
            source: camera(who),
        },
        by: None,
    };
    let speaks = |who: &str| {
        server.signaling.media_event(MediaEvent::Speaker {
            meeting: meeting.meeting.clone(),
            participant: who.into(),
        });
    };
    for site in [&mut an_binh, &mut hoa_lac] {
        site.command(Command::SetMicrophone { on: true })
            .await
            .unwrap();
    }
    speaks("an-binh");
    chair.event(follows("an-binh")).await;
    chair
        .command(Command::SetStage {
            source: camera("chu-toa"),
        })
        .await
        .unwrap();
    speaks("hoa-lac");
    chair
        .command(Command::SetStage { source: None })
        .await
        .unwrap();
    // Xã Hòa Lạc has been speaking all the while; no new word is needed.
    chair.event(follows("hoa-lac")).await;
}

#[tokio::test]
async fn changes_are_numbered_and_out_of_step_brings_the_whole_state() {
    let machine = Machine::new();
    let mut server = machine.start().await;
    let meeting = server.briefing().await;
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    chair
        .command(Command::SetMicrophone { on: true })
        .await
        .unwrap();
    chair
        .command(Command::SetHand { raised: true })
        .await
        .unwrap();
    let asked = server.media_asked_so_far();
    let revisions: Vec<u32> = asked
        .iter()
        .map(|command| match command {
            MediaCommand::Desired { revision, .. } | MediaCommand::Change { revision, .. } => {
                *revision
            }
            other => panic!("not asked for: {other:?}"),
        })
        .collect();
    assert_eq!(revisions, [0, 1, 2]);
    assert!(matches!(
        asked.last(),
        Some(MediaCommand::Change { change: DesiredChange::PutParticipant { participant }, .. })
            if participant.publish.microphone && participant.always_heard
    ));

    server.signaling.media_event(MediaEvent::OutOfStep {
        meeting: meeting.meeting.clone(),
        epoch: 1,
        revision: 0,
    });
    let (revision, state) = server
        .media_asked(|command| match command {
            MediaCommand::Desired {
                revision, state, ..
            } => Some((revision, state)),
            _ => None,
        })
        .await;
    assert_eq!(revision, 2);
    assert!(state.participants[0].publish.microphone);
}
