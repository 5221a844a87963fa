//! What is sent about meetings: letters, calendars, messages to webhooks.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum DeliveryKind {
    /// A letter by mail.
    Mail,
    /// A message to a webhook.
    Webhook,
}

/// What has become of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It is to be sent, or to be tried again.
    Waiting,
    /// It was taken by who passes it on.
    Sent,
    /// It was refused for good, or could not be sent for too long.
    Failed,
}

/// Something that was or is to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct Delivery {
    /// What.
    pub kind: DeliveryKind,
    /// To whom.
    pub target: String,
    /// What has become of it.
    pub state: DeliveryState,
    /// Since when it is to be sent, in milliseconds since 1970 UTC.
    #[ts(type = "number")]
    pub created_at: i64,
    /// When it is tried next, while it waits.
    #[ts(type = "number")]
    pub next_at: i64,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was sent.
    #[ts(type = "number | null")]
    pub sent_at: Option<i64>,
    /// Why the last attempt came to nothing.
    pub error: Option<String>,
}

/// `GET /api/v1/meetings/{id}/deliveries`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct DeliveryList {
    /// The oldest first.
    pub deliveries: Vec<Delivery>,
}

/// `POST /api/v1/contacts/{kind}/{id}/calendar`: a new secret address. The one
/// before is good no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct CalendarAddress {
    /// The path on this server. It is told once.
    pub path: String,
}

/// What a webhook is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub enum WebhookEvent {
    /// A meeting was planned; everybody invited is named.
    #[serde(rename = "meeting.invited")]
    Invited,
    /// A meeting was changed; everybody whom that concerns is named.
    #[serde(rename = "meeting.changed")]
    Changed,
    /// A meeting was cancelled.
    #[serde(rename = "meeting.cancelled")]
    Cancelled,
    /// A meeting was opened; its rehearsal is over.
    #[serde(rename = "meeting.started")]
    Started,
    /// A meeting is over.
    #[serde(rename = "meeting.ended")]
    Ended,
    /// A meeting starts soon.
    #[serde(rename = "meeting.reminder")]
    Reminder,
}

impl WebhookEvent {
    /// As it stands in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invited => "meeting.invited",
            Self::Changed => "meeting.changed",
            Self::Cancelled => "meeting.cancelled",
            Self::Started => "meeting.started",
            Self::Ended => "meeting.ended",
            Self::Reminder => "meeting.reminder",
        }
    }
}

/// A program that is told what happens to meetings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct Webhook {
    /// Its identifier.
    pub id: String,
    /// Where it is told.
    pub url: String,
    /// What it is for.
    pub description: String,
    /// What it is told.
    pub events: Vec<WebhookEvent>,
}

/// `POST /api/v1/webhooks`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct CreateWebhook {
    /// `https://…`, or `http://` on the server's own machine.
    pub url: String,
    /// What it is for; 1 to 120 characters.
    pub description: String,
    /// What it is told; at least one.
    pub events: Vec<WebhookEvent>,
}

/// The answer to [`CreateWebhook`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct WebhookCreated {
    /// The webhook.
    pub webhook: Webhook,
    /// What its messages are signed with. It is told once.
    pub secret: String,
}

/// `GET /api/v1/webhooks`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct WebhookList {
    /// All of them.
    pub webhooks: Vec<Webhook>,
}
