//! What can be changed, and when not.

use diemcau_protocol::ErrorCode;

use super::{
    Member, MemberId, MemberKind, Name, NamePeriod, Organisation, Record, Refusal, Tier, TierId,
    Unit, UnitId,
};

/// What somebody wants to be otherwise. `None` leaves a field as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    SetTiers(Vec<Tier>),
    AddUnit {
        id: UnitId,
        parent: Option<UnitId>,
        tier: TierId,
        name: Name,
    },
    AlterUnit {
        id: UnitId,
        name: Option<Name>,
        parent: Option<Option<UnitId>>,
        tier: Option<TierId>,
    },
    /// What belongs to the one belongs to the other from now on; the one is
    /// closed and points to the other.
    MergeUnit {
        id: UnitId,
        into: UnitId,
    },
    CloseUnit {
        id: UnitId,
    },
    AddMember {
        kind: MemberKind,
        id: MemberId,
        unit: UnitId,
        name: Name,
        position: Option<Name>,
    },
    AlterMember {
        kind: MemberKind,
        id: MemberId,
        unit: Option<UnitId>,
        name: Option<Name>,
        position: Option<Option<Name>>,
    },
    CloseMember {
        kind: MemberKind,
        id: MemberId,
    },
}

const UNKNOWN_UNIT: Refusal = Refusal::new(ErrorCode::NotFound, "there is no such unit");
const UNKNOWN_MEMBER: Refusal =
    Refusal::new(ErrorCode::NotFound, "there is no such site or person");
const CLOSED: Refusal = Refusal::new(ErrorCode::Closed, "it is closed");
const THERE: Refusal = Refusal::new(ErrorCode::AlreadyExists, "the identifier is in use");
const UNFIT: Refusal = Refusal::new(
    ErrorCode::TierUnfit,
    "the tier is unknown, or not below that of the unit above",
);
const CYCLE: Refusal = Refusal::new(ErrorCode::Cycle, "a unit cannot stand below itself");

/// The tiers of a well-known order of administration.
pub(crate) fn preset(names: &[(&str, &str)]) -> Result<Vec<Tier>, Refusal> {
    let tier = |(id, name): &(&str, &str)| {
        Ok(Tier {
            id: TierId::parse(id)?,
            name: Name::parse(name)?,
        })
    };
    names.iter().map(tier).collect()
}

/// The records that a change leads to.
pub(crate) fn decide(
    organisation: &Organisation,
    now: i64,
    change: Change,
) -> Result<Vec<Record>, Refusal> {
    let desk = Desk { organisation, now };
    match change {
        Change::SetTiers(tiers) => desk.set_tiers(tiers),
        Change::AddUnit {
            id,
            parent,
            tier,
            name,
        } => desk.add_unit(id, parent, tier, name),
        Change::AlterUnit {
            id,
            name,
            parent,
            tier,
        } => desk.change_unit(&id, name, parent, tier),
        Change::MergeUnit { id, into } => desk.merge_unit(&id, &into),
        Change::CloseUnit { id } => desk.close_unit(&id),
        Change::AddMember {
            kind,
            id,
            unit,
            name,
            position,
        } => desk.add_member(kind, id, unit, name, position),
        Change::AlterMember {
            kind,
            id,
            unit,
            name,
            position,
        } => desk.change_member(kind, &id, unit, name, position),
        Change::CloseMember { kind, id } => desk.close_member(kind, &id),
    }
}

struct Desk<'a> {
    organisation: &'a Organisation,
    now: i64,
}

impl Desk<'_> {
    fn version(&self) -> i64 {
        self.organisation.version + 1
    }

    /// How far down a tier is.
    fn depth(tiers: &[Tier], tier: &TierId) -> Result<usize, Refusal> {
        tiers
            .iter()
            .position(|known| known.id == *tier)
            .ok_or(UNFIT)
    }

    fn set_tiers(&self, tiers: Vec<Tier>) -> Result<Vec<Record>, Refusal> {
        for (index, tier) in tiers.iter().enumerate() {
            if tiers[..index].iter().any(|other| other.id == tier.id) {
                return Err(THERE);
            }
        }
        for unit in self.organisation.units.values() {
            let depth = Self::depth(&tiers, &unit.tier)?;
            if let Some(parent) = &unit.parent
                && Self::depth(&tiers, &self.unit(parent)?.tier)? >= depth
            {
                return Err(UNFIT);
            }
        }
        Ok(vec![Record::Tiers(tiers)])
    }

    fn unit(&self, id: &UnitId) -> Result<&Unit, Refusal> {
        self.organisation.units.get(id).ok_or(UNKNOWN_UNIT)
    }

    fn open_unit(&self, id: &UnitId) -> Result<&Unit, Refusal> {
        let unit = self.unit(id)?;
        match unit.closed_at {
            None => Ok(unit),
            Some(_) => Err(CLOSED),
        }
    }

    fn open_member(&self, kind: MemberKind, id: &MemberId) -> Result<&Member, Refusal> {
        let member = self
            .organisation
            .members(kind)
            .get(id)
            .ok_or(UNKNOWN_MEMBER)?;
        match member.closed_at {
            None => Ok(member),
            Some(_) => Err(CLOSED),
        }
    }

    fn open_children(&self, id: &UnitId) -> impl Iterator<Item = &Unit> {
        let below = |unit: &&Unit| unit.parent.as_ref() == Some(id) && unit.closed_at.is_none();
        self.organisation.units.values().filter(below)
    }

    fn open_members(&self, kind: MemberKind, unit: &UnitId) -> impl Iterator<Item = &Member> {
        let of_unit = |member: &&Member| member.unit == *unit && member.closed_at.is_none();
        self.organisation.members(kind).values().filter(of_unit)
    }

    /// Whether a unit of this tier may stand there.
    fn fits(&self, tier: &TierId, parent: Option<&UnitId>) -> Result<(), Refusal> {
        let tiers = &self.organisation.tiers;
        let depth = Self::depth(tiers, tier)?;
        match parent {
            Some(parent) if Self::depth(tiers, &self.open_unit(parent)?.tier)? >= depth => {
                Err(UNFIT)
            }
            Some(_) | None => Ok(()),
        }
    }

    fn add_unit(
        &self,
        id: UnitId,
        parent: Option<UnitId>,
        tier: TierId,
        name: Name,
    ) -> Result<Vec<Record>, Refusal> {
        if self.organisation.units.contains_key(&id) {
            return Err(THERE);
        }
        self.fits(&tier, parent.as_ref())?;
        Ok(vec![Record::Unit(Unit {
            id,
            parent,
            tier,
            names: vec![self.beginning_now(name)],
            closed_at: None,
            successor: None,
            version: self.version(),
        })])
    }

    fn change_unit(
        &self,
        id: &UnitId,
        name: Option<Name>,
        parent: Option<Option<UnitId>>,
        tier: Option<TierId>,
    ) -> Result<Vec<Record>, Refusal> {
        let mut unit = self.open_unit(id)?.clone();
        unit.version = self.version();
        if let Some(name) = name {
            self.rename(&mut unit.names, name);
        }
        if let Some(Some(parent)) = &parent
            && self.organisation.is_within(parent, id)
        {
            return Err(CYCLE);
        }
        unit.parent = parent.unwrap_or(unit.parent);
        unit.tier = tier.unwrap_or(unit.tier);
        self.fits(&unit.tier, unit.parent.as_ref())?;
        let tiers = &self.organisation.tiers;
        let depth = Self::depth(tiers, &unit.tier)?;
        for child in self.open_children(id) {
            if Self::depth(tiers, &child.tier)? <= depth {
                return Err(UNFIT);
            }
        }
        Ok(vec![Record::Unit(unit)])
    }

    fn merge_unit(&self, id: &UnitId, into: &UnitId) -> Result<Vec<Record>, Refusal> {
        let mut merged = self.open_unit(id)?.clone();
        self.open_unit(into)?;
        if self.organisation.is_within(into, id) {
            return Err(CYCLE);
        }
        let mut records = Vec::new();
        for child in self.open_children(id) {
            self.fits(&child.tier, Some(into))?;
            records.push(Record::Unit(Unit {
                parent: Some(into.clone()),
                version: self.version(),
                ..child.clone()
            }));
        }
        for kind in [MemberKind::Site, MemberKind::Person] {
            records.extend(self.open_members(kind, id).map(|member| {
                let moved = Member {
                    unit: into.clone(),
                    version: self.version(),
                    ..member.clone()
                };
                Record::Member(kind, moved)
            }));
        }
        self.end(&mut merged.names);
        merged.closed_at = Some(self.now);
        merged.successor = Some(into.clone());
        merged.version = self.version();
        records.push(Record::Unit(merged));
        Ok(records)
    }

    fn close_unit(&self, id: &UnitId) -> Result<Vec<Record>, Refusal> {
        let mut unit = self.open_unit(id)?.clone();
        let somebody = self.open_members(MemberKind::Site, id).next().is_some()
            || self.open_members(MemberKind::Person, id).next().is_some();
        if somebody || self.open_children(id).next().is_some() {
            return Err(Refusal::new(
                ErrorCode::NotEmpty,
                "units, sites or people still belong to it",
            ));
        }
        self.end(&mut unit.names);
        unit.closed_at = Some(self.now);
        unit.version = self.version();
        Ok(vec![Record::Unit(unit)])
    }

    fn add_member(
        &self,
        kind: MemberKind,
        id: MemberId,
        unit: UnitId,
        name: Name,
        position: Option<Name>,
    ) -> Result<Vec<Record>, Refusal> {
        if self.organisation.members(kind).contains_key(&id) {
            return Err(THERE);
        }
        self.open_unit(&unit)?;
        let member = Member {
            id,
            unit,
            names: vec![self.beginning_now(name)],
            position: Self::position(kind, position)?,
            closed_at: None,
            version: self.version(),
        };
        Ok(vec![Record::Member(kind, member)])
    }

    fn change_member(
        &self,
        kind: MemberKind,
        id: &MemberId,
        unit: Option<UnitId>,
        name: Option<Name>,
        position: Option<Option<Name>>,
    ) -> Result<Vec<Record>, Refusal> {
        let mut member = self.open_member(kind, id)?.clone();
        if let Some(unit) = unit {
            self.open_unit(&unit)?;
            member.unit = unit;
        }
        if let Some(name) = name {
            self.rename(&mut member.names, name);
        }
        if let Some(position) = position {
            member.position = Self::position(kind, position)?;
        }
        member.version = self.version();
        Ok(vec![Record::Member(kind, member)])
    }

    fn close_member(&self, kind: MemberKind, id: &MemberId) -> Result<Vec<Record>, Refusal> {
        let mut member = self.open_member(kind, id)?.clone();
        self.end(&mut member.names);
        member.closed_at = Some(self.now);
        member.version = self.version();
        Ok(vec![Record::Member(kind, member)])
    }

    fn position(kind: MemberKind, position: Option<Name>) -> Result<Option<Name>, Refusal> {
        match (kind, position) {
            (MemberKind::Site, Some(_)) => Err(Refusal::new(
                ErrorCode::BadMessage,
                "a site has no position",
            )),
            (MemberKind::Site | MemberKind::Person, position) => Ok(position),
        }
    }

    fn beginning_now(&self, name: Name) -> NamePeriod {
        NamePeriod {
            name,
            from: self.now,
            to: None,
        }
    }

    fn rename(&self, names: &mut Vec<NamePeriod>, name: Name) {
        if names.last().is_some_and(|period| period.name == name) {
            return;
        }
        self.end(names);
        names.push(self.beginning_now(name));
    }

    fn end(&self, names: &mut [NamePeriod]) {
        if let Some(period) = names.last_mut() {
            period.to = Some(self.now.max(period.from));
        }
    }
}
