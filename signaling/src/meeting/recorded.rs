//! What is wanted of the meeting's recording: the state's projection for the
//! recorder.

use diemcau_protocol::{MeetingEnd, ParticipantId, StagedSource, WantedRecording, csrc_of};

use super::State;

/// What is wanted of the recording, while this participant speaks; `end` where
/// the meeting is over.
pub fn wanted_recording(
    state: &State,
    speaker: Option<&ParticipantId>,
    end: Option<&MeetingEnd>,
) -> WantedRecording {
    let agenda = &state.procedure.agenda;
    let item = agenda.current.and_then(|current| {
        let mut items = agenda.items.iter();
        items.find(|item| item.number == current)
    });
    let recording = &state.procedure.recording;
    let is_paused = recording.paused_since.is_some();
    let refused = recording.consents.iter().filter(|(_, given)| !**given);
    let member = |participant: &ParticipantId| state.members.get(participant);
    WantedRecording {
        meeting: state.info.id.clone(),
        title: state.info.title.clone(),
        host_unit: state.info.host_unit.clone(),
        since: recording.since.filter(|_| !is_paused),
        left_out: refused
            .filter_map(|(who, _)| member(who).map(|member| member.number))
            .collect(),
        stage: state.stage.source.as_ref().and_then(|source| {
            let shown = member(&source.participant)?;
            Some(StagedSource {
                csrc: csrc_of(shown.number, source.kind),
                name: shown.name.clone(),
            })
        }),
        agenda: item.map(|item| item.title.clone()),
        speaker: speaker
            .and_then(member)
            .map(|speaking| speaking.name.clone()),
        end: end.cloned(),
    }
}

#[cfg(test)]
mod tests {
    use diemcau_protocol::{
        Event, MIX_CSRC, ParticipantKind, RecordingEvent, Role, SourceKind, SourceRef, Stage,
        StageMode,
    };

    use super::*;
    use crate::meeting::apply;

    #[test]
    fn the_recorder_is_told_what_the_stage_shows_and_who_speaks_by_their_names() {
        let mut state = State::empty("giao-ban".into());
        let commune = ParticipantId::from("an-binh");
        let events = [
            Event::ParticipantJoined {
                participant: commune.clone(),
                number: 7,
                name: "Xã An Bình".into(),
                role: Role::Operator,
                kind: ParticipantKind::Site,
                unit: None,
            },
            Event::StageSet {
                stage: Stage {
                    mode: StageMode::Chosen,
                    source: Some(SourceRef {
                        participant: commune.clone(),
                        kind: SourceKind::Camera,
                    }),
                },
                by: None,
            },
            Event::Recording(RecordingEvent::Started),
        ];
        for event in &events {
            apply(&mut state, 5_000, event);
        }
        let wanted = wanted_recording(&state, Some(&commune), None);
        assert_eq!(wanted.since, Some(5_000));
        assert_eq!(wanted.speaker.as_deref(), Some("Xã An Bình"));
        let stage = wanted.stage.expect("something is shown");
        assert_eq!(stage.name, "Xã An Bình");
        assert_eq!(stage.csrc, csrc_of(7, SourceKind::Camera));
        assert_ne!(stage.csrc, MIX_CSRC);

        let consents = |given| RecordingEvent::Consented {
            participant: commune.clone(),
            given,
        };
        apply(&mut state, 5_100, &Event::Recording(consents(false)));
        assert_eq!(wanted_recording(&state, None, None).left_out, [7].into());
        apply(&mut state, 5_200, &Event::Recording(consents(true)));
        assert!(wanted_recording(&state, None, None).left_out.is_empty());

        let by = commune;
        let paused = RecordingEvent::Paused { by: by.clone() };
        apply(&mut state, 5_300, &Event::Recording(paused));
        assert_eq!(wanted_recording(&state, None, None).since, None);
        let resumed = RecordingEvent::Resumed { by: by.clone() };
        apply(&mut state, 5_400, &Event::Recording(resumed));
        assert_eq!(wanted_recording(&state, None, None).since, Some(5_000));
        let stopped = Event::Recording(RecordingEvent::Stopped { by });
        apply(&mut state, 6_000, &stopped);
        assert_eq!(wanted_recording(&state, None, None).since, None);
    }
}
