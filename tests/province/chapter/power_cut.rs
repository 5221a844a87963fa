//! A break, and in it the power fails. When it is back, everybody comes back to
//! the conference as it was, and the silence still holds.

use diemcau_protocol::{
    Command, ConductCommand, ConductEvent, ErrorCode, Event, MicrophonesCommand, Presence,
};

use super::log;
use crate::province::conference::Conference;
use crate::province::people::{CHAIR, SECRETARY};

pub(in crate::province) async fn the_server_dies_in_the_break(conference: &mut Conference) {
    conference.clock(8, 50, 0).await;
    let pause = ConductCommand::Pause { seconds: Some(900) };
    conference.does(CHAIR, Command::Conduct(pause)).await;
    let announce = ConductCommand::Announce {
        text: "Hội nghị tạm nghỉ 15 phút; đề nghị các điểm cầu giữ kết nối".to_owned(),
    };
    conference.does(SECRETARY, Command::Conduct(announce)).await;
    let there = conference.there();
    assert_eq!(there.len(), 34);
    let acknowledged = log::replayed(conference).await;
    conference.power_fails();

    conference.power_is_back(8, 53).await;
    for who in there {
        let found = conference.comes_in(who).await;
        let pause = found.procedure.conduct.pause;
        assert_eq!(
            pause, acknowledged.procedure.conduct.pause,
            "it is still the break"
        );
        assert_eq!(found.participants.len(), acknowledged.members.len());
        assert_eq!(found.procedure.agenda, acknowledged.procedure.agenda);
        assert_eq!(found.procedure.documents, acknowledged.procedure.documents);
        assert_eq!(found.procedure.floor, acknowledged.procedure.floor);
    }
    let found = log::replayed(conference).await;
    let present = |presence: &Presence| *presence == Presence::Present;
    let back = found
        .members
        .values()
        .filter(|member| present(&member.presence));
    assert_eq!(back.count(), 34);
    let microphone = Command::SetMicrophone { on: true };
    let held = conference.tries("an-binh", microphone.clone()).await;
    assert_eq!(
        held,
        Err(ErrorCode::MutedByChair),
        "it holds through all that"
    );

    conference.clock(9, 5, 0).await;
    let resumed = |event: &Event| {
        matches!(event, Event::Conduct(ConductEvent::Resumed { by: None })).then_some(())
    };
    conference.hears("an-binh", resumed).await;
    let lift = Command::Microphones(MicrophonesCommand::LiftAll);
    conference.does(CHAIR, lift).await;
    let by_floor = conference.tries("an-binh", microphone).await;
    assert_eq!(by_floor, Err(ErrorCode::FloorNeeded));
}
