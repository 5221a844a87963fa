//! `[store]`: a PostgreSQL database in place of the SQLite files.

use std::path::Path;

use diemcau_signaling::DatabaseUrl;

use super::check::Check;
use super::place::{Found, Place};
use crate::folder::Layout;

/// Where the secret ballots are when everything else is in PostgreSQL, whose
/// write-ahead log would keep which of them came together, and when.
pub const BALLOTS_ADVICE: &str = "a file beside PostgreSQL, in no dump: every backup needs it, too";

impl Check {
    pub(super) fn database(
        &mut self,
        url: Option<Found<String>>,
        data_dir: &Path,
    ) -> Option<DatabaseUrl> {
        let Some(found) = url else {
            self.note("store", "SQLite".to_owned(), &Place::Default);
            return None;
        };
        match found.value.parse() {
            Ok(url) => {
                self.note("store", "PostgreSQL".to_owned(), &found.place);
                let ballots = Layout::new(data_dir).ballots();
                let told = format!("{}; {BALLOTS_ADVICE}", ballots.display());
                self.note("ballots", told, &found.place);
                Some(url)
            }
            Err(_) => {
                self.problem(
                    &found.place,
                    "`store.url`: not the address of a PostgreSQL database",
                    "write it like \"postgres://USER:PASSWORD@HOST:5432/DATABASE\"; signs such as \
                     @ and / in the password are written in percent notation (%40, %2F)",
                );
                None
            }
        }
    }
}
