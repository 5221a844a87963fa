//! From seven o'clock on the room is open for rehearsal. Whoever comes waits in
//! the lobby until the secretary lets it in: one, the communes of a unit, all.

use diemcau_protocol::{
    AdmissionCommand, AdmissionEvent, Command, ErrorCode, Event, ServerMessage,
};

use crate::province::conference::Conference;
use crate::province::people::{ABSENT, CHAIR, CONTROLLER, LATE, SECRETARY, sites};
use crate::province::support::Guest;

fn admission(command: AdmissionCommand) -> Command {
    Command::Admission(command)
}

async fn waits(guest: &mut Guest) {
    let waits = guest.hear(|message| match message {
        ServerMessage::Lobby(view) => Some(view.agenda.len()),
        _ => None,
    });
    assert_eq!(waits.await, 3, "the agenda may be read in the lobby");
}

pub(in crate::province) async fn who_comes_early_waits_and_is_let_in(conference: &mut Conference) {
    conference.clock(6, 55, 0).await;
    let mut too_early = conference.knocks("an-binh").await;
    assert_eq!(too_early.bye().await.0, ErrorCode::NotOpenYet);

    conference.clock(7, 5, 0).await;
    for who in [CHAIR, SECRETARY, CONTROLLER] {
        let found = conference.comes_in(who).await;
        assert!(found.procedure.course.rehearsal);
        let word = found.procedure.course.no_state_secrets.unwrap();
        assert_eq!(word.organiser, "Lê Hoàng Nam, Chánh Văn phòng");
    }
    let is_expected = |site: &&str| !ABSENT.contains(site) && *site != LATE;
    let mut waiting = Vec::new();
    for site in sites().filter(is_expected) {
        let mut guest = conference.knocks(site).await;
        waits(&mut guest).await;
        waiting.push((site, guest));
    }
    assert_eq!(waiting.len(), 30);
    let refused = waiting[0].1.chat("Alô, có ai nghe không?").await;
    assert_eq!(refused, Err(ErrorCode::InLobby));

    // The first by itself, one by its unit, then all.
    let son_ha = conference
        .hears(SECRETARY, |event| match event {
            Event::Admission(AdmissionEvent::Waits {
                participant, name, ..
            }) if name == "Điểm cầu huyện Sơn Hà" => Some(participant.clone()),
            _ => None,
        })
        .await;
    let unit = "Ủy ban nhân dân xã An Bình".to_owned();
    for command in [
        AdmissionCommand::Admit {
            participant: son_ha,
        },
        AdmissionCommand::AdmitUnit { unit },
        AdmissionCommand::AdmitAll,
    ] {
        conference.does(SECRETARY, admission(command)).await;
    }
    for (site, guest) in waiting {
        let found = conference.sits(site, guest).await;
        assert!(found.procedure.course.rehearsal);
    }
    assert_eq!(conference.there().len(), 33);
    // What is tried out is not in the minutes.
    conference
        .guest("an-binh")
        .chat("Thử âm thanh")
        .await
        .unwrap();
}
