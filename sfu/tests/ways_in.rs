//! Every way in, over real sockets: a worker, and str0m clients by UDP and
//! TCP, IPv4 and IPv6.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

#[path = "ways_in/client.rs"]
mod client;

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use client::{Client, frame};
use diemcau_protocol::{
    DesiredMeeting, DesiredParticipant, MediaCommand, MediaEvent, PublishRights,
};
use diemcau_sfu::{CountersSnapshot, EchoKey, Media, MediaConfig, Transport};

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const OTHER_V4: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
const EVERY_V4: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
const EVERY_V6: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
/// The longest that anything is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

struct Node {
    media: Media,
    events: Receiver<MediaEvent>,
}

impl Node {
    /// A media plane with one meeting, whose microphones are all on.
    fn start(bind: &[IpAddr], public_ips: &[IpAddr]) -> Self {
        let config = MediaConfig {
            bind: bind.to_vec(),
            port: 0,
            tcp: true,
            workers: 1,
            public_ips: public_ips.to_vec(),
            echo: EchoKey::new().unwrap(),
        };
        let (sender, events) = channel();
        let media = Media::start(&config, move |event| {
            let _ = sender.send(event);
        })
        .unwrap();
        let participant = |number: u32| DesiredParticipant {
            participant: name(number).as_str().into(),
            number,
            publish: PublishRights {
                microphone: true,
                ..PublishRights::default()
            },
            always_heard: true,
            interprets: None,
            listens_to: None,
        };
        media.send(MediaCommand::Desired {
            meeting: "giao-ban".into(),
            epoch: 1,
            revision: 1,
            state: DesiredMeeting {
                participants: (1..=4).map(participant).collect(),
                ..DesiredMeeting::default()
            },
        });
        Self { media, events }
    }

    /// A participant's client, whose offer has been answered.
    fn join(&self, number: u32) -> Client {
        let mut client = Client::new();
        let name = name(number);
        self.media.send(MediaCommand::Offer {
            meeting: "giao-ban".into(),
            participant: name.as_str().into(),
            session: name.as_str().into(),
            restart: false,
            offer: client.offer(),
        });
        loop {
            match self.events.recv_timeout(PATIENCE).unwrap() {
                MediaEvent::Answer { session, sdp } if session.as_str() == name => {
                    client.answered(&sdp);
                    return client;
                }
                MediaEvent::OfferRefused { detail, .. } => panic!("{detail}"),
                _ => {}
            }
        }
    }

    fn at(&self, ip: IpAddr) -> SocketAddr {
        SocketAddr::new(ip, self.media.local_addr().port())
    }

    /// Participants that have gone each its own way.
    fn joined(&self, ways: &[(Transport, IpAddr)]) -> Vec<Client> {
        let join = |(number, (transport, ip)): (u32, &(Transport, IpAddr))| {
            let mut client = self.join(number);
            client.go(*transport, self.at(*ip));
            client
        };
        (1..).zip(ways).map(join).collect()
    }

    fn counters(&self) -> CountersSnapshot {
        self.media.counters()
    }

    fn wait(&self, what: &str, so: impl Fn(CountersSnapshot) -> bool) {
        let until = Instant::now() + PATIENCE;
        while !so(self.counters()) {
            assert!(Instant::now() < until, "{what}: {:?}", self.counters());
            std::thread::yield_now();
        }
    }
}

fn name(number: u32) -> String {
    format!("xa-{number}")
}

/// Runs clients until something is so.
fn run(clients: &mut [Client], what: &str, so: impl Fn(&[Client]) -> bool) {
    let until = Instant::now() + PATIENCE;
    while !so(clients) {
        for client in &mut *clients {
            client.turn(Instant::now());
        }
        let heard: Vec<usize> = clients.iter().map(|c| c.heard).collect();
        assert!(Instant::now() < until, "{what}: heard {heard:?}");
        std::thread::yield_now();
    }
}

/// Runs clients until each of them has heard so many packets more.
fn hear(clients: &mut [Client], packets: usize) {
    let goals: Vec<usize> = clients.iter().map(|c| c.heard + packets).collect();
    run(clients, "all hear", |clients| {
        clients.iter().zip(&goals).all(|(c, goal)| c.heard >= *goal)
    });
}

#[test]
fn all_ways_lead_into_one_meeting() {
    let node = Node::start(&[V4, V6], &[V4, V6]);
    let ways = [
        (Transport::Udp, V4),
        (Transport::Udp, V6),
        (Transport::Tcp, V4),
        (Transport::Tcp, V6),
    ];
    let mut clients = node.joined(&ways);
    for client in &clients {
        for (transport, ip) in ways {
            assert!(client.was_told(transport, node.at(ip)), "{transport} {ip}");
        }
    }
    hear(&mut clients, 50);
    assert_eq!(node.counters().tcp_connections, 2);
    assert_eq!(node.counters().tcp_frames_dropped, 0);
    drop(clients);
    node.wait("ends are seen", |counters| counters.tcp_connections == 0);
    node.media.shutdown();
}

#[test]
fn a_connection_that_breaks_gives_place_to_another() {
    let node = Node::start(&[V4], &[V4]);
    let mut clients = node.joined(&[(Transport::Udp, V4), (Transport::Tcp, V4)]);
    hear(&mut clients, 20);
    clients[1].go(Transport::Tcp, node.at(V4));
    hear(&mut clients, 20);
    assert_eq!(node.counters().tcp_accepted, 2);
    assert_eq!(node.counters().peers, 2);
    node.media.shutdown();
}

#[test]
fn answers_come_from_the_address_that_was_asked() {
    // The clients' sockets are connected: they take nothing from elsewhere.
    let node = Node::start(&[EVERY_V4, EVERY_V6], &[V4, OTHER_V4, V6]);
    let ways = [V4, OTHER_V4, V6].map(|ip| (Transport::Udp, ip));
    let mut clients = node.joined(&ways);
    hear(&mut clients, 50);
    assert_eq!(node.counters().send_errors, 0);
    node.media.shutdown();
}

#[test]
fn behind_address_translation_both_ways_lead_in() {
    // What is announced is the address of a router, not of this machine.
    let router = IpAddr::from([203, 0, 113, 10]);
    let node = Node::start(&[EVERY_V4], &[router]);
    let mut clients: Vec<Client> = (1..)
        .zip([Transport::Udp, Transport::Tcp])
        .map(|(number, transport)| {
            let mut client = node.join(number);
            client.go_by(transport, node.at(V4), node.at(router));
            client
        })
        .collect();
    hear(&mut clients, 50);
    assert_eq!(node.counters().send_errors, 0);
    node.media.shutdown();
}

/// Reads until the other side closes.
fn is_closed(mut connection: TcpStream) -> bool {
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut buffer = [0; 1_024];
    loop {
        match connection.read(&mut buffer) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return error.kind() == ErrorKind::ConnectionReset,
        }
    }
}

#[test]
fn noise_on_the_port_harms_nobody() {
    let node = Node::start(&[V4], &[V4]);
    let mut clients = node.joined(&[(Transport::Tcp, V4); 2]);
    hear(&mut clients, 10);

    let connect = || TcpStream::connect(node.at(V4)).unwrap();
    let mut check = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    check.resize(20, 7);
    let noise = [
        b"GET / HTTP/1.1\r\nHost: hop.example.vn\r\n\r\n".to_vec(),
        vec![0xff; 4_096],
        vec![0; 4_096],
        // Checks for nobody, without end.
        frame(&check).repeat(200),
    ];
    let strangers = noise.map(|noise| {
        let mut stranger = connect();
        stranger.write_all(&noise).unwrap();
        stranger
    });
    // Half a frame, or nothing at all.
    let mut half = connect();
    half.write_all(&frame(&check)[..9]).unwrap();
    let silent: Vec<TcpStream> = (0..200).map(|_| connect()).collect();
    node.wait("all are there", |counters| counters.tcp_accepted == 207);
    hear(&mut clients, 50);

    assert!(strangers.into_iter().all(is_closed));
    assert_eq!(node.counters().tcp_malformed, 4);
    run(&mut clients, "the silent are closed", |_| {
        node.counters().tcp_connections == 2
    });
    assert_eq!(node.counters().tcp_idle, 201);
    assert!(silent.into_iter().chain([half]).all(is_closed));
    hear(&mut clients, 10);
    assert_eq!(node.counters().peers, 2);
    assert_eq!(node.counters().peers_faulted, 0);
    node.media.shutdown();
}

#[test]
fn nobody_waits_for_one_who_does_not_read() {
    let node = Node::start(&[V4], &[V4]);
    let mut clients = node.joined(&[(Transport::Udp, V4), (Transport::Tcp, V4)]);
    let mut slow = node.join(3);
    slow.narrow();
    slow.go(Transport::Tcp, node.at(V4));
    clients.push(slow);
    hear(&mut clients, 10);

    clients[2].reads = false;
    clients[0].speaks_fast = true;
    let before = clients[1].heard;
    run(&mut clients, "frames are dropped", |_| {
        node.counters().tcp_frames_dropped > 0
    });
    run(&mut clients, "the other hears on", |clients| {
        clients[1].heard > before + 100
    });
    clients[0].speaks_fast = false;

    // What it reads then is whole frames; it would panic on anything else.
    clients[2].reads = true;
    hear(&mut clients, 20);
    assert_eq!(node.counters().peers, 3);
    assert_eq!(node.counters().tcp_accepted, 2);
    node.media.shutdown();
}
