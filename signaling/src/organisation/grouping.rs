//! The units of the organisation as groups that discuss apart.

use std::collections::BTreeMap;

use diemcau_protocol::GroupPlan;

use super::{Organisation, Unit, UnitId};

impl Organisation {
    /// A group for each unit right below the highest, or for each of the
    /// highest where there are several, with all units below it: by their
    /// identifiers and by their names, as far as a name is of one group only.
    pub(crate) fn as_groups(&self) -> Vec<GroupPlan> {
        let children = |above: Option<&UnitId>| -> Vec<&Unit> {
            let units = self.units.values();
            let open = units.filter(|unit| unit.closed_at.is_none());
            open.filter(|unit| unit.parent.as_ref() == above).collect()
        };
        let heads = match children(None).as_slice() {
            [highest] => children(Some(&highest.id)),
            several => several.to_vec(),
        };
        let mut owners: BTreeMap<&str, Option<usize>> = BTreeMap::new();
        for unit in self.units.values().filter(|unit| unit.closed_at.is_none()) {
            let owner = heads
                .iter()
                .position(|head| self.is_within(&unit.id, &head.id));
            for text in [unit.id.as_str(), unit.name()] {
                let known = owners.entry(text).or_insert(owner);
                if *known != owner {
                    *known = None;
                }
            }
        }
        let plan = |(place, head): (usize, &&Unit)| GroupPlan {
            name: head.name().to_owned(),
            units: {
                let own = owners.iter().filter(|(_, owner)| **owner == Some(place));
                own.map(|(text, _)| (*text).to_owned()).collect()
            },
            participants: Default::default(),
        };
        heads.iter().enumerate().map(plan).collect()
    }
}
