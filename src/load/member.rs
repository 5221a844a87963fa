//! One synthetic site in a media thread: its socket, its peer, what it sends
//! and what it saw.

use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use diemcau_protocol::SlotKind;
use quinn_udp::{RecvMeta, Transmit, UdpSocketState};
use str0m::RtcError;
use str0m::net::DatagramSend;
use str0m::rtp::{RtpPacket, Ssrc};
use tokio::sync::oneshot;

use super::figures::Figures;
use super::frames::Frames;
use super::mark::Mark;
use super::numbers::{Arrival, Numbers};
use super::peer::{Peer, PeerOutput, micros};
use super::publish::{Camera, Microphone, Random};

/// Datagrams, or runs of them (GRO), taken by one read.
const READS: usize = 8;
/// The longest run of datagrams, in bytes.
const RUN: usize = 64 << 10;

/// A site that only receives lets its peer's time pass at this distance, not
/// after each packet: feedback can wait for so long. Repairs cannot.
const UNHURRIED: Duration = Duration::from_millis(40);

/// A moment on both clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) now: Instant,
    unix: Duration,
}

impl Moment {
    pub(super) fn now() -> Self {
        let now = Instant::now();
        let unix = SystemTime::now().duration_since(UNIX_EPOCH);
        let unix = unix.unwrap_or_default();
        Self { now, unix }
    }

    /// When the kernel took in a datagram that is read now.
    fn receipt(&self, stamp: Option<Duration>) -> Instant {
        let age = stamp.map_or(Duration::ZERO, |stamp| self.unix.saturating_sub(stamp));
        self.now.checked_sub(age).unwrap_or(self.now)
    }
}

/// What to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing yet.
    Joining,
    /// Everything.
    Measuring,
    /// Repairs of what was sent while measuring.
    Settling,
}

/// Where reads go; one for all members of a thread.
pub(super) struct Buffers {
    bytes: Vec<Vec<u8>>,
    meta: [RecvMeta; READS],
}

impl Buffers {
    pub(super) fn new() -> Self {
        Self {
            bytes: vec![vec![0; RUN]; READS],
            meta: [RecvMeta::default(); READS],
        }
    }
}

/// A stream that comes in: one slot.
struct Stream {
    ssrc: Ssrc,
    kind: SlotKind,
    numbers: Numbers,
    frames: Option<Frames>,
}

/// Why a site does not go on.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("the media connection broke: {0}")]
    Rtc(#[from] RtcError),
    #[error("nothing is heard from the media plane any more")]
    Lost,
    #[error("the socket broke: {0}")]
    Socket(#[from] io::Error),
}

/// What a site is made of.
pub(super) struct Parts {
    pub(super) socket: mio::net::UdpSocket,
    pub(super) peer: Peer,
    /// Its number in the meeting.
    pub(super) number: u32,
    /// Sends pictures.
    pub(super) camera_on: bool,
    pub(super) camera: Camera,
    pub(super) microphone: Microphone,
    /// There is something to see for it.
    pub(super) sees: bool,
    /// Which share of what comes in is dropped, in thousandths.
    pub(super) drop_permille: u64,
    /// Told once, when it is in.
    pub(super) joined: oneshot::Sender<()>,
}

/// A synthetic site.
pub(super) struct Member {
    pub(super) socket: mio::net::UdpSocket,
    state: UdpSocketState,
    peer: Peer,
    number: u32,
    camera_on: bool,
    pub(super) camera: Camera,
    microphone: Microphone,
    sees: bool,
    drop_permille: u64,
    random: Random,
    joined: Option<oneshot::Sender<()>>,
    streams: Vec<Stream>,
    /// str0m's time does not go backwards.
    last: Instant,
    /// When str0m wants to be called.
    deadline: Instant,
    /// When it was called last.
    turned: Instant,
    /// Something is missing and has to be asked for.
    hurry: bool,
    epoch: Instant,
}

impl Member {
    /// `epoch` is the beginning of the clock that all sites share.
    pub(super) fn new(parts: Parts, epoch: Instant) -> io::Result<Self> {
        let state = UdpSocketState::new((&parts.socket).into())?;
        let now = Instant::now();
        Ok(Self {
            socket: parts.socket,
            state,
            peer: parts.peer,
            camera_on: parts.camera_on,
            camera: parts.camera,
            microphone: parts.microphone,
            sees: parts.sees,
            drop_permille: parts.drop_permille,
            random: Random(u64::from(parts.number)),
            number: parts.number,
            joined: Some(parts.joined),
            streams: Vec::new(),
            last: now,
            deadline: now,
            turned: now,
            hurry: false,
            epoch,
        })
    }

    /// When it has to be called again.
    pub(super) fn due(&self) -> Instant {
        if !self.peer.connected {
            return self.deadline;
        }
        let deadline = match self.hurry {
            true => self.deadline,
            false => self.deadline.max(self.turned + UNHURRIED),
        };
        let sound = self.microphone.due.min(deadline);
        match self.camera_on {
            true => {
                let picture = self.peer.picture_due();
                sound.min(picture.map_or(self.camera.due, |due| due.min(self.camera.due)))
            }
            false => sound,
        }
    }

    /// Sends what is due and lets time pass.
    pub(super) fn turn(
        &mut self,
        moment: Moment,
        phase: Phase,
        figures: &mut Figures,
    ) -> Result<(), Fault> {
        let now = moment.now.max(self.last);
        (self.last, self.turned) = (now, now);
        self.hurry = false;
        for stream in &mut self.streams {
            if let Some(frames) = &mut stream.frames
                && frames.wants_keyframe(now)
            {
                self.peer.request_keyframe(stream.ssrc);
            }
        }
        if self.peer.connected {
            if self.camera_on {
                self.peer
                    .publish_picture(now, self.number, &mut self.camera);
            }
            self.peer
                .publish_sound(now, self.number, &mut self.microphone);
        }
        let mut intake = Intake {
            socket: &self.socket,
            state: &self.state,
            streams: &mut self.streams,
            epoch: self.epoch,
            receipt: now,
            phase,
            figures,
            shown: false,
            gap: false,
            lost: false,
        };
        let deadline = self
            .peer
            .turn(now, &mut self.camera, |output| intake.perform(output));
        let (shown, lost) = (intake.shown, intake.lost);
        self.deadline = deadline?;
        self.after(shown, lost)
    }

    /// Reads everything that waits.
    pub(super) fn read(
        &mut self,
        buffers: &mut Buffers,
        phase: Phase,
        figures: &mut Figures,
    ) -> Result<u64, Fault> {
        let mut datagrams = 0;
        loop {
            let mut slices = buffers.bytes.iter_mut().map(|b| IoSliceMut::new(b));
            let mut slices: [IoSliceMut<'_>; READS] =
                std::array::from_fn(|_| slices.next().unwrap_or_else(|| IoSliceMut::new(&mut [])));
            let read = self
                .state
                .recv((&self.socket).into(), &mut slices, &mut buffers.meta);
            let count = match read {
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(datagrams),
                // A port that was closed is told by the next read.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => continue,
                Err(error) => return Err(error.into()),
            };
            let moment = Moment::now();
            let Buffers { bytes, meta } = buffers;
            for (meta, buffer) in meta.iter().zip(bytes.iter()).take(count) {
                let receipt = moment.receipt(meta.timestamp);
                for datagram in buffer[..meta.len].chunks(meta.stride.max(1)) {
                    datagrams += 1;
                    self.datagram(moment, receipt, meta.addr, datagram, phase, figures)?;
                }
            }
            // The socket was empty; more would wake us again.
            if count < READS {
                return Ok(datagrams);
            }
        }
    }

    fn datagram(
        &mut self,
        moment: Moment,
        receipt: Instant,
        from: SocketAddr,
        datagram: &[u8],
        phase: Phase,
        figures: &mut Figures,
    ) -> Result<(), Fault> {
        let is_media = datagram.first().is_some_and(|b| (128..192).contains(b));
        if self.drop_permille > 0 && is_media && self.random.between(0, 1_000) < self.drop_permille
        {
            figures.dropped += u64::from(phase == Phase::Measuring);
            return Ok(());
        }
        if phase == Phase::Measuring && is_media {
            let wait = micros(moment.now.saturating_duration_since(receipt));
            figures.waits.saturating_record(wait);
        }
        let now = receipt.max(self.last);
        self.last = now;
        let mut intake = Intake {
            socket: &self.socket,
            state: &self.state,
            streams: &mut self.streams,
            epoch: self.epoch,
            receipt,
            phase,
            figures,
            shown: false,
            gap: false,
            lost: false,
        };
        let camera = &mut self.camera;
        let deadline = self
            .peer
            .datagram(now, from, datagram, camera, |output| intake.perform(output));
        let (shown, lost) = (intake.shown, intake.lost);
        self.hurry |= intake.gap;
        if let Some(deadline) = deadline? {
            self.deadline = deadline;
        }
        self.after(shown, lost)
    }

    fn after(&mut self, shown: bool, lost: bool) -> Result<(), Fault> {
        if lost {
            return Err(Fault::Lost);
        }
        let is_in = shown || (self.peer.connected && !self.sees);
        if is_in && let Some(joined) = self.joined.take() {
            // Nobody waits any more when the run is over.
            let _ = joined.send(());
        }
        Ok(())
    }

    /// Counts from here on only.
    pub(super) fn begin(&mut self) {
        for stream in &mut self.streams {
            stream.numbers.begin();
            if let Some(frames) = &mut stream.frames {
                frames.begin();
            }
        }
    }

    /// Counts nothing new, but repairs.
    pub(super) fn end(&mut self, now: Instant) {
        for stream in &mut self.streams {
            stream.numbers.end();
            if let Some(frames) = &mut stream.frames {
                frames.end(now);
            }
        }
    }

    /// Packets that are missing now.
    pub(super) fn missing(&self) -> u64 {
        self.streams.iter().map(|s| s.numbers.lost()).sum()
    }

    /// Adds what its streams know to the figures.
    pub(super) fn report(&self, figures: &mut Figures) {
        for stream in &self.streams {
            let slot = figures.slot(stream.kind);
            slot.slots += u64::from(stream.numbers.expected() > 0);
            slot.expected += stream.numbers.expected();
            slot.lost += stream.numbers.lost();
            if let Some(frames) = &stream.frames {
                slot.frames += frames.shown;
                slot.freezes += frames.freezes.count;
                slot.frozen += frames.freezes.total;
            }
        }
    }
}

/// Performs what a peer wants, and counts what it received.
struct Intake<'a> {
    socket: &'a mio::net::UdpSocket,
    state: &'a UdpSocketState,
    streams: &'a mut Vec<Stream>,
    epoch: Instant,
    receipt: Instant,
    phase: Phase,
    figures: &'a mut Figures,
    shown: bool,
    gap: bool,
    lost: bool,
}

impl Intake<'_> {
    fn perform(&mut self, output: PeerOutput<'_>) {
        match output {
            PeerOutput::Send(to, contents) => self.send(to, &contents),
            PeerOutput::Packet {
                kind,
                packet,
                again,
            } => self.packet(kind, packet, again),
            PeerOutput::Lost => self.lost = true,
        }
    }

    fn send(&self, to: SocketAddr, contents: &DatagramSend) {
        let transmit = Transmit {
            destination: to,
            ecn: None,
            contents,
            segment_size: None,
            src_ip: None,
        };
        // A full socket loses it, as a network would.
        let _ = self.state.try_send(self.socket.into(), &transmit);
    }

    fn packet(&mut self, kind: SlotKind, packet: &RtpPacket, again: bool) {
        let header = &packet.header;
        let Some(mark) = Mark::read(&packet.payload) else {
            // Padding, by which a server probes the line, carries nothing.
            return;
        };
        let number = *packet.seq_no;
        let stream = stream_of(self.streams, header.ssrc, kind, number);
        let missing = stream.numbers.lost();
        let (arrival, counts) = stream.numbers.take(number);
        self.gap |= stream.numbers.lost() > missing;
        if arrival == Arrival::Repeated {
            self.figures.repeated += u64::from(self.phase == Phase::Measuring);
            return;
        }
        if self.phase != Phase::Settling
            && let Some(frames) = &mut stream.frames
        {
            frames.take(self.receipt, &mark);
            self.shown |= frames.shown > 0;
        }
        if !counts || self.phase == Phase::Joining {
            return;
        }
        let figures = &mut *self.figures;
        let slot = figures.slot(kind);
        slot.received += 1;
        slot.bytes += packet.payload.len() as u64;
        slot.repaired += u64::from(again);
        let named = header.csrc_count == 1 && header.csrc[0] == mark.source;
        figures.wrong_source += u64::from(!named);
        let receipt = micros(self.receipt.saturating_duration_since(self.epoch));
        let delay = receipt.saturating_sub(mark.sent);
        let delays = match again {
            true => &mut figures.delays_again,
            false => &mut figures.delays,
        };
        delays.saturating_record(delay);
    }
}

fn stream_of(streams: &mut Vec<Stream>, ssrc: Ssrc, kind: SlotKind, first: u64) -> &mut Stream {
    let known = streams.iter().position(|stream| stream.ssrc == ssrc);
    let index = known.unwrap_or_else(|| {
        streams.push(Stream {
            ssrc,
            kind,
            numbers: Numbers::new(first),
            frames: (!kind.is_audio()).then(Frames::default),
        });
        streams.len() - 1
    });
    &mut streams[index]
}
