//! Bodies of the REST interface about devices of halls. `docs/protocol.md`
//! says how they are used.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// `GET /api/v1/device`: what a hall's device is to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum HallDevice {
    /// It waits until somebody enters the code that it shows.
    Pairing {
        /// The code, as it is shown.
        code: String,
    },
    /// It belongs to a site.
    Paired {
        /// The site.
        site: String,
        /// What the site is called.
        name: String,
        /// The meeting that it joins by itself, now or as soon as it opens.
        next: Option<NextMeeting>,
    },
}

/// A meeting that a hall's device joins by itself.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct NextMeeting {
    /// The meeting.
    pub meeting: String,
    /// What it is about.
    pub title: String,
    /// The unit that hosts it.
    pub host_unit: String,
    /// When it begins, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub starts_at: i64,
    /// When its room lets people in.
    #[ts(type = "number")]
    pub opens_at: i64,
    /// An invitation for the place of the site, once the room is open.
    pub token: Option<String>,
}

impl std::fmt::Debug for NextMeeting {
    /// The invitation is a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NextMeeting")
            .field("meeting", &self.meeting)
            .finish_non_exhaustive()
    }
}

/// `POST /api/v1/devices`: what a hall shows, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct PairDevice {
    /// The code on the hall's screen.
    pub code: String,
    /// The site to which the device belongs from now on.
    pub site: String,
    /// What the device is called; 1 to 120 characters.
    pub name: String,
}

/// A device that is paired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct PairedDevice {
    /// Its identifier.
    pub id: String,
    /// The site.
    pub site: String,
    /// What it is called.
    pub name: String,
    /// When it was paired, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub paired_at: i64,
    /// When it was heard of last, to the minute.
    #[ts(type = "number | null")]
    pub seen_at: Option<i64>,
}

/// The devices that somebody looks after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct PairedDevices {
    /// By site and name.
    pub items: Vec<PairedDevice>,
}

/// `POST /api/v1/sites/{id}/invitations`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct HandToSite {
    /// The site's invitation: the fragment of its link.
    pub token: String,
}
