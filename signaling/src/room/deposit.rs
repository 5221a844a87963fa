//! A file on its way into the meeting, and pages that are turned fast.

use diemcau_protocol::{Command, DocumentsCommand, ParticipantId, Role};
use tokio::sync::oneshot;

use super::batch::Waiting;
use super::{Line, Room, server_stopping};
use crate::meeting::{Deposit, Refusal};

/// Somebody puts a file in.
#[derive(Debug)]
pub(crate) struct Depositing {
    /// Whose invitation it is; nobody where the administration acts.
    pub(crate) participant: Option<(ParticipantId, Role)>,
    pub(crate) deposit: Deposit,
    pub(crate) reply: oneshot::Sender<Result<(), Refusal>>,
}

impl Room {
    pub(super) fn hear_deposit(&mut self, deposit: Box<Depositing>) {
        if self.stopping.is_some() {
            let _ = deposit.reply.send(Err(server_stopping()));
        } else {
            self.waiting.push_back(Waiting::Deposit(deposit));
        }
    }

    /// Whether a page is turned further before anybody has seen it: a later
    /// command to lead waits already.
    pub(super) fn is_outpaced(&self, waiting: &Waiting) -> bool {
        let leader = leader(waiting);
        leader.is_some()
            && self
                .waiting
                .iter()
                .any(|later| self::leader(later) == leader)
    }
}

fn leader(waiting: &Waiting) -> Option<&Line> {
    let Waiting::Command { line, command, .. } = waiting else {
        return None;
    };
    matches!(command, Command::Documents(DocumentsCommand::Lead { .. })).then_some(line)
}
