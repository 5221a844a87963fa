//! A str0m client that says something every 20 ms and counts what it hears.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use diemcau_protocol::{MediaOffer, OfferedSlot, OfferedSource, SlotKind, SourceKind};
use diemcau_sfu::Transport;
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::media::{Direction, MediaKind, Mid};
use str0m::net::{DatagramRecv, Protocol, Receive, TcpType};
use str0m::rtp::{ExtensionValues, RtpWrite};
use str0m::{Candidate, Event, Input, Output, Rtc};

const SOUND: Duration = Duration::from_millis(20);
const SLOTS: [SlotKind; 3] = [SlotKind::Sound; 3];
/// The room for what a client that is slow has not read, in bytes.
const NARROW: usize = 4 << 10;

enum Socket {
    Udp(UdpSocket),
    Tcp(TcpStream, Vec<u8>),
}

/// A media connection of its own.
pub(crate) struct Client {
    rtc: Rtc,
    pending: Option<SdpPendingOffer>,
    answer: String,
    microphone: Option<Mid>,
    socket: Option<Socket>,
    candidate: Option<Candidate>,
    local: SocketAddr,
    /// The server's candidate; that of its router where there is one.
    remote: SocketAddr,
    protocol: Protocol,
    deadline: Instant,
    next_sound: Instant,
    seq: u64,
    is_connected: bool,
    is_narrow: bool,
    /// Whether it takes what comes.
    pub(crate) reads: bool,
    /// Whether it says as much as it can.
    pub(crate) speaks_fast: bool,
    /// Packets that it has heard.
    pub(crate) heard: usize,
}

/// A message as it goes over TCP (RFC 4571).
pub(crate) fn frame(message: &[u8]) -> Vec<u8> {
    let mut frame = (message.len() as u16).to_be_bytes().to_vec();
    frame.extend(message);
    frame
}

impl Client {
    pub(crate) fn new() -> Self {
        let now = Instant::now();
        let rtc = Rtc::builder()
            .clear_codecs()
            .enable_opus(true, false)
            .set_rtp_mode(true)
            .build(now);
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        Self {
            rtc,
            pending: None,
            answer: String::new(),
            microphone: None,
            socket: None,
            candidate: None,
            local: nowhere,
            remote: nowhere,
            protocol: Protocol::Udp,
            deadline: now,
            next_sound: now,
            seq: 1,
            is_connected: false,
            is_narrow: false,
            reads: true,
            speaks_fast: false,
            heard: 0,
        }
    }

    /// Its connection will hold little that it has not read.
    pub(crate) fn narrow(&mut self) {
        self.is_narrow = true;
    }

    pub(crate) fn offer(&mut self) -> MediaOffer {
        let mut api = self.rtc.sdp_api();
        let microphone = api.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None);
        let slots = SLOTS.map(|kind| OfferedSlot {
            mid: api
                .add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None)
                .to_string(),
            kind,
        });
        let (offer, pending) = api.apply().unwrap();
        self.pending = Some(pending);
        self.microphone = Some(microphone);
        MediaOffer {
            sdp: offer.to_sdp_string(),
            slots: slots.into(),
            sources: vec![OfferedSource {
                mid: microphone.to_string(),
                kind: SourceKind::Microphone,
                layers: Vec::new(),
            }],
        }
    }

    /// The answer is kept until it is clear which way the client goes.
    pub(crate) fn answered(&mut self, sdp: &str) {
        self.answer = sdp.to_owned();
    }

    /// Whether the answer names a candidate.
    pub(crate) fn was_told(&self, transport: Transport, at: SocketAddr) -> bool {
        let (name, kind) = match transport {
            Transport::Udp => (" udp ", " typ host"),
            Transport::Tcp => (" tcp ", " typ host tcptype passive"),
        };
        let address = format!(" {} {} ", at.ip(), at.port());
        let mut lines = self.answer.lines();
        lines.any(|line| {
            line.starts_with("a=candidate:")
                && line.contains(name)
                && line.contains(&address)
                && line.contains(kind)
        })
    }

    /// Connects to the server, by this way and no other.
    pub(crate) fn go(&mut self, transport: Transport, server: SocketAddr) {
        self.go_by(transport, server, server);
    }

    /// Connects to the server through a router with another address.
    pub(crate) fn go_by(&mut self, transport: Transport, server: SocketAddr, told: SocketAddr) {
        assert!(self.was_told(transport, told), "{}", self.answer);
        let own = match server {
            SocketAddr::V4(_) => SocketAddr::from(([127, 0, 0, 1], 0)),
            SocketAddr::V6(_) => SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], 0)),
        };
        self.remote = told;
        let candidate = match transport {
            Transport::Udp => {
                let socket = UdpSocket::bind(own).unwrap();
                socket.connect(server).unwrap();
                socket.set_nonblocking(true).unwrap();
                self.local = socket.local_addr().unwrap();
                self.protocol = Protocol::Udp;
                self.socket = Some(Socket::Udp(socket));
                Candidate::builder().udp().host(self.local).build()
            }
            Transport::Tcp => {
                let stream = self.connect(server);
                stream.set_nodelay(true).unwrap();
                stream.set_nonblocking(true).unwrap();
                self.local = stream.local_addr().unwrap();
                self.protocol = Protocol::Tcp;
                self.socket = Some(Socket::Tcp(stream, Vec::new()));
                let candidate = Candidate::builder().tcp().host(self.local);
                candidate.tcptype(TcpType::Active).build()
            }
        };
        let candidate = candidate.unwrap();
        if let Some(before) = self.candidate.replace(candidate.clone()) {
            self.rtc.direct_api().invalidate_candidate(&before);
        }
        self.rtc.add_local_candidate(candidate);
        if let Some(pending) = self.pending.take() {
            let answer = SdpAnswer::from_sdp_string(&self.answer).unwrap();
            self.rtc.sdp_api().accept_answer(pending, answer).unwrap();
        }
    }

    fn connect(&self, server: SocketAddr) -> TcpStream {
        let domain = socket2::Domain::for_address(server);
        let socket = socket2::Socket::new(domain, socket2::Type::STREAM, None).unwrap();
        if self.is_narrow {
            socket.set_recv_buffer_size(NARROW).unwrap();
        }
        socket.connect(&server.into()).unwrap();
        socket.into()
    }

    /// Takes what has come, says what is due.
    pub(crate) fn turn(&mut self, now: Instant) {
        while let Some(message) = self.receive() {
            let Ok(contents) = DatagramRecv::try_from(message.as_slice()) else {
                panic!("not a message: {message:?}");
            };
            let receive = Receive {
                proto: self.protocol,
                source: self.remote,
                destination: self.local,
                contents,
            };
            self.rtc.handle_input(Input::Receive(now, receive)).unwrap();
            self.drain();
        }
        if self.is_connected && (self.next_sound <= now || self.speaks_fast) {
            self.next_sound = now + SOUND;
            self.say(now);
        }
        if self.deadline <= now || self.is_connected {
            self.rtc.handle_input(Input::Timeout(now)).unwrap();
            self.drain();
        }
    }

    fn say(&mut self, now: Instant) {
        let pt = self.rtc.codec_config().params()[0].pt();
        let time = (self.seq as u32).wrapping_mul(960);
        let extensions = ExtensionValues {
            audio_level: Some(-20),
            voice_activity: Some(true),
            ..Default::default()
        };
        let mid = self.microphone.unwrap();
        if let Some(stream) = self.rtc.direct_api().stream_tx_by_mid(mid, None) {
            let write = RtpWrite::new(pt, self.seq.into(), time, now, vec![7; 900]);
            stream.write_rtp(write.ext_vals(extensions));
            self.seq += 1;
        }
    }

    fn drain(&mut self) {
        loop {
            match self.rtc.poll_output().unwrap() {
                Output::Timeout(at) => {
                    self.deadline = at;
                    return;
                }
                Output::Transmit(transmit) => {
                    if transmit.source == self.local {
                        self.send(&transmit.contents);
                    }
                }
                Output::Event(Event::Connected) => self.is_connected = true,
                Output::Event(Event::RtpPacket(packet)) => {
                    assert_eq!(packet.payload[..], [7; 900]);
                    self.heard += 1;
                }
                Output::Event(_) => {}
            }
        }
    }

    fn send(&mut self, message: &[u8]) {
        match self.socket.as_mut().unwrap() {
            Socket::Udp(socket) => {
                socket.send(message).unwrap();
            }
            Socket::Tcp(stream, _) => {
                stream.set_nonblocking(false).unwrap();
                stream.write_all(&frame(message)).unwrap();
                stream.set_nonblocking(true).unwrap();
            }
        }
    }

    fn receive(&mut self) -> Option<Vec<u8>> {
        if !self.reads {
            return None;
        }
        let mut buffer = [0; 4_096];
        match self.socket.as_mut()? {
            Socket::Udp(socket) => match socket.recv(&mut buffer) {
                Ok(count) => Some(buffer[..count].to_vec()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => None,
                Err(error) => panic!("{error}"),
            },
            Socket::Tcp(stream, read) => loop {
                if let Some((length, rest)) = read.split_first_chunk::<2>()
                    && rest.len() >= usize::from(u16::from_be_bytes(*length))
                {
                    let length = usize::from(u16::from_be_bytes(*length));
                    let message = rest[..length].to_vec();
                    read.drain(..2 + length);
                    return Some(message);
                }
                match stream.read(&mut buffer) {
                    Ok(0) => panic!("the server closed the connection"),
                    Ok(count) => read.extend(&buffer[..count]),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
                    Err(error) => panic!("{error}"),
                }
            },
        }
    }
}
