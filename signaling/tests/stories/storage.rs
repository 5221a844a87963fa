//! A store that cannot be written stops commands and nothing else.

use diemcau_protocol::{
    ClientMessage, Command, ErrorCode, Event, MediaCommand, MediaEvent, PingMessage, Presence,
    ServerMessage,
};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Executor};

use super::support::{AN_BINH, CHAIR, HOA_LAC, Machine, token};

/// Somebody else who holds the database.
async fn somebody_else(machine: &Machine) -> SqliteConnection {
    SqliteConnectOptions::new()
        .filename(machine.event_log())
        .connect()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_locked_database_stops_joining_and_leaves_the_meeting_alive() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    let (an_binh, _) = server.guest(&meeting.links[AN_BINH]).await;
    server.signaling.ready().await.unwrap();

    let mut other = somebody_else(&machine).await;
    other.execute("BEGIN EXCLUSIVE").await.unwrap();
    let id = chair.send_command(Command::SetHand { raised: true }).await;

    // While that waits, the meeting goes on.
    chair
        .say(&ClientMessage::Ping(PingMessage { nonce: 9 }))
        .await;
    server.signaling.media_event(MediaEvent::Speaking {
        meeting: meeting.meeting.clone(),
        participants: vec!["chu-toa".into()],
    });
    chair
        .hear(|message| match message {
            ServerMessage::Refused { .. } | ServerMessage::Done { .. } => {
                panic!("the command was answered before the meeting went on")
            }
            ServerMessage::Speaking { participants } => participants.first().cloned(),
            _ => None,
        })
        .await;

    assert_eq!(chair.answer(id).await, Err(ErrorCode::StorageUnavailable));
    assert!(server.signaling.ready().await.is_err());
    let mut late = server.door().await;
    late.hello(&token(&meeting.links[HOA_LAC]), "hoa-lac", None)
        .await;
    assert_eq!(late.bye().await, (ErrorCode::StorageUnavailable, true));
    // A line that breaks now cannot be written down yet.
    an_binh.cut();

    other.execute("COMMIT").await.unwrap();
    chair
        .event(Event::ConnectionLost {
            participant: "an-binh".into(),
        })
        .await;
    server.signaling.ready().await.unwrap();
    chair
        .command(Command::SetHand { raised: true })
        .await
        .unwrap();
    let (_, welcome) = server.guest(&meeting.links[HOA_LAC]).await;
    let participants = welcome.snapshot.unwrap().participants;
    assert!(participants[0].hand_raised_at.is_some());
    assert_eq!(participants[1].presence, Presence::Reconnecting);
}

#[tokio::test]
async fn a_damaged_meeting_stays_closed_and_the_others_run() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    chair.chat("Trước khi hỏng").await.unwrap();
    let healthy = server
        .signaling
        .open_meeting(super::support::briefing(), None, None)
        .await
        .unwrap();
    server.signaling.shutdown().await;
    drop(server);

    let mut vandal = somebody_else(&machine).await;
    vandal
        .execute(
            "UPDATE events SET bytes = CAST(replace(bytes, '\"epoch\":1', '\"epoch\":0') AS BLOB) \
             WHERE meeting = 'giao-ban' AND seq = 2",
        )
        .await
        .unwrap();
    drop(vandal);

    let server = machine.start().await;
    let mut guest = server.door().await;
    guest
        .hello(&token(&meeting.links[CHAIR]), "chu-toa", None)
        .await;
    assert_eq!(guest.bye().await, (ErrorCode::Internal, false));
    server.guest(&healthy.links[CHAIR]).await;
}

#[tokio::test]
async fn what_an_older_build_wrote_is_opened_once() {
    let machine = Machine::new();
    let mut server = machine.start().await;
    server.briefing().await;
    server.signaling.shutdown().await;
    let mut older = somebody_else(&machine).await;
    older
        .execute("UPDATE meetings SET epoch = 0, occupied = 1")
        .await
        .unwrap();
    drop(older);

    server = machine.start().await;
    let epoch = server
        .media_asked(|command| match command {
            MediaCommand::Desired { epoch, .. } => Some(epoch),
            _ => None,
        })
        .await;
    assert_eq!(epoch, 2);
    server.signaling.shutdown().await;
    let mut server = machine.start().await;
    assert_eq!(server.media_asked_so_far(), []);
}

#[tokio::test]
async fn a_destroyed_message_is_marked_and_the_meeting_opens() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    chair.chat("Số điện thoại của bà Lan").await.unwrap();
    server.kill();
    let mut clerk = somebody_else(&machine).await;
    clerk
        .execute("DELETE FROM personal WHERE field = 'text'")
        .await
        .unwrap();
    drop(clerk);

    let server = machine.start().await;
    let (_, welcome) = server.guest(&meeting.links[CHAIR]).await;
    let snapshot = welcome.snapshot.unwrap();
    assert_eq!(snapshot.chat[0].text, "[đã xóa]");
    assert_eq!(snapshot.participants[0].name, "Chủ tọa");
}
