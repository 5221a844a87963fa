//! Who may do what outside meetings: the one table role × action × scope.
//!
//! ```text
//!                       administrator  unit    organiser  clerk  auditor  site      member
//!                                      admin.                             operator
//!  own account          own            own     own        own    own      own       own
//!  read organisation,   all            all     all        all    all      all       all
//!  except its accounts
//!  tiers, import        all            -       -          -      -        -         -
//!  units, members       all            units   -          -      -        -         -
//!  accounts, roles      all            units   -          -      -        -         -
//!  schedule             all            units   units      -      -        -         -
//!  archives, their      all            units   -          units  -        -         -
//!  minutes and sharing
//!  audit log            all            -       -          -      all      -         -
//!  devices of sites     all            units   -          -      -        site      -
//! ```
//!
//! *own* is the account itself, *site* the site and *units* the unit and what
//! stands below it, as the role was given; *all* is everything. Scopes within
//! a meeting stand in the table above this module.

use diemcau_protocol::{ErrorCode, SystemRole, TokenScope};

use crate::organisation::{MemberId, Organisation, Refusal, UnitId};

/// What can be done outside meetings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SystemAction {
    /// Password, second factor, sessions and tokens of one's own.
    OwnAccount,
    ReadOrganisation,
    SetTiers,
    ImportOrganisation,
    ManageUnits,
    ManageMembers,
    ReadAccounts,
    ManageAccounts,
    Schedule,
    /// Recordings and the drafts of minutes.
    ReadArchives,
    /// Minutes, with whom archives are shared, what was said.
    ManageArchives,
    ReadAudit,
    ReadDevices,
    ManageDevices,
}

/// How far a permission reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The account itself.
    Own,
    /// The site for which the role was given.
    Site,
    /// The unit for which the role was given, and what stands below it.
    Units,
    /// Everything.
    System,
}

/// How far a role may go with an action; `None` where it may not at all.
pub(crate) fn reach(role: SystemRole, action: SystemAction) -> Option<Reach> {
    use SystemAction as Action;
    use SystemRole as Role;
    match action {
        Action::OwnAccount => Some(Reach::Own),
        Action::ReadOrganisation => Some(Reach::System),
        Action::SetTiers | Action::ImportOrganisation => match role {
            Role::Administrator => Some(Reach::System),
            Role::UnitAdministrator
            | Role::Organiser
            | Role::Clerk
            | Role::Auditor
            | Role::SiteOperator
            | Role::Member => None,
        },
        Action::ManageUnits
        | Action::ManageMembers
        | Action::ReadAccounts
        | Action::ManageAccounts => match role {
            Role::Administrator => Some(Reach::System),
            Role::UnitAdministrator => Some(Reach::Units),
            Role::Organiser | Role::Clerk | Role::Auditor | Role::SiteOperator | Role::Member => {
                None
            }
        },
        Action::Schedule => match role {
            Role::Administrator => Some(Reach::System),
            Role::UnitAdministrator | Role::Organiser => Some(Reach::Units),
            Role::Clerk | Role::Auditor | Role::SiteOperator | Role::Member => None,
        },
        Action::ReadArchives | Action::ManageArchives => match role {
            Role::Administrator => Some(Reach::System),
            Role::UnitAdministrator | Role::Clerk => Some(Reach::Units),
            Role::Organiser | Role::Auditor | Role::SiteOperator | Role::Member => None,
        },
        Action::ReadAudit => match role {
            Role::Administrator | Role::Auditor => Some(Reach::System),
            Role::UnitAdministrator
            | Role::Organiser
            | Role::Clerk
            | Role::SiteOperator
            | Role::Member => None,
        },
        Action::ReadDevices | Action::ManageDevices => match role {
            Role::Administrator => Some(Reach::System),
            Role::UnitAdministrator => Some(Reach::Units),
            Role::SiteOperator => Some(Reach::Site),
            Role::Organiser | Role::Clerk | Role::Auditor | Role::Member => None,
        },
    }
}

/// The scopes of which a token needs one; a token never reaches the account
/// that it belongs to.
pub(crate) fn scopes(action: SystemAction) -> &'static [TokenScope] {
    use TokenScope as Scope;
    match action {
        SystemAction::OwnAccount => &[],
        SystemAction::ReadOrganisation => &[Scope::OrganisationRead, Scope::OrganisationWrite],
        SystemAction::SetTiers
        | SystemAction::ImportOrganisation
        | SystemAction::ManageUnits
        | SystemAction::ManageMembers => &[Scope::OrganisationWrite],
        SystemAction::ReadAccounts => &[Scope::AccountsRead, Scope::AccountsWrite],
        SystemAction::ManageAccounts => &[Scope::AccountsWrite],
        SystemAction::Schedule => &[Scope::MeetingsWrite],
        SystemAction::ReadArchives => &[Scope::ArchivesRead, Scope::ArchivesWrite],
        SystemAction::ManageArchives => &[Scope::ArchivesWrite],
        SystemAction::ReadAudit => &[Scope::AuditRead],
        SystemAction::ReadDevices => &[Scope::DevicesRead, Scope::DevicesWrite],
        SystemAction::ManageDevices => &[Scope::DevicesWrite],
    }
}

/// Where a role was given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Everywhere,
    Unit(UnitId),
    Site(MemberId),
}

/// A role somewhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Grant {
    pub(crate) role: SystemRole,
    pub(crate) place: Place,
}

/// What an action is done to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// The account that acts.
    Own,
    Site(MemberId),
    Unit(UnitId),
    /// The whole server; also the top of the tree.
    System,
}

/// What somebody may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Powers {
    pub(crate) grants: Vec<Grant>,
    /// Of a program's token; none where somebody acts in person.
    pub(crate) token: Option<TokenLimit>,
}

/// How a token bounds what its owner may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenLimit {
    pub(crate) scopes: Vec<TokenScope>,
    /// In this unit and below it.
    pub(crate) unit: Option<UnitId>,
}

impl Powers {
    /// Of the server's own administrator, who has its key.
    pub(crate) fn of_the_key() -> Self {
        Self {
            grants: vec![Grant {
                role: SystemRole::Administrator,
                place: Place::Everywhere,
            }],
            token: None,
        }
    }

    /// Of somebody in person: whoever has an account is a member.
    pub(crate) fn of_account(given: &[Grant]) -> Self {
        let member = Grant {
            role: SystemRole::Member,
            place: Place::Everywhere,
        };
        Self {
            grants: given.iter().cloned().chain([member]).collect(),
            token: None,
        }
    }

    /// Of a program that acts for somebody.
    pub(crate) fn of_token(given: &[Grant], limit: TokenLimit) -> Self {
        Self {
            token: Some(limit),
            ..Self::of_account(given)
        }
    }

    /// Whether an action may be done to a target.
    pub(crate) fn permit(
        &self,
        organisation: &Organisation,
        action: SystemAction,
        target: &Target,
    ) -> bool {
        self.token_permits(organisation, action, target)
            && self.grants.iter().any(|grant| {
                reach(grant.role, action)
                    .is_some_and(|reach| covers(organisation, reach, &grant.place, target))
            })
    }

    /// Whether an action may be done to anything at all.
    pub(crate) fn permit_somewhere(&self, action: SystemAction) -> bool {
        self.token_scope_permits(action)
            && self
                .grants
                .iter()
                .any(|grant| reach(grant.role, action).is_some())
    }

    /// The same as [`Powers::permit`], as an answer.
    pub(crate) fn check(
        &self,
        organisation: &Organisation,
        action: SystemAction,
        target: &Target,
    ) -> Result<(), Refusal> {
        if self.permit(organisation, action, target) {
            Ok(())
        } else {
            Err(NOT_ALLOWED)
        }
    }

    /// Whether a role may be given, or taken, and whoever has it be managed:
    /// nobody makes somebody who may more than they.
    pub(crate) fn permit_grant(&self, organisation: &Organisation, grant: &Grant) -> bool {
        let target = match (grant.role, &grant.place) {
            (SystemRole::Administrator | SystemRole::Auditor, _) | (_, Place::Everywhere) => {
                Target::System
            }
            (_, Place::Unit(unit)) => Target::Unit(unit.clone()),
            (_, Place::Site(site)) => Target::Site(site.clone()),
        };
        self.permit(organisation, SystemAction::ManageAccounts, &target)
    }

    fn token_permits(
        &self,
        organisation: &Organisation,
        action: SystemAction,
        target: &Target,
    ) -> bool {
        let unit = self.token.as_ref().and_then(|limit| limit.unit.as_ref());
        let within = |unit: &UnitId| {
            let place = Place::Unit(unit.clone());
            covers(organisation, Reach::Units, &place, target)
        };
        self.token_scope_permits(action) && unit.is_none_or(within)
    }

    fn token_scope_permits(&self, action: SystemAction) -> bool {
        let needed = scopes(action);
        self.token
            .as_ref()
            .is_none_or(|limit| limit.scopes.iter().any(|scope| needed.contains(scope)))
    }
}

/// The answer to whom the table does not allow it.
pub(crate) const NOT_ALLOWED: Refusal =
    Refusal::new(ErrorCode::Forbidden, "the role does not allow it there");

fn covers(organisation: &Organisation, reach: Reach, place: &Place, target: &Target) -> bool {
    let unit_of = |site: &MemberId| organisation.sites.get(site).map(|site| &site.unit);
    match (reach, place, target) {
        (Reach::System, _, _) | (_, _, Target::Own) => true,
        (Reach::Own, _, _) | (_, _, Target::System) => false,
        (Reach::Units, Place::Everywhere, Target::Unit(_) | Target::Site(_)) => true,
        (Reach::Units, Place::Unit(above), Target::Unit(unit)) => {
            organisation.is_within(unit, above)
        }
        (Reach::Units, Place::Unit(above), Target::Site(site)) => {
            unit_of(site).is_some_and(|unit| organisation.is_within(unit, above))
        }
        (Reach::Units, Place::Site(_), _) => false,
        (Reach::Site, Place::Site(site), Target::Site(other)) => site == other,
        (Reach::Site, _, _) => false,
    }
}

#[cfg(test)]
mod tests;
