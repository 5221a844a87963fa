//! A client that is not ours: aiortc, in the environment that
//! `deploy/setup.sh --tests` makes in `target/foreign`.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/foreign/bin/python");
const CLIENT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/support/foreign/client.py"
);

/// A running client; killed when it is dropped.
pub(crate) struct Foreign {
    child: Child,
    told: Lines<BufReader<ChildStdout>>,
}

impl Foreign {
    /// Publishes a picture and a tone until it is told to end.
    pub(crate) fn publish(url: &str, token: &str, how: &[&str]) -> Self {
        Self::start(token, &[&["publish", url], how].concat())
    }

    /// Watches until it has received enough of each kind.
    pub(crate) fn watch(url: &str, token: &str, kinds: &[&str]) -> Self {
        Self::start(token, &[&["watch", url, "--await"], kinds].concat())
    }

    fn start(token: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(PYTHON)
            .arg(CLIENT)
            .args(arguments)
            .env("TOKEN", token)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the foreign client is there; `make setup-tests` installs it");
        let told = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, told }
    }

    /// The next event of this name.
    pub(crate) fn told(&mut self, name: &str) -> Value {
        for line in self.told.by_ref() {
            let event: Value = serde_json::from_str(&line.unwrap()).unwrap();
            if event["event"] == name {
                return event;
            }
            eprintln!("foreign client: {event}");
        }
        panic!("the foreign client ended without \"{name}\"");
    }

    /// Waits until media can flow.
    pub(crate) fn connected(&mut self) {
        while self.told("connection")["state"] != "connected" {}
    }

    /// Ends it in good order: it deletes its session. The status of that.
    pub(crate) fn end(mut self) -> u64 {
        drop(self.child.stdin.take());
        let status = self.told("deleted")["status"].as_u64().unwrap();
        assert!(self.child.wait().unwrap().success());
        status
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
