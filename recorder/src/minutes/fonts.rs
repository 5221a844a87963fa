//! The faces of the document: Tinos, which has the measures of Times New Roman
//! and all letters of Vietnamese.

use std::sync::LazyLock;

use ttf_parser::Face;

/// Regular, bold, italic, bold italic.
pub(crate) static FILES: [&[u8]; 4] = [
    include_bytes!("../../fonts/Tinos-Regular.ttf"),
    include_bytes!("../../fonts/Tinos-Bold.ttf"),
    include_bytes!("../../fonts/Tinos-Italic.ttf"),
    include_bytes!("../../fonts/Tinos-BoldItalic.ttf"),
];

static FACES: LazyLock<Vec<Face<'static>>> = LazyLock::new(|| {
    let files = FILES.iter();
    files.filter_map(|file| Face::parse(file, 0).ok()).collect()
});

/// How wide a bold line is, as a multiple of its size.
pub(crate) fn bold_width(line: &str) -> f64 {
    let Some(bold) = FACES.get(1) else {
        return 0.0;
    };
    let advances = line.chars().filter_map(|letter| {
        let glyph = bold.glyph_index(letter)?;
        bold.glyph_hor_advance(glyph)
    });
    let units: u32 = advances.map(u32::from).sum();
    f64::from(units) / f64::from(bold.units_per_em())
}

/// A text in letters that every face has; others stand as their numbers
/// (`[U+1F600]`), so that nothing is lost in silence. A document for archives
/// (PDF/A) must not hold what cannot be drawn.
pub(crate) fn in_the_faces(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_in_the_faces(letter) {
            printable.push(letter);
        } else {
            printable += &format!("[U+{:04X}]", u32::from(letter));
        }
    }
    printable
}

fn is_in_the_faces(letter: char) -> bool {
    let mut faces = FACES.iter();
    faces.all(|face| face.glyph_index(letter).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TCVN 6909:2001: the letters of Vietnamese with all their tones.
    const LETTERS: &str = "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợ\
                           pqrstuùủũúụưừửữứựvxyỳỷỹýỵ";

    #[test]
    fn the_faces_have_every_letter_of_vietnamese() {
        assert_eq!(FACES.len(), 4);
        for letter in LETTERS.chars().chain(LETTERS.to_uppercase().chars()) {
            assert!(is_in_the_faces(letter), "{letter}");
        }
        for mark in "“”…–%./-()[]*«»".chars() {
            assert!(is_in_the_faces(mark), "{mark}");
        }
    }

    #[test]
    fn what_cannot_be_drawn_is_told_by_its_number() {
        assert_eq!(in_the_faces("Xã 😀"), "Xã [U+1F600]");
    }
}
