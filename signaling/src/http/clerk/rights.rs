//! What somebody may do with an archive.

use std::collections::BTreeSet;

use diemcau_protocol::{ArchiveRight, MeetingId, Role};

use super::{Origin, Reader};
use crate::organisation::UnitId;
use crate::permissions::system::{SystemAction, Target};

impl Reader {
    /// What they may do with the archive of a meeting, in the order of
    /// [`ArchiveRight`]; nothing where it is not for them.
    pub fn rights(&self, meeting: &MeetingId, origin: &Origin) -> BTreeSet<ArchiveRight> {
        use ArchiveRight as Right;
        let mut rights = BTreeSet::new();
        if self.permits(SystemAction::ReadArchives, origin) {
            rights.extend([Right::Read, Right::ReadDraft]);
        }
        if self.permits(SystemAction::ManageArchives, origin) {
            rights.extend([Right::EditMinutes, Right::Share]);
        }
        let role = self.role(meeting, origin);
        if matches!(role, Some(Role::Chair | Role::Secretary)) {
            rights.extend([Right::Read, Right::ReadDraft, Right::EditMinutes]);
        }
        if role == Some(Role::Chair) {
            rights.insert(Right::ApproveMinutes);
        }
        if self.shared.contains(meeting) {
            rights.insert(Right::Read);
        }
        rights
    }

    /// Their role in a meeting, where they chaired it or wrote its minutes.
    pub fn role(&self, meeting: &MeetingId, origin: &Origin) -> Option<Role> {
        if let Some((of, role)) = &self.place {
            return (of == meeting).then_some(*role);
        }
        let person = self.person.as_ref()?.as_str();
        let is_among = |people: &[String]| people.iter().any(|one| one == person);
        match (is_among(&origin.chairs), is_among(&origin.secretaries)) {
            (true, _) => Some(Role::Chair),
            (false, true) => Some(Role::Secretary),
            (false, false) => None,
        }
    }

    fn permits(&self, action: SystemAction, origin: &Origin) -> bool {
        let unit = origin.unit.as_deref().map(UnitId::parse);
        let target = match unit {
            Some(Ok(unit)) => Target::Unit(unit),
            Some(Err(_)) | None => Target::System,
        };
        self.powers.permit(&self.organisation, action, &target)
    }
}
