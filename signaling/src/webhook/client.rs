//! Tells one message to one webhook: one request, no redirects, and only at
//! addresses that were looked at.

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, HOST, USER_AGENT};
use axum::http::{Request, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::{Target, signature};

/// How long everything may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// Why a message was not told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotTold {
    /// It would never be.
    pub(crate) for_good: bool,
    pub(crate) why: String,
}

impl NotTold {
    fn now(why: impl ToString) -> Self {
        Self {
            for_good: false,
            why: why.to_string(),
        }
    }
}

/// Tells messages.
pub(crate) struct Caller {
    tls: TlsConnector,
    allow_private: bool,
}

/// A message that is to be told.
pub(crate) struct Message<'a> {
    pub(crate) id: &'a str,
    /// Now, in seconds since 1970 UTC.
    pub(crate) seconds: i64,
    pub(crate) secret: &'a str,
    pub(crate) body: &'a [u8],
}

impl Caller {
    /// Trusts the authorities of this machine.
    pub(crate) fn new(allow_private: bool) -> Result<Self, rustls::Error> {
        let mut roots = RootCertStore::empty();
        for certificate in rustls_native_certs::load_native_certs().certs {
            // One that cannot be read vouches for nobody.
            let _ = roots.add(certificate);
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            tls: TlsConnector::from(Arc::new(config)),
            allow_private,
        })
    }

    /// Tells a message; any answer of 200 to 299 means that it was heard.
    pub(crate) async fn tell(&self, url: &str, message: &Message<'_>) -> Result<(), NotTold> {
        let target = Target::parse(url, self.allow_private).map_err(|refusal| NotTold {
            for_good: true,
            why: refusal.detail.to_owned(),
        })?;
        let status = timeout(PATIENCE, self.ask(&target, message)).await;
        let status = status.map_err(|_| NotTold::now("no answer in time"))??;
        match status {
            status if status.is_success() => Ok(()),
            // The receiver wants no more of them.
            StatusCode::GONE => Err(NotTold {
                for_good: true,
                why: status.to_string(),
            }),
            status => Err(NotTold::now(status)),
        }
    }

    async fn ask(&self, target: &Target, message: &Message<'_>) -> Result<StatusCode, NotTold> {
        let addresses = lookup_host((target.host.as_str(), target.port)).await;
        let addresses = addresses.map_err(NotTold::now)?;
        let allowed: Vec<_> = addresses
            .filter(|address| target.may_be_at(address.ip(), self.allow_private))
            .collect();
        if allowed.is_empty() {
            return Err(NotTold::now(
                "the name leads into a private network, which the settings forbid",
            ));
        }
        let stream = TcpStream::connect(&allowed[..])
            .await
            .map_err(NotTold::now)?;
        let request = request(target, message).map_err(NotTold::now)?;
        if target.is_https {
            let name = ServerName::try_from(target.host.clone()).map_err(NotTold::now)?;
            let stream = self.tls.connect(name, stream).await.map_err(NotTold::now)?;
            send(stream, request).await
        } else {
            send(stream, request).await
        }
    }
}

fn request(
    target: &Target,
    message: &Message<'_>,
) -> Result<Request<Full<Bytes>>, axum::http::Error> {
    let Message {
        id,
        seconds,
        secret,
        body,
    } = message;
    let path = target.uri.path_and_query();
    let host = target.uri.authority().map_or("", |host| host.as_str());
    Request::post(path.map_or("/", |path| path.as_str()))
        .header(HOST, host)
        .header(USER_AGENT, "diemcau")
        .header(CONTENT_TYPE, "application/json")
        .header("webhook-id", *id)
        .header("webhook-timestamp", *seconds)
        .header("webhook-signature", signature(secret, id, *seconds, body))
        .body(Full::new(Bytes::copy_from_slice(body)))
}

async fn send(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<StatusCode, NotTold> {
    let connected = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = connected.map_err(NotTold::now)?;
    let answer = async { sender.send_request(request).await };
    tokio::select! {
        answer = answer => Ok(answer.map_err(NotTold::now)?.status()),
        ended = connection => Err(match ended {
            Ok(()) => NotTold::now("the connection ended without an answer"),
            Err(error) => NotTold::now(error),
        }),
    }
}
