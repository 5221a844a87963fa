//! `diemcau probe`: how good the line from here to a server is, and what it is
//! fit for. Needs an invitation, and no meeting that runs.
//!
//! ```text
//!   HTTPS ── ping, down, up ──> signaling       UDP ── echo ──> sfu
//!   WebSocket                                   TURN ──> what the server offers
//!      └────────── Measured ──> verdict ──> Report ──────────┘
//! ```

mod echo;
mod report;
mod transfer;
mod turn;
mod verdict;
mod words;

use std::path::PathBuf;

use diemcau_protocol::LineTest;

use crate::load::ClientError;
use crate::load::client::Client;
pub use report::{Report, TurnReport};
pub use verdict::{Fit, Measured, Reason, UdpLine, Verdict};
pub use words::Language;

/// What to test.
#[derive(Debug, Clone, clap::Args)]
pub struct ProbeArgs {
    /// The server: https://host, or http://127.0.0.1:8080; not needed with a
    /// whole link
    #[arg(long, required_unless_present = "link")]
    pub url: Option<String>,
    /// The authority that issued the server's certificate (PEM)
    #[arg(long)]
    pub ca: Option<PathBuf>,
    /// The invitation: the part behind # of the link
    #[arg(long, env = "DIEMCAU_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// The whole link of the invitation
    #[arg(long, conflicts_with = "token")]
    pub link: Option<String>,
    /// How long each direction is tested, in seconds
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=10))]
    pub seconds: u32,
    /// The language of the report; by LANG when it is not given
    #[arg(long)]
    pub lang: Option<Language>,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
}

/// Why a line cannot be tested.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// No invitation was given.
    #[error("an invitation is needed: --link LINK, or --token TOKEN")]
    NoToken,
    /// The address is not one, or the authority cannot be used.
    #[error(transparent)]
    Client(ClientError),
}

/// A step of the test, for a progress display.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Is the server there?
    Server,
    /// Does UDP get through, how much of it, how evenly?
    Udp,
    /// What does the line carry from the server?
    Down,
    /// And to it?
    Up,
    /// Are the TURN servers there?
    Turn,
}

/// Tests the line. `progress` is told which step begins.
///
/// # Errors
/// When there is nothing to begin with. A server that cannot be reached is a
/// finding, not an error.
pub async fn run(args: &ProbeArgs, progress: impl Fn(Step)) -> Result<Report, ProbeError> {
    let (url, token) = place(args)?;
    let ca = args.ca.clone().or_else(system_authorities);
    let client = Client::new(&url, ca.as_deref()).map_err(ProbeError::Client)?;
    progress(Step::Server);
    let begun: Result<LineTest, ClientError> = client.post("/api/v1/line-test", &token, &()).await;
    let test = match begun {
        Ok(test) => test,
        Err(error) => return Ok(Report::unreachable(url, &error)),
    };
    let web_socket = client.web_socket().await.is_ok();
    let ping = transfer::ping(&client, &token).await;
    progress(Step::Udp);
    let udp = match &test.ticket {
        Some(ticket) => echo::measure(&client, ticket, &test.media).await,
        None => None,
    };
    progress(Step::Down);
    let down = transfer::down(&client, &token, &test, args.seconds).await;
    progress(Step::Up);
    let up = transfer::up(&client, &token, &test, args.seconds).await;
    progress(Step::Turn);
    let turn = turn::check_all(&test.ice_servers, ca.as_deref()).await;
    let udp_tested = test.ticket.is_some() && !test.media.is_empty();
    Ok(Report::new(report::Findings {
        url,
        web_socket,
        ping,
        udp,
        udp_tested,
        down,
        up,
        turn,
        most_kbps: test.most_kbps,
    }))
}

/// The authorities that this machine trusts, where Linux keeps them.
fn system_authorities() -> Option<PathBuf> {
    let named = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    let usual = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/cert.pem",
    ];
    let mut places = named.into_iter().chain(usual.map(PathBuf::from));
    places.find(|place| place.is_file())
}

/// The server and the invitation.
fn place(args: &ProbeArgs) -> Result<(String, String), ProbeError> {
    if let Some(link) = &args.link {
        let (page, token) = link.split_once('#').ok_or(ProbeError::NoToken)?;
        let server = page.split("/m/").next().unwrap_or(page);
        return Ok((
            args.url.clone().unwrap_or(server.to_owned()),
            token.to_owned(),
        ));
    }
    match (&args.url, &args.token) {
        (Some(url), Some(token)) => Ok((url.clone(), token.clone())),
        (None, _) | (_, None) => Err(ProbeError::NoToken),
    }
}
