//! Words as they are looked for: without diacritics, in small letters, *đ* as
//! *d*. So *Nguyễn*, *nguyen* and *NGUYỄN* are one.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The most words of a query that count.
const MOST_WORDS: usize = 16;

/// A text as it is searched: its words, with blanks between.
pub(super) fn fold(text: &str) -> String {
    let words = words(text).map(|range| fold_word(&text[range]));
    words.collect::<Vec<_>>().join(" ")
}

/// The words of a query, each once.
pub(super) fn wanted(query: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for range in words(query) {
        let word = fold_word(&query[range]);
        if !found.contains(&word) && found.len() < MOST_WORDS {
            found.push(word);
        }
    }
    found
}

/// Where the words of a text are: letters and digits that follow each other,
/// with their marks.
pub(super) fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let is_part = |c: char| c.is_alphanumeric() || is_combining_mark(c);
    let mut characters = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (from, _) = characters.find(|(_, c)| c.is_alphanumeric())?;
        let mut to = text.len();
        while let Some((at, c)) = characters.peek() {
            if !is_part(*c) {
                to = *at;
                break;
            }
            characters.next();
        }
        Some(from..to)
    })
}

/// A word as it is looked for.
pub(super) fn fold_word(word: &str) -> String {
    let small = word.chars().flat_map(char::to_lowercase);
    let bare = small.nfd().filter(|c| !is_combining_mark(*c));
    bare.map(|c| if c == 'đ' { 'd' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_with_and_without_their_marks() {
        for text in [
            "Phòng, chống LŨ ở Đồng Tháp!",
            "phong chong lu o dong thap",
            "Pho\u{300}ng cho\u{302}\u{301}ng lu\u{303} o\u{309} D\u{327}o",
        ] {
            assert!(fold(text).starts_with("phong chong lu o d"), "{text}");
        }
        assert_eq!(wanted("lũ  lu, LŨ — Đê 2026"), ["lu", "de", "2026"]);
        assert_eq!(wanted("…!?"), Vec::<String>::new());
        assert_eq!(wanted(&"a1 b2 ".repeat(90)), ["a1", "b2"]);
    }
}
