//! A clerk: somebody with an administrator's token, at the REST interface.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode};
use diemcau_protocol::{
    ErrorCode, InvitationPage, InviteLink, MeetingsPlanned, ParticipantKind, PlannedMeeting,
    ProblemDetails,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::support::Server;

pub(crate) const MEETINGS: &str = "/api/v1/meetings";

/// What came back.
pub(crate) struct Heard {
    pub(crate) status: StatusCode,
    pub(crate) etag: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Heard {
    pub(crate) fn json<T: DeserializeOwned>(&self) -> T {
        let text = String::from_utf8_lossy(&self.body);
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// The status and the code of a problem.
    pub(crate) fn problem(&self) -> (u16, ErrorCode) {
        let problem: ProblemDetails = self.json();
        assert_eq!(problem.status, self.status.as_u16());
        (problem.status, problem.code)
    }

    pub(crate) fn etag(&self) -> &str {
        self.etag.as_deref().unwrap()
    }
}

/// An administrator at a server.
pub(crate) struct Clerk<'a> {
    pub(crate) server: &'a Server,
    pub(crate) token: String,
}

impl<'a> Clerk<'a> {
    pub(crate) fn of(server: &'a Server) -> Self {
        let token = server.signaling.admin_token(Duration::from_secs(600));
        Self {
            server,
            token: token.unwrap(),
        }
    }

    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Heard {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header("Authorization", format!("Bearer {}", self.token));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.into()).unwrap();
        let response = self.server.rest(request).await;
        let header = |name: &str| {
            let value = response.headers().get(name);
            value.map(|value| value.to_str().unwrap().to_owned())
        };
        let (status, etag, language) = (
            response.status(),
            header("etag"),
            header("content-language"),
        );
        let body = to_bytes(response.into_body(), 1 << 24)
            .await
            .unwrap()
            .to_vec();
        Heard {
            status,
            etag,
            language,
            body,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Heard {
        self.ask(Method::GET, path, &[], Body::empty()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Heard {
        self.ask(Method::POST, path, &[], body.to_string()).await
    }

    /// A change to the version that is there now.
    pub(crate) async fn change(&self, method: Method, path: &str, body: Value) -> Heard {
        let read = match path.rsplit_once('/') {
            Some((one, "merge" | "close" | "cancel" | "selection")) => one,
            Some(_) | None => path,
        };
        let etag = self.get(read).await.etag.unwrap_or_else(|| "*".to_owned());
        self.ask(method, path, &[("If-Match", &etag)], body.to_string())
            .await
    }

    pub(crate) async fn plan(&self, body: Value) -> PlannedMeeting {
        let heard = self.post(MEETINGS, body).await;
        assert_eq!(
            heard.status,
            201,
            "{}",
            String::from_utf8_lossy(&heard.body)
        );
        heard.json::<MeetingsPlanned>().meetings.remove(0)
    }

    pub(crate) async fn links(&self, meeting: &PlannedMeeting) -> Vec<InviteLink> {
        let page: InvitationPage = self
            .get(&format!("{MEETINGS}/{}/invitations", meeting.id))
            .await
            .json();
        let link = |one: diemcau_protocol::InvitationLink| InviteLink {
            participant: one.participant,
            name: Some(one.invited.name),
            role: one.invited.role,
            kind: ParticipantKind::Site,
            unit: one.invited.unit,
            path: one.path,
        };
        page.items.into_iter().map(link).collect()
    }

    /// Tỉnh Minh Họa with two communes.
    pub(crate) async fn found_the_province(&self) {
        for (id, parent, tier, name) in [
            ("minh-hoa", None, "province", "UBND tỉnh Minh Họa"),
            ("hoa-lac", Some("minh-hoa"), "commune", "UBND xã Hòa Lạc"),
            ("an-binh", Some("minh-hoa"), "commune", "UBND xã An Bình"),
        ] {
            let unit = json!({ "id": id, "parent": parent, "tier": tier, "name": name });
            assert_eq!(self.post("/api/v1/units", unit).await.status, 201);
        }
        let site =
            json!({ "id": "hoi-truong", "unit": "an-binh", "name": "Hội trường xã An Bình" });
        assert_eq!(self.post("/api/v1/sites", site).await.status, 201);
    }
}
