//! Whether the log can be written, asked by many and tried once.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::store::StoreError;

/// How long an answer is given again. Each trial is a commit of its own, and
/// anybody may ask.
pub(super) const ANSWER_GOOD_FOR: Duration = Duration::from_secs(2);

type Outcome = Result<(), StoreError>;

/// The last answer. Whoever asks while a trial runs waits for its end.
#[derive(Debug, Default)]
pub(super) struct Readiness(Arc<Mutex<Option<(Instant, Outcome)>>>);

impl Readiness {
    /// The last answer while it is good, else that of `trial`.
    pub(super) async fn ask<F>(&self, trial: F) -> Outcome
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let mut last = Arc::clone(&self.0).lock_owned().await;
        if let Some((at, outcome)) = &*last
            && at.elapsed() < ANSWER_GOOD_FOR
        {
            return outcome.clone();
        }
        // A task of its own: whoever asks and goes away leaves the trial to
        // the others, and does not make room for another one.
        let trial = tokio::spawn(async move {
            let outcome = trial.await;
            *last = Some((Instant::now(), outcome.clone()));
            outcome
        });
        trial.await.unwrap_or(Err(StoreError::Closed))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures_util::future::join_all;
    use tokio::sync::oneshot;

    use super::*;

    /// Counts trials.
    #[derive(Clone, Default)]
    struct Trials(Arc<AtomicU32>);

    impl Trials {
        /// One that ends when `gate` says how.
        async fn one(self, gate: oneshot::Receiver<Outcome>) -> Outcome {
            self.0.fetch_add(1, Ordering::Relaxed);
            gate.await.unwrap()
        }

        /// One that ends well at once.
        async fn good(self) -> Outcome {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }

        fn so_far(&self) -> u32 {
            self.0.load(Ordering::Relaxed)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_who_ask_share_one_trial() {
        let readiness = Readiness::default();
        let trials = Trials::default();
        let everyone = (0..1_000).map(|_| readiness.ask(trials.clone().good()));
        assert!(join_all(everyone).await.iter().all(Result::is_ok));
        assert_eq!(trials.so_far(), 1);
        tokio::time::advance(ANSWER_GOOD_FOR).await;
        readiness.ask(trials.clone().good()).await.unwrap();
        assert_eq!(trials.so_far(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_goes_away_leaves_the_trial_to_the_next() {
        let readiness = Readiness::default();
        let trials = Trials::default();
        let (end, gate) = oneshot::channel();
        let impatient = readiness.ask(trials.clone().one(gate));
        tokio::time::timeout(Duration::from_millis(1), impatient)
            .await
            .unwrap_err();
        end.send(Err(StoreError::Closed)).unwrap();
        let next = readiness.ask(trials.clone().good()).await;
        assert!(next.is_err(), "the answer is that of the first trial");
        assert_eq!(trials.so_far(), 1);
    }
}
