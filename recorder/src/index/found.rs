//! The words around what was found.

use diemcau_protocol::FoundWords;

use super::fold::{fold_word, words};

/// So many words are shown before the first one that matches, and so many in
/// all.
const BEFORE: usize = 6;
const SHOWN: usize = 24;

/// A piece of a text around the first of the words, in parts.
pub(super) fn around(text: &str, wanted: &[String]) -> Vec<FoundWords> {
    let ranges: Vec<_> = words(text).collect();
    let matches = |range: &std::ops::Range<usize>| {
        let word = fold_word(&text[range.clone()]);
        wanted.contains(&word)
    };
    let first = ranges.iter().position(matches).unwrap_or(0);
    let from = first.saturating_sub(BEFORE);
    let to = ranges.len().min(from + SHOWN);
    let begin = if from == 0 { 0 } else { ranges[from].start };
    let end = match ranges.get(to) {
        Some(_) => ranges[to - 1].end,
        None => text.len(),
    };
    let mut parts: Vec<FoundWords> = Vec::new();
    let mut put = |text: &str, matches: bool| match parts.last_mut() {
        _ if text.is_empty() => {}
        Some(last) if last.matches == matches => last.text.push_str(text),
        Some(_) | None => parts.push(FoundWords {
            text: text.to_owned(),
            matches,
        }),
    };
    put(if begin > 0 { "… " } else { "" }, false);
    let mut at = begin;
    for range in &ranges[from..to] {
        put(&text[at..range.start], false);
        put(&text[range.clone()], matches(range));
        at = range.end;
    }
    put(&text[at..end], false);
    put(if end < text.len() { " …" } else { "" }, false);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_shown_where_they_stand() {
        let wanted = ["lu".to_owned(), "de".to_owned()];
        let parts = around("Nước LŨ tràn đê.", &wanted);
        let told: Vec<_> = parts.iter().map(|p| (p.text.as_str(), p.matches)).collect();
        let expected = [
            ("Nước ", false),
            ("LŨ", true),
            (" tràn ", false),
            ("đê", true),
            (".", false),
        ];
        assert_eq!(told, expected);

        let long = format!("{}lũ {}", "một ".repeat(40), "hai ".repeat(40));
        let parts = around(&long, &wanted);
        assert!(parts[0].text.starts_with("… một"), "{parts:?}");
        assert_eq!(parts[1].text, "lũ");
        assert!(parts[2].text.ends_with("hai …"), "{parts:?}");
        assert_eq!(around("", &wanted), []);
    }
}
