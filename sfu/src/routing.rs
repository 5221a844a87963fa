//! What each slot of a receiver shows: from the stage, from the loudest, and
//! from the receiver's wishes.

use std::cmp::Reverse;

use diemcau_protocol::{SlotKind, source_of_csrc};

use crate::meeting::Meeting;
use crate::slot::Slot;

/// The CSRC of the mixed sound: of nobody, since participants are numbered
/// from 1.
pub(crate) const MIX: u32 = 0;

/// The CSRC of the source for each slot of the participant with this number.
///
/// Who is in a slot already stays there: sounds do not hop between slots when
/// somebody else falls silent.
pub(crate) fn plan(meeting: &Meeting, number: u32, slots: &[Slot]) -> Vec<Option<u32>> {
    let is_own = |csrc: u32| source_of_csrc(csrc).0 == number;
    let live = |csrc: &u32| {
        let reaches = !is_own(*csrc) && meeting.reaches(*csrc, number);
        reaches && meeting.live.contains_key(csrc)
    };
    let interpreter = meeting.interpreter_for(number);
    let stage_picture = meeting.stage_for(number);
    let has_stage_sound = slots.iter().any(|s| s.kind == SlotKind::StageSound);
    let stage_sound = stage_picture
        .and_then(|picture| meeting.sound_of(picture))
        .filter(|_| has_stage_sound);

    let mut sounds: Vec<u32> = meeting
        .heard
        .iter()
        .map(|(csrc, _)| *csrc)
        .filter(|csrc| live(csrc) && Some(*csrc) != stage_sound)
        .collect();
    // A player that watches one participant asks for its sound by name.
    let is_free = |slot: &&Slot| slot.kind == SlotKind::Sound && slot.wish.is_none();
    let sound_slots = slots.iter().filter(is_free).count();
    let in_slot = |slot: &Slot| slot.wanted.map(|(csrc, _)| csrc);
    let has_slot = |csrc: u32| {
        let mut of_sound = slots.iter().filter(is_free);
        of_sound.any(|slot| in_slot(slot) == Some(csrc))
    };
    // Where not all fit, who sounds goes before who is silent; among equals
    // who is there stays. The sort is stable.
    sounds.sort_by_key(|csrc| (Reverse(meeting.rank(*csrc)), !has_slot(*csrc)));
    // An interpreter is above all sounds of the floor, and takes a slot of
    // theirs.
    let interpreter = interpreter.filter(|_| sound_slots > 0);
    sounds.truncate(sound_slots - usize::from(interpreter.is_some()));
    sounds.splice(0..0, interpreter);

    let staying: Vec<u32> = slots
        .iter()
        .filter(is_free)
        .filter_map(in_slot)
        .filter(|csrc| sounds.contains(csrc))
        .collect();
    let mut coming = sounds
        .iter()
        .copied()
        .filter(|csrc| !staying.contains(csrc));

    slots
        .iter()
        .map(|slot| match slot.kind {
            SlotKind::StagePicture => stage_picture.filter(|_| slot.height > 0),
            SlotKind::StageSound => stage_sound,
            SlotKind::Mix => Some(MIX).filter(live),
            SlotKind::Sound if slot.wish.is_some() => slot.wish.filter(live),
            SlotKind::Sound => in_slot(slot)
                .filter(|csrc| staying.contains(csrc))
                .or_else(|| coming.next()),
            SlotKind::Picture | SlotKind::Screen => slot
                .wish
                .filter(|csrc| slot.height > 0 && live(csrc))
                .filter(|csrc| !source_of_csrc(*csrc).1.is_audio()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use diemcau_protocol::{
        DesiredChange, DesiredInterpreter, DesiredMeeting, DesiredParticipant, PublishRights,
        SourceKind, SourceRef, csrc_of,
    };

    use super::*;
    use crate::track::TrackId;
    use crate::voices::PLENARY;

    const HERE: TrackId = TrackId(0);

    /// Participants 1 to 6, all with microphone and camera, `sounding` heard.
    fn meeting(stage: u32, sounding: &[u32]) -> Meeting {
        let mut meeting = Meeting::new(4);
        let name = |n: u32| format!("site-{n}");
        let participants = (1..=6)
            .map(|n| DesiredParticipant {
                participant: name(n).as_str().into(),
                number: n,
                publish: PublishRights {
                    microphone: true,
                    camera: true,
                    screen: false,
                    screen_audio: false,
                },
                always_heard: false,
                interprets: None,
                listens_to: None,
            })
            .collect();
        let stage = Some(SourceRef {
            participant: name(stage).as_str().into(),
            kind: SourceKind::Camera,
        });
        let state = DesiredMeeting {
            participants,
            stage,
            video_codecs: Vec::new(),
            groups: Default::default(),
        };
        meeting.replace(1, 1, state).expect("new");
        for n in 1..=6 {
            meeting.live.insert(csrc_of(n, SourceKind::Camera), HERE);
            meeting
                .live
                .insert(csrc_of(n, SourceKind::Microphone), HERE);
        }
        let mut now = Instant::now();
        for n in sounding {
            for _ in 0..50 {
                now += Duration::from_millis(1);
                let mic = csrc_of(*n, SourceKind::Microphone);
                meeting.voices.heard_level(now, PLENARY, mic, 30, false);
            }
            meeting.voices.tick(now);
        }
        meeting.heard = meeting.voices.ranked();
        meeting
    }

    fn pool() -> Vec<Slot> {
        let now = Instant::now();
        let kinds = [
            SlotKind::StagePicture,
            SlotKind::StageSound,
            SlotKind::Sound,
            SlotKind::Sound,
            SlotKind::Picture,
        ];
        let mut slots: Vec<Slot> = kinds
            .into_iter()
            .map(|kind| Slot::new(kind, "0".into(), now))
            .collect();
        slots[0].height = 720;
        slots
    }

    fn mic(n: u32) -> Option<u32> {
        Some(csrc_of(n, SourceKind::Microphone))
    }

    #[test]
    fn the_stages_sound_goes_with_its_picture_and_nowhere_else() {
        let meeting = meeting(1, &[1, 2, 3]);
        let shown = plan(&meeting, 6, &pool());
        assert_eq!(shown[0], Some(csrc_of(1, SourceKind::Camera)));
        assert_eq!(shown[1..4], [mic(1), mic(2), mic(3)]);
    }

    #[test]
    fn nobody_hears_or_sees_itself() {
        let meeting = meeting(1, &[1, 2, 3]);
        let shown = plan(&meeting, 1, &pool());
        assert_eq!(shown[..4], [None, None, mic(2), mic(3)]);
        let shown = plan(&meeting, 2, &pool());
        assert_eq!(shown[1..4], [mic(1), mic(3), None]);
    }

    #[test]
    fn who_speaks_now_is_heard_however_late_it_came() {
        // Participants 2 to 5 have spoken and are silent; 1 is on the stage
        // with a closed microphone; now only the chair, 6, speaks.
        let mut meeting = meeting(1, &[2, 3, 4, 5]);
        meeting.live.remove(&csrc_of(1, SourceKind::Microphone));
        let mut now = Instant::now() + Duration::from_secs(60);
        for _ in 0..50 {
            now += Duration::from_millis(20);
            let mic = csrc_of(6, SourceKind::Microphone);
            meeting.voices.heard_level(now, PLENARY, mic, 60, true);
            meeting.voices.tick(now);
        }
        meeting.heard = meeting.voices.ranked();
        let mut slots = pool();
        for (slot, n) in [(2, 2), (3, 3)] {
            slots[slot].wanted = mic(n).map(|csrc| (csrc, HERE));
        }
        let shown = plan(&meeting, 5, &slots);
        assert_eq!(shown[2..4], [mic(6), mic(3)], "and who is there stays");
    }

    #[test]
    fn a_sound_keeps_its_slot() {
        let meeting = meeting(1, &[1, 2, 3]);
        let mut slots = pool();
        slots[3].wanted = mic(2).map(|csrc| (csrc, HERE));
        let shown = plan(&meeting, 6, &slots);
        assert_eq!(shown[2..4], [mic(3), mic(2)]);
    }

    #[test]
    fn a_picture_is_sent_only_while_it_is_drawn() {
        let meeting = meeting(1, &[]);
        let mut slots = pool();
        slots[4].wish = Some(csrc_of(4, SourceKind::Camera));
        assert_eq!(plan(&meeting, 6, &slots)[4], None);
        slots[4].height = 90;
        assert_eq!(plan(&meeting, 6, &slots)[4], slots[4].wish);
        slots[4].wish = Some(csrc_of(6, SourceKind::Camera));
        assert_eq!(plan(&meeting, 6, &slots)[4], None, "not one's own");
    }

    fn is_in(meeting: &mut Meeting, number: u32, group: u32) {
        let mut groups = std::collections::BTreeMap::new();
        groups.insert(format!("site-{number}").as_str().into(), group);
        let change = DesiredChange::SetGroups { groups };
        let next = meeting.revision + 1;
        meeting.change(1, next, change).expect("in step");
        meeting.forget_voices();
    }

    #[test]
    fn who_is_in_another_group_is_neither_heard_nor_seen() {
        let mut meeting = meeting(1, &[1, 2, 3]);
        is_in(&mut meeting, 2, 7);
        let mut slots = pool();
        slots[4].wish = Some(csrc_of(2, SourceKind::Camera));
        slots[4].height = 90;
        let plenary = plan(&meeting, 6, &slots);
        assert_eq!(plenary[1..5], [mic(1), mic(3), None, None]);
        slots[4].wish = Some(csrc_of(3, SourceKind::Camera));
        assert_eq!(plan(&meeting, 2, &slots), [None; 5], "alone in its group");
        assert_eq!(plan(&meeting, 6, &slots)[4], slots[4].wish);
    }

    /// Somebody interprets, or listens to the channel 1.
    fn put(meeting: &mut Meeting, number: u32, interprets: bool) {
        let name = format!("site-{number}").as_str().into();
        let mut participant = meeting.participants[&name].clone();
        participant.interprets = interprets.then_some(DesiredInterpreter {
            channel: 1,
            on_air: true,
        });
        participant.listens_to = (!interprets).then_some(1);
        let next = meeting.revision + 1;
        let change = DesiredChange::PutParticipant { participant };
        meeting.change(1, next, change).expect("in step");
        meeting.forget_voices();
    }

    #[test]
    fn a_listener_has_its_interpreter_and_the_floor_has_none() {
        let mut meeting = meeting(1, &[1, 2, 3, 4]);
        put(&mut meeting, 2, true);
        put(&mut meeting, 5, false);
        let listener = plan(&meeting, 5, &pool());
        assert_eq!(listener[1..4], [mic(1), mic(2), mic(3)]);
        let floor = plan(&meeting, 6, &pool());
        assert_eq!(floor[1..4], [mic(1), mic(3), mic(4)]);
        // Its picture on the stage does not bring its voice to the floor.
        let stage = Some(SourceRef {
            participant: "site-2".into(),
            kind: SourceKind::Camera,
        });
        let next = meeting.revision + 1;
        let change = DesiredChange::SetStage { stage };
        meeting.change(1, next, change).expect("in step");
        assert_eq!(
            plan(&meeting, 6, &pool())[..2],
            [csrc_of(2, SourceKind::Camera).into(), None]
        );
        // Gone, and the floor is all there is.
        meeting.live.remove(&csrc_of(2, SourceKind::Microphone));
        assert!(!plan(&meeting, 5, &pool()).contains(&mic(2)));
    }
}
