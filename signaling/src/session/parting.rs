//! Groups by unit are those of the organisation, where it knows any: the
//! meeting itself knows only what its participants say of their units.

use diemcau_protocol::{ClientMessage, Command, CommandMessage, GroupsCommand};

use crate::service::Shared;

/// The message with the organisation's groups named in it, where it asks for
/// groups by unit.
pub(super) async fn with_groups(shared: &Shared, message: ClientMessage) -> ClientMessage {
    let ClientMessage::Command(CommandMessage { id, command }) = &message else {
        return message;
    };
    let Command::Groups(GroupsCommand::OpenByUnit { seconds }) = command else {
        return message;
    };
    let groups = match shared.administration.organisation().await {
        Ok(organisation) => organisation.as_groups(),
        Err(error) => {
            tracing::warn!(%error, "the organisation cannot be read; groups are by what participants say");
            return message;
        }
    };
    if groups.is_empty() {
        return message;
    }
    ClientMessage::Command(CommandMessage {
        id: *id,
        command: Command::Groups(GroupsCommand::Open {
            groups,
            seconds: *seconds,
        }),
    })
}
