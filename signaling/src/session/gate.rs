//! What a client's message must pass: size, rate and form. No socket in here.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use diemcau_protocol::{ClientMessage, CommandId, ErrorCode};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use serde::Deserialize;

use crate::outbox::Farewell;

/// The largest message, in bytes.
const MESSAGE_LIMIT: usize = 256 * 1024;

/// Messages at once, and per second in the long run (unwrapped at compile time).
const BURST: NonZeroU32 = NonZeroU32::new(60).unwrap();
const PER_SECOND: NonZeroU32 = NonZeroU32::new(20).unwrap();

/// Messages over the rate after which the connection ends, unless there is a
/// pause.
const FLOOD: u32 = 100;
const FLOOD_PAUSE: Duration = Duration::from_secs(10);

/// Unusable messages after which the connection ends.
const MOST_BAD: u32 = 20;

/// What becomes of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Passed {
    /// It is usable.
    Message(Box<ClientMessage>),
    /// It is not; the client is told.
    Problem(ErrorCode, &'static str),
    /// It is not, and it had a number.
    Refused(CommandId, ErrorCode, &'static str),
    /// It is not, and that was once too often.
    Enough(Farewell),
}

/// Counts one client's sins.
#[derive(Debug)]
pub(super) struct Gate {
    limiter: DefaultDirectRateLimiter,
    flood: u32,
    last_over: Option<Instant>,
    bad: u32,
}

/// Enough of a message to refuse it by number.
#[derive(Deserialize)]
struct Numbered {
    id: CommandId,
}

impl Gate {
    pub(super) fn new() -> Self {
        let quota = Quota::per_second(PER_SECOND).allow_burst(BURST);
        Self {
            limiter: RateLimiter::direct(quota),
            flood: 0,
            last_over: None,
            bad: 0,
        }
    }

    /// Looks at a text message.
    pub(super) fn check(&mut self, text: &str) -> Passed {
        if text.len() > MESSAGE_LIMIT {
            return Passed::Enough(Farewell::stay_away(
                ErrorCode::TooLarge,
                "the message is too large",
            ));
        }
        if self.limiter.check().is_err() {
            return self.over_the_rate();
        }
        match serde_json::from_str(text) {
            Ok(message) => Passed::Message(Box::new(message)),
            Err(_) => {
                let number = serde_json::from_str::<Numbered>(text).ok();
                self.unusable(number, "the message has not the form of its type")
            }
        }
    }

    /// Looks at a message that is no text.
    pub(super) fn not_text(&mut self) -> Passed {
        if self.limiter.check().is_err() {
            return self.over_the_rate();
        }
        self.unusable(None, "messages are text")
    }

    /// Looks at a ping or pong of the WebSocket itself.
    pub(super) fn control(&mut self) -> Result<(), Passed> {
        match self.limiter.check() {
            Ok(()) => Ok(()),
            Err(_) => Err(self.over_the_rate()),
        }
    }

    fn over_the_rate(&mut self) -> Passed {
        let now = Instant::now();
        if self
            .last_over
            .is_some_and(|last| now.duration_since(last) > FLOOD_PAUSE)
        {
            self.flood = 0;
        }
        self.last_over = Some(now);
        self.flood += 1;
        if self.flood > FLOOD {
            return Passed::Enough(Farewell::come_back(
                ErrorCode::RateLimited,
                "too many messages for too long",
            ));
        }
        Passed::Problem(ErrorCode::RateLimited, "too many messages; slow down")
    }

    fn unusable(&mut self, number: Option<Numbered>, detail: &'static str) -> Passed {
        self.bad += 1;
        if self.bad >= MOST_BAD {
            return Passed::Enough(Farewell::stay_away(
                ErrorCode::BadMessage,
                "too many unusable messages",
            ));
        }
        match number {
            Some(Numbered { id }) => Passed::Refused(id, ErrorCode::BadMessage, detail),
            None => Passed::Problem(ErrorCode::BadMessage, detail),
        }
    }
}
