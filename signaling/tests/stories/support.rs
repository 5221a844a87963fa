//! The world of the stories: a server that can be killed, a recording media
//! plane, guests at real WebSockets, and everything that was ever logged.

use std::collections::VecDeque;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use diemcau_protocol::{
    ClientMessage, Command, CommandMessage, CreateMeeting, Cursor, ErrorCode, Event, Hello,
    InviteLink, Invitee, MediaCommand, MediaOffer, MeetingCreated, OfferMessage, PROTOCOL_VERSION,
    ParticipantKind, PingMessage, Role, ServerMessage, SessionId, Welcome,
};
use diemcau_signaling::{DocumentSettings, Planning, Signaling, SignalingConfig, StoreLocation};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::runtime::{Handle, Runtime};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tower::ServiceExt;

pub(crate) use super::machine::{Machine, both};
use super::stopped::Stopped;

/// Nothing in a story takes longer; who waits longer waits in vain.
const PATIENCE: Duration = Duration::from_secs(20);

/// Keys that sign nothing but stories.
pub(crate) const KEY_PEM: &str = include_str!("../keys/token.pem");
const PUBLIC_PEM: &str = include_str!("../keys/token.pub.pem");

/// Everything that the process has logged.
#[derive(Clone, Default)]
struct Diary(Arc<Mutex<Vec<u8>>>);

impl Write for Diary {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

static DIARY_BEGINS: Once = Once::new();
static DIARY: Mutex<Option<Diary>> = Mutex::new(None);

/// Begins to keep everything that is logged.
fn keep_diary() {
    DIARY_BEGINS.call_once(|| {
        let diary = Diary::default();
        *DIARY.lock().unwrap() = Some(diary.clone());
        tracing_subscriber::fmt()
            .with_env_filter("debug,diemcau_signaling=trace")
            .with_ansi(false)
            .with_writer(move || diary.clone())
            .init();
    });
}

/// Everything that was logged so far.
pub(crate) fn diary() -> String {
    let diary = DIARY.lock().unwrap();
    let bytes = diary.as_ref().unwrap().0.lock().unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A running server on its own runtime.
pub(crate) struct Server {
    pub(crate) signaling: Signaling,
    pub(crate) address: SocketAddr,
    media: mpsc::UnboundedReceiver<MediaCommand>,
    time: Option<Time>,
}

/// How time goes for a server.
enum Time {
    /// As on every clock.
    Runs(Runtime),
    /// As the story says.
    Stands(Stopped),
}

impl Machine {
    pub(crate) async fn start(&self) -> Server {
        self.start_with(|_| {}).await
    }

    pub(crate) async fn start_with(&self, set_up: impl FnOnce(&mut SignalingConfig)) -> Server {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        self.start_in(Time::Runs(runtime), set_up).await
    }

    /// Starts a server whose clock stands at `now`, in milliseconds since 1970
    /// UTC, until a story turns it.
    pub(crate) async fn start_at(
        &self,
        now: i64,
        set_up: impl FnOnce(&mut SignalingConfig),
    ) -> Server {
        let stopped = Stopped::at(now).await;
        self.start_in(Time::Stands(stopped), set_up).await
    }

    async fn start_in(&self, time: Time, set_up: impl FnOnce(&mut SignalingConfig)) -> Server {
        keep_diary();
        let mut config = config(self.store(), self.ballots(), self.documents());
        set_up(&mut config);
        let (commands, media) = mpsc::unbounded_channel();
        let started = time.handle().spawn(async move {
            let sink = Arc::new(move |command| {
                let _ = commands.send(command);
            });
            let signaling = Signaling::open(config, sink).await.unwrap();
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let router = signaling.router();
            tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
            (signaling, address)
        });
        let (signaling, address) = started.await.unwrap();
        Server {
            signaling,
            address,
            media,
            time: Some(time),
        }
    }
}

fn config(store: StoreLocation, ballots: PathBuf, documents: PathBuf) -> SignalingConfig {
    SignalingConfig {
        store,
        ballots,
        documents: DocumentSettings::in_folder(documents),
        token_key_pem: KEY_PEM.to_owned(),
        token_public_pem: PUBLIC_PEM.to_owned(),
        reconnect_grace: SignalingConfig::RECONNECT_GRACE,
        recorded_alone: SignalingConfig::RECORDED_ALONE,
        heartbeat: SignalingConfig::HEARTBEAT,
        ice_servers: Vec::new(),
        turn: None,
        echo: None,
        recorder: None,
        oidc: None,
        server_version: "thử nghiệm".to_owned(),
        planning: Planning::default(),
    }
}

/// The people of the stories.
pub(crate) const CHAIR: usize = 0;
pub(crate) const AN_BINH: usize = 1;
pub(crate) const HOA_LAC: usize = 2;
pub(crate) const OBSERVER: usize = 3;

pub(crate) fn briefing() -> CreateMeeting {
    let invitee = |name: &str, role, kind| Invitee {
        name: Some(name.to_owned()),
        role,
        kind,
        unit: Some("Tỉnh Minh Họa".to_owned()),
    };
    CreateMeeting {
        title: "Giao ban phòng chống bão".to_owned(),
        host_unit: "UBND tỉnh Minh Họa".to_owned(),
        invitees: vec![
            invitee("Chủ tọa", Role::Chair, ParticipantKind::Person),
            invitee("Xã An Bình", Role::Operator, ParticipantKind::Site),
            invitee("Xã Hòa Lạc", Role::Operator, ParticipantKind::Site),
            invitee("Dự thính", Role::Observer, ParticipantKind::Person),
        ],
        video_codec: None,
        rehearsal: false,
    }
}

/// The token in a link.
pub(crate) fn token(link: &InviteLink) -> String {
    link.path.split_once('#').unwrap().1.to_owned()
}

impl Server {
    /// Opens the briefing, or comes back to it.
    pub(crate) async fn briefing(&self) -> MeetingCreated {
        let places = ["chu-toa", "an-binh", "hoa-lac", "du-thinh"];
        let places = places.into_iter().map(Into::into).collect();
        let signaling = self.signaling.clone();
        let opened = async move {
            let meeting = Some("giao-ban".into());
            let opened = signaling.open_meeting(briefing(), meeting, Some(places));
            opened.await.unwrap()
        };
        self.where_its_time_goes(opened).await
    }

    /// Does something by the clock that the server goes by.
    async fn where_its_time_goes<T: Send + 'static>(
        &self,
        what: impl Future<Output = T> + Send + 'static,
    ) -> T {
        match self.time.as_ref().unwrap() {
            Time::Runs(_) => what.await,
            Time::Stands(stopped) => stopped.handle.spawn(what).await.unwrap(),
        }
    }

    /// The next command to the media plane that is looked for.
    pub(crate) async fn media_asked<T>(
        &mut self,
        looked_for: impl Fn(MediaCommand) -> Option<T>,
    ) -> T {
        let search = async {
            loop {
                let command = self.media.recv().await.expect("the server runs");
                if let Some(found) = looked_for(command) {
                    return found;
                }
            }
        };
        timeout(PATIENCE, search).await.expect("a media command")
    }

    /// Everything that the media plane was asked so far.
    pub(crate) fn media_asked_so_far(&mut self) -> Vec<MediaCommand> {
        std::iter::from_fn(|| self.media.try_recv().ok()).collect()
    }

    /// A guest whose WebSocket is open, before hello.
    pub(crate) async fn door(&self) -> Guest {
        let (socket, _) = connect_async(format!("ws://{}/api/v1/ws", self.address))
            .await
            .unwrap();
        Guest {
            socket,
            heard: VecDeque::new(),
            next_id: 1,
        }
    }

    /// A guest who is in the meeting.
    pub(crate) async fn guest(&self, link: &InviteLink) -> (Guest, Welcome) {
        let mut guest = self.door().await;
        guest
            .hello(&token(link), link.participant.as_str(), None)
            .await;
        let welcome = guest.welcome().await;
        (guest, welcome)
    }

    /// The answer to a request.
    pub(crate) async fn rest(&self, request: Request<Body>) -> Response {
        let answer = self.signaling.router().oneshot(request);
        self.where_its_time_goes(answer).await.unwrap()
    }

    /// It is so late now, in milliseconds since 1970 UTC: on a server whose
    /// clock stands.
    pub(crate) async fn turn_to(&self, now: i64) {
        match self.time.as_ref().unwrap() {
            Time::Runs(_) => panic!("the time of this server goes by itself"),
            Time::Stands(stopped) => stopped.turn_to(now).await,
        }
    }

    /// Ends everything at once, as kill -9 does.
    pub(crate) fn kill(self) {
        drop(self);
    }
}

impl Time {
    fn handle(&self) -> Handle {
        match self {
            Time::Runs(runtime) => runtime.handle().clone(),
            Time::Stands(stopped) => stopped.handle.clone(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        match self.time.take() {
            Some(Time::Runs(runtime)) => runtime.shutdown_background(),
            // It ends with its runtime.
            Some(Time::Stands(_)) | None => {}
        }
    }
}

/// Somebody at a WebSocket.
pub(crate) struct Guest {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Heard while something else was awaited.
    heard: VecDeque<ServerMessage>,
    next_id: u32,
}

impl Guest {
    pub(crate) async fn say(&mut self, message: &ClientMessage) {
        self.say_text(serde_json::to_string(message).unwrap()).await;
    }

    pub(crate) async fn say_text(&mut self, text: impl Into<String>) {
        // A server that has had enough may have closed the socket.
        let _ = self.socket.send(Message::text(text.into())).await;
    }

    pub(crate) async fn say_bytes(&mut self, bytes: Vec<u8>) {
        let _ = self.socket.send(Message::binary(bytes)).await;
    }

    pub(crate) async fn hello(&mut self, token: &str, instance: &str, from: Option<Cursor>) {
        self.hello_version(PROTOCOL_VERSION, token, instance, from)
            .await;
    }

    pub(crate) async fn hello_version(
        &mut self,
        version: u32,
        token: &str,
        instance: &str,
        resume_from: Option<Cursor>,
    ) {
        self.say(&ClientMessage::Hello(Hello {
            version,
            token: token.to_owned(),
            resume_from,
            name: None,
            instance: instance.to_owned(),
        }))
        .await;
    }

    /// Says hello under a name of one's own.
    pub(crate) async fn hello_as(&mut self, token: &str, name: &str) {
        self.say(&ClientMessage::Hello(Hello {
            version: PROTOCOL_VERSION,
            token: token.to_owned(),
            resume_from: None,
            name: Some(name.to_owned()),
            instance: name.to_owned(),
        }))
        .await;
    }

    /// Whether one is let in.
    pub(crate) async fn welcome_or_bye(&mut self) -> Result<Welcome, ErrorCode> {
        self.hear(|message| match message {
            ServerMessage::Welcome(welcome) => Some(Ok((**welcome).clone())),
            ServerMessage::Bye { code, .. } => Some(Err(*code)),
            _ => None,
        })
        .await
    }

    pub(crate) async fn welcome(&mut self) -> Welcome {
        self.hear(|message| match message {
            ServerMessage::Welcome(welcome) => Some((**welcome).clone()),
            _ => None,
        })
        .await
    }

    pub(crate) async fn bye(&mut self) -> (ErrorCode, bool) {
        self.hear(|message| match message {
            ServerMessage::Bye {
                code, reconnect, ..
            } => Some((*code, *reconnect)),
            _ => None,
        })
        .await
    }

    pub(crate) async fn problem(&mut self) -> ErrorCode {
        self.hear(|message| match message {
            ServerMessage::Problem { code, .. } => Some(*code),
            _ => None,
        })
        .await
    }

    /// Waits until an event is announced.
    pub(crate) async fn event(&mut self, awaited: Event) -> Cursor {
        self.hear(|message| match message {
            ServerMessage::Events { cursor, events }
                if events.iter().any(|event| event.event == awaited) =>
            {
                Some(cursor.clone())
            }
            _ => None,
        })
        .await
    }

    /// Commands, and waits for the answer.
    pub(crate) async fn command(&mut self, command: Command) -> Result<(), ErrorCode> {
        let id = self.send_command(command).await;
        self.answer(id).await
    }

    /// Commands without waiting.
    pub(crate) async fn send_command(&mut self, command: Command) -> u32 {
        let id = self.next_id;
        self.next_id += 1;
        self.say(&ClientMessage::Command(CommandMessage { id, command }))
            .await;
        id
    }

    /// The answer to a command or a refused offer.
    pub(crate) async fn answer(&mut self, awaited: u32) -> Result<(), ErrorCode> {
        self.hear(|message| match message {
            ServerMessage::Done { id } if *id == awaited => Some(Ok(())),
            ServerMessage::Refused { id, code, .. } if *id == awaited => Some(Err(*code)),
            _ => None,
        })
        .await
    }

    pub(crate) async fn chat(&mut self, text: &str) -> Result<(), ErrorCode> {
        self.command(Command::SendChat {
            text: text.to_owned(),
        })
        .await
    }

    pub(crate) async fn offer(&mut self, session: Option<SessionId>) -> u32 {
        let id = self.next_id;
        self.next_id += 1;
        self.say(&ClientMessage::Offer(OfferMessage {
            id,
            session,
            offer: MediaOffer {
                sdp: "v=0".to_owned(),
                slots: Vec::new(),
                sources: Vec::new(),
            },
        }))
        .await;
        id
    }

    /// Waits until the server has heard everything so far.
    pub(crate) async fn ping_pong(&mut self) {
        let nonce = self.next_id;
        self.next_id += 1;
        self.say(&ClientMessage::Ping(PingMessage { nonce })).await;
        self.hear(|message| (*message == ServerMessage::Pong { nonce }).then_some(()))
            .await;
    }

    /// The first message that is looked for, now or later.
    pub(crate) async fn hear<T>(&mut self, looked_for: impl Fn(&ServerMessage) -> Option<T>) -> T {
        for index in 0..self.heard.len() {
            if let Some(found) = looked_for(&self.heard[index]) {
                self.heard.remove(index);
                return found;
            }
        }
        loop {
            let message = self
                .next()
                .await
                .unwrap_or_else(|| panic!("the line ended; heard so far: {:?}", self.heard));
            if let Some(found) = looked_for(&message) {
                return found;
            }
            self.heard.push_back(message);
        }
    }

    /// Waits for the end of the line and gives back what was said until then.
    pub(crate) async fn end(&mut self) -> Vec<ServerMessage> {
        let mut last: Vec<ServerMessage> = self.heard.drain(..).collect();
        while let Some(message) = self.next().await {
            last.push(message);
        }
        last
    }

    /// The next message; none at the end of the line.
    async fn next(&mut self) -> Option<ServerMessage> {
        // Pings come all the time, so the patience is for all frames together.
        let message = async {
            loop {
                match self.socket.next().await?.ok()? {
                    Message::Text(text) => return Some(serde_json::from_str(&text).unwrap()),
                    Message::Close(_) => return None,
                    _ => {}
                }
            }
        };
        timeout(PATIENCE, message)
            .await
            .unwrap_or_else(|_| panic!("nothing came; heard so far: {:?}", self.heard))
    }

    /// Cuts the line without a word.
    pub(crate) fn cut(self) {
        drop(self);
    }
}
