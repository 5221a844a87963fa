//! What goes out on one WebSocket: a bounded queue and a last word.
//!
//! ```text
//!   room ────┐
//!            ├── text ──> queue (512) ──> writer ──> socket
//!   session ─┘               │ full         ▲
//!                            └── bye ───────┘  overtakes what is stuck
//! ```
//!
//! Whoever sends never waits. A client that reads too slowly is told nothing
//! more for a while, and then begins anew ([`Outbox::waiting`]); one whose queue
//! is full all the same is sent away, and comes back for a fresh state.
//!
//! A device that came in by HTTP (WHIP, WHEP) has no socket: of what is said to
//! it only the answers count, and they go to its task.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{Message, Utf8Bytes};
use diemcau_protocol::{CommandId, ErrorCode, ServerMessage, SessionId};
use futures_util::{Sink, SinkExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

/// Messages that may wait for one client.
const QUEUE_LENGTH: usize = 512;

/// How long the last words may take.
const FAREWELL_TIME: Duration = Duration::from_secs(2);

/// How a connection ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Farewell {
    /// With `bye`.
    Bye {
        code: ErrorCode,
        detail: &'static str,
        reconnect: bool,
    },
    /// Without a word, because nobody listens or there is nothing to say.
    Close,
}

impl Farewell {
    /// A `bye` after which the client comes back by itself.
    pub(crate) fn come_back(code: ErrorCode, detail: &'static str) -> Self {
        Self::Bye {
            code,
            detail,
            reconnect: true,
        }
    }

    /// A `bye` after which the client stays away.
    pub(crate) fn stay_away(code: ErrorCode, detail: &'static str) -> Self {
        Self::Bye {
            code,
            detail,
            reconnect: false,
        }
    }
}

/// The sending side; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Outbox {
    queue: Queue,
    farewell: mpsc::Sender<Farewell>,
}

#[derive(Debug, Clone)]
enum Queue {
    Socket(mpsc::Sender<Utf8Bytes>),
    Device(mpsc::Sender<Said>),
}

/// What a device hears of all that is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    Answer {
        id: CommandId,
        session: SessionId,
        sdp: String,
    },
    Done(CommandId),
    Refused {
        id: CommandId,
        code: ErrorCode,
        detail: String,
    },
    MediaLost,
}

/// The side that belongs to a device.
#[derive(Debug)]
pub(crate) struct DeviceInbox {
    pub(crate) said: mpsc::Receiver<Said>,
    pub(crate) farewell: mpsc::Receiver<Farewell>,
}

/// The side that owns the socket.
#[derive(Debug)]
pub(crate) struct Writer {
    queue: mpsc::Receiver<Utf8Bytes>,
    farewell: mpsc::Receiver<Farewell>,
}

/// A new queue.
pub(crate) fn channel() -> (Outbox, Writer) {
    let (queue, queue_out) = mpsc::channel(QUEUE_LENGTH);
    let (farewell, farewell_out) = mpsc::channel(1);
    (
        Outbox {
            queue: Queue::Socket(queue),
            farewell,
        },
        Writer {
            queue: queue_out,
            farewell: farewell_out,
        },
    )
}

/// A new queue to a device.
pub(crate) fn device_channel() -> (Outbox, DeviceInbox) {
    let (queue, said) = mpsc::channel(QUEUE_LENGTH);
    let (farewell, farewell_out) = mpsc::channel(1);
    (
        Outbox {
            queue: Queue::Device(queue),
            farewell,
        },
        DeviceInbox {
            said,
            farewell: farewell_out,
        },
    )
}

/// What of a message is for a device.
fn for_device(message: &ServerMessage) -> Option<Said> {
    match message {
        ServerMessage::Answer { id, session, sdp } => Some(Said::Answer {
            id: *id,
            session: session.clone(),
            sdp: sdp.clone(),
        }),
        ServerMessage::Done { id } => Some(Said::Done(*id)),
        ServerMessage::Refused { id, code, detail } => Some(Said::Refused {
            id: *id,
            code: *code,
            detail: detail.clone(),
        }),
        ServerMessage::MediaLost { .. } => Some(Said::MediaLost),
        ServerMessage::Welcome(_)
        | ServerMessage::Lobby(_)
        | ServerMessage::Events { .. }
        | ServerMessage::Roster(_)
        | ServerMessage::RosterChanged(_)
        | ServerMessage::Slots { .. }
        | ServerMessage::Line { .. }
        | ServerMessage::Wanted { .. }
        | ServerMessage::BallotPaper { .. }
        | ServerMessage::Speaking { .. }
        | ServerMessage::Pong { .. }
        | ServerMessage::Problem { .. }
        | ServerMessage::Ended(_)
        | ServerMessage::Bye { .. } => None,
    }
}

/// A message as text, once for everyone who gets it.
pub(crate) fn to_text(message: &ServerMessage) -> Option<Utf8Bytes> {
    match serde_json::to_string(message) {
        Ok(text) => Some(text.into()),
        Err(error) => {
            tracing::error!(%error, "a message could not be written as JSON");
            None
        }
    }
}

impl Outbox {
    /// Sends a message.
    pub(crate) fn send(&self, message: &ServerMessage) {
        match &self.queue {
            Queue::Socket(queue) => {
                if let Some(text) = to_text(message) {
                    self.queue(queue, text);
                }
            }
            Queue::Device(queue) => {
                if let Some(said) = for_device(message) {
                    self.queue(queue, said);
                }
            }
        }
    }

    /// Sends a message to everyone, which is text already.
    pub(crate) fn send_text(&self, text: Utf8Bytes) {
        match &self.queue {
            Queue::Socket(queue) => self.queue(queue, text),
            Queue::Device(_) => {}
        }
    }

    /// How many messages wait to be sent.
    pub(crate) fn waiting(&self) -> usize {
        match &self.queue {
            Queue::Socket(queue) => queue.max_capacity() - queue.capacity(),
            Queue::Device(queue) => queue.max_capacity() - queue.capacity(),
        }
    }

    fn queue<T>(&self, queue: &mpsc::Sender<T>, message: T) {
        match queue.try_send(message) {
            // Closed: the connection is ending, its reader says so.
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => {}
            Err(mpsc::error::TrySendError::Full(_)) => self.end(Farewell::come_back(
                ErrorCode::TooSlow,
                "too many messages wait for this client",
            )),
        }
    }

    /// Ends the connection. The first farewell counts.
    pub(crate) fn end(&self, farewell: Farewell) {
        let _ = self.farewell.try_send(farewell);
    }
}

impl Writer {
    /// Writes until the farewell or until the socket fails.
    pub(crate) async fn run<S>(mut self, mut sink: S, heartbeat: Duration)
    where
        S: Sink<Message> + Unpin,
    {
        let mut ping = interval_at(Instant::now() + heartbeat, heartbeat);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let farewell = loop {
            let message = tokio::select! {
                biased;
                farewell = self.farewell.recv() => break farewell,
                Some(text) = self.queue.recv() => Message::Text(text),
                _ = ping.tick() => Message::Ping(Bytes::new()),
            };
            let sending = sink.send(message);
            tokio::pin!(sending);
            tokio::select! {
                biased;
                sent = &mut sending => if sent.is_err() { return },
                farewell = self.farewell.recv() => {
                    if !matches!(timeout(FAREWELL_TIME, sending).await, Ok(Ok(()))) {
                        return;
                    }
                    break farewell;
                }
            }
        };
        let last_words = self.say_farewell(&mut sink, farewell.unwrap_or(Farewell::Close));
        // Whoever does not listen by now is not waited for.
        let _ = timeout(FAREWELL_TIME, last_words).await;
    }

    async fn say_farewell<S>(&mut self, sink: &mut S, farewell: Farewell) -> Result<(), S::Error>
    where
        S: Sink<Message> + Unpin,
    {
        let skip_queue = matches!(
            farewell,
            Farewell::Bye {
                code: ErrorCode::TooSlow,
                ..
            }
        );
        if !skip_queue {
            while let Ok(text) = self.queue.try_recv() {
                sink.feed(Message::Text(text)).await?;
            }
        }
        match farewell {
            Farewell::Bye {
                code,
                detail,
                reconnect,
            } => {
                let bye = ServerMessage::Bye {
                    code,
                    detail: detail.to_owned(),
                    reconnect,
                };
                if let Some(text) = to_text(&bye) {
                    sink.feed(Message::Text(text)).await?;
                }
            }
            Farewell::Close => {}
        }
        sink.send(Message::Close(None)).await?;
        sink.close().await
    }
}
