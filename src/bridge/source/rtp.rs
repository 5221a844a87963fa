//! RTP on ports that a session description names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use bytes::BytesMut;
use rtc::shared::marshal::Unmarshal;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;

use super::{Packet, Piece, Sound, SourceError, Tracks, picture_codec, sound_codec, unusable};
use crate::bridge::sdp::{self, Stream};

/// Room for a keyframe that comes all at once, in bytes.
const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;

/// A port on which one stream comes.
pub(super) struct Port {
    socket: UdpSocket,
    payload_type: u8,
}

impl Port {
    pub(super) fn open(address: SocketAddr, payload_type: u8) -> std::io::Result<Self> {
        let domain = Domain::for_address(address);
        let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
        // The system gives what it allows.
        let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
        socket.set_nonblocking(true)?;
        match address.ip() {
            IpAddr::V4(group) if group.is_multicast() => {
                socket.set_reuse_address(true)?;
                socket.bind(&SocketAddr::from((group, address.port())).into())?;
                socket.join_multicast_v4(&group, &Ipv4Addr::UNSPECIFIED)?;
            }
            IpAddr::V6(group) if group.is_multicast() => {
                socket.set_reuse_address(true)?;
                socket.bind(&SocketAddr::from((group, address.port())).into())?;
                socket.join_multicast_v6(&group, 0)?;
            }
            IpAddr::V4(_) | IpAddr::V6(_) => socket.bind(&address.into())?,
        }
        Ok(Self {
            socket: UdpSocket::from_std(socket.into())?,
            payload_type,
        })
    }

    pub(super) fn number(&self) -> std::io::Result<u16> {
        Ok(self.socket.local_addr()?.port())
    }

    async fn next(&self) -> Result<Piece, SourceError> {
        let mut buffer = BytesMut::zeroed(2_048);
        loop {
            let received = self.socket.recv(&mut buffer).await;
            let length = received.map_err(|e| SourceError::Lost(e.to_string()))?;
            let mut datagram = &buffer[..length];
            // Reports and strangers are passed over.
            if let Ok(packet) = rtc::rtp::Packet::unmarshal(&mut datagram)
                && packet.header.payload_type == self.payload_type
            {
                return Ok(Piece {
                    seq: packet.header.sequence_number,
                    rtp_time: packet.header.timestamp,
                    marker: packet.header.marker,
                    payload: packet.payload,
                });
            }
        }
    }
}

/// Picture, and sound where there is some.
pub(super) struct RtpInput {
    picture: Port,
    sound: Option<Port>,
}

impl RtpInput {
    pub(super) fn open(sdp: &str) -> Result<(Tracks, Self), SourceError> {
        let streams = sdp::streams(sdp);
        let port = |stream: &Stream| {
            let address = match stream.address {
                Some(address) if address.is_multicast() || address.is_loopback() => address,
                Some(IpAddr::V6(_)) => Ipv6Addr::UNSPECIFIED.into(),
                Some(IpAddr::V4(_)) | None => Ipv4Addr::UNSPECIFIED.into(),
            };
            let address = SocketAddr::new(address, stream.port);
            Port::open(address, stream.payload_type)
                .map_err(|e| unusable(format!("UDP port {}: {e}", stream.port)))
        };
        let tracks = described(&streams)?;
        let of = |media| streams.iter().find(|stream| stream.media == media);
        let picture = of("video").map(port).transpose()?;
        let sound = of("audio").filter(|_| tracks.sound == Sound::Opus);
        let input = Self {
            picture: picture.ok_or(SourceError::NoPicture)?,
            sound: sound.map(port).transpose()?,
        };
        Ok((tracks, input))
    }

    /// On ports that are open already.
    pub(super) fn on(picture: Port, sound: Option<Port>) -> Self {
        Self { picture, sound }
    }

    pub(super) async fn next(&mut self) -> Result<Packet, SourceError> {
        let (sound, piece) = match &self.sound {
            None => (false, self.picture.next().await?),
            Some(port) => tokio::select! {
                piece = self.picture.next() => (false, piece?),
                piece = port.next() => (true, piece?),
            },
        };
        Ok(Packet { sound, piece })
    }
}

/// What a session description promises.
pub(super) fn described(streams: &[Stream]) -> Result<Tracks, SourceError> {
    let of = |media| streams.iter().find(|stream| stream.media == media);
    let picture = of("video").ok_or(SourceError::NoPicture)?;
    Ok(Tracks {
        picture: picture_codec(&picture.encoding)?,
        parameters: picture.parameters(),
        sound: of("audio").map_or(Sound::None, |stream| sound_codec(&stream.encoding)),
    })
}
