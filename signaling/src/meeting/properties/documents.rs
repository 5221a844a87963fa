//! Any file, and any command about documents.

use diemcau_protocol::{DocumentAccess, DocumentFile, DocumentKind, DocumentsCommand, Role};
use proptest::collection::btree_set;
use proptest::option;
use proptest::prelude::*;

use crate::meeting::{Deposit, DepositPlace, State};

fn access() -> impl Strategy<Value = DocumentAccess> {
    let role = prop::sample::select(Role::ALL.to_vec());
    (btree_set(role, 0..3), any::<bool>())
        .prop_map(|(roles, from_item)| DocumentAccess { roles, from_item })
}

/// Any file that was found good.
pub(super) fn deposit() -> impl Strategy<Value = Deposit> {
    let kind = prop::sample::select(vec![DocumentKind::Pdf, DocumentKind::Docx]);
    let file = (".{0,4}", kind, "[ab]").prop_map(|(name, kind, sha256)| DocumentFile {
        name,
        kind,
        size: 1,
        sha256,
    });
    let new = (".{0,4}", option::of(0..4_u32), access(), any::<bool>()).prop_map(
        |(title, item, access, withdraw_at_end)| DepositPlace::New {
            title,
            item,
            access,
            withdraw_at_end,
        },
    );
    let place = prop_oneof![
        2 => new,
        1 => (0..4_u32).prop_map(|number| DepositPlace::Version { number }),
    ];
    (place, file).prop_map(|(place, file)| Deposit { place, file })
}

pub(super) fn command() -> impl Strategy<Value = DocumentsCommand> {
    let number = 0..4_u32;
    prop_oneof![
        1 => (number.clone(), "[a-z]{0,2}", option::of(0..4_u32), access(), any::<bool>()).prop_map(
            |(number, title, item, access, withdraw_at_end)| DocumentsCommand::Change {
                number,
                title,
                item,
                access,
                withdraw_at_end,
            }
        ),
        1 => number.clone().prop_map(|number| DocumentsCommand::Withdraw { number }),
        3 => (number, 0..3_u32, 0..3_u32).prop_map(|(number, version, page)| {
            DocumentsCommand::Lead {
                number,
                version,
                page,
            }
        }),
        1 => Just(DocumentsCommand::EndLead),
    ]
}

/// Each document has its number and its versions in order; who leads is here,
/// and leads in a PDF that was not withdrawn.
pub(super) fn are_sound(state: &State) {
    let documents = &state.procedure.documents;
    for (place, document) in (1..).zip(&documents.list) {
        assert_eq!(document.number, place);
        assert!(!document.title.is_empty());
        let versions = document.versions.iter().map(|version| version.version);
        assert!(versions.eq(1..=document.versions.len() as u32));
    }
    assert_eq!(documents.numbered as usize, documents.list.len());
    let Some(led) = &documents.led else {
        return;
    };
    assert!(state.here(&led.by).is_some(), "leads and is not here");
    let document = &documents.list[led.number as usize - 1];
    let version = &document.versions[led.version as usize - 1];
    assert!(!document.withdrawn);
    assert_eq!(version.file.kind, DocumentKind::Pdf);
}
