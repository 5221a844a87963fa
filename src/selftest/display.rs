//! How far the test is: on a terminal one line for each step, written again
//! until the step is over; elsewhere a line when it is.

use std::io::{self, IsTerminal, Write};

use super::Progress;
use crate::probe::Language;

/// Shows the progress on standard error.
pub struct Display {
    language: Language,
    is_terminal: bool,
    /// A line is written that is to be written again.
    is_open: bool,
}

impl Display {
    /// Nothing shown yet.
    pub fn new(language: Language) -> Self {
        Self {
            language,
            is_terminal: io::stderr().is_terminal(),
            is_open: false,
        }
    }

    /// Shows how far it is.
    pub fn show(&mut self, progress: Progress<'_>) {
        let mut out = io::stderr().lock();
        let language = self.language;
        // Nobody reads it, then.
        let _ = match progress {
            Progress::Began(step) if self.is_terminal => {
                self.is_open = true;
                write!(out, "\r\x1b[K… {}", language.step_name(step)).and_then(|()| out.flush())
            }
            Progress::Left(step, seconds) if self.is_terminal => {
                let name = language.step_name(step);
                write!(out, "\r\x1b[K… {name} ({seconds} s)").and_then(|()| out.flush())
            }
            Progress::Began(_) | Progress::Left(..) => Ok(()),
            Progress::Holds(step, figures) => {
                let again = if self.is_terminal { "\r\x1b[K" } else { "" };
                self.is_open = false;
                let name = language.step_name(step);
                let figure = language.figure(step, figures);
                writeln!(out, "{again}✓ {name}: {figure}")
            }
        };
    }

    /// Leaves a line that is not finished.
    pub fn end(&self) {
        if self.is_open {
            let _ = writeln!(io::stderr());
        }
    }
}
