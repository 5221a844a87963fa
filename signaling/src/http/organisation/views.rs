//! The organisation as it goes over the wire.

use diemcau_protocol as wire;

use crate::organisation::{Member, Name, NamePeriod, Organisation, Tier, Unit, UnitId, name_at};

pub(super) fn tiers(organisation: &Organisation) -> wire::Tiers {
    let tier = |tier: &Tier| wire::Tier {
        id: tier.id.as_str().to_owned(),
        name: tier.name.as_str().to_owned(),
    };
    wire::Tiers {
        tiers: organisation.tiers.iter().map(tier).collect(),
    }
}

pub(super) fn unit(unit: &Unit, at: Option<i64>) -> wire::Unit {
    let owned = |id: &UnitId| id.as_str().to_owned();
    wire::Unit {
        id: owned(&unit.id),
        parent: unit.parent.as_ref().map(owned),
        tier: unit.tier.as_str().to_owned(),
        name: at
            .map_or(unit.name(), |at| name_at(&unit.names, at))
            .to_owned(),
        names: names(&unit.names),
        closed_at: unit.closed_at,
        successor: unit.successor.as_ref().map(owned),
    }
}

pub(super) fn member(member: &Member, at: Option<i64>) -> wire::Member {
    let position = |name: &Name| name.as_str().to_owned();
    wire::Member {
        id: member.id.as_str().to_owned(),
        unit: member.unit.as_str().to_owned(),
        name: at
            .map_or(member.name(), |at| name_at(&member.names, at))
            .to_owned(),
        position: member.position.as_ref().map(position),
        names: names(&member.names),
        closed_at: member.closed_at,
    }
}

fn names(names: &[NamePeriod]) -> Vec<wire::NamePeriod> {
    let period = |period: &NamePeriod| wire::NamePeriod {
        name: period.name.as_str().to_owned(),
        from: period.from,
        to: period.to,
    };
    names.iter().map(period).collect()
}
