//! Which annexes the minutes have, and what they are called: the text refers to
//! them by name.

use super::IN_THE_TEXT;
use crate::minutes::record::{Minutes, VoteRecord};

/// What an annex is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Annexed {
    /// Who attended.
    Attendance,
    /// How each voted in the vote with this number.
    Vote(u32),
}

/// Whether a vote has so many ballots that they stand in an annex.
pub(crate) fn is_long(vote: &VoteRecord) -> bool {
    vote.ballots.len() > IN_THE_TEXT
}

/// What the annexes are about, in their order.
pub(crate) fn annexes(minutes: &Minutes) -> Vec<Annexed> {
    let is_listed = minutes.attendance.len() > IN_THE_TEXT;
    let attendance = is_listed.then_some(Annexed::Attendance);
    let votes = minutes.votes.iter().filter(|vote| is_long(vote));
    let votes = votes.map(|vote| Annexed::Vote(vote.number));
    attendance.into_iter().chain(votes).collect()
}

/// `Phụ lục` where there is one, else `Phụ lục II`.
pub(crate) fn name(minutes: &Minutes, about: Annexed) -> String {
    let annexes = annexes(minutes);
    let place = annexes.iter().position(|annexed| *annexed == about);
    match place {
        Some(place) if annexes.len() > 1 => format!("Phụ lục {}", roman(place + 1)),
        Some(_) | None => "Phụ lục".to_owned(),
    }
}

/// A Roman numeral, from 1.
fn roman(mut number: usize) -> String {
    const DIGITS: [(usize, &str); 9] = [
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    let mut numeral = String::new();
    for (value, digits) in DIGITS {
        while number >= value {
            numeral.push_str(digits);
            number -= value;
        }
    }
    numeral
}

#[cfg(test)]
mod tests {
    use super::roman;

    #[test]
    fn annexes_have_roman_numerals() {
        let numerals = [1, 2, 4, 9, 14, 40, 99].map(roman);
        assert_eq!(numerals, ["I", "II", "IV", "IX", "XIV", "XL", "XCIX"]);
    }
}
