//! What is done for planned meetings while nobody asks: their ends are noted.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::Shared;

/// How often is looked, also where nobody calls: what could not be stored is
/// tried again then.
const LOOKS: Duration = Duration::from_secs(60);

/// The task, which ends after what it is at.
pub(super) struct Keeper {
    stop: watch::Sender<bool>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Keeper {
    pub(super) fn start(shared: &Arc<Shared>, ends: Arc<Notify>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let tasks = vec![tokio::spawn(keep(Arc::clone(shared), ends, stopped))];
        Self {
            stop,
            tasks: Mutex::new(tasks),
        }
    }

    /// Ends it, and waits for that.
    pub(super) async fn stop(&self) {
        // Where nobody listens any more, it has ended.
        let _ = self.stop.send(true);
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        for task in tasks {
            if task.await.is_err() {
                tracing::error!("a task for planned meetings ended with a fault");
            }
        }
    }
}

async fn keep(shared: Arc<Shared>, ends: Arc<Notify>, mut stopped: watch::Receiver<bool>) {
    loop {
        if let Err(error) = shared.note_ends().await {
            tracing::warn!(%error, "the ends of meetings cannot be noted now");
        }
        tokio::select! {
            () = ends.notified() => {}
            () = sleep(LOOKS) => {}
            // Also where the server is dropped without a word.
            _ = stopped.changed() => return,
        }
    }
}
