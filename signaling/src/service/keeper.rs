//! What is done for planned meetings while nobody asks: their starts and
//! ends are noted, everybody is reminded, and what waits is sent.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use diemcau_protocol::WebhookEvent;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::Shared;
use super::sending::{Post, send_all};
use crate::mail::Mailer;
use crate::room::Notice;
use crate::webhook::Caller;

/// How often is looked, also where nobody calls: what could not be stored is
/// tried again then.
const LOOKS: Duration = Duration::from_secs(60);

/// The task, which ends after what it is at.
pub(super) struct Keeper {
    stop: watch::Sender<bool>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Keeper {
    pub(super) fn start(
        shared: &Arc<Shared>,
        noticed: mpsc::UnboundedReceiver<Notice>,
        mailer: Option<Mailer>,
        caller: Caller,
    ) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = vec![
            tokio::spawn(keep(Arc::clone(shared), noticed, stopped.clone())),
            tokio::spawn(send_all(
                Arc::clone(shared),
                Post::Webhooks(caller),
                stopped.clone(),
            )),
        ];
        if let Some(mailer) = mailer {
            let letters = send_all(Arc::clone(shared), Post::Mail(mailer), stopped);
            tasks.push(tokio::spawn(letters));
        }
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

async fn keep(
    shared: Arc<Shared>,
    mut noticed: mpsc::UnboundedReceiver<Notice>,
    mut stopped: watch::Receiver<bool>,
) {
    loop {
        if let Err(error) = shared.look_after_meetings().await {
            tracing::warn!(%error, "planned meetings cannot be looked after now");
        }
        tokio::select! {
            notice = noticed.recv() => match notice {
                Some(Notice::Started(meeting)) => shared.tell_of(&meeting, WebhookEvent::Started).await,
                Some(Notice::Ended) => {}
                None => return,
            },
            () = sleep(LOOKS) => {}
            // Also where the server is dropped without a word.
            _ = stopped.changed() => return,
        }
    }
}
