//! Whether the offered TURN servers answer and accept what the server gave out
//! for them: an Allocate request (RFC 8656 §7) over each transport.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use diemcau_protocol::IceServer;
use md5::{Digest, Md5};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket, lookup_host};
use tokio_rustls::TlsConnector;

use super::report::TurnReport;
use crate::load::client::tls;

/// How long one server is tried.
const PATIENCE: Duration = Duration::from_secs(4);
/// A question by UDP is repeated after this time (RFC 8489 §6.2.1).
const REPEAT: Duration = Duration::from_millis(500);
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const BINDING: u16 = 0x0001;
const ALLOCATE: u16 = 0x0003;
/// The bits of a message's class (RFC 8489 §5).
const CLASS: u16 = 0x0110;
const SUCCESS: u16 = 0x0100;
const USERNAME: u16 = 0x0006;
const INTEGRITY: u16 = 0x0008;
const ERROR_CODE: u16 = 0x0009;
const REALM: u16 = 0x0014;
const NONCE: u16 = 0x0015;
const REQUESTED_TRANSPORT: u16 = 0x0019;
/// UDP, in REQUESTED-TRANSPORT.
const OVER_UDP: [u8; 4] = [17, 0, 0, 0];

/// Tries every address of every server.
pub(super) async fn check_all(servers: &[IceServer], ca: Option<&Path>) -> Vec<TurnReport> {
    let mut reports = Vec::new();
    for server in servers {
        for url in &server.urls {
            let checked = tokio::time::timeout(PATIENCE, check(url, server, ca)).await;
            let result = checked.unwrap_or_else(|_| Err("no answer".into()));
            reports.push(TurnReport {
                url: url.clone(),
                works: result.is_ok(),
                relays: result.is_ok() && url.starts_with("turn"),
                detail: result.err(),
            });
        }
    }
    reports
}

/// An address as in RFC 7065.
#[derive(Debug, PartialEq, Eq)]
struct Address {
    relay: bool,
    tls: bool,
    tcp: bool,
    host: String,
    port: u16,
}

fn parse(url: &str) -> Option<Address> {
    let (scheme, rest) = url.split_once(':')?;
    let (relay, tls) = match scheme {
        "stun" => (false, false),
        "stuns" => (false, true),
        "turn" => (true, false),
        "turns" => (true, true),
        _ => return None,
    };
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let otherwise = if tls { 5349 } else { 3478 };
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()?),
        Some(_) | None => (place, otherwise),
    };
    Some(Address {
        relay,
        tls,
        tcp: tls || query == "transport=tcp",
        host: host.trim_matches(['[', ']']).to_owned(),
        port,
    })
}

async fn check(url: &str, server: &IceServer, ca: Option<&Path>) -> Result<(), String> {
    let address = parse(url).ok_or("not a STUN or TURN address")?;
    let found = lookup_host((address.host.as_str(), address.port)).await;
    let mut found = found.map_err(|error| error.to_string())?;
    let to = found.next().ok_or("no such host")?;
    let mut wire = Wire::open(&address, to, ca)
        .await
        .map_err(|error| error.to_string())?;
    let answer = match address.relay {
        true => allocate(&mut wire, server).await?,
        false => wire.ask(&Question::new(BINDING)?.end(None)).await?,
    };
    match answer.kind & CLASS {
        SUCCESS => Ok(()),
        _ => Err(answer.error()),
    }
}

/// Asks twice: the first answer tells realm and nonce (RFC 8489 §9.2).
async fn allocate(wire: &mut Wire, server: &IceServer) -> Result<Answer, String> {
    let mut question = Question::new(ALLOCATE)?;
    question.put(REQUESTED_TRANSPORT, &OVER_UDP);
    let first = wire.ask(&question.end(None)).await?;
    let (Some(realm), Some(nonce)) = (first.get(REALM), first.get(NONCE)) else {
        return Ok(first);
    };
    let user = server.username.as_deref().unwrap_or_default();
    let secret = server.credential.as_deref().unwrap_or_default();
    let mut question = Question::new(ALLOCATE)?;
    question.put(REQUESTED_TRANSPORT, &OVER_UDP);
    question.put(USERNAME, user.as_bytes());
    question.put(REALM, realm);
    question.put(NONCE, nonce);
    let mut digest = Md5::new();
    digest.update(user);
    digest.update(b":");
    digest.update(realm);
    digest.update(b":");
    digest.update(secret);
    wire.ask(&question.end(Some(&digest.finalize()))).await
}

/// A STUN message in the making (RFC 8489 §5).
struct Question(Vec<u8>);

impl Question {
    fn new(kind: u16) -> Result<Self, String> {
        let mut transaction = [0; 12];
        aws_lc_rs::rand::fill(&mut transaction).map_err(|_| "no random numbers")?;
        let mut bytes = kind.to_be_bytes().to_vec();
        bytes.extend([0, 0]);
        bytes.extend(COOKIE);
        bytes.extend(transaction);
        Ok(Self(bytes))
    }

    fn put(&mut self, attribute: u16, value: &[u8]) {
        self.0.extend(attribute.to_be_bytes());
        self.0.extend((value.len() as u16).to_be_bytes());
        self.0.extend(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self.set_length(0);
    }

    fn set_length(&mut self, more: usize) {
        let length = (self.0.len() - 20 + more) as u16;
        self.0[2..4].copy_from_slice(&length.to_be_bytes());
    }

    /// Seals it with a key (MESSAGE-INTEGRITY, RFC 8489 §14.5), if there is one.
    fn end(mut self, key: Option<&[u8]>) -> Vec<u8> {
        if let Some(key) = key {
            self.set_length(24);
            let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
            let seal = hmac::sign(&key, &self.0);
            self.put(INTEGRITY, seal.as_ref());
        }
        self.0
    }
}

/// A STUN message that came.
#[derive(Debug)]
struct Answer {
    kind: u16,
    body: Vec<u8>,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let kind = u16::from_be_bytes([*bytes.first()?, *bytes.get(1)?]);
        let length = usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]));
        (bytes.get(4..8)? == COOKIE).then_some(())?;
        Some(Self {
            kind,
            body: bytes.get(20..20 + length)?.to_vec(),
        })
    }

    fn get(&self, attribute: u16) -> Option<&[u8]> {
        let mut rest = self.body.as_slice();
        while let [k0, k1, l0, l1, after @ ..] = rest {
            let length = usize::from(u16::from_be_bytes([*l0, *l1]));
            let value = after.get(..length)?;
            if u16::from_be_bytes([*k0, *k1]) == attribute {
                return Some(value);
            }
            rest = after.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
        None
    }

    /// RFC 8489 §14.8.
    fn error(&self) -> String {
        match self.get(ERROR_CODE) {
            Some([_, _, class, number, reason @ ..]) => {
                let code = u16::from(class & 7) * 100 + u16::from(*number);
                format!("{code} {}", String::from_utf8_lossy(reason))
            }
            Some(_) | None => "refused".into(),
        }
    }
}

trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

/// The way to a server.
enum Wire {
    Datagrams(UdpSocket),
    Stream(Box<dyn Duplex>),
}

impl Wire {
    async fn open(address: &Address, to: SocketAddr, ca: Option<&Path>) -> std::io::Result<Self> {
        if !address.tcp {
            let any = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
            let socket = UdpSocket::bind(any).await?;
            socket.connect(to).await?;
            return Ok(Self::Datagrams(socket));
        }
        let tcp = TcpStream::connect(to).await?;
        if !address.tls {
            return Ok(Self::Stream(Box::new(tcp)));
        }
        let config = tls(ca).map_err(std::io::Error::other)?;
        let name = ServerName::try_from(address.host.clone()).map_err(std::io::Error::other)?;
        let connector = TlsConnector::from(Arc::new(config));
        Ok(Self::Stream(Box::new(connector.connect(name, tcp).await?)))
    }

    async fn ask(&mut self, question: &[u8]) -> Result<Answer, String> {
        let answer = match self {
            Self::Datagrams(socket) => by_datagram(socket, question).await,
            Self::Stream(stream) => by_stream(stream, question).await,
        };
        let answer = answer.map_err(|error| error.to_string())?;
        Answer::parse(&answer).ok_or_else(|| "no STUN answer".into())
    }
}

async fn by_datagram(socket: &UdpSocket, question: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut buffer = vec![0; 1_500];
    loop {
        socket.send(question).await?;
        if let Ok(read) = tokio::time::timeout(REPEAT, socket.recv(&mut buffer)).await {
            buffer.truncate(read?);
            return Ok(buffer);
        }
    }
}

async fn by_stream(stream: &mut Box<dyn Duplex>, question: &[u8]) -> std::io::Result<Vec<u8>> {
    stream.write_all(question).await?;
    let mut answer = vec![0; 20];
    stream.read_exact(&mut answer).await?;
    let length = usize::from(u16::from_be_bytes([answer[2], answer[3]]));
    answer.resize(20 + length, 0);
    stream.read_exact(&mut answer[20..]).await?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_browsers_read_them() {
        let address = |relay, tls, tcp, host: &str, port| {
            let host = host.to_owned();
            Some(Address {
                relay,
                tls,
                tcp,
                host,
                port,
            })
        };
        assert_eq!(
            parse("stun:a.vn"),
            address(false, false, false, "a.vn", 3478)
        );
        assert_eq!(
            parse("turn:a.vn:80?transport=tcp"),
            address(true, false, true, "a.vn", 80)
        );
        assert_eq!(
            parse("turns:a.vn:443"),
            address(true, true, true, "a.vn", 443)
        );
        assert_eq!(
            parse("turn:[2001:db8::1]?transport=udp"),
            address(true, false, false, "2001:db8::1", 3478)
        );
        assert_eq!(parse("http://a.vn"), None);
    }

    /// A TURN server on loopback that knows one user, for two questions.
    async fn server(secret: &'static str) -> String {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let port = socket.local_addr().unwrap().port();
        tokio::spawn(async move {
            let mut buffer = [0; 1_500];
            loop {
                let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
                let asked = Answer::parse(&buffer[..length]).unwrap();
                let mut digest = Md5::new();
                digest.update(format!("an:diemcau:{secret}"));
                let key = digest.finalize();
                let sealed = length - 24;
                let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
                let is_ours = asked
                    .get(INTEGRITY)
                    .is_some_and(|seal| hmac::verify(&key, &buffer[..sealed], seal).is_ok());
                let kind = if is_ours { 0x0103 } else { 0x0113 };
                let mut answer = Question::new(kind).unwrap();
                if !is_ours {
                    answer.put(ERROR_CODE, b"\0\0\x04\x01Unauthorized");
                    answer.put(REALM, b"diemcau");
                    answer.put(NONCE, b"1234");
                }
                socket.send_to(&answer.end(None), from).await.unwrap();
            }
        });
        format!("turn:127.0.0.1:{port}")
    }

    #[tokio::test]
    async fn a_server_works_only_with_the_secret_that_it_knows() {
        let urls = vec![server("binh").await, server("another").await];
        let offered = IceServer {
            urls,
            username: Some("an".into()),
            credential: Some("binh".into()),
        };
        let reports = check_all(&[offered], None).await;
        assert!(reports[0].works && reports[0].relays, "{reports:?}");
        assert!(!reports[1].works && !reports[1].relays, "{reports:?}");
        assert_eq!(reports[1].detail.as_deref(), Some("401 Unauthorized"));
    }

    #[test]
    fn a_question_reads_back_with_its_length_and_attributes() {
        let mut question = Question::new(ALLOCATE).unwrap();
        question.put(USERNAME, b"an");
        let bytes = question.end(Some(b"key"));
        let answer = Answer::parse(&bytes).unwrap();
        assert_eq!(answer.kind, ALLOCATE);
        assert_eq!(answer.get(USERNAME), Some(b"an".as_slice()));
        assert_eq!(answer.get(INTEGRITY).map(<[u8]>::len), Some(20));
        assert_eq!(answer.get(NONCE), None);
        assert!(Answer::parse(&bytes[..30]).is_none());
    }
}
