//! The search for viruses: a command of the organisation's, with a time limit.

use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use diemcau_protocol::ErrorCode;
use tokio::time::{sleep, timeout};

use super::Scan;
use crate::meeting::Refusal;

/// How often a search is looked after.
const LOOKED_AFTER: Duration = Duration::from_millis(20);

/// What the command ends with.
const CLEAN: i32 = 0;
const INFECTED: i32 = 1;

/// Searches a file.
///
/// # Errors
/// When it is infected, or nothing can be told about it: only a clean file
/// goes on.
pub(super) async fn search(scan: &Scan, file: &Path) -> Result<(), Refusal> {
    let Some((program, arguments)) = scan.command.split_first() else {
        return Err(not_scanned("no command is set up"));
    };
    let started = Command::new(program)
        .args(arguments)
        .arg(file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let ended = async { Running(started?).ended().await };
    match timeout(scan.time, ended).await {
        Ok(Ok(status)) => match status.code() {
            Some(CLEAN) => Ok(()),
            Some(INFECTED) => {
                tracing::warn!("a virus was found in a document; it was not taken");
                Err(Refusal::new(
                    ErrorCode::DocumentInfected,
                    "a virus was found in the file",
                ))
            }
            Some(_) | None => {
                tracing::error!(%status, "the search for viruses failed");
                Err(not_scanned("the search for viruses failed"))
            }
        },
        Ok(Err(error)) => {
            tracing::error!(%error, "the search for viruses cannot be started");
            Err(not_scanned("the search for viruses cannot be started"))
        }
        Err(_) => {
            tracing::error!("the search for viruses took too long");
            Err(not_scanned("the search for viruses took too long"))
        }
    }
}

fn not_scanned(detail: &'static str) -> Refusal {
    Refusal::new(ErrorCode::DocumentNotScanned, detail)
}

/// A search that runs, until it is dropped.
struct Running(Child);

impl Running {
    async fn ended(mut self) -> io::Result<ExitStatus> {
        loop {
            if let Some(status) = self.0.try_wait()? {
                return Ok(status);
            }
            sleep(LOOKED_AFTER).await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended cannot be killed, and need not be.
        if self.0.kill().is_ok() {
            let _ = self.0.wait();
        }
    }
}
