//! Times, figures and fingerprints as an official writes them.

use time::{OffsetDateTime, UtcOffset};

/// A moment by Vietnamese time (UTC+7, all year).
pub(crate) fn local(at: i64) -> OffsetDateTime {
    let utc = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let vietnam = UtcOffset::from_hms(7, 0, 0).unwrap_or(UtcOffset::UTC);
    utc.checked_to_offset(vietnam).unwrap_or(utc)
}

/// `08 giờ 05`.
pub(crate) fn time(at: i64) -> String {
    let local = local(at);
    format!("{:02} giờ {:02}", local.hour(), local.minute())
}

/// `ngày 05 tháng 9 năm 2026`: days below 10 and the months 1 and 2 have a
/// zero before them (Nghị định 30/2020/NĐ-CP, Phụ lục I).
pub(crate) fn date(at: i64) -> String {
    let local = local(at);
    let month = match u8::from(local.month()) {
        month @ 1..=2 => format!("0{month}"),
        month => month.to_string(),
    };
    format!("ngày {:02} tháng {month} năm {}", local.day(), local.year())
}

/// `08 giờ 05, ngày 05 tháng 9 năm 2026`.
pub(crate) fn time_and_date(at: i64) -> String {
    format!("{}, {}", time(at), date(at))
}

/// `7 phút 20 giây`, of milliseconds.
pub(crate) fn duration(milliseconds: i64) -> String {
    let seconds = milliseconds.max(0) / 1_000;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let parts = [(hours, "giờ"), (minutes, "phút"), (seconds, "giây")];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let words: Vec<String> = parts
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    if words.is_empty() {
        "dưới 1 giây".to_owned()
    } else {
        words.join(" ")
    }
}

/// `3.321`.
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut written = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            written.push('.');
        }
        written.push(digit);
    }
    written
}

/// `90,3%`; of nothing, nothing.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "0%".to_owned();
    }
    let thousandths = (u128::from(part) * 1_000 + u128::from(whole) / 2) / u128::from(whole);
    match (thousandths / 10, thousandths % 10) {
        (whole, 0) => format!("{whole}%"),
        (whole, tenth) => format!("{whole},{tenth}%"),
    }
}

/// Hexadecimal digits in groups of eight, so that a line can break.
pub(crate) fn fingerprint(digits: &str) -> String {
    let digits: Vec<char> = digits.chars().collect();
    let groups = digits
        .chunks(8)
        .map(|group| group.iter().collect::<String>());
    groups.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2 September 2026, 00:05:00 UTC.
    const MORNING: i64 = 1_788_307_500_000;

    #[test]
    fn a_moment_is_told_by_vietnamese_time() {
        assert_eq!(
            time_and_date(MORNING),
            "07 giờ 05, ngày 02 tháng 9 năm 2026"
        );
        let february = MORNING - 200 * 86_400_000;
        assert_eq!(date(february), "ngày 14 tháng 02 năm 2026");
        assert_eq!(date(i64::MAX), date(0), "no such moment, and no fault");
    }

    #[test]
    fn figures_are_told_as_officials_do() {
        assert_eq!(duration(440_999), "7 phút 20 giây");
        assert_eq!(duration(3_600_000), "1 giờ");
        assert_eq!(duration(-1), "dưới 1 giây");
        assert_eq!(count(3_321), "3.321");
        assert_eq!(count(1_234_567), "1.234.567");
        assert_eq!(count(12), "12");
        assert_eq!(percent(28, 31), "90,3%");
        assert_eq!(percent(31, 31), "100%");
        assert_eq!(percent(u64::MAX, u64::MAX), "100%");
        assert_eq!(percent(0, 0), "0%");
        assert_eq!(fingerprint("0123456789abcdef"), "01234567 89abcdef");
    }
}
