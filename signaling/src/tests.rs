//! Stories that need a hand inside: on the store's own connection, or on the
//! clock. The others stand in `tests/stories`.

use std::sync::Arc;

use axum::extract::ws::Message;
use diemcau_protocol::{
    Command, CreateMeeting, ErrorCode, Invitee, MediaCommand, MediaEvent, MediaOffer,
    MeetingCreated, ParticipantId, ParticipantKind, Role, ServerMessage,
};
use futures_util::sink;
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};

use crate::meeting::{Newcomer, Refusal};
use crate::outbox;
use crate::room::{ConnectionId, Input, Join, Line, RoomHandle};
use crate::service::Entry;
use crate::{MediaSink, OpenMeetingError, Signaling, SignalingConfig};

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
        let (outbox, writer) = outbox::channel();
        let (tell, heard) = mpsc::unbounded_channel();
        let sink = sink::unfold(tell, |tell, message| async move {
            if let Message::Text(text) = message {
                let _ = tell.send(serde_json::from_str(&text).unwrap());
            }
            Ok::<_, std::convert::Infallible>(tell)
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
            },
            instance: connection.to_string(),
            resume_from: None,
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

    async fn chat(&mut self, text: &str) -> Result<(), ErrorCode> {
        self.room.tell(Input::Command {
            line: self.line.clone(),
            id: 1,
            command: Command::SendChat {
                text: text.to_owned(),
            },
        });
        loop {
            match self.heard.recv().await.unwrap() {
                ServerMessage::Done { .. } => return Ok(()),
                ServerMessage::Refused { code, .. } => return Err(code),
                _ => {}
            }
        }
    }
}

/// A control plane with one meeting, and its room.
async fn one_meeting(folder: &TempDir, sink: MediaSink) -> (Signaling, MeetingCreated, RoomHandle) {
    let config = SignalingConfig {
        event_log_path: folder.path().join("events.sqlite"),
        token_key_pem: include_str!("../tests/keys/token.pem").to_owned(),
        token_public_pem: include_str!("../tests/keys/token.pub.pem").to_owned(),
        reconnect_grace: SignalingConfig::RECONNECT_GRACE,
        heartbeat: SignalingConfig::HEARTBEAT,
        ice_servers: Vec::new(),
        server_version: String::new(),
    };
    let signaling = Signaling::open(config, sink).await.unwrap();
    let created = signaling.open_meeting(spec(), None, None).await.unwrap();
    let Some(Entry::Running { room, .. }) = signaling.shared().find(&created.meeting) else {
        panic!("the meeting runs");
    };
    (signaling, created, room)
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
    let refused = loop {
        if let ServerMessage::Refused { id, code, .. } = an_binh.heard.recv().await.unwrap() {
            break (id, code);
        }
    };
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
    let report = "Báo cáo ".repeat(200);
    let refused = loop {
        if let Err(code) = an_binh.chat(&report).await {
            break code;
        }
    };
    assert_eq!(refused, ErrorCode::StorageUnavailable);
    assert!(signaling.ready().await.is_err());
    let another = loop {
        match signaling.open_meeting(spec(), None, None).await {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(matches!(another, OpenMeetingError::Store(_)));
    signaling.media_event(MediaEvent::Speaking {
        meeting: created.meeting.clone(),
        participants: vec!["xã An Bình".into()],
    });
    loop {
        if let ServerMessage::Speaking { .. } = an_binh.heard.recv().await.unwrap() {
            break;
        }
    }

    store.execute("PRAGMA max_page_count = 1000000").await;
    an_binh.chat(&report).await.unwrap();
    signaling.ready().await.unwrap();
    Guest::join(&room, "xã Hòa Lạc").await.unwrap();
}
