//! `[store]`: a PostgreSQL database in place of the SQLite files.

use diemcau_signaling::DatabaseUrl;

use super::check::Check;
use super::place::{Found, Place};

impl Check {
    pub(super) fn database(&mut self, url: Option<Found<String>>) -> Option<DatabaseUrl> {
        let Some(found) = url else {
            self.note("store", "SQLite".to_owned(), &Place::Default);
            return None;
        };
        match found.value.parse() {
            Ok(url) => {
                self.note("store", "PostgreSQL".to_owned(), &found.place);
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
