//! What signaling wants of a meeting, and who is heard in it.

use std::collections::BTreeMap;

use diemcau_protocol::{
    DesiredChange, DesiredMeeting, DesiredParticipant, ParticipantId, SourceKind, SourceRef,
    VideoCodec, csrc_of, source_of_csrc,
};

use crate::loudest::Rank;
use crate::sfu::PeerId;
use crate::track::TrackId;
use crate::voices::{PLENARY, Voices};

/// A meeting as the SFU knows it.
#[derive(Debug)]
pub(crate) struct Meeting {
    pub(crate) epoch: u32,
    pub(crate) revision: u32,
    pub(crate) participants: BTreeMap<ParticipantId, DesiredParticipant>,
    numbers: BTreeMap<u32, ParticipantId>,
    groups: BTreeMap<ParticipantId, u32>,
    /// The group of each participant that is in one, by its number.
    group_of: BTreeMap<u32, u32>,
    /// Who is on air in each channel of interpretation, by its number.
    on_air: BTreeMap<u32, u32>,
    stage: Option<SourceRef>,
    previous_stage: Option<SourceRef>,
    /// The media connection of each participant that has one.
    pub(crate) peers: BTreeMap<ParticipantId, PeerId>,
    /// Sources that may be forwarded now, by CSRC.
    pub(crate) live: BTreeMap<u32, TrackId>,
    /// Sources that other workers have announced, by CSRC.
    pub(crate) far: BTreeMap<u32, TrackId>,
    /// Sounds, by CSRC: of all workers at the meeting's home, else of here.
    pub(crate) voices: Voices,
    /// Who is heard, in the order in which they came to be, and how much they
    /// must be.
    pub(crate) heard: Vec<(u32, Rank)>,
    video_codecs: Vec<VideoCodec>,
}

/// Why a command was not taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OutOfStep;

impl Meeting {
    /// `heard` sounds are forwarded at a time.
    pub(crate) fn new(heard: usize) -> Self {
        Self {
            epoch: 0,
            revision: 0,
            participants: BTreeMap::new(),
            numbers: BTreeMap::new(),
            groups: BTreeMap::new(),
            group_of: BTreeMap::new(),
            on_air: BTreeMap::new(),
            stage: None,
            previous_stage: None,
            peers: BTreeMap::new(),
            live: BTreeMap::new(),
            far: BTreeMap::new(),
            voices: Voices::new(heard),
            heard: Vec::new(),
            video_codecs: VideoCodec::DEFAULT.to_vec(),
        }
    }

    /// Takes over a whole state. Returns who is no longer in the meeting.
    pub(crate) fn replace(
        &mut self,
        epoch: u32,
        revision: u32,
        state: DesiredMeeting,
    ) -> Result<Vec<ParticipantId>, OutOfStep> {
        let known = (self.epoch, self.revision);
        if (epoch, revision) < known {
            return Err(OutOfStep);
        }
        (self.epoch, self.revision) = (epoch, revision);
        self.participants = state
            .participants
            .into_iter()
            .map(|p| (p.participant.clone(), p))
            .collect();
        self.groups = state.groups;
        self.renumber();
        self.set_stage(state.stage);
        if !state.video_codecs.is_empty() {
            self.video_codecs = state.video_codecs;
        }
        Ok(self
            .peers
            .keys()
            .filter(|p| !self.participants.contains_key(*p))
            .cloned()
            .collect())
    }

    /// Takes over a numbered change. Returns who is no longer in the meeting.
    pub(crate) fn change(
        &mut self,
        epoch: u32,
        revision: u32,
        change: DesiredChange,
    ) -> Result<Option<ParticipantId>, OutOfStep> {
        if epoch != self.epoch || Some(revision) != self.revision.checked_add(1) {
            return Err(OutOfStep);
        }
        self.revision = revision;
        match change {
            DesiredChange::PutParticipant { participant } => {
                self.participants
                    .insert(participant.participant.clone(), participant);
                self.renumber();
                Ok(None)
            }
            DesiredChange::RemoveParticipant { participant } => {
                self.participants.remove(&participant);
                self.renumber();
                Ok(Some(participant))
            }
            DesiredChange::SetStage { stage } => {
                self.set_stage(stage);
                Ok(None)
            }
            DesiredChange::SetGroups { groups } => {
                self.groups = groups;
                self.renumber();
                Ok(None)
            }
        }
    }

    fn renumber(&mut self) {
        self.numbers = self
            .participants
            .values()
            .map(|p| (p.number, p.participant.clone()))
            .collect();
        let grouped = self.numbers.iter().filter_map(|(number, participant)| {
            let group = self.groups.get(participant)?;
            Some((*number, *group))
        });
        self.group_of = grouped.collect();
        let on_air = self.participants.values().filter_map(|p| {
            let interprets = p.interprets.filter(|interprets| interprets.on_air)?;
            Some((interprets.channel, p.number))
        });
        self.on_air = on_air.collect();
    }

    /// The group of the participant with this number.
    pub(crate) fn group_of(&self, number: u32) -> u32 {
        self.group_of.get(&number).copied().unwrap_or(PLENARY)
    }

    /// Whether a source may reach the participant with this number: they are
    /// in the same group.
    pub(crate) fn reaches(&self, csrc: u32, number: u32) -> bool {
        self.group_of(source_of_csrc(csrc).0) == self.group_of(number)
    }

    /// The group in which a sound may be heard; none for what goes into a
    /// channel of interpretation.
    pub(crate) fn heard_in(&self, csrc: u32) -> Option<u32> {
        let (number, kind) = source_of_csrc(csrc);
        let is_interpreted = kind == SourceKind::Microphone && self.interprets(number);
        (!is_interpreted).then(|| self.group_of(number))
    }

    fn interprets(&self, number: u32) -> bool {
        let participant = self.numbers.get(&number);
        let participant = participant.and_then(|id| self.participants.get(id));
        participant.is_some_and(|participant| participant.interprets.is_some())
    }

    /// The sound of the interpreter whom the participant with this number
    /// listens to, where it can be had.
    pub(crate) fn interpreter_for(&self, number: u32) -> Option<u32> {
        let participant = self.participants.get(self.numbers.get(&number)?)?;
        let interpreter = self.on_air.get(&participant.listens_to?)?;
        let csrc = csrc_of(*interpreter, SourceKind::Microphone);
        let is_other = *interpreter != number && self.reaches(csrc, number);
        (is_other && self.live.contains_key(&csrc)).then_some(csrc)
    }

    /// Forgets how loud was what is not forwarded any more, or not there.
    pub(crate) fn forget_voices(&mut self) {
        let mut voices = std::mem::replace(&mut self.voices, Voices::new(0));
        voices.retain(|csrc| {
            let group = self.heard_in(csrc);
            group.filter(|_| self.live.contains_key(&csrc))
        });
        self.voices = voices;
        let mut heard = std::mem::take(&mut self.heard);
        heard.retain(|(csrc, _)| self.live.contains_key(csrc) && self.heard_in(*csrc).is_some());
        self.heard = heard;
    }

    fn set_stage(&mut self, stage: Option<SourceRef>) {
        if stage != self.stage {
            self.previous_stage = std::mem::replace(&mut self.stage, stage);
        }
    }

    /// The CSRC of a source, if its participant is in the meeting.
    pub(crate) fn csrc(&self, source: &SourceRef) -> Option<u32> {
        let participant = self.participants.get(&source.participant)?;
        Some(csrc_of(participant.number, source.kind))
    }

    /// The source behind a CSRC.
    pub(crate) fn source(&self, csrc: u32) -> Option<SourceRef> {
        let (number, kind) = source_of_csrc(csrc);
        Some(SourceRef {
            participant: self.numbers.get(&number)?.clone(),
            kind,
        })
    }

    /// What the stage shows to the participant with this number: never its
    /// own picture, but what was there before.
    pub(crate) fn stage_for(&self, number: u32) -> Option<u32> {
        [&self.stage, &self.previous_stage]
            .into_iter()
            .flatten()
            .filter_map(|source| self.csrc(source))
            .find(|csrc| {
                let is_other = source_of_csrc(*csrc).0 != number && self.reaches(*csrc, number);
                is_other && self.live.contains_key(csrc)
            })
    }

    /// The sound that belongs to a picture on the stage.
    pub(crate) fn sound_of(&self, picture: u32) -> Option<u32> {
        let (number, kind) = source_of_csrc(picture);
        let own = csrc_of(number, SourceKind::Microphone);
        let screen = csrc_of(number, SourceKind::ScreenAudio);
        let sound = match kind {
            SourceKind::Screen if self.live.contains_key(&screen) && self.sounds(screen) => screen,
            SourceKind::Screen
            | SourceKind::Camera
            | SourceKind::Microphone
            | SourceKind::ScreenAudio => own,
        };
        let is_there = self.live.contains_key(&sound) && self.heard_in(sound).is_some();
        is_there.then_some(sound)
    }

    fn sounds(&self, csrc: u32) -> bool {
        self.heard.iter().any(|(heard, _)| *heard == csrc)
    }

    /// How much somebody must be heard.
    pub(crate) fn rank(&self, csrc: u32) -> Rank {
        // Who listens to an interpreter wants to hear that before all else.
        if self.heard_in(csrc).is_none() {
            return Rank::MustBeHeard;
        }
        let heard = self.heard.iter().find(|(heard, _)| *heard == csrc);
        heard.map_or(Rank::Silent, |(_, rank)| *rank)
    }

    /// Whether it is known from links alone, and they have nothing of it any
    /// more.
    pub(crate) fn is_forgotten(&self) -> bool {
        self.epoch == 0
            && self.participants.is_empty()
            && self.peers.is_empty()
            && self.far.is_empty()
    }

    /// The codecs that may be used, the preferred one first.
    pub(crate) fn video_codecs(&self) -> &[VideoCodec] {
        &self.video_codecs
    }
}

#[cfg(test)]
mod tests {
    use diemcau_protocol::PublishRights;

    use super::*;

    fn person(name: &str, number: u32) -> DesiredParticipant {
        DesiredParticipant {
            participant: name.into(),
            number,
            publish: PublishRights {
                microphone: true,
                camera: true,
                screen: false,
                screen_audio: false,
            },
            always_heard: false,
            interprets: None,
            listens_to: None,
        }
    }

    fn state(names: &[&str]) -> DesiredMeeting {
        DesiredMeeting {
            participants: (1..).zip(names).map(|(n, name)| person(name, n)).collect(),
            stage: None,
            video_codecs: Vec::new(),
            groups: BTreeMap::new(),
        }
    }

    #[test]
    fn an_older_owner_is_refused() {
        let mut meeting = Meeting::new(4);
        meeting.replace(2, 1, state(&["an"])).expect("new");
        assert_eq!(meeting.replace(1, 9, state(&[])), Err(OutOfStep));
        assert_eq!(meeting.participants.len(), 1);
        let stage = DesiredChange::SetStage { stage: None };
        assert_eq!(meeting.change(1, 2, stage.clone()), Err(OutOfStep));
        assert_eq!(meeting.change(2, 3, stage.clone()), Err(OutOfStep));
        assert_eq!(meeting.change(2, 2, stage), Ok(None));
    }

    #[test]
    fn nothing_comes_after_the_last_revision() {
        let mut meeting = Meeting::new(4);
        meeting.replace(1, u32::MAX, state(&["an"])).expect("new");
        let stage = DesiredChange::SetStage { stage: None };
        for revision in [0, 1, u32::MAX] {
            assert_eq!(meeting.change(1, revision, stage.clone()), Err(OutOfStep));
        }
    }

    #[test]
    fn the_same_state_twice_changes_nothing() {
        let mut meeting = Meeting::new(4);
        meeting.replace(1, 1, state(&["an", "binh"])).expect("new");
        meeting.peers.insert("binh".into(), PeerId(7));
        assert_eq!(
            meeting.replace(1, 1, state(&["an", "binh"])),
            Ok(Vec::new())
        );
        assert_eq!(
            meeting.replace(1, 2, state(&["an"])),
            Ok(vec!["binh".into()])
        );
    }

    #[test]
    fn who_is_on_stage_sees_who_was_there_before() {
        let mut meeting = Meeting::new(4);
        meeting.replace(1, 1, state(&["an", "binh"])).expect("new");
        let key = TrackId(0);
        for number in [1, 2] {
            meeting
                .live
                .insert(csrc_of(number, SourceKind::Camera), key);
        }
        for (revision, name) in [(2, "an"), (3, "binh")] {
            let stage = Some(SourceRef {
                participant: name.into(),
                kind: SourceKind::Camera,
            });
            meeting
                .change(1, revision, DesiredChange::SetStage { stage })
                .expect("in step");
        }
        assert_eq!(meeting.stage_for(1), Some(csrc_of(2, SourceKind::Camera)));
        assert_eq!(meeting.stage_for(2), Some(csrc_of(1, SourceKind::Camera)));
    }
}
