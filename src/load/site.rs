//! One synthetic site: joins, offers, draws, and counts until it is told to
//! stop.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use diemcau_protocol::{
    ClientMessage, Command, CommandMessage, Hello, InviteLink, LayoutMessage, MeetingCreated,
    OfferMessage, PROTOCOL_VERSION, ParticipantId, PingMessage, ServerMessage, SlotKind, SlotWish,
    SourceKind, SourceRef,
};
use futures_util::{SinkExt, StreamExt};
use tokio::net::UdpSocket;
use tokio_tungstenite::tungstenite::Message;

use super::client::{Client, WebSocket};
use super::media::{MediaOutput, SiteMedia};
use super::report::{Tally, histogram};

/// The one clock of all sites, which packets carry.
static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);

const STAGE_HEIGHT: u16 = 720;
const THUMBNAIL_HEIGHT: u16 = 180;
const HEARTBEAT: Duration = Duration::from_secs(5);
/// Counts are handed over this often.
const HAND_OVER: Duration = Duration::from_millis(500);

/// What part a site plays.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) index: u16,
    /// The first so many sites send picture and sound.
    pub(super) speakers: u16,
    pub(super) thumbnails: u8,
}

/// A synthetic site before it runs.
pub(super) struct Site {
    client: Client,
    part: Part,
    name: Option<String>,
    token: String,
    speakers: Vec<ParticipantId>,
    own: ParticipantId,
    tally: Arc<Tally>,
}

/// What wakes a site.
enum Woken {
    Server(Option<Result<Message, tokio_tungstenite::tungstenite::Error>>),
    Datagram(std::io::Result<(usize, SocketAddr)>),
    Deadline,
    Heartbeat,
}

impl Site {
    pub(super) fn new(
        client: Client,
        part: Part,
        meeting: &MeetingCreated,
        link: &InviteLink,
        tally: Arc<Tally>,
    ) -> Self {
        let speakers = meeting.links.iter().take(part.speakers.into());
        Self {
            client,
            part,
            name: link.name.clone(),
            token: link.path.split('#').nth(1).unwrap_or_default().to_owned(),
            speakers: speakers.map(|link| link.participant.clone()).collect(),
            own: link.participant.clone(),
            tally,
        }
    }

    /// Runs until the tally is stopped.
    pub(super) async fn run(self, delay: Duration) {
        tokio::time::sleep(delay).await;
        let tally = Arc::clone(&self.tally);
        let index = self.part.index;
        if let Err(error) = self.attend().await {
            tally.failed(format!("site {}: {error:#}", index + 1));
        }
    }

    async fn attend(self) -> anyhow::Result<()> {
        let began = Instant::now();
        let mut server = self.client.web_socket().await?;
        say(&mut server, &ClientMessage::Hello(self.hello())).await?;

        let host: IpAddr = self
            .client
            .host()
            .parse()
            .unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let local = route_to(host).await?;
        let socket = UdpSocket::bind((local, 0)).await?;
        let speaks = self.part.index < self.part.speakers;
        let mut media = SiteMedia::new(began, *EPOCH, socket.local_addr()?, speaks);
        let mut outputs = Vec::new();
        let mut buffer = vec![0; 2_048];
        let mut deadline = began;
        let mut heartbeat = tokio::time::interval(HEARTBEAT);
        let mut joined = false;
        let mut measuring = false;
        let mut delays = histogram();
        let (mut received, mut bytes) = (0, 0);
        let mut handed_over = began;
        loop {
            let woken = tokio::select! {
                biased;
                message = server.next() => Woken::Server(message),
                datagram = socket.recv_from(&mut buffer) => Woken::Datagram(datagram),
                _ = heartbeat.tick() => Woken::Heartbeat,
                () = tokio::time::sleep_until(deadline.into()) => Woken::Deadline,
            };
            let now = Instant::now();
            match woken {
                Woken::Server(Some(message)) => {
                    self.heard(&mut server, &mut media, message?).await?;
                }
                Woken::Server(None) => anyhow::bail!("the server closed the WebSocket"),
                Woken::Datagram(datagram) => {
                    let (length, from) = datagram?;
                    media.datagram(now, from, &buffer[..length], &mut outputs)?;
                    // Whatever else is there already.
                    while let Ok((length, from)) = socket.try_recv_from(&mut buffer) {
                        media.datagram(now, from, &buffer[..length], &mut outputs)?;
                    }
                }
                Woken::Heartbeat => {
                    let ping = PingMessage { nonce: 1 };
                    say(&mut server, &ClientMessage::Ping(ping)).await?;
                }
                Woken::Deadline => {}
            }
            deadline = media.turn(now, &mut outputs)?;
            // Who is on the stage itself may have nothing else to see.
            if !joined && self.part.index == 0 && media.connected {
                joined = true;
                self.tally.joined(began.elapsed());
            }
            for output in outputs.drain(..) {
                match output {
                    MediaOutput::Send(to, contents) => {
                        // A full socket loses it, as a network would.
                        let _ = socket.try_send_to(&contents, to);
                    }
                    MediaOutput::Received(packet) => {
                        if !packet.kind.is_audio() && !joined {
                            joined = true;
                            self.tally.joined(began.elapsed());
                        }
                        received += 1;
                        bytes += packet.bytes as u64;
                        delays.saturating_record(packet.delay.as_micros() as u64);
                    }
                }
            }
            if now.duration_since(handed_over) >= HAND_OVER {
                handed_over = now;
                if measuring {
                    self.tally.add(received, bytes, &mut delays);
                } else if self.tally.measuring() {
                    measuring = true;
                    delays.reset();
                    media.take_lost();
                }
                (received, bytes) = (0, 0);
                if self.tally.stopped() {
                    self.tally.lost(media.take_lost());
                    return Ok(());
                }
            }
        }
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

    async fn heard(
        &self,
        server: &mut WebSocket,
        media: &mut SiteMedia,
        message: Message,
    ) -> anyhow::Result<()> {
        let Message::Text(text) = message else {
            return Ok(());
        };
        // What a newer server says beyond our knowledge is ignored.
        let Ok(message) = serde_json::from_str::<ServerMessage>(&text) else {
            return Ok(());
        };
        match message {
            ServerMessage::Welcome(_) => {
                let speaks = self.part.index < self.part.speakers;
                let mut commands = vec![Command::SetMicrophone { on: true }];
                if speaks {
                    commands.push(Command::SetCamera { on: true });
                }
                if self.part.index == 0 && speaks {
                    let source = Some(camera(&self.own));
                    commands.push(Command::SetStage { source });
                }
                for (id, command) in (2..).zip(commands) {
                    let command = CommandMessage { id, command };
                    say(server, &ClientMessage::Command(command)).await?;
                }
                let offer = OfferMessage {
                    id: 1,
                    session: None,
                    offer: media.offer(self.part.thumbnails)?,
                };
                say(server, &ClientMessage::Offer(offer)).await
            }
            ServerMessage::Answer { sdp, .. } => {
                media.accept(&sdp)?;
                let layout = LayoutMessage {
                    wishes: self.wishes(media),
                };
                say(server, &ClientMessage::Layout(layout)).await
            }
            ServerMessage::Refused { code, detail, .. } => {
                anyhow::bail!("refused: {code:?}: {detail}")
            }
            ServerMessage::Bye { code, detail, .. } => anyhow::bail!("bye: {code:?}: {detail}"),
            ServerMessage::MediaLost { .. } => anyhow::bail!("the media connection was lost"),
            ServerMessage::Events { .. }
            | ServerMessage::Done { .. }
            | ServerMessage::Slots { .. }
            | ServerMessage::Line { .. }
            | ServerMessage::Wanted { .. }
            | ServerMessage::Speaking { .. }
            | ServerMessage::Pong { .. }
            | ServerMessage::Problem { .. } => Ok(()),
        }
    }

    /// The stage, and the speakers' cameras but the own one.
    fn wishes(&self, media: &SiteMedia) -> Vec<SlotWish> {
        let stage = media.mids(SlotKind::StagePicture).map(|mid| SlotWish {
            mid,
            source: None,
            height: STAGE_HEIGHT,
        });
        let others = self.speakers.iter().filter(|who| **who != self.own);
        let pictures = media.mids(SlotKind::Picture).zip(others);
        let pictures = pictures.map(|(mid, who)| SlotWish {
            mid,
            source: Some(camera(who)),
            height: THUMBNAIL_HEIGHT,
        });
        stage.chain(pictures).collect()
    }
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

/// The own address from which a host is reached; sends nothing.
async fn route_to(host: IpAddr) -> std::io::Result<IpAddr> {
    let unspecified: SocketAddr = match host {
        IpAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
        IpAddr::V6(_) => ([0; 8], 0).into(),
    };
    let socket = UdpSocket::bind(unspecified).await?;
    socket.connect((host, 9)).await?;
    Ok(socket.local_addr()?.ip())
}
