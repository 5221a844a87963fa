//! A clock that stands until a story turns it.
//!
//! ```text
//!   story ── turn to 08:10 ──> thread of the server: advance, timers go off
//! ```
//!
//! The server has a thread and a runtime of its own, whose clock is tokio's
//! test clock. That one runs ahead by itself as soon as nobody has anything to
//! do, which is also so while a database or a mail server is at work; it does
//! not while something blocks. So something does.

use std::sync::mpsc as blocking;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::runtime::{Builder, Handle};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, advance};

/// The time now, and who is told that it is so late.
type Turn = (i64, oneshot::Sender<()>);

/// A runtime whose clock stands; it ends, whatever it is at, with this.
pub(crate) struct Stopped {
    pub(crate) handle: Handle,
    turns: Option<mpsc::UnboundedSender<Turn>>,
    thread: Option<JoinHandle<()>>,
}

impl Stopped {
    /// A clock that stands at `now`, in milliseconds since 1970 UTC: at this
    /// moment of the real world, or later.
    pub(crate) async fn at(now: i64) -> Self {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        let handle = runtime.handle().clone();
        let (turns, turned) = mpsc::unbounded_channel();
        let thread = std::thread::spawn(move || {
            runtime.block_on(keep(turned));
            runtime.shutdown_background();
        });
        let stopped = Self {
            handle,
            turns: Some(turns),
            thread: Some(thread),
        };
        stopped.turn_to(now).await;
        stopped
    }

    /// Turns the clock; what is due until then goes off.
    pub(crate) async fn turn_to(&self, now: i64) {
        let (done, turned) = oneshot::channel();
        let turns = self.turns.as_ref().unwrap();
        turns.send((now, done)).unwrap();
        turned.await.unwrap();
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        drop(self.turns.take());
        // A panic has shown itself where somebody waited for an answer.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

async fn keep(mut turns: mpsc::UnboundedReceiver<Turn>) {
    let (_held, holds) = blocking::channel::<()>();
    tokio::task::spawn_blocking(move || holds.recv());
    let began = Instant::now();
    let stood = began.into_std().elapsed();
    let began_at = real_ms() - i64::try_from(stood.as_millis()).unwrap();
    while let Some((now, done)) = turns.recv().await {
        let gone = i64::try_from(began.elapsed().as_millis()).unwrap();
        let ahead = u64::try_from(now - began_at - gone).unwrap_or(0);
        advance(Duration::from_millis(ahead)).await;
        let _ = done.send(());
    }
}

fn real_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}
