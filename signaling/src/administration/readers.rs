//! Connections that only read, beside the one that acts: whoever stands at a
//! door does not wait for an administrator.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::database::{Area, Connection};
use crate::store::StoreError;

/// Connections at most; whoever comes then waits for one.
const MOST: usize = 4;

/// The connections that only read.
pub(super) struct Readers {
    area: Area,
    places: Semaphore,
    idle: Mutex<Vec<Connection>>,
}

/// A connection that is taken out for some reading. Where it is not put back,
/// a new one is made for whoever comes next.
pub(super) struct Reader<'a> {
    pub(super) connection: Connection,
    readers: &'a Readers,
    _place: SemaphorePermit<'a>,
}

impl Readers {
    pub(super) fn new(area: Area) -> Self {
        Self {
            area,
            places: Semaphore::new(MOST),
            idle: Mutex::default(),
        }
    }

    /// A connection, once one is free.
    pub(super) async fn take(&self) -> Result<Reader<'_>, StoreError> {
        let place = self.places.acquire().await;
        let place = place.map_err(|_| StoreError::Closed)?;
        let mut idle = self.idle().pop();
        if let Some(connection) = &mut idle
            && !connection.is_alive().await
        {
            idle = None;
        }
        let connection = match idle {
            Some(connection) => connection,
            None => self.area.connect_to_read().await?,
        };
        Ok(Reader {
            connection,
            readers: self,
            _place: place,
        })
    }

    /// Gives out no more, and closes those that are idle.
    pub(super) async fn close(&self) {
        self.places.close();
        let idle = std::mem::take(&mut *self.idle());
        for connection in idle {
            if let Err(error) = connection.close().await {
                tracing::warn!(%error, "a reader of the organisation was not closed cleanly");
            }
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader<'_> {
    /// Puts it back, for the next who reads.
    pub(super) fn put_back(self) {
        if !self.readers.places.is_closed() {
            self.readers.idle().push(self.connection);
        }
    }
}
