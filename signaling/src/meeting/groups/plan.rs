//! Who is in which group.

use std::collections::{BTreeMap, BTreeSet};

use diemcau_protocol::{
    Action, ErrorCode, GROUP_UNITS, GROUPS, Group, GroupPlan, ParticipantId, Role,
};

use crate::meeting::actor::unknown_participant;
use crate::meeting::text::clean_name;
use crate::meeting::{Refusal, State};
use crate::permissions::{Scope, permits};

/// The groups and who is in which, of those who are here.
pub(super) fn by_hand(
    state: &State,
    plans: &[GroupPlan],
) -> Result<(Vec<Group>, BTreeMap<ParticipantId, u32>), Refusal> {
    let units: usize = plans.iter().map(|plan| plan.units.len()).sum();
    if plans.is_empty() || plans.len() > GROUPS as usize || units > GROUP_UNITS as usize {
        return Err(unfit("too few groups, or too many groups or units"));
    }
    let mut groups: Vec<Group> = Vec::with_capacity(plans.len());
    let mut members = BTreeMap::new();
    let mut units = BTreeSet::new();
    let mut number = state.procedure.groups.numbered;
    for plan in plans {
        number = number.saturating_add(1);
        let name = clean_name(&plan.name)?
            .ok_or_else(|| Refusal::new(ErrorCode::TextEmpty, "a group needs a name"))?;
        let mut own = Vec::with_capacity(plan.units.len());
        for unit in &plan.units {
            let unit = clean_name(unit)?.ok_or_else(|| unfit("a unit has no name"))?;
            if !units.insert(unit.clone()) {
                return Err(unfit("a unit is in two groups"));
            }
            own.push(unit);
        }
        for participant in &plan.participants {
            state.here(participant).ok_or_else(unknown_participant)?;
            if members.insert(participant.clone(), number).is_some() {
                return Err(unfit("somebody is in two groups"));
            }
        }
        groups.push(Group {
            number,
            name,
            units: own,
        });
    }
    for (id, member) in &state.members {
        let group = group_of_unit(&groups, member.role, member.unit.as_deref());
        if let Some(group) = group.filter(|_| member.is_here()) {
            members.entry(id.clone()).or_insert(group);
        }
    }
    Ok((groups, members))
}

/// A group for each unit that somebody here is from.
pub(super) fn by_unit(state: &State) -> Vec<GroupPlan> {
    let here = state.members.values().filter(|member| member.is_here());
    let parting = here.filter(|member| !conducts(member.role));
    let units: BTreeSet<&str> = parting
        .filter_map(|member| member.unit.as_deref())
        .collect();
    let plan = |unit: &str| GroupPlan {
        name: unit.to_owned(),
        units: vec![unit.to_owned()],
        participants: BTreeSet::new(),
    };
    units.into_iter().map(plan).collect()
}

/// The group of a unit's participants; who conducts the meeting is in none.
pub(super) fn group_of_unit(groups: &[Group], role: Role, unit: Option<&str>) -> Option<u32> {
    let unit = unit.filter(|_| !conducts(role))?;
    let mut groups = groups.iter();
    let group = groups.find(|group| group.units.iter().any(|own| own == unit))?;
    Some(group.number)
}

fn conducts(role: Role) -> bool {
    permits(role, Action::Conduct, Scope::Meeting)
}

fn unfit(detail: &'static str) -> Refusal {
    Refusal::new(ErrorCode::GroupsUnfit, detail)
}
