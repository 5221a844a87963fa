//! Telling the recorder what is wanted, whenever that is news.

use super::Room;
use crate::meeting::wanted_recording;

impl Room {
    /// Tells the recorder what is wanted of the meeting's recording, if it is
    /// concerned: while the meeting is recorded, when that changes, and when
    /// the meeting is over.
    pub(super) fn tell_recorder(&mut self) {
        let Some(recorder) = &self.around.recorder else {
            return;
        };
        let is_on = self.state.procedure.recording.since.is_some();
        let end = self.end.get();
        if !is_on && end.is_none() && self.told_recorder.is_none() {
            return;
        }
        let wanted = wanted_recording(&self.state, self.speaker.as_ref(), end);
        if self.told_recorder.as_ref() != Some(&wanted) {
            recorder(wanted.clone());
            self.told_recorder = Some(wanted);
        }
    }
}
