//! One peer of the load: a str0m client on a socket of its own, which publishes
//! from the trace or not, answers as a browser does (RTCP reports, TWCC, NACK)
//! and counts what it receives. Its own cost is not measured.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Instant;

use anyhow::{Context, Result};
use quinn_udp::{RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::media::{Direction, MediaKind, Mid, Simulcast, SimulcastLayer};
use str0m::net::{DatagramRecv, Protocol, Receive};
use str0m::rtp::Ssrc;
use str0m::{Candidate, Event, Input, Output, Rtc};
use tokio::io::Interest;
use tokio::net::UdpSocket;

use crate::publisher::Publisher;
use crate::trace::LAYERS;

const SOCKET_BUFFER: usize = 2 << 20;
const RECEIVE_BUFFER: usize = 64 << 10;
/// Reads before time is given to others.
const READS_PER_TURN: usize = 16;

/// What one peer has seen so far.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) connected: Cell<bool>,
    /// Media packets, each once.
    pub(crate) packets: Cell<u64>,
    /// Media packets that were missing when the stream had gone on, and have
    /// not come since.
    pub(crate) lost: Cell<u64>,
    /// Datagrams with media, repairs among them.
    pub(crate) datagrams: Cell<u64>,
    /// Their bytes.
    pub(crate) bytes: Cell<u64>,
    /// The fewest bytes that a packet of media had beyond header and payload,
    /// which is what sealing adds: 16 by AES-GCM (RFC 7714), 10 by HMAC-SHA1-80
    /// (RFC 3711). Repairs and padding have more.
    pub(crate) seal: Cell<Option<usize>>,
    /// Why it has ended.
    pub(crate) failure: RefCell<Option<String>>,
    /// Streams of which something has come.
    pub(crate) streams: Cell<usize>,
}

/// A peer that is not yet running.
pub(crate) struct Peer {
    rtc: Rtc,
    socket: UdpSocket,
    state: UdpSocketState,
    local: SocketAddr,
    pending: Option<SdpPendingOffer>,
    incoming: BTreeMap<Ssrc, Incoming>,
    tally: Rc<Tally>,
    /// Bytes of the datagram that is being looked at.
    received: usize,
}

struct Incoming {
    first: u64,
    highest: u64,
    count: u64,
}

/// The m-lines of an offer.
pub(crate) struct Lines {
    pub(crate) microphone: Option<Mid>,
    pub(crate) camera: Option<Mid>,
    /// In the order asked for.
    pub(crate) receiving: Vec<Mid>,
}

impl Peer {
    /// Opens its socket at this address.
    pub(crate) fn new(address: IpAddr) -> Result<Self> {
        let domain = socket2::Domain::for_address(SocketAddr::new(address, 0));
        let socket = socket2::Socket::new(domain, socket2::Type::DGRAM, None)?;
        socket.set_recv_buffer_size(SOCKET_BUFFER)?;
        socket.set_nonblocking(true)?;
        socket.bind(&SocketAddr::new(address, 0).into())?;
        let socket = UdpSocket::from_std(socket.into())?;
        let local = socket.local_addr()?;
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        let mut rtc = Rtc::builder()
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .set_rtp_mode(true)
            .build(Instant::now());
        rtc.add_local_candidate(Candidate::host(local, Protocol::Udp)?);
        Ok(Self {
            rtc,
            socket,
            state,
            local,
            pending: None,
            incoming: BTreeMap::new(),
            tally: Rc::default(),
            received: 0,
        })
    }

    /// What it counts.
    pub(crate) fn tally(&self) -> Rc<Tally> {
        Rc::clone(&self.tally)
    }

    /// Offers a microphone, a camera with these layers, and m-lines on which it
    /// receives.
    pub(crate) fn offer(
        &mut self,
        microphone: bool,
        layers: &[usize],
        receiving: &[MediaKind],
    ) -> Result<(String, Lines)> {
        let (send, receive) = (Direction::SendOnly, Direction::RecvOnly);
        let mut api = self.rtc.sdp_api();
        let microphone =
            microphone.then(|| api.add_media(MediaKind::Audio, send, None, None, None));
        let simulcast = (layers.len() > 1).then(|| {
            let mut simulcast = Simulcast::new();
            for layer in layers {
                simulcast.add_send_layer(SimulcastLayer::new(LAYERS[*layer].0));
            }
            simulcast
        });
        let camera = (!layers.is_empty())
            .then(|| api.add_media(MediaKind::Video, send, None, None, simulcast));
        let receiving = receiving
            .iter()
            .map(|kind| api.add_media(*kind, receive, None, None, None))
            .collect();
        let (offer, pending) = api.apply().context("nothing to offer")?;
        self.pending = Some(pending);
        let lines = Lines {
            microphone,
            camera,
            receiving,
        };
        Ok((offer.to_sdp_string(), lines))
    }

    /// Takes the answer to its offer.
    pub(crate) fn accept(&mut self, answer: &str) -> Result<()> {
        let pending = self.pending.take().context("nothing was offered")?;
        let answer = SdpAnswer::from_sdp_string(answer)?;
        Ok(self.rtc.sdp_api().accept_answer(pending, answer)?)
    }

    /// Answers an offer.
    pub(crate) fn answer(&mut self, offer: &str) -> Result<String> {
        let offer = SdpOffer::from_sdp_string(offer)?;
        Ok(self.rtc.sdp_api().accept_offer(offer)?.to_sdp_string())
    }

    /// Runs until it fails or is aborted.
    pub(crate) async fn run(mut self, publisher: Option<Publisher>) {
        if let Err(error) = self.go_on(publisher).await {
            *self.tally.failure.borrow_mut() = Some(format!("{error:#}"));
        }
    }

    async fn go_on(&mut self, mut publisher: Option<Publisher>) -> Result<()> {
        let mut buffer = vec![0; RECEIVE_BUFFER];
        let mut publishing = false;
        loop {
            let now = Instant::now();
            if let Some(publisher) = &mut publisher
                && self.tally.connected.get()
            {
                if !publishing {
                    publisher.begin(now, &mut self.rtc);
                    publishing = true;
                }
                publisher.publish(now, &mut self.rtc);
            }
            self.rtc.handle_input(Input::Timeout(now))?;
            let mut deadline = self.drain(&mut publisher)?;
            if publishing && let Some(publisher) = &publisher {
                deadline = deadline.min(publisher.next_due());
            }
            tokio::select! {
                biased;
                ready = self.socket.readable() => {
                    ready?;
                    self.receive(&mut buffer, &mut publisher)?;
                }
                () = tokio::time::sleep_until(deadline.into()) => {}
            }
        }
    }

    fn receive(&mut self, buffer: &mut [u8], publisher: &mut Option<Publisher>) -> Result<()> {
        for _ in 0..READS_PER_TURN {
            let mut meta = [RecvMeta::default()];
            let read = self.socket.try_io(Interest::READABLE, || {
                let mut slices = [IoSliceMut::new(buffer)];
                self.state
                    .recv((&self.socket).into(), &mut slices, &mut meta)
            });
            match read {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
            let [meta] = meta;
            let now = Instant::now();
            for datagram in buffer[..meta.len].chunks(meta.stride.max(1)) {
                let Ok(contents) = DatagramRecv::try_from(datagram) else {
                    continue;
                };
                // RTP, not RTCP (RFC 5761 §4).
                if datagram[0] & 0xc0 == 0x80 && !(192..=223).contains(&datagram[1]) {
                    self.tally.datagrams.update(|n| n + 1);
                    self.tally.bytes.update(|n| n + datagram.len() as u64);
                }
                let receive = Receive {
                    proto: Protocol::Udp,
                    source: meta.addr,
                    destination: self.local,
                    contents,
                };
                self.rtc.handle_input(Input::Receive(now, receive))?;
                self.received = datagram.len();
                self.drain(publisher)?;
            }
        }
        Ok(())
    }

    fn drain(&mut self, publisher: &mut Option<Publisher>) -> Result<Instant> {
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(at) => return Ok(at),
                Output::Transmit(transmit) => self.send(transmit.destination, &transmit.contents),
                Output::Event(Event::Connected) => self.tally.connected.set(true),
                Output::Event(Event::KeyframeRequest(request)) => {
                    if let Some(publisher) = publisher {
                        publisher.keyframe_wanted(request.rid);
                    }
                }
                Output::Event(Event::RtpPacket(packet)) => {
                    let clear = packet.header.header_len + packet.payload.len();
                    let beyond = self.received.saturating_sub(clear);
                    let fewest = self.tally.seal.get().map_or(beyond, |n| n.min(beyond));
                    self.tally.seal.set(Some(fewest));
                    self.count(packet.header.ssrc, *packet.seq_no);
                }
                Output::Event(_) => {}
            }
        }
    }

    /// A full buffer is as a network that loses the datagram.
    fn send(&self, destination: SocketAddr, contents: &[u8]) {
        let transmit = Transmit {
            destination,
            ecn: None,
            contents,
            segment_size: None,
            src_ip: None,
        };
        let _ = self.socket.try_io(Interest::WRITABLE, || {
            self.state.try_send((&self.socket).into(), &transmit)
        });
    }

    fn count(&mut self, ssrc: Ssrc, seq: u64) {
        let stream = self.incoming.entry(ssrc).or_insert(Incoming {
            first: seq,
            highest: seq,
            count: 0,
        });
        if seq < stream.first {
            return;
        }
        let missing = |stream: &Incoming| stream.highest + 1 - stream.first - stream.count;
        let before = if stream.count == 0 {
            0
        } else {
            missing(stream)
        };
        stream.highest = stream.highest.max(seq);
        stream.count += 1;
        let after = missing(stream);
        let tally = &self.tally;
        tally.packets.update(|n| n + 1);
        tally.lost.update(|n| n + after - before);
        tally.streams.set(self.incoming.len());
    }
}
