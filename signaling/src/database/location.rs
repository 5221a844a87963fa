//! Where the control plane keeps what must last.

use std::path::PathBuf;
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;

use crate::redacted::Redacted;

/// Where the control plane keeps what must last.
#[derive(Debug, Clone)]
pub enum StoreLocation {
    /// In SQLite files.
    Sqlite {
        /// The event log.
        event_log: PathBuf,
        /// The organisation.
        directory: PathBuf,
    },
    /// In a PostgreSQL database.
    Postgres(DatabaseUrl),
}

impl StoreLocation {
    /// The two files in one folder.
    pub fn in_folder(folder: &std::path::Path) -> Self {
        StoreLocation::Sqlite {
            event_log: folder.join("events.db"),
            directory: folder.join("directory.db"),
        }
    }
}

/// The address of a PostgreSQL database, with the password in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseUrl(Redacted<String>);

/// The address cannot be used. What was given is not repeated: there may be a
/// password in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the address of a PostgreSQL database")]
pub struct InvalidDatabaseUrl;

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        let scheme = text.split_once("://").map(|(scheme, _)| scheme);
        if !matches!(scheme, Some("postgres" | "postgresql")) {
            return Err(InvalidDatabaseUrl);
        }
        PgConnectOptions::from_str(text).map_err(|_| InvalidDatabaseUrl)?;
        Ok(Self(Redacted::new(text.to_owned())))
    }
}

impl DatabaseUrl {
    pub(crate) fn expose(&self) -> &str {
        self.0.expose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_password_to_itself() {
        let url: DatabaseUrl = "postgres://hop:m4tkhau@db.example.vn/hop".parse().unwrap();
        assert!(!format!("{url:?}").contains("m4tkhau"));
        for wrong in ["", "mysql://a/b", "postgres", "postgres://a:m4tkhau@:x/"] {
            let error = wrong.parse::<DatabaseUrl>().unwrap_err();
            assert!(!error.to_string().contains("m4tkhau"));
        }
    }
}
