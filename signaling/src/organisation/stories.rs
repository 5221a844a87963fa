//! Stories of a province whose units change.

use diemcau_protocol::{ErrorCode, LineOutcome};

use super::*;

/// UBND tỉnh Minh Họa, its districts and their communes, each with a site.
fn province() -> Organisation {
    let mut organisation = Organisation {
        tiers: preset(&[
            ("province", "Cấp tỉnh"),
            ("district", "Cấp huyện"),
            ("commune", "Cấp xã"),
        ])
        .unwrap(),
        ..Organisation::default()
    };
    for (id, parent, tier, name) in [
        ("tinh", None, "province", "UBND tỉnh Minh Họa"),
        (
            "huyen-dong",
            Some("tinh"),
            "district",
            "UBND huyện Đông Sơn",
        ),
        ("huyen-tay", Some("tinh"), "district", "UBND huyện Tây Hà"),
        ("an-binh", Some("huyen-dong"), "commune", "UBND xã An Bình"),
        ("hoa-lac", Some("huyen-tay"), "commune", "UBND xã Hòa Lạc"),
    ] {
        let change = Change::AddUnit {
            id: unit(id),
            parent: parent.map(unit),
            tier: TierId::parse(tier).unwrap(),
            name: name_of(name),
        };
        make(&mut organisation, 1, change).unwrap();
    }
    for (kind, id, name) in [
        (MemberKind::Site, "an-binh-1", "Hội trường UBND xã An Bình"),
        (MemberKind::Person, "chi-lan", "Nguyễn Thị Lan"),
    ] {
        let change = Change::AddMember {
            kind,
            id: MemberId::parse(id).unwrap(),
            unit: unit("an-binh"),
            name: name_of(name),
            position: None,
        };
        make(&mut organisation, 1, change).unwrap();
    }
    organisation
}

fn unit(id: &str) -> UnitId {
    UnitId::parse(id).unwrap()
}

fn name_of(name: &str) -> Name {
    Name::parse(name).unwrap()
}

fn make(organisation: &mut Organisation, now: i64, change: Change) -> Result<(), ErrorCode> {
    let records = decide(organisation, now, change).map_err(|refusal| refusal.code)?;
    for record in records {
        organisation.apply(record);
    }
    organisation.version += 1;
    Ok(())
}

fn moved(id: &str, parent: Option<&str>) -> Change {
    Change::AlterUnit {
        id: unit(id),
        name: None,
        parent: Some(parent.map(unit)),
        tier: None,
    }
}

fn renamed(id: &str, name: &str) -> Change {
    Change::AlterUnit {
        id: unit(id),
        name: Some(name_of(name)),
        parent: None,
        tier: None,
    }
}

#[test]
fn an_old_meeting_still_shows_the_old_name() {
    let mut organisation = province();
    make(
        &mut organisation,
        1_000,
        renamed("an-binh", "UBND phường An Bình"),
    )
    .unwrap();
    // The same name again is no new name.
    make(
        &mut organisation,
        2_000,
        renamed("an-binh", "UBND phường An Bình"),
    )
    .unwrap();
    let commune = &organisation.units[&unit("an-binh")];
    assert_eq!(commune.names.len(), 2);
    assert_eq!(commune.name(), "UBND phường An Bình");
    assert_eq!(name_at(&commune.names, 999), "UBND xã An Bình");
    assert_eq!(name_at(&commune.names, 1_000), "UBND phường An Bình");
    assert_eq!(name_at(&commune.names, 0), "UBND xã An Bình");
    assert_eq!(commune.names[0].to, Some(1_000));
}

#[test]
fn a_commune_moves_to_another_district_and_no_unit_below_itself() {
    let mut organisation = province();
    make(&mut organisation, 2, moved("an-binh", Some("huyen-tay"))).unwrap();
    let parent = organisation.units[&unit("an-binh")].parent.clone();
    assert_eq!(parent, Some(unit("huyen-tay")));

    for (id, parent, code) in [
        ("tinh", Some("an-binh"), ErrorCode::Cycle),
        ("tinh", Some("tinh"), ErrorCode::Cycle),
        ("huyen-dong", Some("hoa-lac"), ErrorCode::TierUnfit),
        ("huyen-dong", Some("khong-co"), ErrorCode::NotFound),
        ("khong-co", None, ErrorCode::NotFound),
    ] {
        let refused = make(&mut organisation, 3, moved(id, parent));
        assert_eq!(refused, Err(code), "{id} below {parent:?}");
    }
}

#[test]
fn two_districts_merge_and_the_old_one_points_to_the_new_one() {
    let mut organisation = province();
    let merge = |id: &str, into: &str| Change::MergeUnit {
        id: unit(id),
        into: unit(into),
    };
    make(&mut organisation, 5, merge("huyen-dong", "huyen-tay")).unwrap();
    let old = &organisation.units[&unit("huyen-dong")];
    assert_eq!(
        (old.closed_at, &old.successor),
        (Some(5), &Some(unit("huyen-tay")))
    );
    assert_eq!(
        organisation.units[&unit("an-binh")].parent,
        Some(unit("huyen-tay"))
    );

    make(&mut organisation, 6, merge("an-binh", "hoa-lac")).unwrap();
    assert!(
        organisation
            .sites
            .values()
            .all(|site| site.unit == unit("hoa-lac"))
    );
    assert!(
        organisation
            .people
            .values()
            .all(|person| person.unit == unit("hoa-lac"))
    );
    for (id, into, code) in [
        ("an-binh", "hoa-lac", ErrorCode::Closed),
        ("hoa-lac", "an-binh", ErrorCode::Closed),
        ("hoa-lac", "hoa-lac", ErrorCode::Cycle),
        ("tinh", "hoa-lac", ErrorCode::Cycle),
    ] {
        assert_eq!(
            make(&mut organisation, 7, merge(id, into)),
            Err(code),
            "{id} into {into}"
        );
    }
}

#[test]
fn what_somebody_belongs_to_is_not_closed() {
    let mut organisation = province();
    let close = |id: &str| Change::CloseUnit { id: unit(id) };
    let full = make(&mut organisation, 2, close("an-binh"));
    assert_eq!(full, Err(ErrorCode::NotEmpty));
    for kind in [MemberKind::Site, MemberKind::Person] {
        let id = organisation.members(kind).keys().next().unwrap().clone();
        make(&mut organisation, 3, Change::CloseMember { kind, id }).unwrap();
    }
    make(&mut organisation, 4, close("an-binh")).unwrap();
    let again = make(&mut organisation, 5, close("an-binh"));
    assert_eq!(again, Err(ErrorCode::Closed));
}

#[test]
fn the_tiers_change_only_where_every_unit_has_its_place() {
    let mut organisation = province();
    let two = preset(&[("province", "Cấp tỉnh"), ("commune", "Cấp xã")]).unwrap();
    let refused = make(&mut organisation, 2, Change::SetTiers(two));
    assert_eq!(refused, Err(ErrorCode::TierUnfit));
    let four = preset(&[
        ("ministry", "Bộ"),
        ("province", "Cấp tỉnh"),
        ("district", "Cấp huyện"),
        ("commune", "Cấp xã"),
    ]);
    make(&mut organisation, 3, Change::SetTiers(four.unwrap())).unwrap();
}

#[test]
fn names_are_composed_and_identifiers_are_plain() {
    let decomposed = "  UBND xa\u{303} An Bi\u{300}nh\u{200b} ";
    assert_eq!(name_of(decomposed).as_str(), "UBND xã An Bình");
    assert_eq!(
        Name::parse(" \u{202e} ").unwrap_err().code,
        ErrorCode::TextEmpty
    );
    let long = Name::parse(&"ễ".repeat(121)).unwrap_err();
    assert_eq!(long.code, ErrorCode::TextTooLong);
    for wrong in ["", "xã", "a b", "a/b", &"a".repeat(65)] {
        assert!(UnitId::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_file_from_excel_adds_changes_and_leaves() {
    let organisation = province();
    let file = "\u{feff}Mã;Mã cấp trên;Cấp;Tên\r\n\
                xa-moi;huyen-moi;commune;\"UBND xã Tân Lập; khu A\"\r\n\
                huyen-moi;tinh;district;UBND huyện Bắc Giang Thượng\r\n\
                an-binh;huyen-dong;commune;UBND phường An Bình\r\n\
                hoa-lac;huyen-tay;commune;UBND xã Hòa Lạc\r\n";
    let import = import(&organisation, 9, Subject::Units, file.as_bytes()).unwrap();
    let outcomes: Vec<_> = import
        .lines
        .iter()
        .map(|line| (line.number, line.outcome))
        .collect();
    assert_eq!(
        outcomes,
        [
            (2, Ok(LineOutcome::Added)),
            (3, Ok(LineOutcome::Added)),
            (4, Ok(LineOutcome::Changed)),
            (5, Ok(LineOutcome::Unchanged)),
        ]
    );
    assert_eq!(import.records.len(), 3);
    assert!(!import.is_refused());
}

#[test]
fn lines_that_cannot_be_used_are_told_one_by_one() {
    let mut organisation = province();
    let close = Change::CloseMember {
        kind: MemberKind::Person,
        id: MemberId::parse("chi-lan").unwrap(),
    };
    make(&mut organisation, 2, close).unwrap();
    let file = b"id,unit,name,position\n\
        ong-minh,an-binh,Tr\xe1\xba\xa7n V\xc4\x83n Minh,Ch\xe1\xbb\xa7 t\xe1\xbb\x8bch\n\
        ong-minh,an-binh,Ai,\n\
        ba-hoa,khong-co,B\xc3\xa0 H\xc3\xb2a,\n\
        ba-mai,an-binh,,\n\
        ba mai,an-binh,B\xc3\xa0 Mai,\n\
        ba-cuc,an-binh\n\
        ba-\xff,an-binh,B\xc3\xa0,\n\
        chi-lan,an-binh,Ch\xe1\xbb\x8b Lan,\n";
    let subject = Subject::Members(MemberKind::Person);
    let import = import(&organisation, 9, subject, file).unwrap();
    let codes: Vec<_> = import
        .lines
        .iter()
        .map(|line| (line.number, line.outcome.err().map(|refusal| refusal.code)))
        .collect();
    assert_eq!(
        codes,
        [
            (2, None),
            (3, Some(ErrorCode::AlreadyExists)),
            (4, Some(ErrorCode::NotFound)),
            (5, Some(ErrorCode::TextEmpty)),
            (6, Some(ErrorCode::BadMessage)),
            (7, Some(ErrorCode::BadMessage)),
            (8, Some(ErrorCode::BadMessage)),
            (9, Some(ErrorCode::Closed)),
        ]
    );
    for nonsense in [
        &b""[..],
        b"\xff\xfe",
        b"id,unit\n",
        b"a;b;c\n1;2;3\n",
        b"\0\0\0",
    ] {
        assert!(super::import(&organisation, 9, subject, nonsense).is_err());
    }
}

#[test]
fn what_goes_out_comes_in_again_unchanged() {
    let organisation = province();
    for subject in [
        Subject::Units,
        Subject::Members(MemberKind::Site),
        Subject::Members(MemberKind::Person),
    ] {
        let file = export(&organisation, subject).unwrap();
        let import = import(&organisation, 9, subject, &file).unwrap();
        assert!(!import.lines.is_empty() && import.records.is_empty());
        assert!(
            import
                .lines
                .iter()
                .all(|line| line.outcome == Ok(LineOutcome::Unchanged))
        );
    }
}

#[test]
fn each_district_is_a_group_with_its_communes() {
    let mut organisation = province();
    // A name that is in both districts says nothing.
    for (id, parent) in [("tan-lap-1", "huyen-dong"), ("tan-lap-2", "huyen-tay")] {
        let change = Change::AddUnit {
            id: unit(id),
            parent: Some(unit(parent)),
            tier: TierId::parse("commune").unwrap(),
            name: name_of("UBND xã Tân Lập"),
        };
        make(&mut organisation, 2, change).unwrap();
    }
    let groups = organisation.as_groups();
    let told: Vec<(&str, Vec<&str>)> = groups
        .iter()
        .map(|group| {
            let units = group.units.iter().map(String::as_str);
            (group.name.as_str(), units.collect())
        })
        .collect();
    let east = vec![
        "UBND huyện Đông Sơn",
        "UBND xã An Bình",
        "an-binh",
        "huyen-dong",
        "tan-lap-1",
    ];
    let west = vec![
        "UBND huyện Tây Hà",
        "UBND xã Hòa Lạc",
        "hoa-lac",
        "huyen-tay",
        "tan-lap-2",
    ];
    assert_eq!(
        told,
        [("UBND huyện Đông Sơn", east), ("UBND huyện Tây Hà", west)]
    );
    assert_eq!(Organisation::default().as_groups(), []);
}
