//! How often somebody may try to sign in. Pure.
//!
//! ```text
//!   attempt ──> known device? ── yes ──> budget of (account, device)
//!                    │
//!                    no ──> budget of (account, address), and of the address
//! ```
//!
//! An account is never locked for everybody: whoever fails again and again
//! makes only their own address wait, ever longer, and only for that account.
//! A browser in which somebody signed in before does not share that budget, so
//! that a minister gets in while somebody next door tries passwords.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

/// Attempts that cost nothing.
const FREE: u32 = 5;
/// The same for everybody behind one address, whatever the account.
const FREE_AT_ADDRESS: u32 = 100;
/// The longest wait for one account.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// The longest wait for an address: a whole office may stand behind it.
const LONGEST_AT_ADDRESS: Duration = Duration::from_secs(60);
/// Who has not tried for so long begins anew.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60 * 60);
/// The most that is remembered; beyond it the oldest are forgotten.
const MOST: usize = 50_000;

/// Who tries.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    /// The account's name, whether there is one or not.
    pub(crate) login: String,
    pub(crate) address: IpAddr,
    /// The browser, where somebody signed in to this account before.
    pub(crate) device: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Device { login: String, device: String },
    Account { login: String, address: IpAddr },
    Address(IpAddr),
}

#[derive(Debug, Clone, Copy)]
struct Tries {
    count: u32,
    last: i64,
    /// Not before this.
    next: i64,
}

/// What was tried lately. Times are in milliseconds.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    tries: BTreeMap<Key, Tries>,
}

impl Throttle {
    /// Counts an attempt before it is looked at, so that a thousand at once do
    /// not count as one; or says how long to wait.
    pub(crate) fn attempt(&mut self, now: i64, attempt: &Attempt) -> Result<(), Duration> {
        let keys = keys(attempt);
        let wait = keys
            .iter()
            .filter_map(|key| self.tries.get(key))
            .map(|tries| tries.next - now)
            .max()
            .unwrap_or(0);
        if wait > 0 {
            return Err(Duration::from_millis(wait.unsigned_abs()));
        }
        self.forget(now);
        for key in keys {
            let (free, longest) = match key {
                Key::Device { .. } | Key::Account { .. } => (FREE, LONGEST),
                Key::Address(_) => (FREE_AT_ADDRESS, LONGEST_AT_ADDRESS),
            };
            let count = self.tries.get(&key).map_or(0, |tries| tries.count) + 1;
            let wait = wait_after(count, free).min(longest);
            let tries = Tries {
                count,
                last: now,
                next: now + milliseconds(wait),
            };
            self.tries.insert(key, tries);
        }
        Ok(())
    }

    /// It was the right password: what was tried here is forgotten.
    pub(crate) fn succeeded(&mut self, attempt: &Attempt) {
        for key in keys(attempt) {
            match key {
                Key::Device { .. } | Key::Account { .. } => {
                    self.tries.remove(&key);
                }
                // One account of one's own must not open the way to others;
                // but an office that signs in every morning tries nothing.
                Key::Address(_) => {
                    if let Some(tries) = self.tries.get_mut(&key) {
                        tries.count = tries.count.saturating_sub(1);
                        tries.next = tries.last;
                    }
                }
            }
        }
    }

    fn forget(&mut self, now: i64) {
        if self.tries.len() < MOST {
            return;
        }
        let old = now - milliseconds(FORGOTTEN_AFTER);
        self.tries.retain(|_, tries| tries.last > old);
        if self.tries.len() >= MOST {
            let mut last: Vec<i64> = self.tries.values().map(|tries| tries.last).collect();
            let (_, middle, _) = last.select_nth_unstable(MOST / 2);
            let middle = *middle;
            self.tries.retain(|_, tries| tries.last > middle);
        }
    }
}

fn keys(attempt: &Attempt) -> Vec<Key> {
    let login = attempt.login.clone();
    match &attempt.device {
        Some(device) => vec![Key::Device {
            login,
            device: device.clone(),
        }],
        None => {
            let address = network(attempt.address);
            vec![Key::Account { login, address }, Key::Address(address)]
        }
    }
}

/// Whoever has an IPv6 address has 2⁶⁴ of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let bits = address.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(bits.into())
        }
        IpAddr::V4(address) => IpAddr::V4(address),
    }
}

/// A second after the free ones are used up, then twice as long each time.
fn wait_after(count: u32, free: u32) -> Duration {
    match count.checked_sub(free) {
        None => Duration::ZERO,
        Some(over) => Duration::from_secs(1 << over.min(16)),
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(login: &str, address: &str) -> Attempt {
        Attempt {
            login: login.to_owned(),
            address: address.parse().unwrap(),
            device: None,
        }
    }

    fn known(login: &str, address: &str) -> Attempt {
        Attempt {
            device: Some("máy của bộ trưởng".to_owned()),
            ..from(login, address)
        }
    }

    #[test]
    fn whoever_fails_again_and_again_waits_longer_each_time() {
        let mut throttle = Throttle::default();
        let rogue = from("bo.truong", "203.0.113.7");
        let mut now = 0;
        let mut waits = Vec::new();
        for _ in 0..20 {
            throttle.attempt(now, &rogue).unwrap();
            if let Err(wait) = throttle.attempt(now, &rogue) {
                waits.push(wait.as_secs());
                now += milliseconds(wait);
            }
        }
        assert_eq!(waits[..5], [1, 2, 4, 8, 16]);
        assert_eq!(waits.last(), Some(&LONGEST.as_secs()));
    }

    #[test]
    fn nobody_locks_a_minister_out() {
        let mut throttle = Throttle::default();
        for last in 1..=200 {
            let rogue = from("bo.truong", &format!("203.0.113.{last}"));
            while throttle.attempt(0, &rogue).is_ok() {}
        }
        // From another address, and in the known browser even from the same one.
        throttle
            .attempt(0, &from("bo.truong", "198.51.100.1"))
            .unwrap();
        throttle
            .attempt(0, &known("bo.truong", "203.0.113.7"))
            .unwrap();
    }

    #[test]
    fn the_known_browser_has_a_budget_and_not_an_endless_one() {
        let mut throttle = Throttle::default();
        let stolen = known("bo.truong", "203.0.113.7");
        let tried = (0..100).take_while(|_| throttle.attempt(0, &stolen).is_ok());
        assert_eq!(tried.count(), FREE as usize);
    }

    #[test]
    fn one_address_does_not_try_one_password_on_everybody() {
        let mut throttle = Throttle::default();
        let tried = (0..1_000)
            .take_while(|n| {
                let rogue = from(&format!("can-bo-{n}"), "203.0.113.7");
                throttle.attempt(0, &rogue).is_ok()
            })
            .count();
        assert_eq!(tried, FREE_AT_ADDRESS as usize);
    }

    #[test]
    fn an_office_behind_one_address_signs_in_every_morning() {
        let mut throttle = Throttle::default();
        for n in 0..1_000 {
            let official = from(&format!("can-bo-{n}"), "203.0.113.7");
            throttle.attempt(0, &official).unwrap();
            throttle.succeeded(&official);
        }
    }

    #[test]
    fn addresses_of_one_network_are_one() {
        let mut throttle = Throttle::default();
        let mut tried = 0;
        for last in 0..100 {
            let rogue = from("bo.truong", &format!("2001:db8::{last}"));
            tried += u32::from(throttle.attempt(0, &rogue).is_ok());
        }
        assert_eq!(tried, FREE);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut throttle = Throttle::default();
        for n in 0..(MOST as i64 + 10) {
            let rogue = from(
                &format!("can-bo-{n}"),
                &format!("2001:db8:0:{:x}::1", n % 65_536),
            );
            throttle.attempt(n, &rogue).unwrap();
        }
        assert!(throttle.tries.len() <= MOST + 2);
    }
}
