//! One WebSocket, from `hello` to `bye`.
//!
//! ```text
//!   socket ──> gate ──> hello ──> in ──> room
//!              │ size, rate,      │
//!              │ form             └──> pong, problem ──┐
//!              └──> problem, bye ──────────────────────┴──> outbox ──> socket
//! ```
//!
//! Whatever is wrong with a message is answered to its sender and harms nobody
//! else.

mod gate;
mod parting;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use diemcau_protocol::{
    ClientMessage, CommandMessage, ErrorCode, Hello, LayersMessage, LayoutMessage,
    OLDEST_PROTOCOL_VERSION, OfferMessage, PROTOCOL_VERSION, ServerMessage,
};
use futures_util::StreamExt;
use futures_util::stream::SplitStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};

use crate::meeting::roster::View;
use crate::meeting::{Newcomer, Refusal, clean_name};
use crate::outbox::{self, Farewell, Outbox};
use crate::redacted::Redacted;
use crate::room::{Input, Join, Line, RoomHandle};
use crate::service::{Denied, OpeningError, Shared};
use gate::{Gate, Passed};

/// Frames larger than this are not even read to their end, in bytes. It is
/// more than a message may have, so that a message that is only a little too
/// large is answered in peace.
pub(crate) const FRAME_LIMIT: usize = 1024 * 1024;

/// What is read at once, in bytes. Each connection holds so much all the time,
/// and what clients say is short.
pub(crate) const READ_BUFFER: usize = 8 * 1024;

/// How long a client may take to say hello.
const HELLO_TIME: Duration = Duration::from_secs(10);

/// Missed heartbeats that end the connection.
const MISSED_HEARTBEATS: u32 = 3;

/// How long the client may take to hear the last words.
const LINGER: Duration = Duration::from_secs(2);

/// The longest `instance`, in bytes.
const INSTANCE_LENGTH: usize = 128;

/// The first protocol version whose clients take the roster by page.
const FIRST_WITH_PAGES: u32 = 2;

/// Serves a WebSocket until it ends.
pub(crate) async fn run(socket: WebSocket, shared: Arc<Shared>) {
    let _counted = shared.around.counters.websocket();
    let (sink, stream) = socket.split();
    let (outbox, writer) = outbox::channel();
    let writer = tokio::spawn(writer.run(sink, shared.around.heartbeat));
    let mut session = Session {
        gate: Gate::new(),
        heard: Instant::now(),
        shared,
        outbox,
        stream,
        writer,
    };
    let farewell = session.serve().await;
    session.outbox.end(farewell);
    let Session {
        mut stream, writer, ..
    } = session;
    // One that has ended must not be polled again; an error means that it was
    // ended from outside.
    if !writer.is_finished() {
        let _ = writer.await;
    }
    // A socket that is closed while the client still sends takes the last
    // words with it, so what comes now is read and thrown away.
    let rest = async { while let Some(Ok(_)) = stream.next().await {} };
    let _ = timeout(LINGER, rest).await;
}

/// A client that is in.
struct Seated {
    room: RoomHandle,
    line: Line,
}

struct Session {
    shared: Arc<Shared>,
    gate: Gate,
    outbox: Outbox,
    stream: SplitStream<WebSocket>,
    writer: JoinHandle<()>,
    /// When anything was heard last.
    heard: Instant,
}

impl Session {
    async fn serve(&mut self) -> Farewell {
        let hello = match timeout(HELLO_TIME, self.await_hello()).await {
            Ok(Ok(hello)) => hello,
            Ok(Err(farewell)) => return farewell,
            Err(_) => {
                return Farewell::come_back(ErrorCode::HelloExpected, "no hello in time");
            }
        };
        let seated = match self.come_in(hello).await {
            Ok(seated) => seated,
            Err(farewell) => {
                if let Farewell::Bye { code, .. } = &farewell {
                    self.shared.around.counters.refused(*code);
                }
                return farewell;
            }
        };
        let farewell = loop {
            let heard = tokio::select! {
                () = seated.room.gone() => {
                    break Farewell::come_back(ErrorCode::Internal, "the meeting has ended here");
                }
                heard = self.next() => heard,
            };
            match heard {
                Ok(message) => {
                    let shared = Arc::clone(&self.shared);
                    let message = parting::with_groups(&shared, message).await;
                    self.hear(&seated, message);
                }
                Err(farewell) => break farewell,
            }
        };
        seated.room.tell(Input::Closed { line: seated.line });
        farewell
    }

    async fn await_hello(&mut self) -> Result<Hello, Farewell> {
        loop {
            match self.next().await? {
                ClientMessage::Hello(hello) => return Ok(hello),
                ClientMessage::Command(_)
                | ClientMessage::Offer(_)
                | ClientMessage::Layout(_)
                | ClientMessage::Layers(_)
                | ClientMessage::Roster(_)
                | ClientMessage::Ping(_) => {
                    self.problem(ErrorCode::HelloExpected, "the first message is hello");
                }
                ClientMessage::Unknown => {}
            }
        }
    }

    /// Checks who it is, and asks the meeting for a seat.
    async fn come_in(&mut self, hello: Hello) -> Result<Seated, Farewell> {
        let Hello {
            version,
            token,
            resume_from,
            name,
            instance,
        } = hello;
        let token = Redacted::new(token);
        if !(OLDEST_PROTOCOL_VERSION..=PROTOCOL_VERSION + 1).contains(&version) {
            return Err(Farewell::stay_away(
                ErrorCode::UnsupportedVersion,
                "client and server are too far apart",
            ));
        }
        if instance.len() > INSTANCE_LENGTH {
            return Err(Farewell::stay_away(
                ErrorCode::BadMessage,
                "the instance is too long",
            ));
        }
        let claims = self
            .shared
            .tokens
            .check_invitation(&token)
            .map_err(|refusal| Farewell::stay_away(refusal.code(), "the token is not accepted"))?;
        let newcomer = Newcomer {
            guest: claims.name.is_none(),
            name: said_name(claims.name, name).map_err(|refusal| denied(&refusal))?,
            role: claims.role,
            kind: claims.kind,
            unit: claims.unit,
        };
        let line = Line {
            participant: claims.participant,
            connection: self.shared.next_connection(),
        };
        let join = |reply| Join {
            line: line.clone(),
            newcomer: newcomer.clone(),
            instance: instance.clone(),
            resume_from: resume_from.clone(),
            pages: version >= FIRST_WITH_PAGES,
            outbox: self.outbox.clone(),
            reply,
        };
        match self
            .shared
            .come_in(&claims.meeting, &line.participant, join)
            .await
        {
            Ok(room) => Ok(Seated { room, line }),
            Err(Denied::Refused(refusal)) => Err(denied(&refusal)),
            Err(Denied::Closed(error)) => Err(closed(&error)),
        }
    }

    fn hear(&self, seated: &Seated, message: ClientMessage) {
        let line = seated.line.clone();
        match message {
            ClientMessage::Hello(_) => {
                self.problem(ErrorCode::HelloExpected, "there is only one hello");
            }
            ClientMessage::Command(CommandMessage { id, command }) => {
                seated.room.tell(Input::Command { line, id, command });
            }
            ClientMessage::Offer(OfferMessage { id, session, offer }) => {
                seated.room.tell(Input::Offer {
                    line,
                    id,
                    session,
                    offer: Box::new(offer),
                });
            }
            ClientMessage::Layout(LayoutMessage { wishes }) => {
                seated.room.tell(Input::Layout { line, wishes });
            }
            ClientMessage::Layers(LayersMessage { kind, layers }) => {
                seated.room.tell(Input::Layers { line, kind, layers });
            }
            ClientMessage::Roster(message) => match View::of(message) {
                Ok(view) => seated.room.tell(Input::Roster { line, view }),
                Err(refusal) => self.problem(refusal.code, refusal.detail),
            },
            ClientMessage::Ping(ping) => {
                self.outbox.send(&ServerMessage::Pong { nonce: ping.nonce })
            }
            ClientMessage::Unknown => {}
        }
    }

    /// The next usable message; the farewell where there is none.
    async fn next(&mut self) -> Result<ClientMessage, Farewell> {
        loop {
            let silence_ends = self.heard + self.shared.around.heartbeat * MISSED_HEARTBEATS;
            let frame = tokio::select! {
                frame = self.stream.next() => frame,
                _ = &mut self.writer => return Err(Farewell::Close),
                () = sleep_until(silence_ends) => {
                    return Err(Farewell::come_back(
                        ErrorCode::HeartbeatLost,
                        "nothing was heard for too long",
                    ));
                }
            };
            self.heard = Instant::now();
            let passed = match frame {
                Some(Ok(Message::Text(text))) => self.gate.check(text.as_str()),
                Some(Ok(Message::Binary(_))) => self.gate.not_text(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => match self.gate.control() {
                    Ok(()) => continue,
                    Err(passed) => passed,
                },
                Some(Ok(Message::Close(_))) | None => return Err(Farewell::Close),
                Some(Err(error)) => return Err(broken(&error)),
            };
            match passed {
                Passed::Message(message) => return Ok(*message),
                Passed::Problem(code, detail) => self.problem(code, detail),
                Passed::Refused(id, code, detail) => {
                    self.shared.around.counters.problem(code);
                    self.outbox.send(&ServerMessage::Refused {
                        id,
                        code,
                        detail: detail.to_owned(),
                    });
                }
                Passed::Enough(farewell) => {
                    if let Farewell::Bye { code, .. } = &farewell {
                        self.shared.around.counters.problem(*code);
                    }
                    return Err(farewell);
                }
            }
        }
    }

    fn problem(&self, code: ErrorCode, detail: &'static str) {
        self.shared.around.counters.problem(code);
        self.outbox.send(&ServerMessage::Problem {
            code,
            detail: detail.to_owned(),
        });
    }
}

/// The name that counts: the organisation's, else the client's own.
fn said_name(given: Option<String>, said: Option<String>) -> Result<Option<String>, Refusal> {
    match (given, said) {
        (Some(given), _) => Ok(Some(given)),
        (None, Some(said)) => clean_name(&said),
        (None, None) => Ok(None),
    }
}

/// A farewell to whom the meeting did not let in. What may be different in a
/// moment is worth another try.
fn denied(refusal: &Refusal) -> Farewell {
    let reconnect = matches!(
        refusal.code,
        ErrorCode::StorageUnavailable | ErrorCode::ServerStopping | ErrorCode::Internal
    );
    Farewell::Bye {
        code: refusal.code,
        detail: refusal.detail,
        reconnect,
    }
}

/// A farewell to whom there is no room for.
fn closed(error: &OpeningError) -> Farewell {
    match error {
        OpeningError::Unknown => {
            Farewell::stay_away(ErrorCode::MeetingNotFound, "there is no such meeting")
        }
        OpeningError::Damaged => {
            Farewell::stay_away(ErrorCode::Internal, "the meeting's log is damaged")
        }
        OpeningError::Store(_) => {
            Farewell::come_back(ErrorCode::StorageUnavailable, "nothing can be stored now")
        }
        OpeningError::Stopping => {
            Farewell::come_back(ErrorCode::ServerStopping, "the server is stopping")
        }
        OpeningError::Sealing(_) | OpeningError::Fault => {
            Farewell::come_back(ErrorCode::Internal, "a fault of the server")
        }
    }
}

/// A socket error: mostly the line is gone, else the frame was too large.
fn broken(error: &axum::Error) -> Farewell {
    tracing::debug!(%error, "a WebSocket broke");
    if error.to_string().contains("too long") {
        Farewell::stay_away(ErrorCode::TooLarge, "the message is too large")
    } else {
        Farewell::Close
    }
}
