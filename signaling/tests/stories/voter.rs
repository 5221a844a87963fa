//! A voter of a secret vote, as a client is one.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use blind_rsa_signatures::{
    BlindSignature, BlindingResult, DefaultRng, PublicKeySha384PSSRandomized,
};
use diemcau_protocol::{
    BallotAnswer, BallotState, CastBallot, Command, Event, MeetingId, ServerMessage, VotesCommand,
    VotesEvent,
};

use super::support::{Guest, Server};
/// The next event about votes that is looked for.
pub(crate) async fn votes<T>(
    guest: &mut Guest,
    looked_for: impl Fn(&VotesEvent) -> Option<T>,
) -> T {
    guest
        .hear(|message| match message {
            ServerMessage::Events { events, .. } => {
                events.iter().find_map(|event| match &event.event {
                    Event::Votes(event) => looked_for(event),
                    _ => None,
                })
            }
            _ => None,
        })
        .await
}

/// A voter of a secret vote, as far as the client has come.
pub(crate) struct Voter {
    pub(crate) token: [u8; 32],
    pub(crate) blinding: BlindingResult,
    pub(crate) ballot: CastBallot,
}

impl Voter {
    /// Blinds a token, takes a paper and unblinds it.
    pub(crate) async fn takes_a_paper(
        guest: &mut Guest,
        meeting: &MeetingId,
        number: u32,
        choice: u8,
    ) -> Self {
        let key = votes(guest, |event| match event {
            VotesEvent::PapersReady { number: of, key } if *of == number => Some(key.clone()),
            _ => None,
        })
        .await;
        let key = PublicKeySha384PSSRandomized::from_der(&BASE64.decode(key).unwrap()).unwrap();
        let token: [u8; 32] = rand::random();
        let blinding = key.blind(&mut DefaultRng, token).unwrap();
        let take = Command::Votes(VotesCommand::TakePaper {
            number,
            blinded: BASE64.encode(&blinding.blind_message.0),
        });
        let mut signatures = Vec::new();
        // The answer may be lost, so the same is asked again.
        for _ in 0..2 {
            guest.command(take.clone()).await.unwrap();
            let signature = guest.hear(|message| match message {
                ServerMessage::BallotPaper { signature, .. } => Some(signature.clone()),
                _ => None,
            });
            signatures.push(signature.await);
        }
        assert_eq!(signatures[0], signatures[1]);
        let signature = BlindSignature(BASE64.decode(&signatures[0]).unwrap());
        let signature = key.finalize(&signature, &blinding, token).unwrap();
        let ballot = CastBallot {
            meeting: meeting.clone(),
            number,
            token: BASE64.encode(token),
            randomizer: BASE64.encode(blinding.msg_randomizer.unwrap().0),
            signature: BASE64.encode(signature.0),
            choice,
        };
        Self {
            token,
            blinding,
            ballot,
        }
    }

    pub(crate) async fn casts(&self, server: &Server) -> (StatusCode, Option<BallotState>) {
        let (status, body) = post(server, "/api/v1/ballots", &self.ballot).await;
        let answer: Option<BallotAnswer> = serde_json::from_slice(&body).ok();
        (status, answer.map(|answer| answer.state))
    }
}

/// What nobody's name stands on.
pub(crate) async fn post(
    server: &Server,
    path: &str,
    body: &impl serde::Serialize,
) -> (StatusCode, Vec<u8>) {
    let body = serde_json::to_vec(body).unwrap();
    let request = Request::post(path).body(Body::from(body)).unwrap();
    let response = server.rest(request).await;
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, body.to_vec())
}
