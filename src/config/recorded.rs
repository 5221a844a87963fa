//! How much is recorded, by its name, and until when.

use std::time::Duration;

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

/// The longest that a recorded meeting goes on without anybody, in minutes.
const LONGEST_ALONE: u64 = 1_440;

pub(super) fn minutes_alone(text: &str) -> Result<Duration, Complaint> {
    match text.parse::<u64>() {
        Ok(minutes) if (1..=LONGEST_ALONE).contains(&minutes) => {
            Ok(Duration::from_secs(minutes * 60))
        }
        Ok(_) | Err(_) => complain(
            format!("{text} is out of range"),
            format!("choose between 1 and {LONGEST_ALONE} minutes"),
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

    #[test]
    fn a_recorded_meeting_may_be_empty_for_a_minute_to_a_day() {
        let day = Duration::from_secs(86_400);
        assert!(matches!(minutes_alone("1440"), Ok(longest) if longest == day));
        for text in ["0", "1441", "-1", "half an hour"] {
            assert!(minutes_alone(text).is_err(), "{text}");
        }
    }
}
