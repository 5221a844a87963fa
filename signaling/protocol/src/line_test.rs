//! Testing a line before a meeting: `/api/v1/line-test`.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::IceServer;

/// `POST /api/v1/line-test`, with an invitation as bearer: what a line can be
/// tested against, for the next minute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct LineTest {
    /// Opens the echo of the media ports, in hexadecimal digits; absent where
    /// there is no echo.
    pub ticket: Option<String>,
    /// The media ports, as `ADDRESS:PORT`, UDP.
    pub media: Vec<String>,
    /// For those whom UDP does not reach.
    #[schema(value_type = Vec<Object>)]
    pub ice_servers: Vec<IceServer>,
    /// `GET down` sends at most so many seconds.
    pub most_seconds: u32,
    /// `GET down` sends at most at this rate, in kbit/s.
    pub most_kbps: u32,
    /// `POST up` takes at most so many bytes.
    pub most_bytes: u32,
}

/// The answer to `POST /api/v1/line-test/up`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, export_to = "protocol.ts")]
pub struct LineTestCount {
    /// Bytes that came.
    pub bytes: u32,
    /// From the first of them to the last, in ms.
    pub milliseconds: u32,
}
