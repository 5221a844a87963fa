//! PostgreSQL for a measurement: Debian's, in a temporary folder, with the
//! settings that it has by itself.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

/// Ends PostgreSQL when its standard input ends.
const KEEPER: &str = r#"
set -eu
bin=$1 dir=$2
"$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 >"$dir/log" 2>&1
"$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -s -w -t 60 -o "-k '$dir' -c listen_addresses=" start </dev/null >/dev/null
echo ready >"$dir/ready"
cat >/dev/null
"$bin/pg_ctl" -D "$dir/data" -s -w -m fast stop >/dev/null
"#;

/// A PostgreSQL server; it ends when this does.
pub(crate) struct Postgres {
    keeper: Child,
    folder: TempDir,
}

impl Postgres {
    pub(crate) fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        // PostgreSQL does not run as root.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777))?;
        let mut command = if rustix::process::getuid().is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        let mut keeper = command
            .args(["-c", KEEPER, "keeper"])
            .arg(programs()?)
            .arg(folder.path())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        while !folder.path().join("ready").exists() {
            let ended = keeper.try_wait()?;
            ensure!(ended.is_none(), "PostgreSQL does not start");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        Ok(Self { keeper, folder })
    }

    pub(crate) fn url(&self) -> String {
        let folder = self.folder.path().display();
        format!("postgres://postgres@localhost/postgres?host={folder}")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // It may have ended already.
        let _ = self.keeper.wait();
    }
}

/// Where `initdb` and the others are: on Debian not on anybody's path.
fn programs() -> Result<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")?
        .flatten()
        .map(|version| version.path().join("bin"))
        .collect();
    found.sort();
    found.pop().context("PostgreSQL is missing")
}
