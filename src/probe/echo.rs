//! The line by UDP: datagrams to the media port's echo, at the pace of a
//! meeting.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use tokio::net::UdpSocket;

use super::transfer::median;
use super::verdict::UdpLine;
use crate::load::client::Client;

/// The first byte of a question, and of its answer; see `sfu/src/echo.rs`.
const QUESTION: u8 = 0xe1;
const ANSWER: u8 = 0xe2;
/// Datagrams of the test.
const DATAGRAMS: u32 = 300;
/// Their length, in bytes.
const LENGTH: usize = 600;
const DISTANCE: Duration = Duration::from_millis(10);
/// How long answers are awaited.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Datagrams by which an address is tried.
const TRIES: u32 = 4;

/// Tests the line to the first address that answers; nothing when none does.
pub(super) async fn measure(client: &Client, ticket: &str, media: &[String]) -> Option<UdpLine> {
    let ticket = from_digits(ticket)?;
    let addresses = media.iter().filter_map(|text| text.parse().ok());
    // A server's loopback is not ours.
    let local = client.is_local();
    let addresses = addresses.filter(|a: &SocketAddr| local || !a.ip().is_loopback());
    for address in addresses {
        let Ok(socket) = open(address).await else {
            continue;
        };
        let tried = exchange(&socket, &ticket, TRIES, DISTANCE * 10).await;
        if tried.is_some_and(|line| line.loss_percent < 100.0) {
            return exchange(&socket, &ticket, DATAGRAMS, DISTANCE).await;
        }
    }
    None
}

async fn open(address: SocketAddr) -> std::io::Result<UdpSocket> {
    let any: IpAddr = match address {
        SocketAddr::V4(_) => [0, 0, 0, 0].into(),
        SocketAddr::V6(_) => [0_u16; 8].into(),
    };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(address).await?;
    Ok(socket)
}

/// Asks so many times and counts what comes back.
async fn exchange(
    socket: &UdpSocket,
    ticket: &[u8],
    count: u32,
    distance: Duration,
) -> Option<UdpLine> {
    let began = Instant::now();
    let head = 1 + ticket.len();
    let mut question = vec![0; LENGTH];
    question[0] = QUESTION;
    question[1..head].copy_from_slice(ticket);
    let mut pace = tokio::time::interval(distance);
    let mut tally = Tally::new(count);
    let mut buffer = [0; LENGTH];
    let mut sent = 0;
    let mut end = began + distance * count + PATIENCE;
    while tally.came < count {
        tokio::select! {
            _ = pace.tick(), if sent < count => {
                question[head..head + 4].copy_from_slice(&sent.to_be_bytes());
                tally.sent.push(Instant::now());
                // What cannot be sent does not come back.
                let _ = socket.send(&question).await;
                sent += 1;
                end = Instant::now() + PATIENCE;
            }
            read = socket.recv(&mut buffer) => match read {
                Ok(length) if length == LENGTH && buffer[0] == ANSWER => {
                    let number = buffer[head..head + 4].try_into().ok()?;
                    tally.take(Instant::now(), u32::from_be_bytes(number));
                }
                Ok(_) => {}
                // The port is closed; the system says so each time.
                Err(_) => tokio::time::sleep(distance).await,
            },
            () = tokio::time::sleep_until(end.into()), if sent == count => break,
        }
    }
    Some(tally.line())
}

/// What came back.
struct Tally {
    count: u32,
    came: u32,
    sent: Vec<Instant>,
    seen: Vec<bool>,
    times: Vec<f64>,
    jitter: f64,
}

impl Tally {
    fn new(count: u32) -> Self {
        Self {
            count,
            came: 0,
            sent: Vec::new(),
            seen: vec![false; count as usize],
            times: Vec::new(),
            jitter: 0.0,
        }
    }

    fn take(&mut self, now: Instant, number: u32) {
        let index = number as usize;
        let (Some(sent), Some(seen)) = (self.sent.get(index), self.seen.get_mut(index)) else {
            return;
        };
        if std::mem::replace(seen, true) {
            return;
        }
        self.came += 1;
        let time = now.duration_since(*sent).as_secs_f64() * 1_000.0;
        if let Some(before) = self.times.last() {
            // RFC 3550 §6.4.1.
            self.jitter += ((time - before).abs() - self.jitter) / 16.0;
        }
        self.times.push(time);
    }

    fn line(self) -> UdpLine {
        UdpLine {
            loss_percent: f64::from(self.count - self.came) * 100.0 / f64::from(self.count.max(1)),
            jitter_ms: self.jitter,
            rtt_ms: median(self.times),
        }
    }
}

/// Bytes from hexadecimal digits.
fn from_digits(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_come_back_is_lost_and_what_comes_twice_counts_once() {
        let now = Instant::now();
        let mut tally = Tally::new(4);
        tally.sent = vec![now; 4];
        for (number, after) in [(0, 20), (2, 30), (2, 31), (3, 20), (9, 1)] {
            tally.take(now + Duration::from_millis(after), number);
        }
        let line = tally.line();
        assert_eq!((line.loss_percent, line.rtt_ms), (25.0, 20.0));
        assert!(line.jitter_ms > 1.0, "{line:?}");
    }

    #[test]
    fn a_ticket_is_read_from_its_digits() {
        assert_eq!(from_digits("00ff1a"), Some(vec![0, 255, 26]));
        assert_eq!(from_digits("xy"), None);
    }
}
