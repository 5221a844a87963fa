//! PostgreSQL for tests: Debian's, in a temporary folder, on a socket of its
//! own; or that of `DATABASE_URL`.
//!
//! ```text
//!   test process ── pipe ──> shell ──> postgres
//! ```
//!
//! The shell ends PostgreSQL when the pipe ends, so that nothing is left of a
//! test process that was killed.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};
use tempfile::TempDir;

/// Reads `start` and `stop`; ends with its standard input.
const KEEPER: &str = r#"
set -u
bin=$1 dir=$2
"$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$dir/log" 2>&1 || exit 1
start() {
    "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -s -w -t 30 \
        -o "-k '$dir' -c listen_addresses= -c fsync=off -c max_connections=200 -c logging_collector=off" start \
        </dev/null >/dev/null 2>&1
}
stop() {
    "$bin/pg_ctl" -D "$dir/data" -s -w -m "$1" stop >/dev/null 2>&1
}
while read -r order; do
    case $order in
        start) start && echo done || { echo failed; cat "$dir/log" >&2; } ;;
        stop) stop immediate; echo done ;;
    esac
done
stop immediate
rm -rf "$dir/data"
"#;

/// A PostgreSQL server of its own.
pub(crate) struct Postgres {
    keeper: Child,
    answers: BufReader<ChildStdout>,
    folder: TempDir,
}

impl Postgres {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // PostgreSQL does not run as root.
        let everyone = std::fs::Permissions::from_mode(0o777);
        std::fs::set_permissions(folder.path(), everyone).unwrap();
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        let mut keeper = command
            .args(["-c", KEEPER, "keeper"])
            .arg(programs())
            .arg(folder.path())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let answers = keeper.stdout.take().unwrap();
        let mut postgres = Self {
            keeper,
            answers: BufReader::new(answers),
            folder,
        };
        postgres.start_again();
        postgres
    }

    /// Ends the server as a power cut does.
    pub(crate) fn stop(&mut self) {
        self.order("stop");
    }

    pub(crate) fn start_again(&mut self) {
        self.order("start");
    }

    fn order(&mut self, order: &str) {
        writeln!(self.keeper.stdin.as_mut().unwrap(), "{order}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        let log = || std::fs::read_to_string(self.folder.path().join("log"));
        assert_eq!(answer, "done\n", "PostgreSQL: {:?}", log());
    }

    /// The address of a database.
    fn url(&self, database: &str) -> String {
        let folder = self.folder.path().display();
        format!("postgres://postgres@localhost/{database}?host={folder}")
    }

    /// The address of a new, empty database.
    pub(crate) async fn database(&self) -> String {
        new_database(|database| self.url(database)).await
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// The address of a new, empty database on the server that all tests of this
/// process share.
pub(crate) async fn database() -> String {
    static SHARED: OnceLock<Postgres> = OnceLock::new();
    match std::env::var("DATABASE_URL") {
        Ok(url) => new_database(|database| named(&url, database)).await,
        Err(_) => {
            let started = tokio::task::spawn_blocking(|| SHARED.get_or_init(Postgres::start));
            started.await.unwrap().database().await
        }
    }
}

async fn new_database(url: impl Fn(&str) -> String) -> String {
    let name = format!("t{}", hex::encode(rand::random::<[u8; 8]>()));
    let mut connection = PgConnection::connect(&url("postgres")).await.unwrap();
    let create = format!("CREATE DATABASE {name} TEMPLATE template0");
    connection.execute(AssertSqlSafe(create)).await.unwrap();
    connection.close().await.unwrap();
    url(&name)
}

/// An address with another database in it.
fn named(url: &str, database: &str) -> String {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let at = path.rfind('/').unwrap();
    format!("{}/{database}?{query}", &path[..at])
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout == b"0\n"
}

/// Where `initdb` and the others are: on Debian not on anybody's path.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql");
    let mut found: Vec<PathBuf> = versions
        .map(|versions| {
            versions
                .flatten()
                .map(|version| version.path().join("bin"))
                .collect()
        })
        .unwrap_or_default();
    found.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    found.extend(std::env::split_paths(&path));
    found
        .into_iter()
        .rfind(|folder: &PathBuf| Path::new(folder).join("initdb").exists())
        .expect("PostgreSQL is missing: run deploy/setup.sh --tests, or set DATABASE_URL")
}
