//! The order in which Vietnamese names stand: a ă â b c d đ e ê …, tones after
//! letters, numbers by their value (*Tổ 2* before *Tổ 10*).

use std::sync::LazyLock;

use icu_collator::options::CollatorOptions;
use icu_collator::preferences::CollationNumericOrdering;
use icu_collator::{Collator, CollatorBorrowed, CollatorPreferences};
use icu_locale_core::locale;

/// What to compare in place of a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SortKey(Vec<u8>);

static VIETNAMESE: LazyLock<Option<CollatorBorrowed<'static>>> = LazyLock::new(|| {
    let mut preferences = CollatorPreferences::from(locale!("vi"));
    preferences.numeric_ordering = Some(CollationNumericOrdering::True);
    Collator::try_new(preferences, CollatorOptions::default()).ok()
});

/// The key of a name.
pub(crate) fn sort_key(name: &str) -> SortKey {
    let mut key = Vec::new();
    if let Some(collator) = &*VIETNAMESE {
        let Ok(()) = collator.write_sort_key_to(name, &mut key);
    } else {
        key.extend_from_slice(name.as_bytes());
    }
    SortKey(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_as_in_a_vietnamese_dictionary() {
        let ordered = [
            "Xã An Bình",
            "Xã Ân Thi",
            "Xã Dân Tiến",
            "Xã Đại Đồng",
            "Xã Ea Kar",
            "Xã Hòa Lạc",
            "Xã Hỏa Tiến",
            "Xã Số 2",
            "Xã Số 10",
            "Xã Ưng Hòa",
        ];
        let mut sorted = ordered;
        sorted.reverse();
        sorted.sort_by_key(|name| sort_key(name));
        assert_eq!(sorted, ordered);
    }
}
