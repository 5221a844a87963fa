//! A store that cannot be written stops commands and nothing else, whichever
//! database it is.

use tokio::task::spawn_blocking;

use super::postgres::Postgres;
use super::support::{AN_BINH, CHAIR, HOA_LAC, Machine, both, token};
use diemcau_protocol::{
    ClientMessage, Command, ErrorCode, Event, MediaCommand, MediaEvent, PingMessage, Presence,
    ServerMessage,
};

both! {
    async fn a_locked_database_stops_joining_and_leaves_the_meeting_alive(machine: Machine) {
        let server = machine.start().await;
        let meeting = server.briefing().await;
        let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
        let (an_binh, _) = server.guest(&meeting.links[AN_BINH]).await;
        server.signaling.ready().await.unwrap();

        let mut other = machine.somebody_else().await;
        other
            .run("BEGIN EXCLUSIVE", "BEGIN; LOCK meetings, events, personal, probe")
            .await;
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

        other.run("COMMIT", "COMMIT").await;
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

    async fn a_damaged_meeting_stays_closed_and_the_others_run(machine: Machine) {
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

        let mut vandal = machine.somebody_else().await;
        vandal
            .run(
                "UPDATE events SET bytes = CAST(replace(bytes, '\"epoch\":1', '\"epoch\":0') AS BLOB) \
                 WHERE meeting = 'giao-ban' AND seq = 2",
                "UPDATE events SET bytes = convert_to(replace(convert_from(bytes, 'UTF8'), \
                 '\"epoch\":1', '\"epoch\":0'), 'UTF8') WHERE meeting = 'giao-ban' AND seq = 2",
            )
            .await;
        drop(vandal);

        let server = machine.start().await;
        let mut guest = server.door().await;
        guest
            .hello(&token(&meeting.links[CHAIR]), "chu-toa", None)
            .await;
        assert_eq!(guest.bye().await, (ErrorCode::Internal, false));
        server.guest(&healthy.links[CHAIR]).await;
    }

    async fn what_an_older_build_wrote_is_opened_once(machine: Machine) {
        let mut server = machine.start().await;
        server.briefing().await;
        server.signaling.shutdown().await;
        let mut older = machine.somebody_else().await;
        let sql = "UPDATE meetings SET epoch = 0, occupied = 1";
        older.run(sql, sql).await;
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

    async fn a_destroyed_message_is_marked_and_the_meeting_opens(machine: Machine) {
        let server = machine.start().await;
        let meeting = server.briefing().await;
        let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
        chair.chat("Số điện thoại của bà Lan").await.unwrap();
        server.kill();
        let mut clerk = machine.somebody_else().await;
        let sql = "DELETE FROM personal WHERE field = 'text'";
        clerk.run(sql, sql).await;
        drop(clerk);

        let server = machine.start().await;
        let (_, welcome) = server.guest(&meeting.links[CHAIR]).await;
        let snapshot = welcome.snapshot.unwrap();
        assert_eq!(snapshot.chat[0].text, "[đã xóa]");
        assert_eq!(snapshot.participants[0].name, "Chủ tọa");
    }
}

#[tokio::test]
async fn postgresql_goes_and_comes_back_beneath_a_meeting() {
    let mut postgres = spawn_blocking(Postgres::start).await.unwrap();
    let machine = Machine::at(postgres.database().await);
    let server = machine.start().await;
    let meeting = server.briefing().await;
    let (mut chair, _) = server.guest(&meeting.links[CHAIR]).await;
    chair.chat("Bão còn cách bờ 200 km").await.unwrap();

    let stop = move || {
        postgres.stop();
        postgres
    };
    let mut postgres = spawn_blocking(stop).await.unwrap();
    assert_eq!(
        chair.chat("Mất điện ở phòng máy").await,
        Err(ErrorCode::StorageUnavailable)
    );
    assert!(server.signaling.ready().await.is_err());

    let start = move || {
        postgres.start_again();
        postgres
    };
    let _postgres = spawn_blocking(start).await.unwrap();
    chair.chat("Đã có điện trở lại").await.unwrap();
    let (_, welcome) = server.guest(&meeting.links[AN_BINH]).await;
    let chat = welcome.snapshot.unwrap().chat;
    let texts: Vec<&str> = chat.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts, ["Bão còn cách bờ 200 km", "Đã có điện trở lại"]);
}
