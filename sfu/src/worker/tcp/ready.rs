//! Which of many sockets have something to do, without a task for each.
//!
//! ```text
//!   runtime ─ wakes ─> Signal (one socket) ─> Ready: its key in a queue
//!                                                │ wakes, once
//!                                                └─> the worker: turn()
//! ```

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// What a socket is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Listener(usize),
    Connection(u64),
}

/// Sockets that have something to do.
#[derive(Debug, Default)]
pub(super) struct Ready {
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    signals: VecDeque<Arc<Signal>>,
    worker: Option<Waker>,
}

/// Wakes the worker for one socket.
#[derive(Debug)]
struct Signal {
    key: Key,
    ready: Arc<Ready>,
    is_queued: AtomicBool,
}

impl Ready {
    /// A waker for a socket.
    pub(super) fn waker(self: &Arc<Self>, key: Key) -> Waker {
        Waker::from(Arc::new(Signal {
            key,
            ready: Arc::clone(self),
            is_queued: AtomicBool::new(false),
        }))
    }

    /// Ready when a socket has something to do.
    pub(super) fn poll(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if !queue.signals.is_empty() {
            return Poll::Ready(());
        }
        match &mut queue.worker {
            Some(worker) => worker.clone_from(context.waker()),
            None => queue.worker = Some(context.waker().clone()),
        }
        Poll::Pending
    }

    /// The next socket that has something to do. From now on it can be queued
    /// again.
    pub(super) fn next(&self) -> Option<Key> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let signal = queue.signals.pop_front()?;
        signal.is_queued.store(false, Ordering::Release);
        Some(signal.key)
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        if self.is_queued.swap(true, Ordering::AcqRel) {
            return;
        }
        let ready = Arc::clone(&self.ready);
        let mut queue = ready.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.signals.push_back(self);
        let worker = queue.worker.take();
        drop(queue);
        if let Some(worker) = worker {
            worker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_that_is_woken_often_is_queued_once() {
        let ready = Arc::new(Ready::default());
        let one = ready.waker(Key::Connection(1));
        let two = ready.waker(Key::Listener(0));
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(ready.poll(&mut context), Poll::Pending);
        one.wake_by_ref();
        two.wake_by_ref();
        one.wake_by_ref();
        assert_eq!(ready.poll(&mut context), Poll::Ready(()));
        assert_eq!(ready.next(), Some(Key::Connection(1)));
        one.wake_by_ref();
        assert_eq!(ready.next(), Some(Key::Listener(0)));
        assert_eq!(ready.next(), Some(Key::Connection(1)));
        assert_eq!(ready.next(), None);
    }
}
