//! The echo by which a line is tested before a meeting: a datagram that shows
//! a ticket comes back as it is.
//!
//! ```text
//!   0       1        5         21       37
//!   | kind  | until  | number  | seal   | whatever the asker put there … |
//!   | 0xE1 question, 0xE2 answer (RFC 7983 leaves 192..=255 unused)      |
//! ```
//!
//! So that nobody is flooded with it: an answer is never longer than its
//! question, an answer is never answered, a ticket is good for a minute and
//! for so many datagrams a second, and only so many tickets are used at a time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};

/// The first byte of a question.
const QUESTION: u8 = 0xe1;
/// The first byte of an answer.
const ANSWER: u8 = 0xe2;
/// A ticket: until when it is good (s since 1970), its number, its seal.
const TICKET: usize = 4 + NUMBER + SEAL;
const NUMBER: usize = 16;
const SEAL: usize = 16;
/// How long a ticket is good.
const LIFE: Duration = Duration::from_secs(60);
/// Datagrams that are answered in a second, for each ticket.
const RATE: u32 = 200;
/// Tickets in use at a time.
const TICKETS: usize = 32;

/// Issues tickets, and opens them again. All workers have the same one.
#[derive(Clone)]
pub struct EchoKey(Arc<hmac::Key>);

/// There is no randomness to make keys or tickets of.
#[derive(Debug, thiserror::Error)]
#[error("the system gives no random numbers")]
pub struct NoRandomness;

impl std::fmt::Debug for EchoKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EchoKey")
    }
}

impl EchoKey {
    /// A new key.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn new() -> Result<Self, NoRandomness> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        Ok(Self(Arc::new(key.map_err(|_| NoRandomness)?)))
    }

    /// A ticket that is good for a minute, in hexadecimal digits.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn ticket(&self, now: SystemTime) -> Result<String, NoRandomness> {
        let mut number = [0; NUMBER];
        let random = SystemRandom::new().fill(&mut number);
        random.map_err(|_| NoRandomness)?;
        let ticket = self.seal(seconds(now + LIFE), number);
        Ok(ticket.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    fn seal(&self, until: u32, number: [u8; NUMBER]) -> [u8; TICKET] {
        let mut ticket = [0; TICKET];
        ticket[..4].copy_from_slice(&until.to_be_bytes());
        ticket[4..4 + NUMBER].copy_from_slice(&number);
        let seal = hmac::sign(&self.0, &ticket[..4 + NUMBER]);
        ticket[4 + NUMBER..].copy_from_slice(&seal.as_ref()[..SEAL]);
        ticket
    }

    /// The number of a ticket that is good now.
    fn open(&self, ticket: &[u8; TICKET], now: SystemTime) -> Option<[u8; NUMBER]> {
        let [u0, u1, u2, u3, rest @ ..] = *ticket;
        let until = u32::from_be_bytes([u0, u1, u2, u3]);
        let number: [u8; NUMBER] = rest[..NUMBER].try_into().ok()?;
        let whole = self.seal(until, number);
        let is_ours = aws_lc_rs::constant_time::verify_slices_are_equal(&whole, ticket).is_ok();
        (is_ours && until >= seconds(now)).then_some(number)
    }
}

fn seconds(time: SystemTime) -> u32 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u32::try_from(since.as_secs()).unwrap_or(u32::MAX)
}

/// Whether a datagram is for [`Echo::answer`] and not for a peer.
pub(crate) fn is_question(datagram: &[u8]) -> bool {
    datagram.first() == Some(&QUESTION)
}

/// What a ticket has been used for lately.
struct Use {
    began: Instant,
    answered: u32,
}

/// The echo of one worker.
pub(crate) struct Echo {
    key: EchoKey,
    uses: BTreeMap<[u8; NUMBER], Use>,
}

impl Echo {
    pub(crate) fn new(key: EchoKey) -> Self {
        Self {
            key,
            uses: BTreeMap::new(),
        }
    }

    /// The answer to a datagram, as long as it; nothing for one that shows no
    /// good ticket or comes too often.
    pub(crate) fn answer(
        &mut self,
        now: Instant,
        time: SystemTime,
        datagram: &[u8],
    ) -> Option<Vec<u8>> {
        let ticket: &[u8; TICKET] = datagram.get(1..=TICKET)?.try_into().ok()?;
        if !is_question(datagram) {
            return None;
        }
        let number = self.key.open(ticket, time)?;
        if !self.may_answer(now, number) {
            return None;
        }
        let mut answer = datagram.to_vec();
        answer[0] = ANSWER;
        Some(answer)
    }

    fn may_answer(&mut self, now: Instant, number: [u8; NUMBER]) -> bool {
        if !self.uses.contains_key(&number) && self.uses.len() >= TICKETS {
            self.uses
                .retain(|_, used| now.saturating_duration_since(used.began) < LIFE);
            if self.uses.len() >= TICKETS {
                return false;
            }
        }
        let used = self.uses.entry(number).or_insert(Use {
            began: now,
            answered: 0,
        });
        if now.saturating_duration_since(used.began) >= Duration::from_secs(1) {
            (used.began, used.answered) = (now, 0);
        }
        used.answered += 1;
        used.answered <= RATE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(ticket: &str, more: &[u8]) -> Vec<u8> {
        let digits = (0..ticket.len()).step_by(2);
        let ticket = digits.map(|at| u8::from_str_radix(&ticket[at..at + 2], 16).unwrap());
        let mut question = vec![QUESTION];
        question.extend(ticket);
        question.extend(more);
        question
    }

    struct World {
        key: EchoKey,
        echo: Echo,
        now: Instant,
        time: SystemTime,
    }

    impl World {
        fn new() -> Self {
            let key = EchoKey::new().unwrap();
            Self {
                echo: Echo::new(key.clone()),
                key,
                now: Instant::now(),
                time: UNIX_EPOCH + Duration::from_secs(1_800_000_000),
            }
        }

        fn pass(&mut self, time: Duration) {
            self.now += time;
            self.time += time;
        }

        fn ask(&mut self, datagram: &[u8]) -> Option<Vec<u8>> {
            self.echo.answer(self.now, self.time, datagram)
        }
    }

    #[test]
    fn a_question_with_a_ticket_comes_back_and_its_answer_does_not() {
        let mut world = World::new();
        let ticket = world.key.ticket(world.time).unwrap();
        let question = question(&ticket, b"seven");
        let answer = world.ask(&question).unwrap();
        assert_eq!(answer.len(), question.len());
        assert_eq!(answer[1..], question[1..]);
        assert_eq!(world.ask(&answer), None, "two servers would play ball");
    }

    #[test]
    fn forged_late_and_broken_tickets_get_no_answer() {
        let mut world = World::new();
        let ticket = world.key.ticket(world.time).unwrap();
        let good = question(&ticket, b"");
        for at in 1..good.len() {
            let mut forged = good.clone();
            forged[at] ^= 1;
            assert_eq!(world.ask(&forged), None, "byte {at}");
        }
        let foreign = EchoKey::new().unwrap().ticket(world.time).unwrap();
        assert_eq!(world.ask(&question(&foreign, b"")), None);
        for length in 0..good.len() {
            assert_eq!(world.ask(&good[..length]), None, "{length} bytes");
        }
        assert!(world.ask(&good).is_some());
        world.pass(LIFE + Duration::from_secs(1));
        assert_eq!(world.ask(&good), None);
    }

    #[test]
    fn a_ticket_is_good_for_so_many_datagrams_a_second() {
        let mut world = World::new();
        let ticket = world.key.ticket(world.time).unwrap();
        let question = question(&ticket, b"");
        let answered = |world: &mut World| {
            (0..1_000)
                .filter(|_| world.ask(&question).is_some())
                .count()
        };
        assert_eq!(answered(&mut world), RATE as usize);
        world.pass(Duration::from_secs(1));
        assert_eq!(answered(&mut world), RATE as usize);
    }

    #[test]
    fn only_so_many_tickets_are_used_at_a_time() {
        let mut world = World::new();
        let ask = |world: &mut World| {
            let ticket = world.key.ticket(world.time).unwrap();
            world.ask(&question(&ticket, b"")).is_some()
        };
        assert_eq!((0..100).filter(|_| ask(&mut world)).count(), TICKETS);
        world.pass(LIFE);
        assert!(ask(&mut world), "the others have gone");
    }
}
