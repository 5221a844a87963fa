//! Every role tries every action everywhere.

use diemcau_protocol::{SystemRole, TokenScope};

use super::*;
use crate::organisation::{Member, MemberKind, Name, NamePeriod, Record, TierId, Unit};

const ACTIONS: [SystemAction; 14] = [
    SystemAction::OwnAccount,
    SystemAction::ReadOrganisation,
    SystemAction::SetTiers,
    SystemAction::ImportOrganisation,
    SystemAction::ManageUnits,
    SystemAction::ManageMembers,
    SystemAction::ReadAccounts,
    SystemAction::ManageAccounts,
    SystemAction::Schedule,
    SystemAction::ReadArchives,
    SystemAction::ManageArchives,
    SystemAction::ReadAudit,
    SystemAction::ReadDevices,
    SystemAction::ManageDevices,
];

fn unit(id: &str) -> UnitId {
    UnitId::parse(id).unwrap()
}

fn site(id: &str) -> MemberId {
    MemberId::parse(id).unwrap()
}

/// A province with the communes An Bình and Hòa Lạc, each with a site.
fn minh_hoa() -> Organisation {
    let mut organisation = Organisation::default();
    let names = |name: &str| {
        vec![NamePeriod {
            name: Name::parse(name).unwrap(),
            from: 0,
            to: None,
        }]
    };
    for (id, parent, name) in [
        ("tinh", None, "UBND tỉnh Minh Họa"),
        ("an-binh", Some("tinh"), "Xã An Bình"),
        ("hoa-lac", Some("tinh"), "Xã Hòa Lạc"),
    ] {
        organisation.apply(Record::Unit(Unit {
            id: unit(id),
            parent: parent.map(unit),
            tier: TierId::parse("province").unwrap(),
            names: names(name),
            closed_at: None,
            successor: None,
            version: 1,
        }));
    }
    for commune in ["an-binh", "hoa-lac"] {
        let hall = Member {
            id: site(&format!("hoi-truong-{commune}")),
            unit: unit(commune),
            names: names("Hội trường"),
            position: None,
            closed_at: None,
            version: 1,
        };
        organisation.apply(Record::Member(MemberKind::Site, hall));
    }
    organisation
}

/// Where a role is tried: itself, its own site and unit, those next door, the
/// unit above, and the whole.
fn targets() -> [(&'static str, Target); 7] {
    [
        ("own", Target::Own),
        ("site", Target::Site(site("hoi-truong-an-binh"))),
        ("other site", Target::Site(site("hoi-truong-hoa-lac"))),
        ("unit", Target::Unit(unit("an-binh"))),
        ("other unit", Target::Unit(unit("hoa-lac"))),
        ("above", Target::Unit(unit("tinh"))),
        ("system", Target::System),
    ]
}

/// What the table in the module's documentation says, written down again.
fn expected(role: SystemRole, action: SystemAction) -> Vec<&'static str> {
    use SystemAction as Action;
    use SystemRole as Role;
    let all: Vec<_> = targets().into_iter().map(|(name, _)| name).collect();
    let units = vec!["own", "site", "unit"];
    match (role, action) {
        (_, Action::OwnAccount) => vec!["own"],
        (_, Action::ReadOrganisation) | (Role::Administrator, _) => all,
        (Role::Auditor, Action::ReadAudit) => all,
        (
            Role::UnitAdministrator,
            Action::ManageUnits
            | Action::ManageMembers
            | Action::ReadAccounts
            | Action::ManageAccounts
            | Action::Schedule
            | Action::ReadArchives
            | Action::ManageArchives
            | Action::ReadDevices
            | Action::ManageDevices,
        )
        | (Role::Organiser, Action::Schedule)
        | (Role::Clerk, Action::ReadArchives | Action::ManageArchives) => units,
        (Role::SiteOperator, Action::ReadDevices | Action::ManageDevices) => vec!["own", "site"],
        _ => Vec::new(),
    }
}

fn given(role: SystemRole) -> Grant {
    let place = match role {
        SystemRole::Administrator | SystemRole::Auditor | SystemRole::Member => Place::Everywhere,
        SystemRole::UnitAdministrator | SystemRole::Organiser | SystemRole::Clerk => {
            Place::Unit(unit("an-binh"))
        }
        SystemRole::SiteOperator => Place::Site(site("hoi-truong-an-binh")),
    };
    Grant { role, place }
}

fn powers(role: SystemRole) -> Powers {
    Powers {
        grants: vec![given(role)],
        token: None,
    }
}

#[test]
fn every_role_may_do_every_action_exactly_where_the_table_says() {
    let organisation = minh_hoa();
    for role in SystemRole::ALL {
        for action in ACTIONS {
            let expected = expected(role, action);
            for (name, target) in targets() {
                let may = powers(role).permit(&organisation, action, &target);
                assert_eq!(may, expected.contains(&name), "{role:?} {action:?} {name}");
            }
            let somewhere = powers(role).permit_somewhere(action);
            assert_eq!(somewhere, !expected.is_empty(), "{role:?} {action:?}");
        }
    }
}

#[test]
fn a_role_in_the_whole_organisation_reaches_every_unit_and_not_the_server() {
    let organisation = minh_hoa();
    let organiser = Powers {
        grants: vec![Grant {
            role: SystemRole::Organiser,
            place: Place::Everywhere,
        }],
        token: None,
    };
    let schedules = |target| organiser.permit(&organisation, SystemAction::Schedule, &target);
    assert!(schedules(Target::Unit(unit("tinh"))));
    assert!(schedules(Target::Site(site("hoi-truong-hoa-lac"))));
    assert!(!schedules(Target::System));
}

#[test]
fn nobody_makes_somebody_who_may_more_than_they() {
    let organisation = minh_hoa();
    let commune = powers(SystemRole::UnitAdministrator);
    let may = |role, place| commune.permit_grant(&organisation, &Grant { role, place });
    assert!(may(SystemRole::Organiser, Place::Unit(unit("an-binh"))));
    assert!(may(
        SystemRole::UnitAdministrator,
        Place::Unit(unit("an-binh"))
    ));
    assert!(may(
        SystemRole::SiteOperator,
        Place::Site(site("hoi-truong-an-binh"))
    ));
    for (role, place) in [
        (SystemRole::Administrator, Place::Everywhere),
        (SystemRole::Administrator, Place::Unit(unit("an-binh"))),
        (SystemRole::Auditor, Place::Unit(unit("an-binh"))),
        (SystemRole::Organiser, Place::Everywhere),
        (SystemRole::Clerk, Place::Unit(unit("tinh"))),
        (SystemRole::Clerk, Place::Unit(unit("hoa-lac"))),
        (
            SystemRole::SiteOperator,
            Place::Site(site("hoi-truong-hoa-lac")),
        ),
    ] {
        assert!(!may(role, place.clone()), "{role:?} {place:?}");
    }
}

#[test]
fn a_token_does_what_its_scopes_say_in_its_unit_and_never_touches_its_owner() {
    let organisation = minh_hoa();
    let mut token = powers(SystemRole::Administrator);
    token.token = Some(TokenLimit {
        scopes: vec![TokenScope::OrganisationWrite],
        unit: Some(unit("an-binh")),
    });
    let may = |action, target| token.permit(&organisation, action, &target);
    assert!(may(
        SystemAction::ManageMembers,
        Target::Unit(unit("an-binh"))
    ));
    assert!(may(
        SystemAction::ReadOrganisation,
        Target::Unit(unit("an-binh"))
    ));
    assert!(!may(
        SystemAction::ManageMembers,
        Target::Unit(unit("hoa-lac"))
    ));
    assert!(!may(SystemAction::SetTiers, Target::System));
    assert!(!may(
        SystemAction::ManageAccounts,
        Target::Unit(unit("an-binh"))
    ));
    assert!(!may(SystemAction::OwnAccount, Target::Own));

    token.token.as_mut().unwrap().scopes = vec![TokenScope::OrganisationRead];
    let may = |action| token.permit(&organisation, action, &Target::Unit(unit("an-binh")));
    assert!(may(SystemAction::ReadOrganisation));
    assert!(!may(SystemAction::ManageMembers));
}
