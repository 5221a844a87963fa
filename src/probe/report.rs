//! What was found, for people and as JSON.

use serde::Serialize;

use super::transfer::Ping;
use super::verdict::{Measured, UdpLine, Verdict, judge};
use super::words::{Label, Language};
use crate::load::ClientError;

/// Near the server's ceiling a rate says only that the line carries as much.
const CEILING: f64 = 0.9;

/// What the steps of the test brought.
pub(super) struct Findings {
    pub(super) url: String,
    pub(super) web_socket: bool,
    pub(super) ping: Option<Ping>,
    pub(super) udp: Option<UdpLine>,
    pub(super) udp_tested: bool,
    pub(super) down: Result<f64, ClientError>,
    pub(super) up: Result<f64, ClientError>,
    pub(super) turn: Vec<TurnReport>,
    /// The fastest that the server sends or takes, in kbit/s.
    pub(super) most_kbps: u32,
}

/// A STUN or TURN server.
#[derive(Debug, Clone, Serialize)]
pub struct TurnReport {
    /// Its address.
    pub url: String,
    /// It answers, and accepts what the server gave out for it.
    pub works: bool,
    /// Media can go through it.
    pub relays: bool,
    /// Why it does not work.
    pub detail: Option<String>,
}

/// What was found.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The server.
    pub url: String,
    /// The server answers, and opens a WebSocket.
    pub reachable: bool,
    /// Whether UDP gets through to the media port; absent where that was not
    /// tested.
    pub udp: Option<bool>,
    /// By UDP: datagrams that did not come back, in percent.
    pub loss_percent: Option<f64>,
    /// There and back, in ms; by UDP where it gets through, else by HTTP.
    pub rtt_ms: f64,
    /// How unevenly it goes, in ms; as above.
    pub jitter_ms: f64,
    /// From the server, in kbit/s.
    pub down_kbps: f64,
    /// To the server, in kbit/s.
    pub up_kbps: f64,
    /// The fastest that the server sends or takes in a test, in kbit/s.
    pub most_kbps: u32,
    /// The STUN and TURN servers that it offers.
    pub turn: Vec<TurnReport>,
    /// What the line is fit for.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// What went wrong, for technicians.
    pub problems: Vec<String>,
}

impl Report {
    pub(super) fn new(findings: Findings) -> Self {
        let udp = findings.udp_tested.then_some(findings.udp.is_some());
        let ping = findings.ping;
        let mut problems = Vec::new();
        let mut rate = |rate: Result<f64, ClientError>| {
            rate.unwrap_or_else(|error| {
                problems.push(error.to_string());
                0.0
            })
        };
        let (down_kbps, up_kbps) = (rate(findings.down), rate(findings.up));
        let by_udp = findings.udp.map(|line| (line.rtt_ms, line.jitter_ms));
        let by_http = ping.map(|ping| (ping.rtt_ms, ping.jitter_ms));
        let (rtt_ms, jitter_ms) = by_udp.or(by_http).unwrap_or_default();
        let measured = Measured {
            reachable: findings.web_socket && ping.is_some(),
            udp,
            relay: findings.turn.iter().any(|turn| turn.relays),
            loss_percent: findings.udp.map(|line| line.loss_percent),
            rtt_ms,
            jitter_ms,
            down_kbps,
            up_kbps,
        };
        Self {
            url: findings.url,
            reachable: measured.reachable,
            udp,
            loss_percent: measured.loss_percent,
            rtt_ms,
            jitter_ms,
            down_kbps,
            up_kbps,
            most_kbps: findings.most_kbps,
            turn: findings.turn,
            verdict: judge(&measured),
            problems,
        }
    }

    pub(super) fn unreachable(url: String, error: &ClientError) -> Self {
        let measured = Measured {
            reachable: false,
            udp: None,
            relay: false,
            loss_percent: None,
            rtt_ms: 0.0,
            jitter_ms: 0.0,
            down_kbps: 0.0,
            up_kbps: 0.0,
        };
        Self {
            url,
            reachable: false,
            udp: None,
            loss_percent: None,
            rtt_ms: 0.0,
            jitter_ms: 0.0,
            down_kbps: 0.0,
            up_kbps: 0.0,
            most_kbps: 0,
            turn: Vec::new(),
            verdict: judge(&measured),
            problems: vec![error.to_string()],
        }
    }

    /// The report for people.
    pub fn text(&self, language: Language) -> String {
        let say = |label| language.label(label);
        let mut lines = Vec::new();
        let mut line = |label: Label, value: String| {
            let label = say(label);
            let width = 16_usize.saturating_sub(label.chars().count());
            lines.push(format!("{label}{:width$}{value}", ""));
        };
        let answers = match self.reachable {
            true => Label::Answers,
            false => Label::DoesNotAnswer,
        };
        line(Label::Server, format!("{} {}", self.url, say(answers)));
        if self.reachable {
            let udp = match self.udp {
                Some(true) => Label::Through,
                Some(false) => Label::Blocked,
                None => Label::NotTested,
            };
            line(Label::Udp, say(udp).to_owned());
            if let Some(loss) = self.loss_percent {
                line(Label::Loss, format!("{loss:.1} %"));
            }
            line(Label::Rtt, format!("{:.1} ms", self.rtt_ms));
            line(Label::Jitter, format!("{:.1} ms", self.jitter_ms));
            for (label, kbps) in [(Label::Down, self.down_kbps), (Label::Up, self.up_kbps)] {
                let ceiling = kbps > f64::from(self.most_kbps) * CEILING;
                let least = if ceiling { say(Label::AtLeast) } else { "" };
                let rate = format!("{least} {:.1} Mbit/s", kbps / 1_000.0);
                line(label, rate.trim_start().to_owned());
            }
        }
        for turn in &self.turn {
            let state = match turn.works {
                true => say(Label::Answers),
                false => say(Label::DoesNotAnswer),
            };
            let detail = turn.detail.as_deref().unwrap_or_default();
            lines.push(
                format!("{} {state} {detail}", turn.url)
                    .trim_end()
                    .to_owned(),
            );
        }
        lines.push(String::new());
        lines.push(language.fit(self.verdict.fit).to_owned());
        for reason in &self.verdict.reasons {
            let [why, todo] = language.reason(*reason);
            lines.push(format!("  {why}"));
            lines.push(format!("  {}: {todo}", say(Label::Todo)));
        }
        for problem in &self.problems {
            lines.push(format!("  ({problem})"));
        }
        lines.join("\n")
    }
}
