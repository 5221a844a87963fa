//! The stage beyond its first source: several sites side by side, a document, a
//! preview, and pictures of their own for some sites.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{ParticipantId, SourceRef};

/// What the stage can show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StageShow {
    /// Whoever speaks.
    FollowSpeaker,
    /// Cameras or screens, side by side: 1, 2 or 4, no two alike.
    Sources {
        /// The first is what the media plane puts on the stage slot; the
        /// others are asked for by the client, as in any layout.
        sources: Vec<SourceRef>,
    },
    /// A document.
    Document {
        /// Its reference, as on the agenda.
        reference: String,
        /// The page, from 1.
        page: u32,
    },
}

/// The stage beyond `snapshot.stage`, which tells its first source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct StagePlan {
    /// What stands beside the first source.
    pub beside: Vec<SourceRef>,
    /// The document that is shown instead of a source.
    pub document: Option<StageDocument>,
    /// What goes out with the next `take`.
    pub preview: Option<StageShow>,
    /// Who sees something else than the others, and what.
    pub given: BTreeMap<ParticipantId, SourceRef>,
}

/// A document on the stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
pub struct StageDocument {
    /// Its reference, as on the agenda.
    pub reference: String,
    /// The page, from 1.
    pub page: u32,
}

/// What can be done with the stage, beside choosing one source (`set_stage`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum StageCommand {
    /// Set the preview, or clear it.
    Prepare {
        /// What is to be shown next.
        show: Option<StageShow>,
    },
    /// Put the preview on the stage.
    Take,
    /// Give a site a picture of its own, or no longer.
    Give {
        /// Which site.
        participant: ParticipantId,
        /// A camera or a screen; what all see where it is absent.
        source: Option<SourceRef>,
    },
    /// Something that a newer client can do; refused with `unknown_command`.
    #[serde(other)]
    #[ts(skip)]
    Unknown,
}

/// What happens to the stage beyond its first source. `stage_set` comes before
/// it where that changes too, and ends what stood beside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum StageEvent {
    /// The preview is another.
    Prepared {
        /// What is to be shown next.
        show: Option<StageShow>,
        /// Who decided.
        by: ParticipantId,
    },
    /// The stage shows something else.
    Shown {
        /// What.
        show: StageShow,
        /// Who took the preview; nobody where somebody's leaving did it.
        by: Option<ParticipantId>,
    },
    /// A site was given a picture of its own, or no longer.
    Given {
        /// Which site.
        participant: ParticipantId,
        /// What it sees.
        source: Option<SourceRef>,
        /// Who decided.
        by: ParticipantId,
    },
}
