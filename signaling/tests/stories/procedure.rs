//! The procedure as people at their machines find it: waiting in the lobby,
//! being removed, a floor that ends by itself, and a meeting that is over.

use std::time::Duration;

use diemcau_protocol::{
    AdmissionCommand, AdmissionEvent, ChatMode, Command, ConductCommand, ConductEvent,
    CourseCommand, ErrorCode, Event, FloorCommand, FloorEnd, FloorEvent, FloorMode, FloorPolicy,
    Invitation, InviteLink, LobbyMode, MediaCommand, ServerMessage,
};
use diemcau_signaling::SignalingConfig;

use super::rest::{ask, get};
use super::schedule::now;
use super::support::{AN_BINH, CHAIR, HOA_LAC, Machine, Server, briefing, token};

fn admission(command: AdmissionCommand) -> Command {
    Command::Admission(command)
}

#[tokio::test]
async fn whoever_waits_in_the_lobby_sees_only_what_is_coming_until_it_is_let_in() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    let all = AdmissionCommand::SetLobby {
        mode: LobbyMode::All,
    };
    chair.command(admission(all)).await.unwrap();

    let mut an_binh = server.door().await;
    let invitation = token(&meeting.links[AN_BINH]);
    an_binh.hello(&invitation, "an-binh", None).await;
    let view = an_binh
        .hear(|message| match message {
            ServerMessage::Lobby(view) => Some(view.clone()),
            _ => None,
        })
        .await;
    assert_eq!(view.meeting.title, "Giao ban phòng chống bão");
    assert_eq!(view.you.name, "Xã An Bình");
    an_binh.ping_pong().await;
    assert_eq!(an_binh.chat("Alô").await, Err(ErrorCode::InLobby));
    let offer = an_binh.offer(None).await;
    assert_eq!(an_binh.answer(offer).await, Err(ErrorCode::InLobby));
    chair.chat("Chuẩn bị bắt đầu").await.unwrap();

    let admit = AdmissionCommand::Admit {
        participant: "an-binh".into(),
    };
    chair.command(admission(admit)).await.unwrap();
    // The first that it hears of the meeting is the whole of it.
    let heard = an_binh
        .hear(|message| match message {
            ServerMessage::Welcome(welcome) => Some(Ok(welcome.clone())),
            ServerMessage::Events { .. } => Some(Err(message.clone())),
            _ => None,
        })
        .await;
    let snapshot = heard.expect("welcome comes first").snapshot.unwrap();
    assert_eq!(snapshot.participants.len(), 2);
    assert_eq!(snapshot.chat.len(), 1);
    assert!(snapshot.procedure.admission.waiting.is_empty());
    an_binh.chat("Xã An Bình có mặt").await.unwrap();
}

#[tokio::test]
async fn whoever_is_removed_hears_so_and_the_invitation_is_good_no_more() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    let (mut an_binh, _) = server.guest(&meeting.links[AN_BINH]).await;
    let remove = AdmissionCommand::Remove {
        participant: "an-binh".into(),
        reason: "Vào nhầm cuộc họp".to_owned(),
    };
    chair.command(admission(remove)).await.unwrap();
    assert_eq!(an_binh.bye().await, (ErrorCode::Removed, false));
    let mut again = server.door().await;
    let invitation = token(&meeting.links[AN_BINH]);
    again.hello(&invitation, "another tab", None).await;
    assert_eq!(again.bye().await, (ErrorCode::Removed, false));

    let readmit = AdmissionCommand::Readmit {
        participant: "an-binh".into(),
    };
    chair.command(admission(readmit.clone())).await.unwrap();
    let readmitted = AdmissionEvent::Readmitted {
        participant: "an-binh".into(),
        by: "chu-toa".into(),
    };
    chair.event(Event::Admission(readmitted)).await;
    let (_an_binh, welcome) = server.guest(&meeting.links[AN_BINH]).await;
    assert!(welcome.snapshot.is_some());
}

#[tokio::test]
async fn a_floor_of_five_minutes_ends_by_itself_and_not_before() {
    let machine = Machine::new();
    let now = now();
    // Nobody answers while the clock leaps.
    let patient = |config: &mut SignalingConfig| config.heartbeat = Duration::from_secs(3_600);
    let server = machine.start_at(now, patient).await;
    let meeting = server.briefing().await;
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    let (mut hoa_lac, _) = server.guest(&meeting.links[HOA_LAC]).await;
    let policy = FloorPolicy {
        mode: FloorMode::ByFloor,
        ends_by_itself: true,
        ..FloorPolicy::default()
    };
    let microphone = || Command::SetMicrophone { on: true };
    for command in [
        FloorCommand::SetPolicy { policy },
        FloorCommand::Give {
            participant: "hoa-lac".into(),
            seconds: Some(300),
        },
    ] {
        chair.command(Command::Floor(command)).await.unwrap();
    }
    server.turn_to(now + 299_000).await;
    hoa_lac.command(microphone()).await.unwrap();
    server.turn_to(now + 301_000).await;
    let ended = FloorEvent::Ended {
        participant: "hoa-lac".into(),
        reason: FloorEnd::TimeUp,
        by: None,
    };
    hoa_lac.event(Event::Floor(ended)).await;
    assert_eq!(
        hoa_lac.command(microphone()).await,
        Err(ErrorCode::FloorNeeded)
    );
}

#[tokio::test]
async fn a_message_to_the_controller_reaches_nobody_else() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    let (mut an_binh, _) = server.guest(&meeting.links[AN_BINH]).await;
    let (mut hoa_lac, before) = server.guest(&meeting.links[HOA_LAC]).await;
    let to_controller = ConductCommand::SetChat {
        mode: ChatMode::ToController,
    };
    let command = Command::Conduct(to_controller);
    chair.command(command).await.unwrap();
    an_binh.chat("Mất tiếng").await.unwrap();
    let sent = Event::Conduct(ConductEvent::MessageSent {
        from: "an-binh".into(),
        text: "Mất tiếng".to_owned(),
    });
    chair.event(sent.clone()).await;
    chair.chat("Đã rõ").await.unwrap();
    let is_told = |message: &ServerMessage| match message {
        ServerMessage::Events { events, .. } => events.iter().find_map(|told| match &told.event {
            Event::ChatSent { .. } => Some(true),
            event if *event == sent => Some(false),
            _ => None,
        }),
        _ => None,
    };
    assert!(hoa_lac.hear(is_told).await, "the answer is for all");
    hoa_lac.cut();

    // Nor does it reach who comes back, by events or by a snapshot.
    for resume_from in [Some(before.cursor), None] {
        let mut again = server.door().await;
        let invitation = token(&meeting.links[HOA_LAC]);
        again.hello(&invitation, "hoa-lac", resume_from).await;
        let welcome = again.welcome().await;
        assert!(welcome.events.iter().all(|told| told.event != sent));
        if let Some(snapshot) = welcome.snapshot {
            assert!(snapshot.procedure.conduct.messages.is_empty());
        }
    }
}

/// What the link of somebody tells of the meeting.
async fn invitation(server: &Server, link: &InviteLink) -> Invitation {
    let (_, invitation) = ask(server, get("/api/v1/invitation", Some(&token(link)))).await;
    invitation
}

#[tokio::test]
async fn everybody_is_told_the_hash_that_closes_the_log_and_nobody_joins_any_more() {
    let machine = Machine::new();
    let mut server = machine.start().await;
    let meeting = server.briefing().await;
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    let (mut an_binh, _) = server.guest(&meeting.links[AN_BINH]).await;
    let before = invitation(&server, &meeting.links[AN_BINH]).await;
    assert_eq!(before.ended, None);
    let end = Command::Course(CourseCommand::End);
    chair.command(end).await.unwrap();
    let told = |message: &ServerMessage| match message {
        ServerMessage::Ended(end) => Some(end.clone()),
        _ => None,
    };
    let end = an_binh.hear(told).await;
    assert_eq!(chair.hear(told).await, end);
    assert_eq!(end.closing_hash.len(), 64);
    assert_eq!(an_binh.bye().await, (ErrorCode::MeetingEnded, false));
    assert_eq!(chair.bye().await, (ErrorCode::MeetingEnded, false));
    let is_end = |command| matches!(command, MediaCommand::EndMeeting { .. }).then_some(());
    server.media_asked(is_end).await;

    // The server knows it at once, and from its log after a restart.
    for restarts in [false, true] {
        if restarts {
            server.signaling.shutdown().await;
            server = machine.start().await;
        }
        let after = invitation(&server, &meeting.links[HOA_LAC]).await;
        assert_eq!(after.ended, Some(end.clone()));
        let mut late = server.door().await;
        late.hello(&token(&meeting.links[HOA_LAC]), "late", None)
            .await;
        assert_eq!(late.bye().await, (ErrorCode::MeetingEnded, false));
        let after = invitation(&server, &meeting.links[HOA_LAC]).await;
        assert_eq!(after.ended, Some(end.clone()), "and after it was opened");
    }
    for command in server.media_asked_so_far() {
        assert!(!matches!(command, MediaCommand::Desired { .. }));
    }
}

#[tokio::test]
async fn a_meeting_starts_in_rehearsal_until_it_is_opened() {
    let machine = Machine::new();
    let server = machine.start().await;
    let mut spec = briefing();
    spec.rehearsal = true;
    let meeting = server
        .signaling
        .open_meeting(spec, None, None)
        .await
        .unwrap();
    let (mut chair, welcome) = server.guest(&meeting.links[CHAIR]).await;
    let snapshot = welcome.snapshot.unwrap();
    assert!(snapshot.procedure.course.rehearsal);
    assert_eq!(snapshot.meeting.title, "Giao ban phòng chống bão");
    let (mut an_binh, _) = server.guest(&meeting.links[AN_BINH]).await;
    let open = Command::Course(CourseCommand::Open);
    assert_eq!(
        an_binh.command(open.clone()).await,
        Err(ErrorCode::Forbidden)
    );
    chair.command(open).await.unwrap();
    let (_, welcome) = server.guest(&meeting.links[HOA_LAC]).await;
    let snapshot = welcome.snapshot.unwrap();
    assert!(!snapshot.procedure.course.rehearsal);
    assert_eq!(snapshot.participants.len(), 3, "everybody stayed");
}
