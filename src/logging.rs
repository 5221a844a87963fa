//! The log: to standard error, as fine as the settings say, without secrets.

use std::io::IsTerminal;

use tracing::{Level, Metadata};
use tracing_subscriber::filter::{FilterExt, FilterFn, ParseError};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt, registry};

/// Our own crates; only they know what must not be logged.
const OWN: &str = "diemcau";

/// Starts the log of this process.
pub fn start(filter: &str) -> Result<(), ParseError> {
    let wanted = EnvFilter::builder().parse(filter)?;
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    registry()
        .with(lines.with_filter(wanted.and(FilterFn::new(is_safe))))
        .init();
    Ok(())
}

/// str0m warns of every m-line that offers RED, which no operator can mend.
const NOISE: &str = "str0m::format";

/// Libraries log whole frames, tokens and names among them, at their finer
/// levels; those are left out whatever the settings say.
fn is_safe(metadata: &Metadata<'_>) -> bool {
    let most = match metadata.target() {
        own if own.starts_with(OWN) => return true,
        noise if noise.starts_with(NOISE) => Level::ERROR,
        _ => Level::INFO,
    };
    *metadata.level() <= most
}
