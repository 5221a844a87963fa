//! From an expression to those whom it names.
//!
//! *All communes of district X, all district sites, Mr Y, but not unit Z* is
//! kept as it was said, beside those whom it named when it was saved. Where the
//! organisation changes, the two differ, and the organiser is told how.

use std::collections::{BTreeMap, BTreeSet};

use diemcau_protocol::{
    ErrorCode, Excepted, InvitedKind, LetterLanguage, Role, SELECTION_LENGTH, Selection,
    SelectionEntry,
};
use serde::{Deserialize, Serialize};

use super::{Invited, Invitee, Who};
use crate::organisation::{
    Member, MemberId, MemberKind, Name, Organisation, Refusal, TierId, Unit, UnitId, sort_key,
};

/// Somebody whom a selection names, as it is called now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Named {
    pub(crate) who: Who,
    pub(crate) role: Role,
    pub(crate) name: String,
    pub(crate) title: Option<String>,
    /// The name of the unit.
    pub(crate) unit: Option<String>,
    /// Of a guest; the others' are in their contacts.
    pub(crate) email: Option<String>,
    pub(crate) language: LetterLanguage,
}

impl Named {
    /// Whether it takes part as a site.
    pub(crate) fn is_site(&self) -> bool {
        match self.who.kind {
            InvitedKind::Unit | InvitedKind::Site => true,
            InvitedKind::Person | InvitedKind::Guest => false,
        }
    }

    /// Its identifier, without the address that tells guests apart.
    pub(crate) fn email_free_id(&self) -> &str {
        match self.who.kind {
            InvitedKind::Guest => &self.name,
            InvitedKind::Unit | InvitedKind::Site | InvitedKind::Person => &self.who.id,
        }
    }

    /// Name and position, as it goes by in the meeting.
    pub(crate) fn full_name(&self) -> String {
        let full = match &self.title {
            Some(title) => format!("{}, {title}", self.name),
            None => self.name.clone(),
        };
        let longest = diemcau_protocol::NAME_LENGTH as usize;
        if full.chars().count() <= longest {
            full
        } else {
            self.name.clone()
        }
    }
}

/// As it goes over the wire.
pub(crate) fn invited(named: &Named) -> Invited {
    Invited {
        kind: named.who.kind,
        id: named.who.id.clone(),
        name: named.name.clone(),
        title: named.title.clone(),
        unit: named.unit.clone(),
        role: named.role,
    }
}

/// Whom a selection names, each once, and what it names that is not there any
/// more.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Resolved {
    pub(crate) named: Vec<Named>,
    pub(crate) gone: Vec<Refusal>,
}

/// Finds whom a selection names: groups in Vietnamese order, in the order of
/// the entries.
pub(crate) fn resolve(
    organisation: &Organisation,
    selection: &Selection,
) -> Result<Resolved, Refusal> {
    let longest = SELECTION_LENGTH as usize;
    if selection.entries.len() > longest || selection.except.len() > longest {
        return Err(Refusal::new(
            ErrorCode::TooLarge,
            "a selection has at most 1000 entries and 1000 exceptions",
        ));
    }
    let finder = Finder { organisation };
    let mut gathered = Gathered::default();
    for entry in &selection.entries {
        match finder.entry(entry) {
            Ok(found) => found.into_iter().for_each(|named| gathered.add(named)),
            Err(gone) if matches!(gone.code, ErrorCode::NotFound | ErrorCode::Closed) => {
                gathered.gone.push(gone);
            }
            Err(refusal) => return Err(refusal),
        }
    }
    let excepted = finder.excepted(&selection.except)?;
    let named = gathered.named.into_iter();
    Ok(Resolved {
        named: named
            .filter(|named| !excepted.contains(&named.who))
            .collect(),
        gone: gathered.gone,
    })
}

#[derive(Default)]
struct Gathered {
    named: Vec<Named>,
    places: BTreeMap<Who, usize>,
    gone: Vec<Refusal>,
}

impl Gathered {
    /// Who is named again keeps its place and takes the role said last.
    fn add(&mut self, named: Named) {
        match self.places.get(&named.who) {
            Some(&place) => self.named[place].role = named.role,
            None => {
                self.places.insert(named.who.clone(), self.named.len());
                self.named.push(named);
            }
        }
    }
}

struct Finder<'a> {
    organisation: &'a Organisation,
}

impl Finder<'_> {
    fn entry(&self, entry: &SelectionEntry) -> Result<Vec<Named>, Refusal> {
        match entry {
            SelectionEntry::Units { tier, below, role } => {
                let mut units = self.units(tier, below.as_deref())?;
                units.sort_by_cached_key(|unit| (sort_key(unit.name()), unit.id.clone()));
                Ok(units.iter().map(|unit| of_unit(unit, *role)).collect())
            }
            SelectionEntry::Sites { tier, below, role } => {
                let units = self.units(tier, below.as_deref())?;
                let within: BTreeSet<&UnitId> = units.iter().map(|unit| &unit.id).collect();
                let sites = self.organisation.sites.values();
                let mut sites: Vec<&Member> = sites
                    .filter(|site| site.closed_at.is_none() && within.contains(&site.unit))
                    .collect();
                sites.sort_by_cached_key(|site| (sort_key(site.name()), site.id.clone()));
                let site = |site: &&Member| self.of_member(MemberKind::Site, site, *role);
                Ok(sites.iter().map(site).collect())
            }
            SelectionEntry::Unit { id, role } => Ok(vec![of_unit(self.unit(id)?, *role)]),
            SelectionEntry::Site { id, role } => self.one(MemberKind::Site, id, *role),
            SelectionEntry::Person { id, role } => self.one(MemberKind::Person, id, *role),
            SelectionEntry::Guest {
                name,
                title,
                unit,
                email,
                language,
                role,
            } => {
                let text = |text: &Option<String>| {
                    let name = text.as_deref().map(Name::parse).transpose()?;
                    Ok::<_, Refusal>(name.map(|name| name.as_str().to_owned()))
                };
                let name = Name::parse(name)?.as_str().to_owned();
                let email = email.as_deref().map(super::address).transpose()?;
                let id = match &email {
                    Some(email) => format!("{name} <{email}>"),
                    None => name.clone(),
                };
                Ok(vec![Named {
                    who: Who {
                        kind: InvitedKind::Guest,
                        id,
                    },
                    role: role.unwrap_or(Role::Delegate),
                    name,
                    title: text(title)?,
                    unit: text(unit)?,
                    email,
                    language: *language,
                }])
            }
        }
    }

    /// The open units of a tier, where asked for only below another one.
    fn units(&self, tier: &str, below: Option<&str>) -> Result<Vec<&Unit>, Refusal> {
        let tier = TierId::parse(tier)?;
        if !self.organisation.tiers.iter().any(|known| known.id == tier) {
            return Err(gone("there is no such tier"));
        }
        let below = below.map(|below| self.unit(below)).transpose()?;
        let units = self.organisation.units.values().filter(|unit| {
            unit.tier == tier
                && unit.closed_at.is_none()
                && below.is_none_or(|below| {
                    unit.id != below.id && self.organisation.is_within(&unit.id, &below.id)
                })
        });
        Ok(units.collect())
    }

    fn unit(&self, id: &str) -> Result<&Unit, Refusal> {
        let unit = self.organisation.units.get(&UnitId::parse(id)?);
        let unit = unit.ok_or(gone("there is no such unit"))?;
        match unit.closed_at {
            None => Ok(unit),
            Some(_) => Err(Refusal::new(ErrorCode::Closed, "the unit is closed")),
        }
    }

    fn one(&self, kind: MemberKind, id: &str, role: Option<Role>) -> Result<Vec<Named>, Refusal> {
        let members = self.organisation.members(kind);
        let member = members
            .get(&MemberId::parse(id)?)
            .ok_or(gone("there is no such site or person"))?;
        match member.closed_at {
            None => Ok(vec![self.of_member(kind, member, role)]),
            Some(_) => Err(Refusal::new(
                ErrorCode::Closed,
                "the site or person is closed",
            )),
        }
    }

    fn of_member(&self, kind: MemberKind, member: &Member, role: Option<Role>) -> Named {
        let (kind, usual) = match kind {
            MemberKind::Site => (InvitedKind::Site, Role::Operator),
            MemberKind::Person => (InvitedKind::Person, Role::Delegate),
        };
        let unit = self.organisation.units.get(&member.unit);
        Named {
            who: Who {
                kind,
                id: member.id.as_str().to_owned(),
            },
            role: role.unwrap_or(usual),
            name: member.name().to_owned(),
            title: member
                .position
                .as_ref()
                .map(|title| title.as_str().to_owned()),
            unit: unit.map(|unit| unit.name().to_owned()),
            email: None,
            language: LetterLanguage::default(),
        }
    }

    /// Everybody who is excepted: of a unit, also what is below and belongs
    /// to it.
    fn excepted(&self, except: &[Excepted]) -> Result<BTreeSet<Who>, Refusal> {
        let mut excepted = BTreeSet::new();
        let who = |kind, id: &str| Who {
            kind,
            id: id.to_owned(),
        };
        for one in except {
            match one {
                Excepted::Site { id } => excepted.insert(who(InvitedKind::Site, id)),
                Excepted::Person { id } => excepted.insert(who(InvitedKind::Person, id)),
                Excepted::Unit { id } => {
                    let above = UnitId::parse(id)?;
                    let within = |unit: &UnitId| self.organisation.is_within(unit, &above);
                    let units = self.organisation.units.keys().filter(|unit| within(unit));
                    excepted.extend(units.map(|unit| who(InvitedKind::Unit, unit.as_str())));
                    for (kind, word) in [
                        (MemberKind::Site, InvitedKind::Site),
                        (MemberKind::Person, InvitedKind::Person),
                    ] {
                        let members = self.organisation.members(kind).values();
                        let members = members.filter(|member| within(&member.unit));
                        excepted.extend(members.map(|member| who(word, member.id.as_str())));
                    }
                    true
                }
            };
        }
        Ok(excepted)
    }
}

fn of_unit(unit: &Unit, role: Option<Role>) -> Named {
    Named {
        who: Who {
            kind: InvitedKind::Unit,
            id: unit.id.as_str().to_owned(),
        },
        role: role.unwrap_or(Role::Operator),
        name: unit.name().to_owned(),
        title: None,
        unit: Some(unit.name().to_owned()),
        email: None,
        language: LetterLanguage::default(),
    }
}

const fn gone(detail: &'static str) -> Refusal {
    Refusal::new(ErrorCode::NotFound, detail)
}

/// How those whom a selection names now differ from those who are invited.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Difference {
    pub(crate) added: Vec<Named>,
    pub(crate) removed: Vec<Named>,
    /// As they are to be.
    pub(crate) changed: Vec<Named>,
}

/// Compares who is invited with whom the selection names now.
pub(crate) fn difference(invitees: &[Invitee], named: &[Named]) -> Difference {
    let before: BTreeMap<&Who, &Named> = invitees
        .iter()
        .map(|invitee| (&invitee.named.who, &invitee.named))
        .collect();
    let now: BTreeSet<&Who> = named.iter().map(|named| &named.who).collect();
    let mut difference = Difference::default();
    for named in named {
        match before.get(&named.who) {
            None => difference.added.push(named.clone()),
            Some(before) if *before != named => difference.changed.push(named.clone()),
            Some(_) => {}
        }
    }
    let removed = invitees.iter().map(|invitee| &invitee.named);
    difference.removed = removed
        .filter(|named| !now.contains(&named.who))
        .cloned()
        .collect();
    difference
}
