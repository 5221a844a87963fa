//! The stage (*màn hình chính*): what everyone is meant to look at now.
//!
//! ```text
//!   set_stage ─────────────────────────────┐
//!   prepare ──> preview ── take ──┐        ▼
//!                                 ├──> first source ──> the stage slot of all
//!   speaker (while it follows) ───┘    beside it, or a document ──> clients
//! ```

#[cfg(test)]
mod stories;

use std::collections::BTreeSet;

use diemcau_protocol::{
    Action, ErrorCode, Event, ITEM_TITLE_LENGTH, ParticipantId, SourceKind, SourceRef, Stage,
    StageCommand, StageDocument, StageEvent, StageMode, StageShow,
};

use super::actor::{Actor, Decision, unknown_command, unknown_participant};
use super::floor::out_of_range;
use super::text::{clean_line, clean_text};
use super::{Refusal, State, groups};
use crate::permissions::Scope;

/// Decides a command about the stage beyond its first source.
pub(super) fn decide(actor: &Actor<'_>, command: &StageCommand) -> Decision {
    match command {
        StageCommand::Prepare { show } => prepare(actor, show.as_ref()),
        StageCommand::Take => take(actor),
        StageCommand::Give {
            participant,
            source,
        } => give(actor, participant, source.as_ref()),
        StageCommand::Unknown => Err(unknown_command()),
    }
}

fn prepare(actor: &Actor<'_>, show: Option<&StageShow>) -> Decision {
    actor.require(Action::SetStage, Scope::Meeting)?;
    let show = show.map(|show| checked(actor.state, show)).transpose()?;
    if actor.state.procedure.stage.preview == show {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Stage(StageEvent::Prepared {
        show,
        by: actor.id.clone(),
    })])
}

fn take(actor: &Actor<'_>) -> Decision {
    actor.require(Action::SetStage, Scope::Meeting)?;
    let preview = actor.state.procedure.stage.preview.as_ref();
    let preview = preview.ok_or_else(|| {
        Refusal::new(
            ErrorCode::NothingPrepared,
            "nothing was prepared for the stage",
        )
    })?;
    // Who was there when it was prepared may be gone.
    let show = checked(actor.state, preview)?;
    let mut events = match &show {
        StageShow::FollowSpeaker => set(actor, None)?,
        StageShow::Sources { sources } => set(actor, sources.first())?,
        StageShow::Document { .. } => {
            let stage = Stage {
                mode: StageMode::Chosen,
                source: None,
            };
            set_if_other(actor, stage)
        }
    };
    events.push(Event::Stage(StageEvent::Shown {
        show,
        by: Some(actor.id.clone()),
    }));
    Ok(events)
}

fn give(actor: &Actor<'_>, to: &ParticipantId, source: Option<&SourceRef>) -> Decision {
    actor.require(Action::SetStage, Scope::Meeting)?;
    actor.here(to)?;
    let source = source
        .map(|source| showable(actor.state, source))
        .transpose()?;
    if actor.state.procedure.stage.given.get(to) == source {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Stage(StageEvent::Given {
        participant: to.clone(),
        source: source.cloned(),
        by: actor.id.clone(),
    })])
}

/// What can be shown now, as it is to be shown.
fn checked(state: &State, show: &StageShow) -> Result<StageShow, Refusal> {
    match show {
        StageShow::FollowSpeaker => {}
        StageShow::Sources { sources } => {
            let distinct: BTreeSet<&SourceRef> = sources.iter().collect();
            if !matches!(sources.len(), 1 | 2 | 4) || distinct.len() != sources.len() {
                return Err(out_of_range());
            }
            for source in sources {
                showable(state, source)?;
            }
        }
        StageShow::Document { reference, page } => {
            if *page == 0 {
                return Err(out_of_range());
            }
            return Ok(StageShow::Document {
                reference: clean_text(&clean_line(reference), ITEM_TITLE_LENGTH)?,
                page: *page,
            });
        }
    }
    Ok(show.clone())
}

/// The stage without somebody who leaves, if it showed that one first.
pub(super) fn without(state: &State, id: &ParticipantId) -> Vec<Event> {
    let first = state.stage.source.as_ref();
    if first.is_some_and(|source| source.participant == *id) {
        go_on_without(state, |source| source.participant == *id)
    } else {
        Vec::new()
    }
}

/// The first source is gone: those beside it move up, or the stage follows the
/// speaker again.
pub(super) fn go_on(state: &State) -> Vec<Event> {
    go_on_without(state, |_| false)
}

fn go_on_without(state: &State, gone: impl Fn(&SourceRef) -> bool) -> Vec<Event> {
    let beside = state.procedure.stage.beside.iter();
    let sources: Vec<SourceRef> = beside.filter(|source| !gone(source)).cloned().collect();
    let Some(first) = sources.first() else {
        return vec![back_to_the_speaker(None)];
    };
    vec![
        Event::StageSet {
            stage: Stage {
                mode: StageMode::Chosen,
                source: Some(first.clone()),
            },
            by: None,
        },
        Event::Stage(StageEvent::Shown {
            show: StageShow::Sources { sources },
            by: None,
        }),
    ]
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
    let apart = groups::group_of(state, actor).is_some();
    if !speaks || !follows || apart || state.stage.source == source {
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

/// Chooses the one source that the stage shows, or that it follows the speaker.
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
    if source.is_none() && stage.mode == state.stage.mode {
        return Ok(Vec::new());
    }
    Ok(set_if_other(actor, stage))
}

/// The stage as it is to be, unless it is so and nothing stands beside.
fn set_if_other(actor: &Actor<'_>, stage: Stage) -> Vec<Event> {
    let plan = &actor.state.procedure.stage;
    if stage == actor.state.stage && plan.beside.is_empty() && plan.document.is_none() {
        return Vec::new();
    }
    vec![Event::StageSet {
        stage,
        by: Some(actor.id.clone()),
    }]
}

/// The source, if the stage can show it now.
fn showable<'a>(state: &State, source: &'a SourceRef) -> Result<&'a SourceRef, Refusal> {
    let member = state
        .here(&source.participant)
        .ok_or_else(unknown_participant)?;
    groups::in_plenary(state, &source.participant)?;
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

/// Changes the state as an event says.
pub(super) fn apply(state: &mut State, event: &StageEvent) {
    let plan = &mut state.procedure.stage;
    match event {
        StageEvent::Prepared { show, .. } => plan.preview.clone_from(show),
        StageEvent::Shown { show, by } => {
            if by.is_some() {
                plan.preview = None;
            }
            plan.beside.clear();
            plan.document = None;
            match show {
                StageShow::FollowSpeaker => {}
                StageShow::Sources { sources } => {
                    plan.beside.extend(sources.iter().skip(1).cloned());
                }
                StageShow::Document { reference, page } => {
                    plan.document = Some(StageDocument {
                        reference: reference.clone(),
                        page: *page,
                    });
                }
            }
        }
        StageEvent::Given {
            participant,
            source,
            ..
        } => {
            plan.given.remove(participant);
            if let Some(source) = source {
                plan.given.insert(participant.clone(), source.clone());
            }
        }
    }
}

/// The stage was set to one source: nothing stands beside it.
pub(super) fn alone(state: &mut State) {
    state.procedure.stage.beside.clear();
    state.procedure.stage.document = None;
}

/// Somebody left: it is shown nowhere, and is given nothing.
pub(super) fn left(state: &mut State, id: &ParticipantId) {
    let plan = &mut state.procedure.stage;
    plan.beside.retain(|source| source.participant != *id);
    plan.given
        .retain(|to, source| to != id && source.participant != *id);
}

/// Somebody no longer shares a screen.
pub(super) fn screen_ended(state: &mut State, id: &ParticipantId) {
    let ended = |source: &SourceRef| source.participant == *id && source.kind == SourceKind::Screen;
    let plan = &mut state.procedure.stage;
    plan.beside.retain(|source| !ended(source));
    plan.given.retain(|_, source| !ended(source));
}
