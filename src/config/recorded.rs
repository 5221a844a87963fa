//! How much is recorded, by its name.

use diemcau_recorder::Detail;

use super::check::{Complaint, complain};

pub(super) fn detail(text: &str) -> Result<Detail, Complaint> {
    match text {
        "programme" => Ok(Detail::Programme),
        "speakers" => Ok(Detail::Speakers),
        "everything" => Ok(Detail::Everything),
        _ => complain(
            format!("{text:?} is not a way to record"),
            "write programme, speakers or everything",
        ),
    }
}

pub(super) fn detail_name(detail: &Detail) -> String {
    match detail {
        Detail::Nothing => "nothing",
        Detail::Programme => "programme",
        Detail::Speakers => "speakers",
        Detail::Everything => "everything",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_record_is_known_by_its_name_and_nothing_else_is() {
        for way in [Detail::Programme, Detail::Speakers, Detail::Everything] {
            assert!(matches!(detail(&detail_name(&way)), Ok(known) if known == way));
        }
        assert!(detail("nothing").is_err() && detail("").is_err());
    }
}
