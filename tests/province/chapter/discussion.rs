//! The second item: the floor goes round. Sites ask for it, the chair orders
//! the queue, time warns and runs out; and at the end all are silent, which
//! holds until it is lifted.

use std::collections::BTreeSet;

use diemcau_protocol::{
    AgendaCommand, Command, ErrorCode, Event, FloorCommand, FloorEnd, FloorEvent,
    MicrophonesCommand, ParticipantId,
};

use crate::province::conference::Conference;
use crate::province::people::CHAIR;

const MICROPHONE: Command = Command::SetMicrophone { on: true };

fn floor(command: FloorCommand) -> Command {
    Command::Floor(command)
}

fn microphones(command: MicrophonesCommand) -> Command {
    Command::Microphones(command)
}

impl Conference {
    /// How the floor of somebody ends, as all hear it.
    async fn hears_the_end(&mut self, of: &str) -> FloorEnd {
        let of = self.id(of);
        let ended = |event: &Event| match event {
            Event::Floor(FloorEvent::Ended {
                participant,
                reason,
                ..
            }) if *participant == of => Some(*reason),
            _ => None,
        };
        self.hears("an-binh", ended).await
    }
}

pub(in crate::province) async fn the_floor_goes_round(conference: &mut Conference) {
    conference.clock(8, 35, 0).await;
    let start = AgendaCommand::Start { number: 2 };
    conference.does(CHAIR, Command::Agenda(start)).await;
    let closed = conference.tries("hai-ninh", MICROPHONE).await;
    assert_eq!(closed, Err(ErrorCode::FloorNeeded));

    // Three ask; the chair puts the one by the sea first.
    for site in ["binh-lam", "hoa-lac", "hai-ninh"] {
        let raised = Command::SetHand { raised: true };
        conference.does(site, raised).await;
    }
    let withdrawn = Command::SetHand { raised: false };
    conference.does("hoa-lac", withdrawn).await;
    let queue: Vec<ParticipantId> = ["hai-ninh", "binh-lam"]
        .map(|site| conference.id(site))
        .into();
    let by_hand = FloorCommand::Order {
        participants: queue.clone(),
    };
    conference.does(CHAIR, floor(by_hand)).await;
    let ordered = |event: &Event| match event {
        Event::Floor(FloorEvent::Ordered { queue, .. }) => Some(queue.clone()),
        _ => None,
    };
    assert_eq!(conference.hears("an-binh", ordered).await, queue);

    time_warns_and_is_extended(conference).await;
    time_runs_out(conference).await;
    silence_holds(conference).await;
    conference.clock(8, 48, 0).await;
    conference
        .does(CHAIR, Command::Agenda(AgendaCommand::Finish))
        .await;
}

async fn time_warns_and_is_extended(conference: &mut Conference) {
    conference.clock(8, 36, 0).await;
    conference.has_the_floor("hai-ninh").await;
    conference.does("hai-ninh", MICROPHONE).await;
    conference.clock(8, 38, 0).await;
    conference
        .is_noted(
            "Điểm cầu xã Hải Ninh kiến nghị hoàn thành sơ tán dân vùng ven biển trước 16 giờ 00; \
             hiện còn 86 hộ chưa đồng ý di dời.",
        )
        .await;
    conference.clock(8, 40, 30).await;
    let of = conference.id("hai-ninh");
    let warned = |event: &Event| match event {
        Event::Floor(FloorEvent::Warned { participant }) => (*participant == of).then_some(()),
        _ => None,
    };
    conference.hears("hai-ninh", warned).await;
    let more = FloorCommand::Extend {
        participant: of,
        seconds: 60,
    };
    conference.does(CHAIR, floor(more)).await;
    conference.clock(8, 41, 30).await;
    conference.gives_back("hai-ninh").await;
    assert_eq!(
        conference.hears_the_end("hai-ninh").await,
        FloorEnd::GivenBack
    );
}

async fn time_runs_out(conference: &mut Conference) {
    conference.clock(8, 42, 0).await;
    let participant = conference.id("binh-lam");
    let two_minutes = FloorCommand::Give {
        participant,
        seconds: Some(120),
    };
    conference.does(CHAIR, floor(two_minutes)).await;
    conference.does("binh-lam", MICROPHONE).await;
    conference.clock(8, 44, 0).await;
    assert_eq!(conference.hears_the_end("binh-lam").await, FloorEnd::TimeUp);
    let closed = conference.tries("binh-lam", MICROPHONE).await;
    assert_eq!(closed, Err(ErrorCode::FloorNeeded));
}

async fn silence_holds(conference: &mut Conference) {
    conference.clock(8, 45, 0).await;
    conference.has_the_floor("hoa-lac").await;
    conference.does("hoa-lac", MICROPHONE).await;
    conference.clock(8, 45, 50).await;
    let all = MicrophonesCommand::MuteAll {
        except: BTreeSet::new(),
    };
    conference.does(CHAIR, microphones(all)).await;
    conference.gives_back("hoa-lac").await;
    for site in ["hoa-lac", "an-binh", "binh-lam"] {
        let held = conference.tries(site, MICROPHONE).await;
        assert_eq!(held, Err(ErrorCode::MutedByChair), "{site}");
    }
    // Who asks is heard when the floor is given, whatever holds.
    conference.clock(8, 46, 0).await;
    conference.does(CHAIR, MICROPHONE).await;
    conference.has_the_floor("an-binh").await;
    conference.does("an-binh", MICROPHONE).await;
    conference.clock(8, 47, 10).await;
    conference.gives_back("an-binh").await;
    let held = conference.tries("an-binh", MICROPHONE).await;
    assert_eq!(held, Err(ErrorCode::MutedByChair));
}
