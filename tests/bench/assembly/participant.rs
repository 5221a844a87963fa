//! The participants: each a TLS connection with a WebSocket, all on one thread.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use axum::body::Bytes;
use diemcau_protocol::{
    ClientMessage, Command, CommandMessage, Event, Hello, PROTOCOL_VERSION, PingMessage,
    RollCallCommand, RollCallEvent, ServerMessage,
};
use futures_util::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

/// So many knock at a time.
const DOOR: usize = 64;
/// People look for the button: they answer the roll call within so long.
const ANSWERS_WITHIN: Duration = Duration::from_secs(30);
const HEARTBEAT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);
/// What is read at once; the default would be 128 KiB for each.
const READ_BUFFER: usize = 8 * 1024;

/// How to get to the server.
#[derive(Clone)]
pub(crate) struct Way {
    port: u16,
    tls: TlsConnector,
}

impl Way {
    /// Trusts the server's own authority.
    pub(crate) fn to(port: u16, folder: &Path) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(folder.join("tls/ca.pem"))?)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            port,
            tls: TlsConnector::from(Arc::new(config)),
        })
    }

    async fn connect(&self) -> Result<TlsStream<TcpStream>> {
        let tcp = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await?;
        tcp.set_nodelay(true)?;
        let name = ServerName::try_from("localhost")?;
        Ok(self.tls.connect(name, tcp).await?)
    }

    /// Posts JSON and reads JSON.
    pub(crate) async fn post<A: DeserializeOwned>(
        &self,
        path: &str,
        bearer: &str,
        body: &[u8],
    ) -> Result<A> {
        let stream = TokioIo::new(self.connect().await?);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await?;
        let driver = tokio::spawn(connection);
        let request = hyper::Request::post(path)
            .header("host", format!("localhost:{}", self.port))
            .header("authorization", format!("Bearer {bearer}"))
            .header("content-type", "application/json")
            .body(Full::new(Bytes::copy_from_slice(body)))?;
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let text = answer.into_body().collect().await?.to_bytes();
        driver.abort();
        ensure!(status.is_success(), "the server answers {status}");
        Ok(serde_json::from_slice(&text)?)
    }

    async fn web_socket(&self) -> Result<WebSocketStream<TlsStream<TcpStream>>> {
        let stream = self.connect().await?;
        let address = format!("wss://localhost:{}/api/v1/ws", self.port);
        let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
        let opened =
            tokio_tungstenite::client_async_with_config(address, stream, Some(config)).await?;
        Ok(opened.0)
    }
}

/// What one participant is asked to do.
pub(crate) enum Order {
    /// Say something to everyone.
    Say(u32),
    /// Open the roll call.
    CallTheRoll,
}

/// What was measured.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) joined: usize,
    pub(crate) fanout: Vec<Duration>,
    pub(crate) answered: Vec<Duration>,
    failure: Option<String>,
}

/// All participants.
pub(crate) struct Hall {
    common: Rc<Common>,
    orders: RefCell<BTreeMap<usize, mpsc::UnboundedSender<Order>>>,
    tasks: RefCell<Vec<JoinHandle<()>>>,
}

struct Common {
    way: Way,
    door: Semaphore,
    tally: RefCell<Tally>,
    /// When the chair said what it said last.
    said_at: Cell<Instant>,
}

impl Hall {
    pub(crate) fn new(way: Way) -> Self {
        Self {
            common: Rc::new(Common {
                way,
                door: Semaphore::new(DOOR),
                tally: RefCell::default(),
                said_at: Cell::new(Instant::now()),
            }),
            orders: RefCell::default(),
            tasks: RefCell::default(),
        }
    }

    /// Lets a participant come in as soon as there is room at the door.
    pub(crate) fn invite(&self, seat: usize, token: String) {
        let (order, orders) = mpsc::unbounded_channel();
        self.orders.borrow_mut().insert(seat, order);
        let common = Rc::clone(&self.common);
        let task = tokio::task::spawn_local(async move {
            if let Err(error) = attend(&common, seat, token, orders).await {
                let failure = format!("participant {seat}: {error:#}");
                common.tally.borrow_mut().failure.get_or_insert(failure);
            }
        });
        self.tasks.borrow_mut().push(task);
    }

    pub(crate) fn order(&self, seat: usize, order: Order) {
        if let Some(orders) = self.orders.borrow().get(&seat) {
            // One that has failed is found by `until`.
            let _ = orders.send(order);
        }
    }

    /// Waits until so many have done something.
    pub(crate) async fn until(
        &self,
        what: &str,
        wanted: usize,
        limit: Duration,
        count: impl Fn(&Tally) -> usize,
    ) -> Result<()> {
        let began = Instant::now();
        loop {
            let done = {
                let tally = self.common.tally.borrow();
                if let Some(failure) = &tally.failure {
                    bail!("{failure}");
                }
                count(&tally)
            };
            if done >= wanted {
                return Ok(());
            }
            ensure!(
                began.elapsed() < limit,
                "{done} of {wanted} have {what} after {} s",
                limit.as_secs()
            );
            tokio::time::sleep(POLL).await;
        }
    }

    /// Sends everybody away; gives back what was measured.
    pub(crate) fn close(self) -> Tally {
        for task in self.tasks.into_inner() {
            task.abort();
        }
        self.common.tally.take()
    }
}

async fn attend(
    common: &Common,
    seat: usize,
    token: String,
    mut orders: mpsc::UnboundedReceiver<Order>,
) -> Result<()> {
    let at_the_door = common.door.acquire().await?;
    let mut socket = common.way.web_socket().await?;
    let hello = ClientMessage::Hello(Hello {
        version: PROTOCOL_VERSION,
        token,
        resume_from: None,
        name: None,
        instance: seat.to_string(),
    });
    socket.send(text(&hello)?).await?;
    let mut at_the_door = Some(at_the_door);
    let mut ping = tokio::time::interval(HEARTBEAT);
    let mut answer_at: Option<tokio::time::Instant> = None;
    let mut answer_sent = None;
    let mut command = 0;
    loop {
        let heard = tokio::select! {
            heard = socket.next() => heard.context("the line ended")??,
            Some(order) = orders.recv() => {
                command += 1;
                common.said_at.set(Instant::now());
                socket.send(text(&order.command(command))?).await?;
                continue;
            }
            () = tokio::time::sleep_until(answer_at.unwrap_or_else(tokio::time::Instant::now)), if answer_at.is_some() => {
                answer_at = None;
                command += 1;
                answer_sent = Some((command, Instant::now()));
                socket.send(text(&answer(command, seat))?).await?;
                continue;
            }
            _ = ping.tick() => {
                let ping = ClientMessage::Ping(PingMessage { nonce: 0 });
                socket.send(text(&ping)?).await?;
                continue;
            }
        };
        let Message::Text(heard) = heard else {
            continue;
        };
        match kind(&heard) {
            Kind::Welcome => {
                // The first one; another would be for one who was too slow.
                ensure!(at_the_door.take().is_some(), "fell behind");
                common.tally.borrow_mut().joined += 1;
            }
            Kind::Events => {
                for event in events(&heard)? {
                    match event {
                        Event::ChatSent { .. } => {
                            let passed = common.said_at.get().elapsed();
                            common.tally.borrow_mut().fanout.push(passed);
                        }
                        Event::RollCall(RollCallEvent::Opened { .. }) => {
                            let wait = ANSWERS_WITHIN.mul_f64(lot(seat));
                            answer_at = Some(tokio::time::Instant::now() + wait);
                        }
                        _ => {}
                    }
                }
            }
            Kind::Done => {
                let id = serde_json::from_str::<ServerMessage>(&heard)?;
                if let (ServerMessage::Done { id }, Some((sent, at))) = (id, answer_sent)
                    && id == sent
                {
                    common.tally.borrow_mut().answered.push(at.elapsed());
                }
            }
            Kind::Bad => bail!("{heard}"),
            Kind::Other => {}
        }
    }
}

impl Order {
    fn command(&self, id: u32) -> ClientMessage {
        let command = match self {
            Order::Say(number) => Command::SendChat {
                text: format!("Câu thứ {number}"),
            },
            Order::CallTheRoll => Command::RollCall(RollCallCommand::Open),
        };
        ClientMessage::Command(CommandMessage { id, command })
    }
}

fn answer(id: u32, seat: usize) -> ClientMessage {
    let command = Command::RollCall(RollCallCommand::Answer {
        headcount: 1 + seat as u32 % 30,
        delegates: format!("Nguyễn Văn An {seat}\nTrần Thị Bình {seat}"),
    });
    ClientMessage::Command(CommandMessage { id, command })
}

/// A number in [0, 1) that is spread well over the seats, and the same in each
/// run.
fn lot(seat: usize) -> f64 {
    (seat as f64 * 0.618_033_988_75).fract()
}

fn text(message: &ClientMessage) -> Result<Message> {
    Ok(Message::text(serde_json::to_string(message)?))
}

/// What a message is, by its first words: most of them are not worth more of
/// the measuring side's time.
enum Kind {
    Welcome,
    Events,
    Done,
    Bad,
    Other,
}

fn kind(text: &str) -> Kind {
    let Some(rest) = text.strip_prefix(r#"{"type":""#) else {
        return Kind::Bad;
    };
    let name = rest.split('"').next().unwrap_or_default();
    match name {
        "welcome" => Kind::Welcome,
        "events" if text.contains("chat_sent") || text.contains(r#""what":"opened""#) => {
            Kind::Events
        }
        "done" => Kind::Done,
        "refused" | "bye" | "problem" => Kind::Bad,
        _ => Kind::Other,
    }
}

fn events(text: &str) -> Result<Vec<Event>> {
    let ServerMessage::Events { events, .. } = serde_json::from_str(text)? else {
        return Ok(Vec::new());
    };
    Ok(events.into_iter().map(|happened| happened.event).collect())
}
