//! Votes in the province's meeting: by roll call and secret, through the
//! chair's leaving and through a server that is killed.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::StatusCode;
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use diemcau_protocol::{
    AskReceipt, BallotReceipt, BallotState, Command, CreateMeeting, ErrorCode, InviteLink,
    Majority, MeetingCreated, ParticipantKind, Role, VoteMethod, VoteOption, VoteResult, VoteRules,
    VoteUnit, Votes, VotesCommand, VotesEvent,
};

use super::support::{Guest, Machine, Server, briefing, diary};
use super::voter::{Voter, post, votes};

/// The chair, a secretary and ten communes.
const COMMUNES: usize = 10;
const SECRETARY: usize = 1;

fn province() -> CreateMeeting {
    let mut spec = briefing();
    spec.invitees.truncate(1);
    let mut secretary = spec.invitees[0].clone();
    secretary.role = Role::Secretary;
    secretary.name = Some("Thư ký".to_owned());
    spec.invitees.push(secretary);
    for number in 1..=COMMUNES {
        let mut commune = spec.invitees[0].clone();
        commune.role = Role::Operator;
        commune.kind = ParticipantKind::Site;
        commune.name = Some(format!("Xã số {number}"));
        spec.invitees.push(commune);
    }
    spec
}

async fn meet(server: &Server) -> MeetingCreated {
    let opened = server.signaling.open_meeting(province(), None, None).await;
    opened.unwrap()
}

fn rules(method: VoteMethod) -> VoteRules {
    VoteRules {
        question: "Thông qua phương án sơ tán dân".to_owned(),
        options: VoteOption::usual(),
        method,
        unit: VoteUnit::Site,
        voters: Vec::new(),
        quorum_percent: 50,
        majority: Majority::TwoThirds,
        may_change: false,
    }
}

fn open(method: VoteMethod) -> Command {
    Command::Votes(VotesCommand::Open {
        rules: rules(method),
        seconds: None,
    })
}

fn close() -> Command {
    Command::Votes(VotesCommand::Close { number: 1 })
}

async fn result(guest: &mut Guest) -> VoteResult {
    votes(guest, |event| match event {
        VotesEvent::Closed { result, .. } => Some(result.clone()),
        _ => None,
    })
    .await
}

fn figures(result: &VoteResult) -> Vec<u64> {
    result.options.iter().map(|option| option.votes).collect()
}

/// The votes as somebody finds them who comes in.
async fn found(server: &Server, link: &InviteLink) -> (Guest, Votes) {
    let (guest, welcome) = server.guest(link).await;
    (guest, welcome.snapshot.unwrap().procedure.votes)
}

#[tokio::test]
async fn a_roll_call_goes_on_without_the_chair_and_after_a_restart() {
    let machine = Machine::new();
    let server = machine.start().await;
    let meeting = meet(&server).await;
    let mut everyone = Vec::new();
    for link in &meeting.links {
        everyone.push(server.guest(link).await.0);
    }
    everyone[0]
        .command(open(VoteMethod::RollCall))
        .await
        .unwrap();
    let cast = |choice: usize| {
        let mut counts = vec![0; 3];
        counts[choice] = 1;
        Command::Votes(VotesCommand::Cast { number: 1, counts })
    };
    for guest in &mut everyone[..6] {
        guest.command(cast(0)).await.unwrap();
    }
    let late = everyone[8].command(cast(1)).await;
    assert_eq!(late, Err(ErrorCode::NotCalled));
    everyone[0].command(Command::Leave).await.unwrap();
    everyone[6].command(cast(0)).await.unwrap();
    drop(everyone);
    server.kill();

    let server = machine.start().await;
    let (mut secretary, before) = found(&server, &meeting.links[SECRETARY]).await;
    let vote = before.open.unwrap();
    assert_eq!(vote.ballots.len(), 7);
    assert_eq!(vote.called.as_ref(), Some(&meeting.links[7].participant));
    for (index, link) in meeting.links.iter().enumerate().skip(7) {
        let (mut guest, _) = server.guest(link).await;
        guest.command(cast(index % 2)).await.unwrap();
    }
    secretary.command(close()).await.unwrap();
    let result = result(&mut secretary).await;
    assert_eq!(figures(&result), [9, 3, 0]);
    assert_eq!((result.entitled, result.given), (12, 12));
    assert_eq!(result.carried, Some(0));
    server.signaling.shutdown().await;

    let server = machine.start().await;
    let (_, after) = found(&server, &meeting.links[SECRETARY]).await;
    assert_eq!((after.open, after.last), (None, Some(result)));
}

#[tokio::test]
async fn a_secret_vote_loses_nobody_to_a_killed_server_and_tells_nothing() {
    let machine = Machine::new();
    let grace = Duration::from_secs(4);
    let server = machine
        .start_with(|config| config.reconnect_grace = grace)
        .await;
    let meeting = meet(&server).await;
    let mut everyone = Vec::new();
    for link in &meeting.links {
        everyone.push(server.guest(link).await.0);
    }
    everyone[0].command(open(VoteMethod::Secret)).await.unwrap();
    let mut voters = Vec::new();
    for (index, guest) in everyone.iter_mut().enumerate() {
        let choice = u8::from(index >= 9);
        voters.push(Voter::takes_a_paper(guest, &meeting.meeting, 1, choice).await);
    }
    everyone[0].command(Command::Leave).await.unwrap();
    everyone[1].ping_pong().await;
    let mut before = files(&machine);
    let mut batches = 0;
    for voter in &voters {
        assert!(voter.casts(&server).await.0.is_success());
        let after = files(&machine);
        let of_log = |(name, _): &(&String, &Vec<u8>)| name.starts_with("events");
        assert!(after.iter().filter(of_log).eq(before.iter().filter(of_log)));
        batches += usize::from(after != before);
        before = after;
    }
    assert_eq!(batches, 1, "of twelve ballots, five are stored together");
    drop(everyone);
    server.kill();

    // Seven ballots are lost. The vote is closed at once, and still waits for
    // the clients to send them again.
    let server = machine
        .start_with(|config| config.reconnect_grace = grace)
        .await;
    let (mut secretary, before) = found(&server, &meeting.links[SECRETARY]).await;
    assert_eq!(before.open.unwrap().papers.len(), 12);
    secretary.command(close()).await.unwrap();
    for voter in &voters {
        assert!(voter.casts(&server).await.0.is_success());
    }
    let result = result(&mut secretary).await;
    assert_eq!(figures(&result), [9, 3, 0]);
    assert_eq!((result.given, result.papers), (12, Some(12)));
    assert_eq!(result.carried, Some(0));
    let root = result.root.clone().unwrap();
    for voter in &voters {
        let again = voter.casts(&server).await;
        assert_eq!(again, (StatusCode::OK, Some(BallotState::Stored)));
        let asked = AskReceipt {
            meeting: meeting.meeting.clone(),
            number: 1,
            token: voter.ballot.token.clone(),
        };
        let (status, body) = post(&server, "/api/v1/ballots/receipt", &asked).await;
        assert_eq!(status, StatusCode::OK);
        let receipt: BallotReceipt = serde_json::from_slice(&body).unwrap();
        assert_eq!((&receipt.root, receipt.ballots), (&root, 12));
    }
    let mut stranger = voters[0].ballot.clone();
    stranger.token = BASE64.encode([0; 32]);
    let (status, _) = post(&server, "/api/v1/ballots", &stranger).await;
    assert_eq!(status, StatusCode::CONFLICT);
    server.signaling.shutdown().await;
    drop(server);

    let server = machine.start().await;
    let (_, after) = found(&server, &meeting.links[SECRETARY]).await;
    assert_eq!((after.open, after.last), (None, Some(result)));
    server.signaling.shutdown().await;
    nothing_was_written_down(&machine, &voters);
}

/// Every file of the server with what is in it, journals too, as a backup has
/// them.
fn files(machine: &Machine) -> BTreeMap<String, Vec<u8>> {
    let folder = machine.ballots().parent().unwrap().to_owned();
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .filter(|entry| entry.file_type().unwrap().is_file())
        // SQLite's index of the log lives in shared memory and is in no backup.
        .filter(|entry| !entry.path().to_string_lossy().ends_with("-shm"))
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect()
}

/// Neither tokens nor signatures nor blindings stand in any file or diary.
fn nothing_was_written_down(machine: &Machine, voters: &[Voter]) {
    let files = files(machine);
    assert!(files.len() >= 2);
    let diary = diary();
    assert!(!diary.contains("INTO ballots"), "when is not logged either");
    let holds = |secret: &[u8]| {
        let in_file = |file: &Vec<u8>| file.windows(secret.len()).any(|bytes| bytes == secret);
        files.values().any(in_file)
    };
    for voter in voters {
        let Voter {
            token,
            blinding,
            ballot,
        } = voter;
        for secret in [&token[..], &blinding.secret.0] {
            assert!(!holds(secret) && !holds(hex::encode(secret).as_bytes()));
        }
        for text in [&ballot.token, &ballot.randomizer, &ballot.signature] {
            assert!(!holds(text.as_bytes()) && !diary.contains(text.as_str()));
        }
    }
}
