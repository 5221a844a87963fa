//! Sends what waits, of one kind: letters, or messages to webhooks.

use std::sync::Arc;
use std::time::Duration;

use diemcau_protocol::DeliveryKind;
use tokio::sync::watch;
use tokio::time::sleep;

use super::Shared;
use crate::administration::{Attempt, Claimed};
use crate::clock::now_ms;
use crate::mail::Mailer;
use crate::schedule::{Letter, retry_at};
use crate::store::StoreError;
use crate::webhook::{Caller, Message};

/// How long something that was claimed is left alone, in milliseconds: longer
/// than any attempt takes.
const LEASE: i64 = 120_000;

/// The first wait until something is tried again, where nothing else is set.
const FIRST_WAIT: Duration = Duration::from_secs(10);

/// The longest sleep: who else writes into the database does not wake anybody
/// here.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// By which way something is sent.
pub(super) enum Post {
    Mail(Mailer),
    Webhooks(Caller),
}

/// Why something was not sent, and whether it never would be.
struct NotSent {
    for_good: bool,
    why: String,
}

impl Post {
    fn kind(&self) -> DeliveryKind {
        match self {
            Post::Mail(_) => DeliveryKind::Mail,
            Post::Webhooks(_) => DeliveryKind::Webhook,
        }
    }

    async fn send(&self, shared: &Shared, claimed: &Claimed) -> Result<(), NotSent> {
        match self {
            Post::Mail(mailer) => send_letter(mailer, claimed).await,
            Post::Webhooks(caller) => tell(shared, caller, claimed).await,
        }
    }
}

async fn send_letter(mailer: &Mailer, claimed: &Claimed) -> Result<(), NotSent> {
    let letter = serde_json::from_slice::<Letter>(&claimed.content).map_err(|error| NotSent {
        for_good: true,
        why: error.to_string(),
    })?;
    let number = (claimed.created_at, claimed.id);
    let sent = mailer.send(number, &letter).await;
    sent.map_err(|error| NotSent {
        for_good: error.for_good,
        why: error.why,
    })
}

async fn tell(shared: &Shared, caller: &Caller, claimed: &Claimed) -> Result<(), NotSent> {
    let stored = shared.administration.webhook(&claimed.target).await;
    let stored = stored.map_err(|error| NotSent {
        for_good: false,
        why: error.to_string(),
    })?;
    let Some((webhook, secret)) = stored else {
        return Err(NotSent {
            for_good: true,
            why: "the webhook was removed".to_owned(),
        });
    };
    let message = Message {
        id: &format!("msg_{}_{}", claimed.created_at, claimed.id),
        seconds: now_ms() / 1_000,
        secret: &secret,
        body: &claimed.content,
    };
    let told = caller.tell(&webhook.url, &message).await;
    told.map_err(|error| NotSent {
        for_good: error.for_good,
        why: error.why,
    })
}

/// Sends until the server stops, and ends after what is on its way.
pub(super) async fn send_all(shared: Arc<Shared>, post: Post, mut stopped: watch::Receiver<bool>) {
    let kind = post.kind();
    loop {
        while !*stopped.borrow() && send_next(&shared, &post).await {}
        let due = shared.administration.next_due(kind).await;
        let wait = match due {
            Ok(Some(at)) => {
                let wait = u64::try_from(at.saturating_sub(now_ms())).unwrap_or(0);
                // What waits behind something of its stream may be due already.
                Duration::from_millis(wait.max(20)).min(LONGEST_SLEEP)
            }
            Ok(None) | Err(_) => LONGEST_SLEEP,
        };
        tokio::select! {
            () = shared.administration.something_to_send(kind) => {}
            () = sleep(wait) => {}
            _ = stopped.changed() => return,
        }
    }
}

/// Sends one that is due; false where none is.
async fn send_next(shared: &Shared, post: &Post) -> bool {
    let claimed = shared
        .administration
        .claim(post.kind(), now_ms(), LEASE)
        .await;
    let claimed = match claimed {
        Ok(Some(claimed)) => claimed,
        Ok(None) => return false,
        Err(error) => {
            tracing::warn!(%error, "what is to be sent cannot be read now");
            return false;
        }
    };
    let outcome = post.send(shared, &claimed).await;
    let attempt = became(shared, &claimed, outcome, now_ms());
    // What went out must not go out again.
    loop {
        let noted = shared
            .administration
            .attempted(claimed.id, &attempt, now_ms());
        match noted.await {
            Ok(()) => return true,
            Err(StoreError::Closed) => return false,
            Err(error) => {
                tracing::warn!(%error, "it cannot be noted that something was sent");
                sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

fn became(shared: &Shared, claimed: &Claimed, outcome: Result<(), NotSent>, now: i64) -> Attempt {
    let Err(NotSent { for_good, why }) = outcome else {
        return Attempt::Sent;
    };
    let first = shared.planning.first_wait.unwrap_or(FIRST_WAIT);
    let again = retry_at(claimed.created_at, claimed.attempts, first, now);
    match again.filter(|_| !for_good) {
        Some(at) => Attempt::Again(at, why),
        None => {
            tracing::warn!(number = claimed.id, %why, "something that was to be sent is given up");
            Attempt::Failed(why)
        }
    }
}
