//! A browser with its cookies, and the office that makes accounts.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::Request;
use diemcau_protocol::{ErrorCode, PasswordLink, ProblemDetails};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::PASSWORD;
use crate::support::Server;

/// What came back.
pub(crate) struct Heard {
    pub(crate) status: u16,
    pub(crate) etag: Option<String>,
    pub(crate) retry_after: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) cookies: Vec<String>,
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
        assert_eq!(problem.status, self.status);
        (problem.status, problem.code)
    }
}

/// A browser somewhere, or a program.
pub(crate) struct Browser<'a> {
    server: &'a Server,
    address: Cell<IpAddr>,
    cookies: RefCell<BTreeMap<String, String>>,
    bearer: Option<String>,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(server: &'a Server) -> Self {
        Self::at(server, "192.0.2.1")
    }

    pub(crate) fn at(server: &'a Server, address: &str) -> Self {
        Self {
            server,
            address: Cell::new(address.parse().unwrap()),
            cookies: RefCell::default(),
            bearer: None,
        }
    }

    /// One that was ended and started again.
    pub(crate) fn with_cookies(server: &'a Server, cookies: BTreeMap<String, String>) -> Self {
        Self {
            cookies: RefCell::new(cookies),
            ..Self::new(server)
        }
    }

    pub(crate) fn cookies(&self) -> BTreeMap<String, String> {
        self.cookies.borrow().clone()
    }

    /// A program with a token.
    pub(crate) fn program(server: &'a Server, token: &str) -> Self {
        Self {
            bearer: Some(token.to_owned()),
            ..Self::new(server)
        }
    }

    pub(crate) fn move_to(&self, address: &str) {
        self.address.set(address.parse().unwrap());
    }

    /// The secret of the session, which no script sees.
    pub(crate) fn session(&self) -> Option<String> {
        self.cookies.borrow().get("__Host-dc_session").cloned()
    }

    pub(crate) async fn ask_as(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Heard {
        let mut request = Request::builder().method(method).uri(path);
        if !headers.iter().any(|(name, _)| *name == "user-agent") {
            request = request.header("user-agent", "máy thử".as_bytes());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        for (name, value) in self.cookies.borrow().iter() {
            request = request.header("cookie", format!("{name}={value}"));
        }
        if let Some(bearer) = &self.bearer {
            request = request.header("authorization", format!("Bearer {bearer}"));
        }
        let mut request = request.body(Body::from(body.to_owned())).unwrap();
        let address = SocketAddr::new(self.address.get(), 40_000);
        request.extensions_mut().insert(ConnectInfo(address));
        let router = self.server.signaling.router();
        let response = router.oneshot(request).await.unwrap();
        let header = |name: &str| {
            let value = response.headers().get(name);
            value.map(|value| value.to_str().unwrap().to_owned())
        };
        let cookies: Vec<String> = response
            .headers()
            .get_all("set-cookie")
            .iter()
            .map(|value| value.to_str().unwrap().to_owned())
            .collect();
        for cookie in &cookies {
            let (name, rest) = cookie.split_once('=').unwrap();
            let (value, attributes) = rest.split_once(';').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.borrow_mut().remove(name);
            } else {
                let mut jar = self.cookies.borrow_mut();
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
        Heard {
            status: response.status().as_u16(),
            etag: header("etag"),
            retry_after: header("retry-after"),
            location: header("location"),
            cookies,
            body: to_bytes(response.into_body(), 1 << 24)
                .await
                .unwrap()
                .to_vec(),
        }
    }

    async fn ask(&self, method: &str, path: &str, body: &str) -> Heard {
        let ours = [("sec-fetch-site", "same-origin")];
        self.ask_as(method, path, &ours, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Heard {
        self.ask("GET", path, "").await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Heard {
        self.ask("POST", path, &body.to_string()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Heard {
        self.ask("DELETE", path, "").await
    }

    /// A change to the version that is there now.
    pub(crate) async fn change(&self, path: &str, body: Value) -> Heard {
        self.with_etag("PATCH", path, path, body).await
    }

    pub(crate) async fn with_etag(
        &self,
        method: &str,
        read: &str,
        path: &str,
        body: Value,
    ) -> Heard {
        let etag = self.get(read).await.etag.unwrap_or_else(|| "*".to_owned());
        let headers = [("sec-fetch-site", "same-origin"), ("if-match", &etag)];
        self.ask_as(method, path, &headers, &body.to_string()).await
    }

    pub(crate) async fn first_password(&self, link: &PasswordLink, password: &str) -> Heard {
        let (_, secret) = link.path.split_once("#link=").unwrap();
        let body = json!({"link": secret, "password": password});
        self.post("/api/v1/first-password", body).await
    }

    pub(crate) async fn sign_in(&self, login: &str, password: &str) -> Heard {
        let body = json!({"login": login, "password": password});
        self.post("/api/v1/sign-in", body).await
    }

    pub(crate) async fn sign_in_with(&self, login: &str, password: &str, code: &str) -> Heard {
        let body = json!({"login": login, "password": password, "code": code});
        self.post("/api/v1/sign-in", body).await
    }
}

/// The province's office, which has the server's key: a province with the
/// communes An Bình and Hòa Lạc, each with a hall and people.
pub(crate) struct Office<'a> {
    server: &'a Server,
    program: Browser<'a>,
}

impl<'a> Office<'a> {
    pub(crate) async fn new(server: &'a Server) -> Self {
        let office = Self::again(server);
        let units = [
            json!({"id": "tinh", "tier": "province", "name": "UBND tỉnh Minh Họa"}),
            json!({"id": "an-binh", "parent": "tinh", "tier": "commune", "name": "Xã An Bình"}),
            json!({"id": "hoa-lac", "parent": "tinh", "tier": "commune", "name": "Xã Hòa Lạc"}),
        ];
        for unit in units {
            office.made("/api/v1/units", unit).await;
        }
        for (id, unit, name) in [
            ("lan", "an-binh", "Nguyễn Thị Lan"),
            ("binh", "an-binh", "Trần Văn Bình"),
            ("hung", "hoa-lac", "Phạm Mạnh Hùng"),
            ("mai", "tinh", "Lê Thị Mai"),
        ] {
            let person = json!({"id": id, "unit": unit, "name": name});
            office.made("/api/v1/people", person).await;
        }
        for unit in ["an-binh", "hoa-lac"] {
            let hall =
                json!({"id": format!("hoi-truong-{unit}"), "unit": unit, "name": "Hội trường"});
            office.made("/api/v1/sites", hall).await;
        }
        office
    }

    /// The same office, where everything is there already.
    pub(crate) fn again(server: &'a Server) -> Self {
        let token = server.signaling.admin_token(Duration::from_secs(600));
        Self {
            server,
            program: Browser::program(server, &token.unwrap()),
        }
    }

    async fn made(&self, path: &str, body: Value) {
        assert_eq!(self.program.post(path, body).await.status, 201);
    }

    pub(crate) async fn get(&self, path: &str) -> Heard {
        self.program.get(path).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Heard {
        self.program.post(path, body).await
    }

    pub(crate) async fn change(&self, path: &str, body: Value) -> Heard {
        self.program.change(path, body).await
    }

    pub(crate) async fn with_etag(
        &self,
        method: &str,
        read: &str,
        path: &str,
        body: Value,
    ) -> Heard {
        self.program.with_etag(method, read, path, body).await
    }

    pub(crate) async fn close_person(&self, id: &str) -> Heard {
        let read = format!("/api/v1/people/{id}");
        let path = format!("{read}/close");
        self.program
            .with_etag("POST", &read, &path, json!({}))
            .await
    }

    /// A new account, and its link.
    pub(crate) async fn account(&self, login: &str, person: &str, roles: Value) -> PasswordLink {
        let body = json!({"login": login, "person": person, "roles": roles});
        let made = self.program.post("/api/v1/accounts", body).await;
        assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
        made.json()
    }

    /// Somebody who is signed in.
    pub(crate) async fn person(&self, login: &str, person: &str, roles: Value) -> Browser<'a> {
        let link = self.account(login, person, roles).await;
        let browser = Browser::new(self.server);
        assert_eq!(browser.first_password(&link, PASSWORD).await.status, 204);
        assert_eq!(browser.sign_in(login, PASSWORD).await.status, 200);
        browser
    }

    /// Mrs Lan of An Bình, who is signed in.
    pub(crate) async fn lan(&self) -> Browser<'a> {
        self.person("lan.nguyen", "lan", json!([])).await
    }
}
