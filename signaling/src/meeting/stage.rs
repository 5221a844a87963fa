//! The stage (*màn hình chính*): what everyone is meant to look at now.

use diemcau_protocol::{
    Action, ErrorCode, Event, ParticipantId, SourceKind, SourceRef, Stage, StageMode,
};

use super::actor::{Actor, Decision, unknown_participant};
use super::{Refusal, State};
use crate::permissions::Scope;

/// The stage without somebody who leaves, if it showed that one.
pub(super) fn without(state: &State, id: &ParticipantId) -> Option<Event> {
    let source = state.stage.source.as_ref()?;
    (source.participant == *id).then(|| back_to_the_speaker(None))
}

/// The stage follows the speaker again, because what it showed is gone.
pub(super) fn back_to_the_speaker(by: Option<ParticipantId>) -> Event {
    Event::StageSet {
        stage: Stage {
            mode: StageMode::FollowSpeaker,
            source: None,
        },
        by,
    }
}

/// The actor speaks now, says the SFU.
pub(super) fn speaker(state: &State, actor: &ParticipantId) -> Vec<Event> {
    let speaks = state
        .here(actor)
        .is_some_and(|member| member.microphone && !member.muted);
    let source = Some(SourceRef {
        participant: actor.clone(),
        kind: SourceKind::Camera,
    });
    let follows = match state.stage.mode {
        StageMode::FollowSpeaker => true,
        StageMode::Chosen => false,
    };
    if !speaks || !follows || state.stage.source == source {
        return Vec::new();
    }
    vec![Event::StageSet {
        stage: Stage {
            mode: StageMode::FollowSpeaker,
            source,
        },
        by: None,
    }]
}

/// Chooses what the stage shows.
pub(super) fn set(actor: &Actor<'_>, source: Option<&SourceRef>) -> Decision {
    actor.require(Action::SetStage, Scope::Meeting)?;
    let state = actor.state;
    let stage = match source {
        Some(source) => Stage {
            mode: StageMode::Chosen,
            source: Some(showable(state, source)?.clone()),
        },
        // A camera stays on the stage until somebody speaks; a screen does not.
        None => Stage {
            mode: StageMode::FollowSpeaker,
            source: state
                .stage
                .source
                .clone()
                .filter(|shown| shown.kind == SourceKind::Camera),
        },
    };
    if stage == state.stage || (source.is_none() && stage.mode == state.stage.mode) {
        return Ok(Vec::new());
    }
    Ok(vec![Event::StageSet {
        stage,
        by: Some(actor.id.clone()),
    }])
}

/// The source, if the stage can show it now.
fn showable<'a>(state: &State, source: &'a SourceRef) -> Result<&'a SourceRef, Refusal> {
    let member = state
        .here(&source.participant)
        .ok_or_else(unknown_participant)?;
    match source.kind {
        SourceKind::Camera => Ok(source),
        SourceKind::Screen if member.screen => Ok(source),
        SourceKind::Screen => Err(Refusal::new(
            ErrorCode::BadMessage,
            "no screen is shared there",
        )),
        SourceKind::Microphone | SourceKind::ScreenAudio => Err(Refusal::new(
            ErrorCode::BadMessage,
            "the stage shows a camera or a screen",
        )),
    }
}
