//! A small HTTP/1.1 client over TCP or TLS: enough for WHIP, and for a
//! WebSocket to be opened on it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper::http::{HeaderMap, Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Url;

/// A server that has not answered by then is taken for unreachable.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 256 * 1024;

/// Why a request failed before there was an answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The address is not one.
    #[error("{0} is not an http:// or https:// address")]
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
    #[error("{0}")]
    Connection(String),
    /// Nothing came back within 10 s.
    #[error("no answer within {} s", PATIENCE.as_secs())]
    Silent,
}

/// A connection, encrypted or not.
pub trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Answer {
    /// A header's value, where it is text.
    pub fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Opens connections; for TLS it trusts the machine's authorities, or the one
/// that it was given.
#[derive(Clone)]
pub struct Client {
    tls: Arc<ClientConfig>,
}

impl Client {
    /// `authority` is a PEM file, for servers with a certificate of their own.
    ///
    /// # Errors
    /// When the file cannot be used.
    pub fn new(authority: Option<&Path>) -> Result<Self, HttpError> {
        let mut roots = RootCertStore::empty();
        match authority {
            Some(path) => trust(&mut roots, path)?,
            // A machine without authorities can still use plain HTTP.
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(lost)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { tls: Arc::new(tls) })
    }

    /// Opens a connection to the host of an address.
    ///
    /// # Errors
    /// When it cannot be reached, or is not whom it says it is.
    pub async fn connect(&self, url: &Url) -> Result<Box<dyn Duplex>, HttpError> {
        let (host, port) = host_and_port(url)?;
        let tcp = TcpStream::connect((host, port)).await.map_err(lost)?;
        tcp.set_nodelay(true).map_err(lost)?;
        if url.scheme() == "http" {
            return Ok(Box::new(tcp));
        }
        let name = ServerName::try_from(host.to_owned()).map_err(lost)?;
        let stream = TlsConnector::from(Arc::clone(&self.tls))
            .connect(name, tcp)
            .await
            .map_err(lost)?;
        Ok(Box::new(stream))
    }

    /// Makes one request on a connection of its own.
    ///
    /// # Errors
    /// When no answer comes; an answer with an error status is an answer.
    pub async fn request(
        &self,
        method: Method,
        url: &Url,
        headers: &[(header::HeaderName, &str)],
        body: String,
    ) -> Result<Answer, HttpError> {
        tokio::time::timeout(PATIENCE, self.exchange(method, url, headers, body))
            .await
            .map_err(|_| HttpError::Silent)?
    }

    async fn exchange(
        &self,
        method: Method,
        url: &Url,
        headers: &[(header::HeaderName, &str)],
        body: String,
    ) -> Result<Answer, HttpError> {
        let (host, port) = host_and_port(url)?;
        let stream = TokioIo::new(self.connect(url).await?);
        let (mut sender, connection) = http1::handshake(stream).await.map_err(lost)?;
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, format!("{host}:{port}"));
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let request = request.body(Full::new(Bytes::from(body))).map_err(lost)?;
        let exchange = async {
            let answer = sender.send_request(request).await.map_err(lost)?;
            let (head, body) = answer.into_parts();
            let body = Limited::new(body, LONGEST_ANSWER).collect().await;
            Ok(Answer {
                status: head.status,
                headers: head.headers,
                body: body.map_err(lost)?.to_bytes(),
            })
        };
        tokio::pin!(exchange);
        tokio::pin!(connection);
        tokio::select! {
            biased;
            answer = &mut exchange => answer,
            // A server may close the connection behind its answer.
            _ = &mut connection => exchange.await,
        }
    }
}

fn host_and_port(url: &Url) -> Result<(&str, u16), HttpError> {
    let known = matches!(url.scheme(), "http" | "https");
    match (url.host_str(), url.port_or_known_default()) {
        (Some(host), Some(port)) if known => Ok((host.trim_matches(['[', ']']), port)),
        _ => Err(HttpError::Address(url.to_string())),
    }
}

fn trust(roots: &mut RootCertStore, path: &Path) -> Result<(), HttpError> {
    let unusable = |why: String| HttpError::Authority {
        path: path.display().to_string(),
        why,
    };
    for certificate in CertificateDer::pem_file_iter(path).map_err(|e| unusable(e.to_string()))? {
        let certificate = certificate.map_err(|e| unusable(e.to_string()))?;
        roots
            .add(certificate)
            .map_err(|e| unusable(e.to_string()))?;
    }
    if roots.is_empty() {
        return Err(unusable("there is no certificate in it".into()));
    }
    Ok(())
}

fn lost(error: impl std::fmt::Display) -> HttpError {
    HttpError::Connection(error.to_string())
}
