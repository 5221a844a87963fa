//! Personal values: out of the stored bytes, beside them, and back.

use diemcau_protocol::Event;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::ids::SALT_LENGTH;

/// What stands for a personal value that was destroyed.
pub(crate) const DESTROYED: &str = "[đã xóa]";

/// A personal value and the salt of its commitment.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PersonalValue {
    /// The event's field.
    pub(crate) field: String,
    /// Random.
    pub(crate) salt: Vec<u8>,
    /// The value.
    pub(crate) value: String,
}

impl std::fmt::Debug for PersonalValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PersonalValue")
            .field("field", &self.field)
            .finish_non_exhaustive()
    }
}

/// The name of the personal field of an event, and its value.
fn personal_field(event: &Event) -> Option<(&'static str, &str)> {
    match event {
        Event::ParticipantJoined { name, .. } => Some(("name", name)),
        Event::ChatSent { text, .. } => Some(("text", text)),
        Event::Admission(event) => event.personal(),
        Event::Agenda(event) => event.personal(),
        Event::RollCall(event) => event.personal(),
        Event::Conduct(event) => event.personal(),
        Event::Course(event) => event.personal(),
        Event::Groups(event) => event.personal(),
        Event::MeetingOpened { .. }
        | Event::ConnectionLost { .. }
        | Event::ConnectionRestored { .. }
        | Event::ParticipantLeft { .. }
        | Event::MicrophoneSet { .. }
        | Event::CameraSet { .. }
        | Event::ScreenSet { .. }
        | Event::MutedSet { .. }
        | Event::HandSet { .. }
        | Event::StageSet { .. }
        | Event::Floor(_)
        | Event::Microphones(_)
        | Event::Stage(_)
        | Event::Recording(_)
        | Event::Votes(_)
        | Event::Documents(_)
        | Event::Interpretation(_)
        | Event::ServerRestarted => None,
    }
}

fn commitment(salt: &[u8], value: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(salt);
    digest.update(value.as_bytes());
    hex::encode(digest.finalize())
}

/// Replaces the personal field in an event's JSON by its commitment.
pub(super) fn take_out(
    event: &Event,
    json: &mut Value,
    salt: [u8; SALT_LENGTH],
) -> Option<PersonalValue> {
    let (field, value) = personal_field(event)?;
    json[field] = json!({ "commitment": commitment(&salt, value) });
    Some(PersonalValue {
        field: field.to_owned(),
        salt: salt.to_vec(),
        value: value.to_owned(),
    })
}

/// Puts values back where commitments stand; [`DESTROYED`] where the value is
/// no more. False when a value is not the one that was committed to.
pub(super) fn put_back(json: &mut Value, personal: &[PersonalValue]) -> bool {
    let Some(fields) = json.as_object_mut() else {
        return true;
    };
    for (name, content) in fields {
        let Some(committed) = content.get("commitment").and_then(Value::as_str) else {
            continue;
        };
        let value = match personal.iter().find(|value| value.field == *name) {
            Some(known) if commitment(&known.salt, &known.value) != committed => return false,
            Some(known) => known.value.clone(),
            None => DESTROYED.to_owned(),
        };
        *content = Value::String(value);
    }
    true
}
