//! What a line is fit for. Pure; `web-client/src/core/lineVerdict.ts` is the
//! same in TypeScript, and both are held to `lineVerdict.cases.json` there.

use serde::{Deserialize, Serialize};

/// What was measured. Rates in kbit/s, times in ms.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The server answers, and opens a WebSocket.
    pub reachable: bool,
    /// Whether UDP gets through; absent where that was not tested.
    pub udp: Option<bool>,
    /// Whether media can go another way than UDP (a TURN server that answers).
    pub relay: bool,
    /// Datagrams that did not come back, in percent; absent where not tested.
    pub loss_percent: Option<f64>,
    /// There and back.
    pub rtt_ms: f64,
    /// How unevenly it goes (RFC 3550 §6.4.1).
    pub jitter_ms: f64,
    /// From the server.
    pub down_kbps: f64,
    /// To the server.
    pub up_kbps: f64,
}

/// What UDP did.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct UdpLine {
    /// Datagrams that did not come back, in percent.
    pub loss_percent: f64,
    /// There and back, in the middle, in ms.
    pub rtt_ms: f64,
    /// How unevenly they came, in ms (RFC 3550 §6.4.1).
    pub jitter_ms: f64,
}

/// What a line is fit for, the best last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// No meeting.
    Nothing,
    /// A meeting by sound.
    SoundOnly,
    /// Small pictures.
    Sd,
    /// Everything.
    Hd,
}

/// Why it is not fit for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The server does not answer.
    Unreachable,
    /// UDP does not get through, and nothing else can be used instead.
    UdpBlocked,
    /// UDP does not get through; media takes the way over a relay.
    RelayOnly,
    /// Too much is lost.
    Loss,
    /// It takes too long.
    Delay,
    /// It comes too unevenly.
    Jitter,
    /// Too little from the server.
    Down,
    /// Too little to the server.
    Up,
}

/// The verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What the line is fit for.
    pub fit: Fit,
    /// Why for no more; empty for [`Fit::Hd`].
    pub reasons: Vec<Reason>,
}

/// What each kind of meeting needs: the stage at 1.2 Mbit/s, eight cameras and
/// three voices come in, three encodings of the own camera go out.
struct Needs {
    fit: Fit,
    loss_percent: f64,
    rtt_ms: f64,
    jitter_ms: f64,
    down_kbps: f64,
    up_kbps: f64,
}

const NEEDS: [Needs; 3] = [
    Needs {
        fit: Fit::Hd,
        loss_percent: 2.0,
        rtt_ms: 300.0,
        jitter_ms: 50.0,
        down_kbps: 3_000.0,
        up_kbps: 2_000.0,
    },
    Needs {
        fit: Fit::Sd,
        loss_percent: 5.0,
        rtt_ms: 600.0,
        jitter_ms: 100.0,
        down_kbps: 800.0,
        up_kbps: 500.0,
    },
    Needs {
        fit: Fit::SoundOnly,
        loss_percent: 20.0,
        rtt_ms: 1_500.0,
        jitter_ms: 300.0,
        down_kbps: 100.0,
        up_kbps: 60.0,
    },
];

/// Judges a line: the worst of its figures decides, and is the reason.
pub(super) fn judge(measured: &Measured) -> Verdict {
    if !measured.reachable {
        return Verdict {
            fit: Fit::Nothing,
            reasons: vec![Reason::Unreachable],
        };
    }
    // By TCP or a relay, loss turns into delay, and pictures into small ones.
    let way = match (measured.udp, measured.relay) {
        (Some(true) | None, _) => Fit::Hd,
        (Some(false), true) => Fit::Sd,
        (Some(false), false) => Fit::Nothing,
    };
    let blocked = match measured.relay {
        true => Reason::RelayOnly,
        false => Reason::UdpBlocked,
    };
    let graded = [
        (blocked, way),
        (
            Reason::Loss,
            grade(|n| measured.loss_percent.unwrap_or(0.0) <= n.loss_percent),
        ),
        (Reason::Delay, grade(|n| measured.rtt_ms <= n.rtt_ms)),
        (Reason::Jitter, grade(|n| measured.jitter_ms <= n.jitter_ms)),
        (Reason::Down, grade(|n| measured.down_kbps >= n.down_kbps)),
        (Reason::Up, grade(|n| measured.up_kbps >= n.up_kbps)),
    ];
    let fit = graded.iter().map(|(_, fit)| *fit).min().unwrap_or(Fit::Hd);
    let worst = graded.iter().filter(|(_, of)| *of == fit && fit < Fit::Hd);
    Verdict {
        fit,
        reasons: worst.map(|(reason, _)| *reason).collect(),
    }
}

/// The best kind of meeting for which a figure suffices.
fn grade(suffices: impl Fn(&Needs) -> bool) -> Fit {
    let fit = NEEDS.iter().find(|needs| suffices(needs));
    fit.map_or(Fit::Nothing, |needs| needs.fit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Case {
        name: String,
        measured: Measured,
        verdict: Verdict,
    }

    #[test]
    fn lines_are_judged_as_in_the_web_client() {
        let cases = include_str!("../../web-client/src/core/lineVerdict.cases.json");
        let cases: Vec<Case> = serde_json::from_str(cases).unwrap();
        assert!(cases.len() > 10);
        for case in cases {
            assert_eq!(judge(&case.measured), case.verdict, "{}", case.name);
        }
    }
}
