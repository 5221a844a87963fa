//! A place in a meeting of a running server: the WebSocket and what is said
//! on it.

use std::net::{IpAddr, SocketAddr};

use diemcau::bridge::http::{Client, Duplex};
use diemcau_protocol::{
    ClientMessage, Command, CommandMessage, Hello, LayoutMessage, MediaOffer, OfferMessage,
    PROTOCOL_VERSION, ParticipantId, PingMessage, Presence, ServerMessage, SlotWish, SourceKind,
    SourceRef,
};
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use url::Url;

/// The WebSocket of somebody who was let in.
pub(crate) struct Seat {
    socket: WebSocketStream<Box<dyn Duplex>>,
    /// The own participant.
    pub(crate) own: ParticipantId,
    /// Everyone else who is here, with their number.
    pub(crate) others: Vec<(ParticipantId, u32)>,
    /// The own number.
    pub(crate) number: u32,
    commands: u32,
}

impl Seat {
    /// Says hello with an invite link (`http://host:port/m/meeting#token`),
    /// and switches microphone and camera on.
    pub(crate) async fn take(link: &Url, client: &Client, name: &str) -> anyhow::Result<Self> {
        let stream = client.connect(link).await?;
        let host = &link[url::Position::BeforeHost..url::Position::AfterPort];
        let address = format!("ws://{host}/api/v1/ws");
        let (mut socket, _) = tokio_tungstenite::client_async(address, stream).await?;
        let hello = ClientMessage::Hello(Hello {
            version: PROTOCOL_VERSION,
            token: link.fragment().unwrap_or_default().to_owned(),
            resume_from: None,
            name: Some(name.to_owned()),
            instance: name.to_owned(),
        });
        say(&mut socket, &hello).await?;
        let welcome = loop {
            match hear(&mut socket).await? {
                ServerMessage::Welcome(welcome) => break welcome,
                ServerMessage::Bye { code, detail, .. } => anyhow::bail!("{code:?}: {detail}"),
                _ => {}
            }
        };
        let mut seat = Self {
            socket,
            own: welcome.you.participant,
            others: Vec::new(),
            number: 0,
            commands: 1,
        };
        for participant in welcome.snapshot.into_iter().flat_map(|s| s.participants) {
            if participant.id == seat.own {
                seat.number = participant.number;
            } else if participant.presence == Presence::Present {
                seat.others.push((participant.id, participant.number));
            }
        }
        seat.command(Command::SetMicrophone { on: true }).await?;
        seat.command(Command::SetCamera { on: true }).await?;
        Ok(seat)
    }

    /// Sends a command.
    pub(crate) async fn command(&mut self, command: Command) -> anyhow::Result<()> {
        self.commands += 1;
        let id = self.commands;
        say(
            &mut self.socket,
            &ClientMessage::Command(CommandMessage { id, command }),
        )
        .await
    }

    /// Sends an offer.
    pub(crate) async fn offer(&mut self, offer: MediaOffer) -> anyhow::Result<()> {
        let offer = OfferMessage {
            id: 1,
            session: None,
            offer,
        };
        say(&mut self.socket, &ClientMessage::Offer(offer)).await
    }

    /// Wishes the stage, and the others' cameras in these slots.
    pub(crate) async fn wish(&mut self, stage: &str, pictures: &[String]) -> anyhow::Result<()> {
        let camera = |who: &ParticipantId| SourceRef {
            participant: who.clone(),
            kind: SourceKind::Camera,
        };
        let stage = SlotWish {
            mid: stage.to_owned(),
            source: None,
            height: 720,
        };
        let pictures = pictures
            .iter()
            .zip(&self.others)
            .map(|(mid, (who, _))| SlotWish {
                mid: mid.clone(),
                source: Some(camera(who)),
                height: 180,
            });
        let wishes = std::iter::once(stage).chain(pictures).collect();
        say(
            &mut self.socket,
            &ClientMessage::Layout(LayoutMessage { wishes }),
        )
        .await
    }

    /// Says that it is still there.
    pub(crate) async fn ping(&mut self) -> anyhow::Result<()> {
        let ping = PingMessage { nonce: 1 };
        say(&mut self.socket, &ClientMessage::Ping(ping)).await
    }

    /// The next message; what cannot go on is an error.
    pub(crate) async fn next(&mut self) -> anyhow::Result<ServerMessage> {
        let message = hear(&mut self.socket).await?;
        match &message {
            ServerMessage::Refused { code, detail, .. } => anyhow::bail!("{code:?}: {detail}"),
            ServerMessage::Bye { code, detail, .. } => anyhow::bail!("bye: {code:?}: {detail}"),
            ServerMessage::MediaLost { .. } => anyhow::bail!("the media connection is lost"),
            ServerMessage::Events { events, .. } => {
                for announced in events {
                    self.happened(&announced.event);
                }
            }
            _ => {}
        }
        Ok(message)
    }

    fn happened(&mut self, event: &diemcau_protocol::Event) {
        if let diemcau_protocol::Event::ParticipantJoined {
            participant,
            number,
            ..
        } = event
        {
            if *participant == self.own {
                self.number = *number;
            } else if !self.others.iter().any(|(who, _)| who == participant) {
                self.others.push((participant.clone(), *number));
            }
        }
    }
}

/// The own address from which the server is reached; sends nothing.
pub(crate) async fn own_address(link: &Url) -> anyhow::Result<IpAddr> {
    let host = link.host_str().unwrap_or_default();
    let port = link.port_or_known_default().unwrap_or_default();
    let mut found = tokio::net::lookup_host((host.trim_matches(['[', ']']), port)).await?;
    let server = found
        .next()
        .ok_or_else(|| anyhow::anyhow!("{host} is unknown"))?;
    let any: SocketAddr = if server.is_ipv4() {
        ([0, 0, 0, 0], 0).into()
    } else {
        ([0; 8], 0).into()
    };
    let socket = tokio::net::UdpSocket::bind(any).await?;
    socket.connect(server).await?;
    Ok(socket.local_addr()?.ip())
}

async fn say(
    socket: &mut WebSocketStream<Box<dyn Duplex>>,
    message: &ClientMessage,
) -> anyhow::Result<()> {
    socket
        .send(Message::text(serde_json::to_string(message)?))
        .await?;
    Ok(())
}

async fn hear(socket: &mut WebSocketStream<Box<dyn Duplex>>) -> anyhow::Result<ServerMessage> {
    loop {
        let message = socket.next().await;
        let message = message.ok_or_else(|| anyhow::anyhow!("the server hung up"))??;
        // What a newer server says beyond our knowledge is ignored.
        if let Message::Text(text) = message
            && let Ok(message) = serde_json::from_str(&text)
        {
            return Ok(message);
        }
    }
}
