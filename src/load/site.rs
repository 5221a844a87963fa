//! One synthetic site at the signaling: it joins, offers, says what it draws,
//! and stays until it is told to go. Its media goes to a media thread.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use diemcau_protocol::{
    ClientMessage, Command, CommandMessage, Event, Hello, InviteLink, LayoutMessage,
    MeetingCreated, OfferMessage, PROTOCOL_VERSION, ParticipantId, PingMessage, ServerMessage,
    SlotKind, SlotWish, SourceKind, SourceRef, Welcome,
};
use futures_util::{SinkExt, StreamExt};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio_tungstenite::tungstenite::Message;

use super::client::{Client, WebSocket};
use super::engine::{EngineHandle, Order};
use super::film::Film;
use super::member::Parts;
use super::peer::Peer;
use super::publish::{Camera, Microphone};
use super::tally::Tally;

const STAGE_HEIGHT: u16 = 720;
const THUMBNAIL_HEIGHT: u16 = 180;
/// A site that is not in after this time is given up.
const PATIENCE: Duration = Duration::from_secs(30);
/// Room for bursts in each socket, in bytes; the kernel may give less.
const RECEIVE_BUFFER: usize = 4 << 20;

/// What part a site plays.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) index: u16,
    /// The first so many sites send pictures and take turns in speaking.
    pub(super) speakers: u16,
    pub(super) thumbnails: u8,
    /// Which share of what comes in is dropped, in thousandths.
    pub(super) drop_permille: u64,
    /// What it sends can be decoded.
    pub(super) film: Option<&'static Film>,
}

/// Who acts for a site: says what it does and hears what it is told.
pub(crate) struct Person {
    /// Carried out in order, once the site is in.
    pub(crate) says: mpsc::UnboundedReceiver<Command>,
    /// Everything that the server says, answers to offers too.
    pub(crate) hears: mpsc::UnboundedSender<ServerMessage>,
}

/// What all sites share.
#[derive(Clone)]
pub(super) struct Common {
    pub(super) client: Client,
    pub(super) tally: Arc<Tally>,
    /// The beginning of their clock, and of the first turn to speak.
    pub(super) epoch: Instant,
    /// How many come in at a time.
    pub(super) door: Arc<Semaphore>,
    /// True when the run is over.
    pub(super) over: watch::Receiver<bool>,
}

/// A synthetic site before it runs.
pub(super) struct Site {
    common: Common,
    engine: EngineHandle,
    part: Part,
    name: Option<String>,
    token: String,
    speakers: Vec<ParticipantId>,
    own: ParticipantId,
    /// Its number in the meeting, once it is known.
    number: Option<u32>,
    heartbeat: Duration,
    /// What it draws.
    wishes: Vec<SlotWish>,
    person: Option<Person>,
    /// The number of its last command.
    said: u32,
}

impl Site {
    pub(super) fn new(
        common: Common,
        engine: EngineHandle,
        part: Part,
        meeting: &MeetingCreated,
        link: &InviteLink,
        person: Option<Person>,
    ) -> Self {
        let speakers = meeting.links.iter().take(part.speakers.into());
        Self {
            common,
            engine,
            part,
            name: link.name.clone(),
            token: link.path.split('#').nth(1).unwrap_or_default().to_owned(),
            speakers: speakers.map(|link| link.participant.clone()).collect(),
            own: link.participant.clone(),
            number: None,
            heartbeat: Duration::from_secs(5),
            wishes: Vec::new(),
            person,
            said: 1,
        }
    }

    /// Runs until the run is over.
    pub(super) async fn run(mut self) {
        let tally = Arc::clone(&self.common.tally);
        let index = self.part.index;
        if let Err(error) = self.attend().await {
            tally.failed(index, format!("{error:#}"));
            self.engine.send(Order::Dismiss(index.into()));
        }
    }

    async fn attend(&mut self) -> anyhow::Result<()> {
        let door = Arc::clone(&self.common.door);
        let at_the_door = door.acquire().await?;
        let began = Instant::now();
        let come_in = tokio::time::timeout(PATIENCE, self.come_in());
        let Ok(came_in) = come_in.await else {
            anyhow::bail!("not in after {} s", PATIENCE.as_secs());
        };
        let mut server = came_in?;
        self.common.tally.joined(self.part.index, began.elapsed());
        drop(at_the_door);
        self.stay(&mut server).await
    }

    /// From the WebSocket to the first picture.
    async fn come_in(&mut self) -> anyhow::Result<WebSocket> {
        let mut server = self.common.client.web_socket().await?;
        say(&mut server, &ClientMessage::Hello(self.hello())).await?;
        let host: IpAddr = match self.common.client.host() {
            "localhost" => Ipv4Addr::LOCALHOST.into(),
            host => host.parse().unwrap_or(Ipv4Addr::LOCALHOST.into()),
        };
        let socket = open_socket(route_to(host)?)?;
        let mut peer = Peer::new(self.common.epoch, socket.local_addr()?);
        let sdp = loop {
            match hear(&mut server).await? {
                Some(ServerMessage::Welcome(welcome)) => {
                    self.welcome(&mut server, &mut peer, &welcome).await?;
                }
                Some(ServerMessage::Answer { sdp, .. }) => break sdp,
                Some(message) => {
                    self.heard(message)?;
                }
                None => {}
            }
        };
        peer.accept(&sdp)?;
        self.wishes = self.wishes(&peer);
        self.draw(&mut server).await?;
        let number = self
            .number
            .ok_or_else(|| anyhow::anyhow!("the server does not tell the own number"))?;

        let now = Instant::now();
        let (index, speakers) = (u64::from(self.part.index), u64::from(self.part.speakers));
        let turn = (index < speakers).then_some((index, speakers));
        let (joined, mut is_in) = oneshot::channel();
        let parts = Parts {
            socket: mio::net::UdpSocket::from_std(socket),
            peer,
            number,
            camera_on: turn.is_some(),
            camera: Camera::new(now, index * 2, self.part.film),
            microphone: Microphone::new(
                now,
                self.common.epoch,
                turn,
                index * 2 + 1,
                self.part.film,
            ),
            // The first one is on the stage itself.
            sees: speakers > 0 && (index > 0 || self.wishes.len() > 1),
            drop_permille: self.part.drop_permille,
            joined,
        };
        self.engine
            .send(Order::Admit(self.part.index.into(), Box::new(parts)));
        loop {
            tokio::select! {
                message = hear(&mut server) => if let Some(message) = message?
                    && self.heard(message)?
                {
                    self.draw(&mut server).await?;
                },
                told = &mut is_in => {
                    told.map_err(|_| anyhow::anyhow!("the media connection broke"))?;
                    return Ok(server);
                }
            }
        }
    }

    /// Heeds the server until the run is over.
    async fn stay(&mut self, server: &mut WebSocket) -> anyhow::Result<()> {
        let mut heartbeat = tokio::time::interval(self.heartbeat);
        let mut over = self.common.over.clone();
        loop {
            tokio::select! {
                message = hear(server) => if let Some(message) = message?
                    && self.heard(message)?
                {
                    self.draw(server).await?;
                },
                _ = heartbeat.tick() => {
                    let ping = PingMessage { nonce: 1 };
                    say(server, &ClientMessage::Ping(ping)).await?;
                }
                command = wish(&mut self.person) => self.command(server, command).await?,
                () = ended(&mut over) => return Ok(()),
            }
        }
    }

    async fn command(&mut self, server: &mut WebSocket, command: Command) -> anyhow::Result<()> {
        self.said += 1;
        let id = self.said;
        say(
            server,
            &ClientMessage::Command(CommandMessage { id, command }),
        )
        .await
    }

    fn hello(&self) -> Hello {
        Hello {
            version: PROTOCOL_VERSION,
            token: self.token.clone(),
            resume_from: None,
            name: self.name.clone(),
            instance: format!("load-{}", self.part.index),
        }
    }

    async fn welcome(
        &mut self,
        server: &mut WebSocket,
        peer: &mut Peer,
        welcome: &Welcome,
    ) -> anyhow::Result<()> {
        self.heartbeat = Duration::from_secs(welcome.heartbeat_seconds.max(1).into());
        let present = welcome.snapshot.iter().flat_map(|s| &s.participants);
        let mut own = present.filter(|participant| participant.id == self.own);
        self.number = own.next().map(|own| own.number);
        let speaks = self.part.index < self.part.speakers;
        let mut commands = vec![Command::SetMicrophone { on: true }];
        if speaks {
            commands.push(Command::SetCamera { on: true });
        }
        if self.part.index == 0 && speaks {
            let source = Some(camera(&self.own));
            commands.push(Command::SetStage { source });
        }
        for command in commands {
            self.command(server, command).await?;
        }
        let offer = OfferMessage {
            id: 1,
            session: None,
            offer: peer.offer(self.part.thumbnails)?,
        };
        say(server, &ClientMessage::Offer(offer)).await
    }

    /// Says what it draws.
    async fn draw(&self, server: &mut WebSocket) -> anyhow::Result<()> {
        let wishes = self.wishes.clone();
        say(server, &ClientMessage::Layout(LayoutMessage { wishes })).await
    }

    /// Heeds a message. True when something that it draws has come.
    fn heard(&mut self, message: ServerMessage) -> anyhow::Result<bool> {
        let mut draws_anew = false;
        if let Some(person) = &self.person {
            // Nobody listens any more when the run is over.
            let _ = person.hears.send(message.clone());
        }
        match message {
            ServerMessage::Events { events, .. } => {
                for announced in events {
                    draws_anew |= self.happened(announced.event);
                }
            }
            ServerMessage::Wanted { sources, .. } => {
                let camera = sources.into_iter().next();
                let rids = camera.map(|camera| camera.rids).unwrap_or_default();
                self.engine.send(Order::Want(self.part.index.into(), rids));
            }
            // Any answer but the first one.
            ServerMessage::Answer { .. } => self.common.tally.renegotiated(),
            ServerMessage::Refused { code, detail, .. } => {
                anyhow::bail!("refused: {code:?}: {detail}")
            }
            ServerMessage::Bye { code, detail, .. } => anyhow::bail!("bye: {code:?}: {detail}"),
            ServerMessage::MediaLost { .. } => anyhow::bail!("the media connection was lost"),
            ServerMessage::Welcome(_)
            | ServerMessage::Lobby(_)
            | ServerMessage::Roster(_)
            | ServerMessage::RosterChanged(_)
            | ServerMessage::Done { .. }
            | ServerMessage::BallotPaper { .. }
            | ServerMessage::Slots { .. }
            | ServerMessage::Speaking { .. }
            | ServerMessage::Line { .. }
            | ServerMessage::Pong { .. }
            | ServerMessage::Ended(_)
            | ServerMessage::Problem { .. } => {}
        }
        Ok(draws_anew)
    }

    /// Heeds an event. True when a camera that it draws is on now.
    fn happened(&mut self, event: Event) -> bool {
        match event {
            Event::ParticipantJoined {
                participant,
                number,
                ..
            } if participant == self.own => {
                self.number = Some(number);
                false
            }
            Event::CameraSet {
                participant,
                on: true,
            } => {
                let mut drawn = self.wishes.iter().filter_map(|wish| wish.source.as_ref());
                drawn.any(|source| source.participant == participant)
            }
            // Nothing else changes what a synthetic site does.
            _ => false,
        }
    }

    /// The stage, and the speakers' cameras but the own one. Every site begins
    /// at another camera, so that all of them are drawn somewhere.
    fn wishes(&self, peer: &Peer) -> Vec<SlotWish> {
        let stage = peer.mids(SlotKind::StagePicture).map(|mid| SlotWish {
            mid,
            source: None,
            height: STAGE_HEIGHT,
        });
        // The first one is on the stage already.
        let others = self.speakers.get(1..).unwrap_or_default();
        let begin = usize::from(self.part.index) % others.len().max(1);
        let others = others.iter().cycle().skip(begin).take(others.len());
        let others = others.filter(|who| **who != self.own);
        let pictures = peer.mids(SlotKind::Picture).zip(others);
        let pictures = pictures.map(|(mid, who)| SlotWish {
            mid,
            source: Some(camera(who)),
            height: THUMBNAIL_HEIGHT,
        });
        stage.chain(pictures).collect()
    }
}

/// What the person behind the site wants next.
async fn wish(person: &mut Option<Person>) -> Command {
    if let Some(person) = person
        && let Some(command) = person.says.recv().await
    {
        return command;
    }
    std::future::pending().await
}

/// Ready when the run is over.
async fn ended(over: &mut watch::Receiver<bool>) {
    // Without a sender it is over, too.
    let _ = over.wait_for(|over| *over).await;
}

fn camera(who: &ParticipantId) -> SourceRef {
    SourceRef {
        participant: who.clone(),
        kind: SourceKind::Camera,
    }
}

async fn say(server: &mut WebSocket, message: &ClientMessage) -> anyhow::Result<()> {
    let text = serde_json::to_string(message)?;
    server.send(Message::text(text)).await?;
    Ok(())
}

/// The next message; nothing for one that a newer server says.
async fn hear(server: &mut WebSocket) -> anyhow::Result<Option<ServerMessage>> {
    let message = server.next().await;
    let message = message.ok_or_else(|| anyhow::anyhow!("the server closed the WebSocket"))??;
    let Message::Text(text) = message else {
        return Ok(None);
    };
    Ok(serde_json::from_str(&text).ok())
}

/// The own address from which a host is reached; sends nothing.
fn route_to(host: IpAddr) -> std::io::Result<IpAddr> {
    let unspecified: SocketAddr = match host {
        IpAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
        IpAddr::V6(_) => ([0; 8], 0).into(),
    };
    let socket = UdpSocket::bind(unspecified)?;
    socket.connect((host, 9))?;
    Ok(socket.local_addr()?.ip())
}

fn open_socket(local: IpAddr) -> std::io::Result<UdpSocket> {
    let address = SocketAddr::new(local, 0);
    let domain = Domain::for_address(address);
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    // With smaller ones it works too.
    let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}
