//! A WHIP endpoint (RFC 9725) on a real WebRTC connection, which keeps what
//! comes in and can be made to refuse.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, post};
use diemcau::bridge::assemble::{Assembler, PictureCodec, Piece, Whole};
use diemcau::bridge::h264::Parameters;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use tokio::sync::{mpsc, watch};
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler,
    RTCIceGatheringState, RTCSessionDescription, Registry, SettingEngineBuilder,
    register_default_interceptors,
};

/// The picture that comes in, once it does, and its SSRC.
type Picture = Arc<Mutex<Option<(Arc<dyn TrackRemote>, u32)>>>;

pub(crate) const TOKEN: &str = "a-token";

/// What happens at the endpoint.
pub(crate) enum Arrived {
    /// Somebody publishes; the offer.
    Published(String),
    /// A picture, and the longest payload of its packets.
    Picture(Whole, usize),
    /// A packet of sound.
    Sound,
    /// A session was ended by DELETE.
    Ended,
}

/// A running endpoint.
pub(crate) struct Endpoint {
    address: SocketAddr,
    shared: Arc<Shared>,
    arrivals: mpsc::UnboundedReceiver<Arrived>,
    server: tokio::task::JoinHandle<()>,
}

struct Shared {
    arrived: mpsc::UnboundedSender<Arrived>,
    refusals: Mutex<VecDeque<StatusCode>>,
    sessions: Mutex<Vec<Session>>,
}

struct Session {
    connection: Arc<dyn PeerConnection>,
    picture: Picture,
}

impl Endpoint {
    pub(crate) async fn start() -> Self {
        let (arrived, arrivals) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            arrived,
            refusals: Mutex::default(),
            sessions: Mutex::default(),
        });
        let router = Router::new()
            .route("/whip", post(publish))
            .route("/whip/{session}", delete(end))
            .with_state(Arc::clone(&shared));
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            shared,
            arrivals,
            server,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/whip", self.address)
    }

    /// The next attempts are refused so.
    pub(crate) fn refuse(&self, statuses: &[StatusCode]) {
        self.shared.refusals.lock().unwrap().extend(statuses);
    }

    /// Asks the publisher for a keyframe.
    pub(crate) async fn ask_for_keyframe(&self) {
        let picture = {
            let sessions = self.shared.sessions.lock().unwrap();
            sessions.last().unwrap().picture.lock().unwrap().clone()
        };
        let (track, media_ssrc) = picture.expect("a picture came");
        let pli = PictureLossIndication {
            sender_ssrc: 0,
            media_ssrc,
        };
        track.write_rtcp(vec![Box::new(pli)]).await.unwrap();
    }

    /// What happens next.
    pub(crate) async fn next(&mut self) -> Arrived {
        self.arrivals.recv().await.unwrap()
    }

    /// The next so many pictures.
    pub(crate) async fn pictures(&mut self, count: usize) -> Vec<(Whole, usize)> {
        let mut pictures = Vec::new();
        while pictures.len() < count {
            if let Arrived::Picture(picture, payload) = self.next().await {
                pictures.push((picture, payload));
            }
        }
        pictures
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn publish(State(shared): State<Arc<Shared>>, headers: HeaderMap, offer: String) -> Response {
    let bearer = headers
        .get("authorization")
        .map(|value| value.to_str().unwrap());
    if bearer != Some(&format!("Bearer {TOKEN}")) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    assert_eq!(headers["content-type"], "application/sdp");
    if let Some(status) = shared.refusals.lock().unwrap().pop_front() {
        return (status, [("retry-after", "0")], "not now").into_response();
    }
    let picture = Arc::new(Mutex::new(None));
    let (answer, connection) = answer(&offer, &shared, &picture).await;
    let number = {
        let mut sessions = shared.sessions.lock().unwrap();
        sessions.push(Session {
            connection,
            picture,
        });
        sessions.len() - 1
    };
    let _ = shared.arrived.send(Arrived::Published(offer));
    let location = format!("/whip/{number}");
    let headers = [
        ("location", location.as_str()),
        ("content-type", "application/sdp"),
    ];
    (StatusCode::CREATED, headers, answer).into_response()
}

async fn end(State(shared): State<Arc<Shared>>, Path(session): Path<usize>) -> StatusCode {
    let connection = {
        let sessions = shared.sessions.lock().unwrap();
        Arc::clone(&sessions[session].connection)
    };
    connection.close().await.unwrap();
    let _ = shared.arrived.send(Arrived::Ended);
    StatusCode::OK
}

async fn answer(
    offer: &str,
    shared: &Arc<Shared>,
    picture: &Picture,
) -> (String, Arc<dyn PeerConnection>) {
    let mut media = MediaEngine::default();
    media.register_default_codecs().unwrap();
    let registry = register_default_interceptors(Registry::new(), &mut media).unwrap();
    let settings = SettingEngineBuilder::new()
        .with_include_loopback_candidate(true)
        .build();
    let (gathering, mut gathered) = watch::channel(false);
    let handler = Handler {
        gathering,
        arrived: shared.arrived.clone(),
        picture: Arc::clone(picture),
        codec: if offer.contains("H264/90000") {
            PictureCodec::H264
        } else {
            PictureCodec::Vp8
        },
    };
    let connection = PeerConnectionBuilder::new()
        .with_media_engine(media)
        .with_setting_engine(settings)
        .with_interceptor_registry(registry)
        .with_handler(Arc::new(handler))
        .with_udp_addrs(vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0))])
        .build()
        .await
        .unwrap();
    let offer = RTCSessionDescription::offer(offer.to_owned()).unwrap();
    connection.set_remote_description(offer).await.unwrap();
    let answer = connection.create_answer(None).await.unwrap();
    connection.set_local_description(answer).await.unwrap();
    gathered.wait_for(|done| *done).await.unwrap();
    let answer = connection.local_description().await.unwrap().sdp;
    (answer, Arc::new(connection))
}

struct Handler {
    gathering: watch::Sender<bool>,
    arrived: mpsc::UnboundedSender<Arrived>,
    picture: Picture,
    codec: PictureCodec,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        self.gathering
            .send_replace(state == RTCIceGatheringState::Complete);
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let arrived = self.arrived.clone();
        let is_picture =
            track.kind().await == rtc::rtp_transceiver::rtp_sender::RtpCodecKind::Video;
        let (picture, codec) = (Arc::clone(&self.picture), self.codec);
        tokio::spawn(async move {
            let mut assembler = Assembler::new(codec, Parameters::default());
            let mut longest = 0;
            while let Some(event) = track.poll().await {
                let TrackRemoteEvent::OnRtpPacket(packet) = event else {
                    continue;
                };
                if !is_picture {
                    let _ = arrived.send(Arrived::Sound);
                    continue;
                }
                picture
                    .lock()
                    .unwrap()
                    .get_or_insert_with(|| (Arc::clone(&track), packet.header.ssrc));
                longest = longest.max(packet.payload.len());
                let piece = Piece {
                    seq: packet.header.sequence_number,
                    rtp_time: packet.header.timestamp,
                    marker: packet.header.marker,
                    payload: packet.payload,
                };
                for whole in assembler.take(&piece) {
                    let _ = arrived.send(Arrived::Picture(whole, std::mem::take(&mut longest)));
                }
            }
        });
    }
}
