//! Stories that need a hand inside: on the store's own connection, or on the
//! clock. The others stand in `tests/stories`.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::Message;
use diemcau_protocol::{
    CHAT_LENGTH, ClientMessage, Command, CreateMeeting, ErrorCode, Event, Hello, InviteLink,
    Invitee, MediaCommand, MediaEvent, MediaOffer, MeetingCreated, PROTOCOL_VERSION, ParticipantId,
    ParticipantKind, Presence, Role, ServerMessage,
};
use futures_util::{SinkExt, StreamExt, sink};
use tempfile::TempDir;
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::meeting::{Newcomer, Refusal};
use crate::outbox;
use crate::room::{ConnectionId, Input, Join, Line, RoomHandle};
use crate::{
    DocumentSettings, MediaSink, OpenMeetingError, OpeningError, Planning, Signaling,
    SignalingConfig, StoreLocation,
};

mod large;

/// Somebody in the room without a socket.
struct Guest {
    room: RoomHandle,
    line: Line,
    heard: mpsc::UnboundedReceiver<ServerMessage>,
}

impl Guest {
    async fn join(room: &RoomHandle, who: &str) -> Result<Self, Refusal> {
        Self::join_on(room, who, 1).await
    }

    async fn join_on(
        room: &RoomHandle,
        who: &str,
        connection: ConnectionId,
    ) -> Result<Self, Refusal> {
        let reads = Arc::new(Semaphore::new(Semaphore::MAX_PERMITS));
        Self::arrive(room, who, connection, true, reads).await
    }

    /// Comes in; `pages` says whether by the present protocol, and `reads` how
    /// many messages the line lets through.
    async fn arrive(
        room: &RoomHandle,
        who: &str,
        connection: ConnectionId,
        pages: bool,
        reads: Arc<Semaphore>,
    ) -> Result<Self, Refusal> {
        let (outbox, writer) = outbox::channel();
        let (tell, heard) = mpsc::unbounded_channel();
        let sink = sink::unfold((tell, reads), |(tell, reads), message| async move {
            reads.acquire().await.unwrap().forget();
            if let Message::Text(text) = message {
                let _ = tell.send(serde_json::from_str(&text).unwrap());
            }
            Ok::<_, std::convert::Infallible>((tell, reads))
        });
        tokio::spawn(writer.run(Box::pin(sink), SignalingConfig::HEARTBEAT));
        let line = Line {
            participant: ParticipantId::from(who),
            connection,
        };
        let (reply, answer) = oneshot::channel();
        room.tell(Input::Join(Box::new(Join {
            line: line.clone(),
            newcomer: Newcomer {
                name: Some(who.to_owned()),
                role: Role::Delegate,
                kind: ParticipantKind::Person,
                unit: None,
                guest: false,
            },
            instance: connection.to_string(),
            resume_from: None,
            pages,
            outbox,
            reply,
        })));
        answer.await.unwrap()?;
        Ok(Self {
            room: room.clone(),
            line,
            heard,
        })
    }

    /// Commands without waiting.
    fn tell(&self, command: Command) {
        self.room.tell(Input::Command {
            line: self.line.clone(),
            id: 1,
            command,
        });
    }

    /// The answer to what was commanded first and not answered yet.
    async fn answer(&mut self) -> Result<(), ErrorCode> {
        self.hear(|message| match message {
            ServerMessage::Done { .. } => Some(Ok(())),
            ServerMessage::Refused { code, .. } => Some(Err(code)),
            _ => None,
        })
        .await
    }

    async fn command(&mut self, command: Command) -> Result<(), ErrorCode> {
        self.tell(command);
        self.answer().await
    }

    async fn chat(&mut self, text: &str) -> Result<(), ErrorCode> {
        self.command(chat(text)).await
    }

    /// The next message that is looked for; what comes before it is forgotten.
    async fn hear<T>(&mut self, looked_for: impl Fn(ServerMessage) -> Option<T>) -> T {
        loop {
            if let Some(found) = looked_for(self.heard.recv().await.unwrap()) {
                return found;
            }
        }
    }
}

fn chat(text: &str) -> Command {
    Command::SendChat {
        text: text.to_owned(),
    }
}

/// A control plane with one meeting, and its room.
async fn one_meeting(folder: &TempDir, sink: MediaSink) -> (Signaling, MeetingCreated, RoomHandle) {
    let config = SignalingConfig {
        store: StoreLocation::in_folder(folder.path()),
        ballots: folder.path().join("ballots.db"),
        documents: DocumentSettings::in_folder(folder.path().join("documents")),
        token_key_pem: include_str!("../tests/keys/token.pem").to_owned(),
        token_public_pem: include_str!("../tests/keys/token.pub.pem").to_owned(),
        reconnect_grace: SignalingConfig::RECONNECT_GRACE,
        recorded_alone: SignalingConfig::RECORDED_ALONE,
        heartbeat: SignalingConfig::HEARTBEAT,
        ice_servers: Vec::new(),
        turn: None,
        echo: None,
        recorder: None,
        oidc: None,
        server_version: String::new(),
        planning: Planning::default(),
    };
    let signaling = Signaling::open(config, sink).await.unwrap();
    let created = signaling.open_meeting(spec(), None, None).await.unwrap();
    let room = signaling.shared().meetings.running(&created.meeting);
    (signaling, created, room.unwrap())
}

fn spec() -> CreateMeeting {
    CreateMeeting {
        title: "Giao ban".to_owned(),
        host_unit: "Tỉnh".to_owned(),
        invitees: vec![Invitee {
            name: None,
            role: Role::Delegate,
            kind: ParticipantKind::Person,
            unit: None,
        }],
        video_codec: None,
        rehearsal: false,
    }
}

#[tokio::test]
async fn the_line_that_was_taken_over_commands_nothing_more() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Arc::new(|_: MediaCommand| {});
    let (_signaling, _, room) = one_meeting(&folder, sink).await;
    let first = Guest::join_on(&room, "xã An Bình", 1).await.unwrap();
    let mut second = Guest::join_on(&room, "xã An Bình", 2).await.unwrap();
    room.tell(Input::Command {
        line: first.line.clone(),
        id: 1,
        command: Command::Leave,
    });
    second.chat("Vẫn ở đây").await.unwrap();
}

#[tokio::test]
async fn an_offer_that_the_media_plane_does_not_answer_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (asked, mut asks) = mpsc::unbounded_channel();
    let sink = Arc::new(move |command| asked.send(command).unwrap());
    let (_signaling, _, room) = one_meeting(&folder, sink).await;
    let mut an_binh = Guest::join(&room, "xã An Bình").await.unwrap();
    // From here on nothing is stored, so time may run ahead of the world.
    tokio::time::pause();
    room.tell(Input::Offer {
        line: an_binh.line.clone(),
        id: 7,
        session: None,
        offer: Box::new(MediaOffer {
            sdp: String::new(),
            slots: Vec::new(),
            sources: Vec::new(),
        }),
    });
    let refused = an_binh
        .hear(|message| match message {
            ServerMessage::Refused { id, code, .. } => Some((id, code)),
            _ => None,
        })
        .await;
    assert_eq!(refused, (7, ErrorCode::MediaUnavailable));
    let mut offered = None;
    loop {
        match asks.recv().await.unwrap() {
            MediaCommand::Offer { session, .. } => offered = Some(session),
            MediaCommand::Close { session } => {
                assert_eq!(Some(session), offered);
                break;
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_full_disk_refuses_commands_and_leaves_the_meeting_alive() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Arc::new(|_: MediaCommand| {});
    let (signaling, created, room) = one_meeting(&folder, sink).await;
    let mut an_binh = Guest::join(&room, "xã An Bình").await.unwrap();
    an_binh.chat("Đang họp").await.unwrap();

    let store = &signaling.shared().around.store;
    store.execute("PRAGMA max_page_count = 1").await;
    // It fills pages of its own, so there is no room for it.
    let report = "ễ".repeat(CHAT_LENGTH as usize);
    assert_eq!(
        an_binh.chat(&report).await,
        Err(ErrorCode::StorageUnavailable)
    );
    assert!(signaling.ready().await.is_err());
    let another = loop {
        match signaling.open_meeting(spec(), None, None).await {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(matches!(
        another,
        OpenMeetingError::Opening(OpeningError::Store(_))
    ));
    signaling.media_event(MediaEvent::Speaking {
        meeting: created.meeting.clone(),
        participants: vec!["xã An Bình".into()],
    });
    an_binh
        .hear(|message| match message {
            ServerMessage::Speaking { participants } => participants.first().cloned(),
            _ => None,
        })
        .await;

    store.execute("PRAGMA max_page_count = 1000000").await;
    an_binh.chat(&report).await.unwrap();
    // The answer from before is not good any more.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(2)).await;
    tokio::time::resume();
    signaling.ready().await.unwrap();
    Guest::join(&room, "xã Hòa Lạc").await.unwrap();
}

#[tokio::test]
async fn a_flood_of_chat_is_refused_on_whatever_line() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Arc::new(|_: MediaCommand| {});
    let (signaling, _, room) = one_meeting(&folder, sink).await;
    let mut an_binh = Guest::join_on(&room, "xã An Bình", 1).await.unwrap();
    let before = signaling.counters().events_stored;
    let mut said = Vec::new();
    for _ in 0..8 {
        an_binh.tell(chat("Alô"));
    }
    for _ in 0..8 {
        said.push(an_binh.answer().await);
    }
    assert_eq!(said.iter().filter(|said| said.is_ok()).count(), 5);
    assert!(said.contains(&Err(ErrorCode::RateLimited)));
    assert_eq!(signaling.counters().events_stored, before + 5);

    // Another line is no way around, and the others are not held up.
    let mut again = Guest::join_on(&room, "xã An Bình", 2).await.unwrap();
    for _ in 0..8 {
        again.tell(chat("Alô"));
    }
    let mut said = Vec::new();
    for _ in 0..8 {
        said.push(again.answer().await);
    }
    assert!(said.iter().filter(|said| said.is_ok()).count() < 5);
    let mut hoa_lac = Guest::join_on(&room, "xã Hòa Lạc", 3).await.unwrap();
    hoa_lac.chat("Xã Hòa Lạc nghe rõ").await.unwrap();
}

#[tokio::test]
async fn what_the_media_plane_says_again_is_not_stored_twice() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Arc::new(|_: MediaCommand| {});
    let (signaling, created, room) = one_meeting(&folder, sink).await;
    let mut an_binh = Guest::join(&room, "xã An Bình").await.unwrap();
    let open = Command::SetMicrophone { on: true };
    an_binh.command(open).await.unwrap();
    let before = signaling.counters().events_stored;
    let speaks = || {
        signaling.media_event(MediaEvent::Speaker {
            meeting: created.meeting.clone(),
            participant: "xã An Bình".into(),
        });
    };

    let store = &signaling.shared().around.store;
    store.execute("PRAGMA query_only = ON").await;
    speaks();
    assert_eq!(
        an_binh.chat("Alô").await,
        Err(ErrorCode::StorageUnavailable)
    );
    store.execute("PRAGMA query_only = OFF").await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(5)).await;
    tokio::time::resume();
    // Whatever waited was stored before the second of these at the latest.
    for _ in 0..2 {
        an_binh.chat("Alô").await.unwrap();
    }
    assert_eq!(signaling.counters().events_stored, before + 2);

    speaks();
    an_binh
        .hear(|message| match message {
            ServerMessage::Events { events, .. } => events
                .iter()
                .any(|event| matches!(event.event, Event::StageSet { .. }))
                .then_some(()),
            _ => None,
        })
        .await;
}

#[tokio::test]
async fn a_meeting_that_everyone_left_ends_and_opens_again_for_whoever_comes() {
    let folder = tempfile::tempdir().unwrap();
    let (asked, mut asks) = mpsc::unbounded_channel();
    let sink = Arc::new(move |command| asked.send(command).unwrap());
    let (signaling, created, room) = one_meeting(&folder, sink).await;
    let mut an_binh = Guest::join(&room, "xã An Bình").await.unwrap();
    an_binh.chat("Còn ai không?").await.unwrap();

    // It stays for as long as somebody is here.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(24 * 60 * 60)).await;
    tokio::time::resume();
    an_binh.chat("Tôi về đây").await.unwrap();
    an_binh.tell(Command::Leave);
    while an_binh.heard.recv().await.is_some() {}
    tokio::time::pause();
    let left = tokio::time::Instant::now();
    room.gone().await;
    assert_eq!(left.elapsed().as_secs() / 60, 10);
    tokio::time::resume();
    assert_eq!(signaling.counters().meetings, 0);
    let mut last = None;
    while let Ok(command) = asks.try_recv() {
        last = Some(command);
    }
    assert!(matches!(
        last,
        Some(MediaCommand::EndMeeting { epoch: 1, .. })
    ));

    let meetings = &signaling.shared().meetings;
    let stored = signaling.counters().events_stored;
    let (room, same) = tokio::join!(
        meetings.room(&created.meeting),
        meetings.room(&created.meeting)
    );
    let (room, _) = (room.unwrap(), same.unwrap());
    assert_eq!(signaling.counters().meetings, 1);
    assert_eq!(signaling.counters().events_stored, stored);
    let epochs: Vec<u32> = std::iter::from_fn(|| asks.try_recv().ok())
        .filter_map(|command| match command {
            MediaCommand::Desired { epoch, .. } => Some(epoch),
            _ => None,
        })
        .collect();
    assert_eq!(epochs, [2], "it is opened once for both");
    let mut back = Guest::join(&room, "xã An Bình").await.unwrap();
    let chat = back
        .hear(|message| match message {
            ServerMessage::Welcome(welcome) => welcome.snapshot.map(|snapshot| snapshot.chat),
            _ => None,
        })
        .await;
    assert_eq!(chat.len(), 2);
}

/// Says hello at a real WebSocket and gives back the line with its welcome.
async fn say_hello(
    address: std::net::SocketAddr,
    link: &InviteLink,
) -> (
    impl futures_util::Stream<Item = ServerMessage> + Unpin,
    Option<diemcau_protocol::Snapshot>,
) {
    let (mut socket, _) = tokio_tungstenite::connect_async(format!("ws://{address}/api/v1/ws"))
        .await
        .unwrap();
    let hello = ClientMessage::Hello(Hello {
        version: PROTOCOL_VERSION,
        token: link.path.split_once('#').unwrap().1.to_owned(),
        resume_from: None,
        name: Some("Xã An Bình".to_owned()),
        instance: "an-binh".to_owned(),
    });
    let hello = serde_json::to_string(&hello).unwrap();
    socket.send(hello.into()).await.unwrap();
    let heard = socket.filter_map(|frame| async move {
        let text = frame.ok()?.into_text().ok()?;
        serde_json::from_str(&text).ok()
    });
    let mut heard = Box::pin(heard);
    match heard.next().await {
        Some(ServerMessage::Welcome(welcome)) => (heard, welcome.snapshot),
        other => panic!("no welcome: {other:?}"),
    }
}

#[tokio::test]
async fn a_room_that_failed_is_opened_again_for_everyone_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let (asked, mut asks) = mpsc::unbounded_channel();
    let sink = Arc::new(move |command| asked.send(command).unwrap());
    let (signaling, created, room) = one_meeting(&folder, sink).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = signaling.router();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let mut hoa_lac = Guest::join(&room, "xã Hòa Lạc").await.unwrap();
    hoa_lac.chat("Trước khi hỏng").await.unwrap();
    let (mut an_binh, _) = say_hello(address, &created.links[0]).await;

    room.tell(Input::Fault);
    let bye = loop {
        if let ServerMessage::Bye {
            code, reconnect, ..
        } = an_binh.next().await.unwrap()
        {
            break (code, reconnect);
        }
    };
    assert_eq!(bye, (ErrorCode::Internal, true));

    let (_an_binh, snapshot) = say_hello(address, &created.links[0]).await;
    let snapshot = snapshot.unwrap();
    assert_eq!(snapshot.chat[0].text, "Trước khi hỏng");
    let presence: Vec<Presence> = snapshot.participants.iter().map(|p| p.presence).collect();
    assert_eq!(presence, [Presence::Reconnecting, Presence::Present]);
    let told: Vec<(bool, u32)> = std::iter::from_fn(|| asks.try_recv().ok())
        .filter_map(|command| match command {
            MediaCommand::EndMeeting { epoch, .. } => Some((false, epoch)),
            MediaCommand::Desired { epoch, .. } => Some((true, epoch)),
            _ => None,
        })
        .collect();
    assert_eq!(told, [(true, 1), (false, 1), (true, 2)]);
}
