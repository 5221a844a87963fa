use super::*;
use crate::archive::FORMAT_VERSION;

const ENDED: i64 = 1_790_000_000_000;
const BINH: (&str, &str) = ("account:binh", "binh");
const LAN: (&str, &str) = ("account:lan", "lan");

fn manifest() -> Manifest {
    Manifest {
        format_version: FORMAT_VERSION,
        meeting: "hop-giao-ban".into(),
        title: "Họp giao ban".into(),
        host_unit: "UBND tỉnh".into(),
        ended_at: ENDED,
        closing_hash: "c1".into(),
        encrypted_to: Vec::new(),
        files: Vec::new(),
    }
}

/// Ten days on this server, two in one commune.
fn retention() -> Retention {
    Retention {
        days: Some(10),
        of_units: [("UBND xã An Bình".to_owned(), 2)].into(),
    }
}

struct Shelf {
    manifest: Manifest,
    keeping: Keeping,
}

impl Shelf {
    fn new() -> Self {
        Self {
            manifest: manifest(),
            keeping: Keeping::default(),
        }
    }

    fn order(
        &mut self,
        days: i64,
        who: (&str, &str),
        order: Order,
    ) -> Result<Option<Tombstone>, OrderRefused> {
        let kept = Kept {
            manifest: &self.manifest,
            manifest_sha256: "5e",
            keeping: &self.keeping,
        };
        match kept.decide(&retention(), ENDED + days * DAY, who, order)? {
            Outcome::Kept(keeping) => {
                self.keeping = keeping;
                Ok(None)
            }
            Outcome::Destroyed(tombstone) => Ok(Some(*tombstone)),
        }
    }
}

fn propose() -> Order {
    Order::Propose {
        reason: " Hết thời hạn lưu trữ ".into(),
    }
}

fn hold(reason: &str) -> Order {
    Order::Hold {
        reason: reason.into(),
    }
}

#[test]
fn one_proposes_another_confirms_and_a_tombstone_is_left() {
    let mut shelf = Shelf::new();
    assert_eq!(
        shelf.order(10, LAN, Order::Confirm),
        Err(OrderRefused::NotProposed)
    );
    shelf.order(10, BINH, propose()).unwrap();
    assert_eq!(shelf.order(11, LAN, propose()), Err(OrderRefused::Already));
    // Neither they nor a program of theirs.
    for own in [BINH, ("token:binh/7", "binh")] {
        let refused = shelf.order(11, own, Order::Confirm);
        assert_eq!(refused, Err(OrderRefused::SamePerson));
    }
    let left = shelf.order(12, LAN, Order::Confirm).unwrap().unwrap();
    assert_eq!(left.proposed.by, "account:binh");
    assert_eq!(left.proposed.reason, "Hết thời hạn lưu trữ");
    assert_eq!(left.confirmed.at, ENDED + 12 * DAY);
    assert_eq!((&*left.manifest_sha256, &*left.closing_hash), ("5e", "c1"));
}

#[test]
fn what_must_still_be_kept_is_not_even_proposed() {
    let mut shelf = Shelf::new();
    assert_eq!(shelf.order(9, BINH, propose()), Err(OrderRefused::NotDue));
    shelf.manifest.host_unit = "UBND xã An Bình".into();
    shelf.order(2, BINH, propose()).unwrap();

    let for_ever = Retention::default();
    assert_eq!(for_ever.due_at("UBND tỉnh", ENDED), None);
    let kept = Kept {
        manifest: &shelf.manifest,
        manifest_sha256: "5e",
        keeping: &Keeping::default(),
    };
    let refused = kept.decide(&for_ever, i64::MAX, BINH, propose());
    assert_eq!(refused, Err(OrderRefused::NotDue));
}

#[test]
fn a_hold_stops_everything_and_forgets_what_was_proposed() {
    let mut shelf = Shelf::new();
    shelf.order(10, BINH, propose()).unwrap();
    shelf
        .order(11, LAN, hold("Thanh tra tỉnh yêu cầu"))
        .unwrap();
    assert_eq!(
        shelf.order(11, BINH, hold("nữa")),
        Err(OrderRefused::Already)
    );
    for order in [propose(), Order::Confirm] {
        assert_eq!(shelf.order(12, BINH, order), Err(OrderRefused::Held));
    }
    shelf.order(20, LAN, Order::Release).unwrap();
    assert_eq!(
        shelf.order(20, LAN, Order::Confirm),
        Err(OrderRefused::NotProposed)
    );
    shelf.order(20, BINH, propose()).unwrap();
    shelf.order(20, BINH, Order::Withdraw).unwrap();
    assert_eq!(shelf.keeping, Keeping::default());
}

#[test]
fn a_reason_is_needed_and_bounded() {
    let mut shelf = Shelf::new();
    assert_eq!(
        shelf.order(10, BINH, hold(" ")),
        Err(OrderRefused::NoReason)
    );
    let longest = "ố".repeat(LONGEST_REASON);
    assert_eq!(
        shelf.order(10, BINH, hold(&format!("{longest}ố"))),
        Err(OrderRefused::ReasonTooLong)
    );
    shelf.order(10, BINH, hold(&longest)).unwrap();
}
