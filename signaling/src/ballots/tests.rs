//! Secret ballots against whoever copies files, fails, or votes twice.

use std::collections::BTreeMap;
use std::path::Path;

use blind_rsa_signatures::{
    BlindSignature, DefaultRng, PublicKeySha384PSSRandomized, SecretKeySha384PSSRandomized,
};
use diemcau_protocol::{BallotReceipt, BallotState, ErrorCode};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Row};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::papers::Key;
use super::table::{OpenVote, Table};
use super::urn::BATCH;
use super::{Ballot, BallotBox, VoteId};

fn vote() -> VoteId {
    VoteId {
        meeting: "giao-ban".into(),
        number: 1,
    }
}

/// A ballot paper in the hands of a voter.
#[derive(Clone)]
struct Paper {
    token: [u8; 32],
    randomizer: [u8; 32],
    signature: Vec<u8>,
}

impl Paper {
    fn marked(&self, choice: u8) -> Ballot {
        Ballot {
            token: self.token,
            randomizer: self.randomizer,
            signature: self.signature.clone(),
            choice,
        }
    }
}

/// Takes a paper as a voter does.
async fn take(ballots: &BallotBox, public: &[u8]) -> Paper {
    let public = PublicKeySha384PSSRandomized::from_der(public).unwrap();
    let token: [u8; 32] = rand::random();
    let blinded = public.blind(&mut DefaultRng, token).unwrap();
    let signed = ballots.sign(vote(), blinded.blind_message.0.clone()).await;
    let signed = BlindSignature(signed.unwrap());
    let signature = public.finalize(&signed, &blinded, token).unwrap();
    Paper {
        token,
        randomizer: blinded.msg_randomizer.unwrap().0,
        signature: signature.0,
    }
}

async fn open(folder: &TempDir) -> BallotBox {
    BallotBox::open(&path(folder)).await.unwrap().0
}

fn path(folder: &TempDir) -> std::path::PathBuf {
    folder.path().join("ballots.sqlite")
}

/// Every file of the box, byte by byte, as a backup would have them.
fn backup(folder: &TempDir) -> BTreeMap<String, Vec<u8>> {
    std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect()
}

/// The tokens' hashes with their choices, as whoever stole the file reads them.
async fn stolen(file: &Path) -> BTreeMap<Vec<u8>, u8> {
    let mut connection = SqliteConnectOptions::new()
        .filename(file)
        .read_only(true)
        .connect()
        .await
        .unwrap();
    let rows = sqlx::query("SELECT token, choice FROM ballots")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    rows.iter()
        .map(|row| (row.get("token"), row.get("choice")))
        .collect()
}

fn contains(backup: &BTreeMap<String, Vec<u8>>, secret: &[u8]) -> bool {
    let holds = |file: &Vec<u8>| file.windows(secret.len()).any(|window| window == secret);
    backup.values().any(holds)
}

#[tokio::test]
async fn whoever_compares_backups_finds_no_voters_choice() {
    let folder = tempfile::tempdir().unwrap();
    let ballots = open(&folder).await;
    let public = ballots.make_key(vote(), 3).await.unwrap();
    let mut before = (backup(&folder), stolen(&path(&folder)).await);
    let mut papers = Vec::new();
    let mut appeared = Vec::new();
    for voter in 0..23_u8 {
        let paper = take(&ballots, &public).await;
        let state = ballots.cast(vote(), paper.marked(voter % 3)).await;
        let after = (backup(&folder), stolen(&path(&folder)).await);
        let fresh = after.1.len() - before.1.len();
        if fresh == 0 {
            assert_eq!(after.0, before.0, "a ballot that waits moves no byte");
            assert_eq!(state, Ok(BallotState::Waiting));
        } else {
            assert!(fresh >= BATCH);
            appeared.push(fresh);
        }
        assert!(!contains(&after.0, &paper.token), "no token is written");
        assert!(!contains(&after.0, &paper.signature));
        papers.push(paper);
        before = after;
    }
    assert_eq!(appeared, [BATCH; 3]);

    let tally = ballots.count(vote(), 3).await.unwrap();
    assert_eq!(tally.votes, [8, 8, 7]);
    let at_the_end = stolen(&path(&folder)).await;
    assert!(at_the_end.len() - before.1.len() >= BATCH);
    // The rows lie in the order of the tokens' hashes, whoever came when.
    let file = &backup(&folder)["ballots.sqlite"];
    let places: Vec<usize> = at_the_end
        .keys()
        .map(|token| file.windows(32).position(|window| window == token).unwrap())
        .collect();
    let falls = places.windows(2).filter(|two| two[1] < two[0]).count();
    assert!([0, places.len() - 1].contains(&falls), "{places:?}");
    for paper in &papers {
        let stored = ballots.cast(vote(), paper.marked(0)).await;
        assert_eq!(stored, Ok(BallotState::Stored));
    }
}

#[tokio::test]
async fn the_key_is_gone_with_the_seal_and_after_a_cancellation() {
    for cancelled in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let ballots = open(&folder).await;
        let public = ballots.make_key(vote(), 3).await.unwrap();
        let again = ballots.make_key(vote(), 3).await.unwrap();
        assert_eq!(again, public, "there is one key for a vote");
        let mut table = Table::open(&path(&folder)).await.unwrap();
        let [OpenVote { key, .. }] = &table.open_votes().await.unwrap()[..] else {
            panic!("one vote is open");
        };
        // A prime of it, which no public key shows.
        let secret = &key[key.len() - 100..];
        assert!(contains(&backup(&folder), secret));
        let paper = take(&ballots, &public).await;
        if cancelled {
            ballots.tidy(vote().meeting).await.unwrap();
        } else {
            ballots.count(vote(), 3).await.unwrap();
        }
        assert!(!contains(&backup(&folder), secret), "{cancelled}");
        let late = ballots.cast(vote(), paper.marked(0)).await;
        assert_eq!(late.unwrap_err().code, ErrorCode::NoVote);
        assert!(ballots.sign(vote(), vec![0; 256]).await.is_err());
    }
}

#[tokio::test]
async fn a_receipt_says_that_the_ballot_is_in_and_not_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let ballots = open(&folder).await;
    let public = ballots.make_key(vote(), 2).await.unwrap();
    let mut papers = Vec::new();
    for _ in 0..7 {
        let paper = take(&ballots, &public).await;
        ballots.cast(vote(), paper.marked(1)).await.unwrap();
        papers.push(paper);
    }
    let early = ballots.receipt(vote(), papers[0].token).await;
    assert_eq!(early.unwrap_err().code, ErrorCode::NoVote);
    let tally = ballots.count(vote(), 2).await.unwrap();
    for paper in &papers {
        let receipt = ballots.receipt(vote(), paper.token).await.unwrap();
        assert_eq!((&receipt.root, receipt.ballots), (&tally.root, 7));
        // Neither choice fits the commitment without the salt.
        for choice in 0..2_u8 {
            let guess = Sha256::digest([paper.token.as_slice(), &[choice]].concat());
            assert_ne!(receipt.commitment, hex::encode(guess));
        }
    }
    let foreign = ballots.receipt(vote(), [7; 32]).await;
    assert_eq!(foreign.unwrap_err().code, ErrorCode::NoVote);
}

#[tokio::test]
async fn forged_ballots_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let ballots = open(&folder).await;
    let public = ballots.make_key(vote(), 2).await.unwrap();
    let paper = take(&ballots, &public).await;
    let forged = [
        Paper {
            token: [1; 32],
            ..paper.clone()
        },
        Paper {
            randomizer: [1; 32],
            ..paper.clone()
        },
        Paper {
            signature: vec![0; 256],
            ..paper.clone()
        },
        Paper {
            signature: Vec::new(),
            ..paper.clone()
        },
    ];
    for forged in forged {
        let refused = ballots.cast(vote(), forged.marked(0)).await;
        assert_eq!(refused.unwrap_err().code, ErrorCode::BallotInvalid);
    }
    let no_option = ballots.cast(vote(), paper.marked(2)).await;
    assert_eq!(no_option.unwrap_err().code, ErrorCode::BallotInvalid);
    ballots.cast(vote(), paper.marked(1)).await.unwrap();
    // The second one changes nothing, and the answer does not tell the first.
    ballots.cast(vote(), paper.marked(0)).await.unwrap();
    assert_eq!(ballots.count(vote(), 2).await.unwrap().votes, [0, 1]);
}

/// One key and thirty papers for all cases of the property.
async fn prepared() -> &'static (Vec<u8>, Vec<Paper>) {
    static PREPARED: OnceCell<(Vec<u8>, Vec<Paper>)> = OnceCell::const_new();
    let prepare = || async {
        let folder = tempfile::tempdir().unwrap();
        let ballots = open(&folder).await;
        let public = ballots.make_key(vote(), 3).await.unwrap();
        let mut papers = Vec::new();
        for _ in 0..30 {
            papers.push(take(&ballots, &public).await);
        }
        let mut table = Table::open(&path(&folder)).await.unwrap();
        let key = table.open_votes().await.unwrap().remove(0).key;
        (key, papers)
    };
    PREPARED.get_or_init(prepare).await
}

#[derive(Debug, Clone)]
enum Step {
    Casts(usize, u8),
    Fails,
    StopsInOrder,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => (0..30_usize, 0..3_u8).prop_map(|(voter, choice)| Step::Casts(voter, choice)),
        1 => Just(Step::Fails),
        1 => Just(Step::StopsInOrder),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is sent again and whenever the server fails: each voter whose
    /// client goes on sending is counted once, with the choice that was
    /// accepted first and not lost.
    #[test]
    fn no_vote_counts_twice_and_none_is_lost(steps in prop::collection::vec(step(), 0..80)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(run(steps));
    }
}

async fn run(steps: Vec<Step>) {
    let (key, papers) = prepared().await;
    let folder = tempfile::tempdir().unwrap();
    let entry = OpenVote {
        vote: vote(),
        options: 3,
        key: key.clone(),
    };
    let mut table = Table::open(&path(&folder)).await.unwrap();
    table.put_vote(&entry).await.unwrap();
    table.close().await.unwrap();
    let mut ballots = open(&folder).await;
    // What each client holds on to: its choice until a restart loses it.
    let mut accepted: BTreeMap<usize, u8> = BTreeMap::new();
    for step in steps {
        match step {
            Step::Casts(voter, choice) => {
                let ballot = papers[voter].marked(choice);
                ballots.cast(vote(), ballot).await.unwrap();
                accepted.entry(voter).or_insert(choice);
            }
            Step::Fails | Step::StopsInOrder => {
                if matches!(step, Step::StopsInOrder) {
                    ballots.close().await;
                }
                ballots = open(&folder).await;
                // The clients send again what they have not heard is stored.
                for (voter, choice) in &accepted {
                    let ballot = papers[*voter].marked(*choice);
                    ballots.cast(vote(), ballot).await.unwrap();
                }
            }
        }
    }
    let mut expected = [0_u32; 3];
    for choice in accepted.values() {
        expected[usize::from(*choice)] += 1;
    }
    let tally = ballots.count(vote(), 3).await.unwrap();
    assert_eq!(tally.votes, expected);
    // Counting again, here or after a restart, gives the same.
    assert_eq!(ballots.count(vote(), 3).await.unwrap(), tally);
    let ballots = open(&folder).await;
    assert_eq!(ballots.count(vote(), 3).await.unwrap(), tally);
}

/// What the browser's tests read: a token on its whole way, and receipts.
#[derive(serde::Serialize, serde::Deserialize)]
struct Vectors {
    key: String,
    secret: String,
    token: String,
    randomizer: String,
    inverse: String,
    blinded: String,
    blind_signature: String,
    signature: String,
    receipts: Vec<VectorReceipt>,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct VectorReceipt {
    token: String,
    receipt: BallotReceipt,
}

const VECTORS: &str = "../web-client/src/io/ballots.vectors.json";
const RFC: &str = include_str!("../../../web-client/src/io/ballots.rfc9474.json");

async fn receipts() -> Vec<VectorReceipt> {
    let folder = tempfile::tempdir().unwrap();
    let ballots = open(&folder).await;
    let public = ballots.make_key(vote(), 3).await.unwrap();
    let mut papers = Vec::new();
    for voter in 0..11 {
        let paper = take(&ballots, &public).await;
        ballots.cast(vote(), paper.marked(voter % 3)).await.unwrap();
        papers.push(paper);
    }
    ballots.count(vote(), 3).await.unwrap();
    let mut receipts = Vec::new();
    for paper in papers {
        receipts.push(VectorReceipt {
            token: hex::encode(paper.token),
            receipt: ballots.receipt(vote(), paper.token).await.unwrap(),
        });
    }
    receipts
}

/// Makes the vectors anew: `BALLOT_VECTORS=1 cargo test -p diemcau-signaling
/// vectors`.
async fn make_vectors() {
    let key = Key::generate().unwrap();
    let public = PublicKeySha384PSSRandomized::from_der(&key.public_der().unwrap()).unwrap();
    let token: [u8; 32] = rand::random();
    let blinded = public.blind(&mut DefaultRng, token).unwrap();
    let signed = BlindSignature(key.sign(&blinded.blind_message.0).unwrap());
    let signature = public.finalize(&signed, &blinded, token).unwrap();
    let vectors = Vectors {
        key: hex::encode(key.public_der().unwrap()),
        secret: hex::encode(key.to_der().unwrap()),
        token: hex::encode(token),
        randomizer: hex::encode(blinded.msg_randomizer.unwrap().0),
        inverse: hex::encode(&blinded.secret.0),
        blinded: hex::encode(&blinded.blind_message.0),
        blind_signature: hex::encode(&signed.0),
        signature: hex::encode(&signature.0),
        receipts: receipts().await,
    };
    let text = serde_json::to_string_pretty(&vectors).unwrap();
    std::fs::write(VECTORS, text + "\n").unwrap();
}

#[tokio::test]
async fn the_vectors_of_the_browser_hold_here() {
    if std::env::var_os("BALLOT_VECTORS").is_some() {
        make_vectors().await;
    }
    let vectors: Vectors = serde_json::from_slice(&std::fs::read(VECTORS).unwrap()).unwrap();
    let bytes = |text: &str| hex::decode(text).unwrap();
    let key = Key::from_der(&bytes(&vectors.secret)).unwrap();
    assert_eq!(key.public_der().unwrap(), bytes(&vectors.key));
    let signed = key.sign(&bytes(&vectors.blinded)).unwrap();
    assert_eq!(signed, bytes(&vectors.blind_signature));
    let randomizer = bytes(&vectors.randomizer).try_into().unwrap();
    let signature = bytes(&vectors.signature);
    assert!(key.verifies(&bytes(&vectors.token), randomizer, &signature));
    assert!(!key.verifies(&[0; 32], randomizer, &signature));
}

/// RFC 9474, appendix A.1: RSABSSA-SHA384-PSS-Randomized.
#[test]
fn the_vector_of_the_rfc() {
    let rfc: BTreeMap<String, String> = serde_json::from_str(RFC).unwrap();
    let bytes = |name: &str| hex::decode(&rfc[name]).unwrap();
    let number = |name: &str| rsa::BoxedUint::from_be_slice_vartime(&bytes(name));
    let primes = vec![number("p"), number("q")];
    let secret =
        rsa::RsaPrivateKey::from_components(number("n"), number("e"), number("d"), primes).unwrap();
    let der = SecretKeySha384PSSRandomized::new(secret).to_der().unwrap();
    let key = Key::from_der(&der).unwrap();
    assert_eq!(key.sign(&bytes("blinded_msg")).unwrap(), bytes("blind_sig"));
    let randomizer = bytes("msg_prefix").try_into().unwrap();
    assert!(key.verifies(&bytes("msg"), randomizer, &bytes("sig")));
}
