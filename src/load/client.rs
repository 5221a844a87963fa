//! A small HTTP and WebSocket client, over TCP or TLS.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::http::{HeaderValue, Method, Request, Response, header};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;

use super::usage::Usage;

/// Why the server could not be talked to.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The address is not one.
    #[error("{0} is not http://HOST:PORT or https://HOST:PORT")]
    Address(String),
    /// The authority's certificate cannot be used.
    #[error("the authority {path} cannot be used: {why}")]
    Authority {
        /// The file.
        path: String,
        /// Why not.
        why: String,
    },
    /// The connection failed.
    #[error("cannot talk to the server: {0}")]
    Connection(String),
    /// The server refused.
    #[error("the server answers {status}: {body}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it says.
        body: String,
    },
}

pub(crate) type WebSocket = WebSocketStream<Box<dyn Duplex>>;

/// A connection, encrypted or not.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

/// Where the server is and how to reach it.
#[derive(Clone)]
pub(crate) struct Client {
    host: String,
    port: u16,
    tls: Option<Arc<ClientConfig>>,
}

impl Client {
    pub(crate) fn new(url: &str, ca: Option<&Path>) -> Result<Self, ClientError> {
        let bad = || ClientError::Address(url.to_owned());
        let (scheme, rest) = url.split_once("://").ok_or_else(bad)?;
        let (tls, usual) = match scheme {
            "http" => (None, 80),
            "https" => (Some(Arc::new(tls(ca)?)), 443),
            _ => return Err(bad()),
        };
        let place = rest.trim_end_matches('/');
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().map_err(|_| bad())?),
            Some(_) | None => (place, usual),
        };
        let host = host.trim_matches(['[', ']']);
        if host.is_empty() || host.contains('/') {
            return Err(bad());
        }
        Ok(Self {
            host: host.to_owned(),
            port,
            tls,
        })
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Whether the server seems to be on this machine.
    pub(crate) fn is_local(&self) -> bool {
        let own = crate::addresses::own();
        match self.host.parse::<IpAddr>() {
            Ok(address) => address.is_loopback() || own.contains(&address),
            Err(_) => self.host == "localhost",
        }
    }

    async fn connect(&self, send_buffer: Option<usize>) -> Result<Box<dyn Duplex>, ClientError> {
        let tcp = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(lost)?;
        tcp.set_nodelay(true).map_err(lost)?;
        if let Some(bytes) = send_buffer {
            let socket = socket2::SockRef::from(&tcp);
            socket.set_send_buffer_size(bytes).map_err(lost)?;
        }
        let Some(tls) = &self.tls else {
            return Ok(Box::new(tcp));
        };
        let name = ServerName::try_from(self.host.clone()).map_err(lost)?;
        let stream = TlsConnector::from(Arc::clone(tls))
            .connect(name, tcp)
            .await
            .map_err(lost)?;
        Ok(Box::new(stream))
    }

    /// Posts JSON and reads JSON.
    pub(crate) async fn post<A: DeserializeOwned>(
        &self,
        path: &str,
        bearer: &str,
        body: &impl Serialize,
    ) -> Result<A, ClientError> {
        let body = serde_json::to_vec(body).map_err(lost)?;
        let text = self.request(Method::POST, path, bearer, body).await?;
        serde_json::from_slice(&text).map_err(lost)
    }

    /// Posts JSON about something as it is now (RFC 9110 §13.1.1), and reads
    /// JSON.
    pub(crate) async fn change<A: DeserializeOwned>(
        &self,
        thing: &str,
        path: &str,
        bearer: &str,
        body: &impl Serialize,
    ) -> Result<A, ClientError> {
        let body = serde_json::to_vec(body).map_err(lost)?;
        let mut channel = self.channel(None).await?;
        let now = channel.ask(Method::GET, thing, bearer, empty()).await?;
        let tag = now.headers().get(header::ETAG).cloned();
        now.into_body().collect().await.map_err(lost)?;
        let body = Full::new(Bytes::from(body)).map_err(|never| match never {});
        let asked = channel.ask_of(tag, Method::POST, path, bearer, body.boxed_unsync());
        let answer = asked.await?.into_body().collect().await.map_err(lost)?;
        serde_json::from_slice(&answer.to_bytes()).map_err(lost)
    }

    /// Reads bytes.
    pub(crate) async fn bytes(&self, path: &str, bearer: &str) -> Result<Bytes, ClientError> {
        self.request(Method::GET, path, bearer, Vec::new()).await
    }

    /// Reads JSON.
    pub(crate) async fn get<A: DeserializeOwned>(
        &self,
        path: &str,
        bearer: &str,
    ) -> Result<A, ClientError> {
        let text = self.request(Method::GET, path, bearer, Vec::new()).await?;
        serde_json::from_slice(&text).map_err(lost)
    }

    /// What the server's process has used so far, if it says so.
    pub(super) async fn process(&self) -> Option<Usage> {
        let text = self.request(Method::GET, "/metrics", "", Vec::new()).await;
        let text = String::from_utf8(text.ok()?.to_vec()).ok()?;
        let read = |name: &str| {
            let line = text.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().last()?.parse::<f64>().ok()
        };
        Some(Usage {
            cpu: Duration::from_secs_f64(read("process_cpu_seconds_total ")?),
            resident: read("process_resident_memory_bytes ")? as u64,
        })
    }

    async fn request(
        &self,
        method: Method,
        path: &str,
        bearer: &str,
        body: Vec<u8>,
    ) -> Result<Bytes, ClientError> {
        let body = Full::new(Bytes::from(body)).map_err(|never| match never {});
        let mut channel = self.channel(None).await?;
        let asked = channel.ask(method, path, bearer, body.boxed_unsync());
        let answer = asked.await?.into_body().collect().await;
        Ok(answer.map_err(lost)?.to_bytes())
    }

    /// A connection for requests one after the other.
    pub(crate) async fn channel(&self, send_buffer: Option<usize>) -> Result<Channel, ClientError> {
        let stream = TokioIo::new(self.connect(send_buffer).await?);
        let (sender, connection) = http1::handshake(stream).await.map_err(lost)?;
        Ok(Channel {
            sender,
            driver: tokio::spawn(connection),
            host: format!("{}:{}", self.host, self.port),
        })
    }

    /// Opens the WebSocket of a meeting.
    pub(crate) async fn web_socket(&self) -> Result<WebSocket, ClientError> {
        let stream = self.connect(None).await?;
        let address = format!("ws://{}:{}/api/v1/ws", self.host, self.port);
        let (socket, _) = tokio_tungstenite::client_async(address, stream)
            .await
            .map_err(lost)?;
        Ok(socket)
    }
}

/// A body of a request.
pub(crate) type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// The body of a request that has none.
pub(crate) fn empty() -> Body {
    let empty = Empty::new().map_err(|never| match never {});
    empty.boxed_unsync()
}

/// A connection for requests one after the other.
pub(crate) struct Channel {
    sender: http1::SendRequest<Body>,
    driver: JoinHandle<hyper::Result<()>>,
    host: String,
}

impl Channel {
    /// Asks; what the server refuses is an error.
    pub(crate) async fn ask(
        &mut self,
        method: Method,
        path: &str,
        bearer: &str,
        body: Body,
    ) -> Result<Response<Incoming>, ClientError> {
        self.ask_of(None, method, path, bearer, body).await
    }

    async fn ask_of(
        &mut self,
        tag: Option<HeaderValue>,
        method: Method,
        path: &str,
        bearer: &str,
        body: Body,
    ) -> Result<Response<Incoming>, ClientError> {
        self.sender.ready().await.map_err(lost)?;
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.host)
            .header(header::AUTHORIZATION, format!("Bearer {bearer}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .map_err(lost)?;
        if let Some(tag) = tag {
            request.headers_mut().insert(header::IF_MATCH, tag);
        }
        let answer = self.sender.send_request(request).await.map_err(lost)?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let body = answer.into_body().collect().await.map_err(lost)?;
        Err(ClientError::Refused {
            status: status.as_u16(),
            body: String::from_utf8_lossy(&body.to_bytes()).into_owned(),
        })
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

fn lost(error: impl std::fmt::Display) -> ClientError {
    ClientError::Connection(error.to_string())
}

pub(crate) fn tls(ca: Option<&Path>) -> Result<ClientConfig, ClientError> {
    let path = ca.map_or_else(
        || "(none; give --ca FILE)".into(),
        |p| p.display().to_string(),
    );
    let unusable = |why: String| ClientError::Authority {
        path: path.clone(),
        why,
    };
    let file = ca.ok_or_else(|| unusable("https needs it".into()))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|e| unusable(e.to_string()))? {
        let certificate = certificate.map_err(|e| unusable(e.to_string()))?;
        roots
            .add(certificate)
            .map_err(|e| unusable(e.to_string()))?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| unusable(e.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_none_is_named() {
        for url in [
            "",
            "127.0.0.1:8080",
            "ftp://a:1",
            "http://",
            "http://a:x",
            "http://a/b",
        ] {
            let error = Client::new(url, None).err().expect("not an address");
            assert!(matches!(error, ClientError::Address(_)), "{url}: {error}");
        }
        let place = |url| Client::new(url, None).map(|client| (client.host, client.port));
        assert_eq!(place("http://a/").unwrap(), ("a".to_owned(), 80));
        assert_eq!(place("http://[::1]:81").unwrap(), ("::1".to_owned(), 81));
        let error = Client::new("https://a:1", None)
            .err()
            .expect("no authority");
        assert!(error.to_string().contains("--ca"), "{error}");
    }
}
