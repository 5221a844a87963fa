//! The floor: what any server must do for the same packets, and nothing else.
//! AES-128-GCM seal (RFC 7714) and UDP send, by GSO where consecutive packets to
//! one receiver within a millisecond are of one size (the last may be shorter).
//! The receivers are sockets in another process.

use std::io::{BufRead, BufReader, IoSliceMut, Write, stdin, stdout};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use quinn_udp::{RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use serde::Serialize;
use tokio::io::Interest;

use crate::process;
use crate::publisher::noise;
use crate::trace::{Stream, Trace};

/// RTP header, one CSRC, and the extensions that the SFU sends.
const HEADER: usize = 12 + 4 + 20;
/// What AES-GCM adds to a packet.
pub(crate) const TAG: usize = 16;
const TICK: Duration = Duration::from_millis(1);
const SOCKET_BUFFER: usize = 4 << 20;

/// What the floor is.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Floor {
    pub(crate) ns_per_packet: f64,
    /// Of that, the seal.
    pub(crate) seal_ns_per_packet: f64,
    pub(crate) packets_per_send: f64,
    pub(crate) bytes_per_packet: f64,
    pub(crate) packets: u64,
}

/// What is sent, to whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sent<'a> {
    pub(crate) trace: &'a Trace,
    pub(crate) streams: &'a [Stream],
    pub(crate) receivers: usize,
    /// Whether packets leave together where they can.
    pub(crate) gso: bool,
}

/// Measures the floor at the times of the trace.
pub(crate) fn measure(sent: Sent<'_>, address: IpAddr, length: Duration) -> Result<Floor> {
    let mut drain = Command::new(std::env::current_exe()?)
        .args(["drain", &address.to_string(), &sent.receivers.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut ports = String::new();
    let out = drain.stdout.take().context("no stdout")?;
    BufReader::new(out).read_line(&mut ports)?;
    let ports = ports.split_whitespace().map(str::parse);
    let ports: Vec<u16> = ports.collect::<Result<_, _>>()?;
    let targets = ports.iter().map(|port| SocketAddr::new(address, *port));
    let floor = send(sent, targets.collect(), address, length);
    drop(drain.stdin.take());
    drain.wait()?;
    floor
}

/// The packets of one tick of the trace, as payload sizes.
fn ticks(trace: &Trace, streams: &[Stream]) -> Vec<(Duration, Vec<usize>)> {
    let mut ticks: Vec<(Duration, Vec<usize>)> = Vec::new();
    for packet in trace.packets.iter().filter(|p| streams.contains(&p.stream)) {
        let at = TICK * (packet.at.as_micros() / TICK.as_micros()) as u32;
        match ticks.last_mut() {
            Some((last, sizes)) if *last == at => sizes.push(packet.size),
            Some(_) | None => ticks.push((at, vec![packet.size])),
        }
    }
    ticks
}

fn send(
    sent: Sent<'_>,
    targets: Vec<SocketAddr>,
    address: IpAddr,
    length: Duration,
) -> Result<Floor> {
    let socket = UdpSocket::bind((address, 0))?;
    let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
    socket.set_nonblocking(true)?;
    state.set_send_buffer_size(UdpSockRef::from(&socket), SOCKET_BUFFER)?;
    let mut receivers: Vec<Receiver> = (0..).zip(targets).map(Receiver::new).collect();
    let payload = noise(2_000, 1);
    let mut out = Vec::with_capacity(64 << 10);
    let (mut packets, mut bytes, mut sends) = (0_u64, 0_u64, 0_u64);
    let ticks = ticks(sent.trace, sent.streams);
    let before = process::own_thread_time()?;
    let began = Instant::now();
    for (at, sizes) in ticks.iter().take_while(|(at, _)| *at < length) {
        // A deadline that is over means that this machine is too slow.
        std::thread::sleep((began + *at).saturating_duration_since(Instant::now()));
        for receiver in &mut receivers {
            for run in runs(sizes, sent.gso) {
                out.clear();
                for size in run {
                    receiver.seal(&payload[..*size], &mut out);
                }
                let transmit = Transmit {
                    destination: receiver.target,
                    ecn: None,
                    contents: &out,
                    segment_size: Some(run[0] + HEADER + TAG),
                    src_ip: None,
                };
                state.try_send(UdpSockRef::from(&socket), &transmit)?;
                packets += run.len() as u64;
                bytes += out.len() as u64;
                sends += 1;
            }
        }
    }
    let used = process::own_thread_time()? - before;
    let sealed = process::own_thread_time()?;
    let mut left = packets;
    'sealing: loop {
        for (_, sizes) in &ticks {
            for receiver in &mut receivers {
                for size in sizes {
                    if left == 0 {
                        break 'sealing;
                    }
                    left -= 1;
                    out.clear();
                    receiver.seal(&payload[..*size], &mut out);
                }
            }
        }
    }
    let sealing = process::own_thread_time()? - sealed;
    Ok(Floor {
        ns_per_packet: used.as_nanos() as f64 / packets as f64,
        seal_ns_per_packet: sealing.as_nanos() as f64 / packets as f64,
        packets_per_send: packets as f64 / sends as f64,
        bytes_per_packet: bytes as f64 / packets as f64,
        packets,
    })
}

/// Splits sizes into what can leave as one send.
fn runs(sizes: &[usize], gso: bool) -> impl Iterator<Item = &[usize]> {
    let mut rest = sizes;
    std::iter::from_fn(move || {
        let first = *rest.first()?;
        if !gso {
            let run;
            (run, rest) = rest.split_at(1);
            return Some(run);
        }
        let same = rest.iter().take_while(|size| **size == first).count();
        let shorter = rest.get(same).is_some_and(|size| *size < first);
        let run;
        (run, rest) = rest.split_at(same + usize::from(shorter));
        Some(run)
    })
}

struct Receiver {
    target: SocketAddr,
    key: LessSafeKey,
    seq: u64,
}

impl Receiver {
    fn new((index, target): (u64, SocketAddr)) -> Self {
        let mut bytes = [7; 16];
        bytes[..8].copy_from_slice(&index.to_be_bytes());
        let key = UnboundKey::new(&AES_128_GCM, &bytes).expect("a key of 16 bytes");
        Self {
            target,
            key: LessSafeKey::new(key),
            seq: 0,
        }
    }

    fn seal(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        self.seq += 1;
        let begin = out.len();
        out.extend_from_slice(&[0x90; HEADER]);
        out[begin + 4..begin + 12].copy_from_slice(&self.seq.to_be_bytes());
        out.extend_from_slice(payload);
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&self.seq.to_be_bytes());
        let (header, payload) = out[begin..].split_at_mut(HEADER);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce, Aad::from(&*header), payload)
            .expect("short enough to be sealed");
        out.extend_from_slice(tag.as_ref());
    }
}

/// The child: opens sockets, says their ports, and reads until its stdin ends.
pub(crate) fn drain(arguments: &[String]) -> Result<()> {
    let [address, count] = arguments else {
        bail!("drain ADDRESS COUNT");
    };
    let address: IpAddr = address.parse()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let _guard = runtime.enter();
    for _ in 0..count.parse()? {
        let socket = UdpSocket::bind((address, 0))?;
        socket.set_nonblocking(true)?;
        print!("{} ", socket.local_addr()?.port());
        let socket = tokio::net::UdpSocket::from_std(socket)?;
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        runtime.spawn(read(socket, state));
    }
    println!();
    stdout().flush()?;
    let ended = runtime.spawn_blocking(|| stdin().lines().count());
    runtime.block_on(ended)?;
    Ok(())
}

async fn read(socket: tokio::net::UdpSocket, state: UdpSocketState) {
    let mut buffer = vec![0; 64 << 10];
    while socket.readable().await.is_ok() {
        let mut read = || {
            let mut slices = [IoSliceMut::new(&mut buffer)];
            let mut meta = [RecvMeta::default()];
            state.recv((&socket).into(), &mut slices, &mut meta)
        };
        while socket.try_io(Interest::READABLE, &mut read).is_ok() {}
    }
}
