//! Where a setting stands, and how a problem with it is explained.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Nobody set it.
    Default,
    /// A place in the settings file.
    File(FilePlace),
    /// An environment variable.
    Variable(String),
    /// A command line flag.
    Flag(String),
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePlace {
    path: PathBuf,
    line: usize,
    column: usize,
    text: String,
    width: usize,
}

impl FilePlace {
    /// The place of a range of bytes; only its first line is shown.
    pub(super) fn new(path: &Path, source: &str, range: Range<usize>) -> Self {
        let start = floor_boundary(source, range.start);
        let end = floor_boundary(source, range.end.max(start));
        let line_start = source[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = source[start..]
            .find('\n')
            .map_or(source.len(), |at| start + at);
        let marked = &source[start..end.min(line_end)];
        Self {
            path: path.to_owned(),
            line: source[..line_start].matches('\n').count() + 1,
            column: source[line_start..start].chars().count() + 1,
            text: without_secrets(
                &source[..line_start],
                source[line_start..line_end].trim_end(),
            ),
            width: marked.chars().count().max(1),
        }
    }

    /// The same place with stars for everything after the name.
    pub(super) fn with_value_hidden(mut self) -> Self {
        let name = self.text.find('=').map_or(0, |at| at + 1);
        let (shown, hidden) = self.text.split_at(name);
        self.text = shown.chars().chain(hidden.chars().map(star)).collect();
        self
    }
}

/// A star in place of anything but what shows the form.
fn star(c: char) -> char {
    match c {
        ' ' | '=' | '"' | '\'' => c,
        _ => '*',
    }
}

/// What secrets are called, also by who mistakes the name of the setting; and
/// what stands before the password in the address of a database.
const SECRETS: [&str; 5] = ["credential", "password", "secret", "access_key", "://"];

/// The line with stars in place of what stands after the name of a secret, or
/// of all of it inside a text of many lines, which may be one.
fn without_secrets(before: &str, line: &str) -> String {
    let inside_text = ["\"\"\"", "'''"]
        .iter()
        .any(|quotes| before.matches(quotes).count() % 2 == 1);
    let lowercase = line.to_ascii_lowercase();
    let after_name = SECRETS
        .iter()
        .filter_map(|name| lowercase.find(name).map(|at| at + name.len()))
        .min();
    let secret = match after_name {
        _ if inside_text => 0,
        Some(at) => at,
        None => return line.to_owned(),
    };
    let (shown, hidden) = line.split_at(secret);
    shown.chars().chain(hidden.chars().map(star)).collect()
}

fn floor_boundary(source: &str, at: usize) -> usize {
    let mut at = at.min(source.len());
    while !source.is_char_boundary(at) {
        at -= 1;
    }
    at
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Default => f.write_str("default"),
            Place::File(at) => write!(f, "{}:{}:{}", at.path.display(), at.line, at.column),
            Place::Variable(name) => write!(f, "environment variable {name}"),
            Place::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// A value with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) place: Place,
}

/// Something wrong with a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub advice: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.what)?;
        match &self.place {
            Place::Default => {}
            Place::Variable(_) | Place::Flag(_) => writeln!(f, "  --> {}", self.place)?,
            Place::File(at) => {
                let margin = at.line.to_string().len();
                writeln!(f, "{:margin$}--> {}", "", self.place)?;
                writeln!(f, "{:margin$} |", "")?;
                writeln!(f, "{} | {}", at.line, at.text)?;
                writeln!(
                    f,
                    "{:margin$} | {:indent$}{}",
                    "",
                    "",
                    "^".repeat(at.width),
                    indent = at.column - 1
                )?;
            }
        }
        writeln!(f, "  what to do: {}", self.advice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_shows_the_line_and_marks_the_place() {
        let source = "# Điểm cầu\nlog = \"ồn\" # ghi\n";
        let start = source.find("\"ồn\"").unwrap();
        let place = FilePlace::new(Path::new("d.toml"), source, start..start + "\"ồn\"".len());
        let problem = Problem {
            place: Place::File(place),
            what: "bad".to_owned(),
            advice: "mend it".to_owned(),
        };
        assert_eq!(
            problem.to_string(),
            "error: bad\n --> d.toml:2:7\n  |\n2 | log = \"ồn\" # ghi\n  |       ^^^^\n  what to do: mend it\n"
        );
    }

    #[test]
    fn a_credential_is_not_shown() {
        let source = "ice = [{ credential = \"mật mã\" }]";
        let place = FilePlace::new(Path::new("d.toml"), source, 0..3);
        assert_eq!(place.text, "ice = [{ credential = \"*** **\" **");
    }

    #[test]
    fn a_range_beyond_the_file_does_not_panic() {
        let place = FilePlace::new(Path::new("d.toml"), "ế", 1..99);
        assert_eq!((place.line, place.column), (1, 1));
    }
}
