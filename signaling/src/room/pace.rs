//! How fast one participant may command, on however many lines: what it says
//! is stored for good and goes to everyone, thin lines included.

use std::num::NonZeroU32;

use diemcau_protocol::{Command, ParticipantId};
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use super::Room;

/// Chat messages per second in the long run, and at once (unwrapped at compile
/// time).
const CHATS_PER_SECOND: NonZeroU32 = NonZeroU32::new(1).unwrap();
const CHATS_AT_ONCE: NonZeroU32 = NonZeroU32::new(5).unwrap();

/// The same of all other commands.
const OTHERS_PER_SECOND: NonZeroU32 = NonZeroU32::new(5).unwrap();
const OTHERS_AT_ONCE: NonZeroU32 = NonZeroU32::new(20).unwrap();

/// The clock of the room's timers.
#[derive(Debug, Clone, Copy)]
struct RoomClock;

impl Clock for RoomClock {
    type Instant = std::time::Instant;

    fn now(&self) -> Self::Instant {
        tokio::time::Instant::now().into_std()
    }
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, RoomClock, NoOpMiddleware<std::time::Instant>>;

/// Counts one participant's commands.
#[derive(Debug)]
pub(super) struct Pace {
    chats: Limiter,
    others: Limiter,
}

impl Default for Pace {
    fn default() -> Self {
        let limiter = |per_second, at_once| {
            let quota = Quota::per_second(per_second).allow_burst(at_once);
            Limiter::direct_with_clock(quota, RoomClock)
        };
        Self {
            chats: limiter(CHATS_PER_SECOND, CHATS_AT_ONCE),
            others: limiter(OTHERS_PER_SECOND, OTHERS_AT_ONCE),
        }
    }
}

impl Pace {
    /// Whether the command may come now; if so, it is counted.
    pub(super) fn allows(&self, command: &Command) -> bool {
        match command {
            Command::SendChat { .. } => self.chats.check().is_ok(),
            // Whoever wants to go may go; there is nobody to say it twice.
            Command::Leave => true,
            Command::SetMicrophone { .. }
            | Command::SetCamera { .. }
            | Command::SetScreen { .. }
            | Command::SetMuted { .. }
            | Command::SetHand { .. }
            | Command::LowerHand { .. }
            | Command::SetStage { .. }
            | Command::Floor(_)
            | Command::Microphones(_)
            | Command::Admission(_)
            | Command::Agenda(_)
            | Command::RollCall(_)
            | Command::Stage(_)
            | Command::Conduct(_)
            | Command::Recording(_)
            | Command::Votes(_)
            | Command::Course(_)
            | Command::Documents(_)
            | Command::Groups(_)
            | Command::Interpretation(_)
            | Command::Unknown => self.others.check().is_ok(),
        }
    }
}

impl Room {
    /// Whether a participant may command now; if so, it is counted.
    pub(super) fn keeps_pace(&self, participant: &ParticipantId, command: &Command) -> bool {
        self.seats
            .get(participant)
            .is_none_or(|seat| seat.pace.allows(command))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn chat() -> Command {
        Command::SendChat {
            text: "Alô".to_owned(),
        }
    }

    /// How many of a hundred may come.
    fn of_a_hundred(pace: &Pace, command: &Command) -> usize {
        (0..100).filter(|_| pace.allows(command)).count()
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_then_one_chat_and_five_others_a_second() {
        let pace = Pace::default();
        let hand = Command::SetHand { raised: true };
        assert_eq!(of_a_hundred(&pace, &chat()), 5);
        assert_eq!(of_a_hundred(&pace, &hand), 20);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(of_a_hundred(&pace, &chat()), 1);
        assert_eq!(of_a_hundred(&pace, &hand), 5);
        assert!(pace.allows(&Command::Leave));
        tokio::time::advance(Duration::from_secs(3_600)).await;
        assert_eq!(of_a_hundred(&pace, &chat()), 5);
    }
}
