//! How many sites are in a meeting at once, and how many may be.

use diemcau_protocol::{ErrorCode, Event, ParticipantKind};

use super::{Refusal, State};

/// How many sites are here or awaited.
pub(crate) fn sites_here(state: &State) -> u32 {
    let sites = state
        .everyone_here()
        .filter_map(|id| state.members.get(id))
        .filter(|member| member.kind == ParticipantKind::Site);
    u32::try_from(sites.count()).unwrap_or(u32::MAX)
}

/// How many sites come in by these events that are not here yet.
pub(crate) fn joining_sites(state: &State, events: &[Event]) -> u32 {
    let joins = |event: &&Event| {
        let Event::ParticipantJoined {
            participant, kind, ..
        } = event
        else {
            return false;
        };
        *kind == ParticipantKind::Site && state.here(participant).is_none()
    };
    u32::try_from(events.iter().filter(joins).count()).unwrap_or(u32::MAX)
}

/// Refuses what would let in more sites than the meeting may have. Who is here
/// stays, whatever the limit.
pub(super) fn fits(state: &State, events: &[Event]) -> Result<(), Refusal> {
    let Some(most) = state.procedure.course.most_sites else {
        return Ok(());
    };
    let joining = joining_sites(state, events);
    if joining > 0 && sites_here(state).saturating_add(joining) > most {
        return Err(Refusal::new(
            ErrorCode::TooManySites,
            "as many sites are in the meeting as may be",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use diemcau_protocol::{
        AdmissionCommand, Command, CourseEvent, LobbyMode, ParticipantKind, PlannedTime, Role,
    };

    use super::super::world::{Meeting, newcomer};
    use super::super::{Input, Newcomer};
    use super::*;

    fn planned_for(most: u32) -> Meeting {
        let mut meeting = Meeting::opened();
        meeting.happen(&Event::Course(CourseEvent::Planned {
            time: PlannedTime {
                starts_at: 1_000,
                ends_at: 2_000,
                time_zone: "Asia/Ho_Chi_Minh".to_owned(),
            },
            most_sites: Some(most),
            recorded: false,
        }));
        let chair = Newcomer {
            kind: ParticipantKind::Person,
            ..newcomer(Some("chủ tọa"), Role::Chair)
        };
        meeting.input("chủ tọa", &Input::Join(chair)).unwrap();
        meeting
    }

    #[test]
    fn one_site_more_than_may_be_stays_outside_until_another_leaves() {
        let mut meeting = planned_for(2);
        meeting.joins("xã An Bình", Role::Operator);
        meeting.joins("xã Hòa Lạc", Role::Operator);
        let third = newcomer(Some("xã Ea Kar"), Role::Operator);
        let refused = meeting.input("xã Ea Kar", &Input::Join(third.clone()));
        assert_eq!(refused.unwrap_err(), ErrorCode::TooManySites);
        // Who is here comes in from another tab, and people are no sites.
        meeting.joins("xã An Bình", Role::Operator);
        let person = Newcomer {
            kind: ParticipantKind::Person,
            ..newcomer(Some("thư ký"), Role::Secretary)
        };
        meeting.input("thư ký", &Input::Join(person)).unwrap();
        meeting.commands("xã Hòa Lạc", Command::Leave).unwrap();
        meeting.input("xã Ea Kar", &Input::Join(third)).unwrap();
        assert_eq!(sites_here(&meeting.state), 2);
    }

    #[test]
    fn the_lobby_lets_in_no_more_than_may_be() {
        let mut meeting = planned_for(1);
        let lobby = AdmissionCommand::SetLobby {
            mode: LobbyMode::All,
        };
        meeting
            .commands("chủ tọa", Command::Admission(lobby))
            .unwrap();
        for site in ["xã An Bình", "xã Hòa Lạc"] {
            meeting.joins(site, Role::Operator);
        }
        let all = Command::Admission(AdmissionCommand::AdmitAll);
        let refused = meeting.commands("chủ tọa", all);
        assert_eq!(refused.unwrap_err(), ErrorCode::TooManySites);
        let one = Command::Admission(AdmissionCommand::Admit {
            participant: "xã An Bình".into(),
        });
        meeting.commands("chủ tọa", one).unwrap();
        assert_eq!(sites_here(&meeting.state), 1);
    }
}
