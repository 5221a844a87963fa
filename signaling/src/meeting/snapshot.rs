//! The state as a participant sees it.

use diemcau_protocol::{LobbyView, Participant, ParticipantId, Procedure, Snapshot};

use super::roster::{Audience, View, audience, page, roll_calls_for};
use super::{Member, State, admission, conduct, groups};

/// The whole state for a client that comes in, without what it is not told.
pub fn snapshot_for(state: &State, id: &ParticipantId) -> Snapshot {
    Snapshot {
        procedure: procedure_for(state, id),
        ..snapshot(state)
    }
}

/// The procedure without what is written to others.
fn procedure_for(state: &State, id: &ParticipantId) -> Procedure {
    let mut procedure = state.procedure.clone();
    procedure.conduct.messages = conduct::readable(state, id).collect();
    procedure.conduct.notes = conduct::readable_notes(state, id);
    match audience(state, id) {
        Audience::Callers => procedure.course.awaited.clone_from(&state.awaited),
        Audience::Others => {}
    }
    if let Some(open) = &mut procedure.groups.open {
        open.messages = groups::readable(state, id);
    }
    procedure
}

/// The state of a large meeting for a client that comes in, as far as it is
/// told of it.
pub(crate) fn large_snapshot_for(state: &State, id: &ParticipantId, view: &View) -> Snapshot {
    let page = page(state, id, view);
    let calls = &state.procedure.roll_calls;
    let mut procedure = procedure_for(state, id);
    procedure.roll_calls = roll_calls_for(calls, id, audience(state, id));
    Snapshot {
        meeting: state.info.clone(),
        participants: page.participants,
        roster: Some(page.roster),
        chat: state.chat.iter().cloned().collect(),
        stage: state.stage.clone(),
        procedure,
    }
}

/// The whole state.
pub(crate) fn snapshot(state: &State) -> Snapshot {
    let mut participants: Vec<Participant> = state
        .members
        .iter()
        .map(|(id, member)| participant(id, member))
        .collect();
    participants.sort_by_key(|participant| participant.number);
    Snapshot {
        meeting: state.info.clone(),
        participants,
        roster: None,
        chat: state.chat.iter().cloned().collect(),
        stage: state.stage.clone(),
        procedure: state.procedure.clone(),
    }
}

/// What a client in the lobby sees; nothing for who is not there.
pub fn lobby(state: &State, id: &ParticipantId, heartbeat_seconds: u32) -> Option<LobbyView> {
    Some(LobbyView {
        meeting: state.info.clone(),
        agenda: {
            let items = &state.procedure.agenda.items;
            items.iter().map(|item| item.title.clone()).collect()
        },
        you: admission::waiting(state, id)?.clone(),
        heartbeat_seconds,
    })
}

pub(super) fn participant(id: &ParticipantId, member: &Member) -> Participant {
    Participant {
        id: id.clone(),
        number: member.number,
        name: member.name.clone(),
        role: member.role,
        kind: member.kind,
        unit: member.unit.clone(),
        presence: member.presence,
        microphone: member.microphone,
        camera: member.camera,
        screen: member.screen,
        muted: member.muted,
        hand_raised_at: member.hand_raised_at,
    }
}
