//! `[turn]`: an own TURN server that shares a secret with this one.

use std::time::Duration;

use diemcau_signaling::TurnServer;

use super::check::{Check, Complaint, complain, join};
use super::file::RawTurn;
use super::place::{Found, Place};
use super::{Redacted, TurnSetting};

const LONGEST_LIFETIME_HOURS: u64 = 168;
const SHORTEST_SECRET: usize = 16;

impl Check {
    pub(super) fn turn(&mut self, raw: RawTurn) -> Option<TurnSetting> {
        let default = TurnServer::LIFETIME;
        let RawTurn {
            urls,
            secret,
            lifetime_hours,
        } = raw;
        let lifetime = match &lifetime_hours {
            None => default,
            Some(found) => match lifetime(&found.value) {
                Ok(lifetime) => lifetime,
                Err(complaint) => {
                    self.complaint("turn.lifetime_hours", &found.place, complaint);
                    default
                }
            },
        };
        let (urls, secret) = match (urls, secret) {
            (None, None) => {
                if let Some(found) = lifetime_hours {
                    self.problem(
                        &found.place,
                        "`turn.lifetime_hours` is given, but no TURN server",
                        "give `turn.urls` and `turn.secret`, or leave the whole table out",
                    );
                }
                self.note("turn", "none".to_owned(), &Place::Default);
                return None;
            }
            (Some(urls), None) => {
                self.problem(
                    &urls.place,
                    "`turn.urls` is given, but `turn.secret` is not",
                    "give coturn's `static-auth-secret` as `turn.secret`",
                );
                return None;
            }
            (None, Some(secret)) => {
                self.problem(
                    &secret.place,
                    "`turn.secret` is given, but `turn.urls` is not",
                    "give the addresses of the TURN server, such as \
                     [\"turns:turn.example.vn:443?transport=tcp\"]",
                );
                return None;
            }
            (Some(urls), Some(secret)) => (urls, secret),
        };
        if urls.value.is_empty() {
            self.problem(
                &urls.place,
                "`turn.urls`: a server without an address",
                "give at least one address, such as \"turn:turn.example.vn:3478?transport=udp\"",
            );
            return None;
        }
        let place = urls.place.clone();
        let urls = self.turn_urls(urls);
        if secret.value.len() < SHORTEST_SECRET {
            self.problem(
                &secret.place,
                format!("`turn.secret` is shorter than {SHORTEST_SECRET} characters"),
                "make one with `openssl rand -hex 32`, and give coturn the same",
            );
        }
        self.note("turn.urls", join(urls.iter().cloned()), &place);
        Some(TurnSetting {
            urls,
            secret: Redacted::new(secret.value),
            lifetime,
        })
    }

    fn turn_urls(&mut self, urls: Found<Vec<Found<String>>>) -> Vec<String> {
        let mut valid = Vec::new();
        for url in urls.value {
            match turn_url(&url.value) {
                Ok(()) => valid.push(url.value),
                Err(complaint) => self.complaint("turn.urls", &url.place, complaint),
            }
        }
        valid
    }
}

/// Checks a TURN address (RFC 7065): `turn:HOST[:PORT][?transport=udp|tcp]`.
fn turn_url(text: &str) -> Result<(), Complaint> {
    let (scheme, rest) = text.split_once(':').unwrap_or((text, ""));
    let (host, transport) = match rest.split_once('?') {
        Some((host, query)) => (host, Some(query)),
        None => (rest, None),
    };
    let (name, port) = match host.rsplit_once(':') {
        // The colons of an IPv6 address stand in brackets.
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    if !matches!(scheme, "turn" | "turns") || name.is_empty() || name.contains('/') || !is_port {
        return complain(
            format!("{text:?} is not the address of a TURN server"),
            "write turn:HOST:PORT or turns:HOST:PORT, with ?transport=udp or ?transport=tcp",
        );
    }
    match (scheme, transport) {
        (_, None | Some("transport=tcp")) | ("turn", Some("transport=udp")) => Ok(()),
        ("turns", Some("transport=udp")) => complain(
            format!("{text:?} asks for TURN over DTLS, which browsers do not speak"),
            "write turns:HOST:PORT?transport=tcp",
        ),
        _ => complain(
            format!("{text:?} asks for a transport that TURN does not have"),
            "write ?transport=udp or ?transport=tcp",
        ),
    }
}

fn lifetime(text: &str) -> Result<Duration, Complaint> {
    match text.parse::<u64>() {
        Ok(hours) if (1..=LONGEST_LIFETIME_HOURS).contains(&hours) => {
            Ok(Duration::from_secs(hours * 3_600))
        }
        _ => complain(
            format!("{text} is out of range"),
            format!("choose between 1 and {LONGEST_LIFETIME_HOURS} hours"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_browsers_take_them() {
        for good in [
            "turn:turn.example.vn",
            "turn:turn.example.vn:3478?transport=udp",
            "turn:203.0.113.10:3478?transport=tcp",
            "turns:turn.example.vn:443?transport=tcp",
            "turns:[2001:db8::1]:443",
        ] {
            assert!(turn_url(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "turn",
            "turn:",
            "stun:turn.example.vn",
            "turn://turn.example.vn",
            "turn:turn.example.vn:0",
            "turn:turn.example.vn:port",
            "turns:turn.example.vn?transport=udp",
            "turn:turn.example.vn?transport=sctp",
        ] {
            assert!(turn_url(bad).is_err(), "{bad}");
        }
    }
}
