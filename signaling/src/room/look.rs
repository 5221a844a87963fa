//! A look at a running meeting's state, from outside its task.

use tokio::sync::oneshot;

use super::{Input, RoomHandle};
use crate::meeting::State;

/// Looks at the state, and tells whoever wanted it.
pub(crate) struct Look(Box<dyn FnOnce(&State) + Send>);

impl Look {
    pub(super) fn at(self, state: &State) {
        (self.0)(state);
    }
}

impl std::fmt::Debug for Look {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Look")
    }
}

impl RoomHandle {
    /// What `how` finds in the state, or nothing where the room is gone. It
    /// holds the meeting up, so it is quick.
    pub(crate) async fn look<T: Send + 'static>(
        &self,
        how: impl FnOnce(&State) -> T + Send + 'static,
    ) -> Option<T> {
        let (reply, found) = oneshot::channel();
        self.tell(Input::Look(Look(Box::new(move |state| {
            // Whoever asked may have hung up.
            let _ = reply.send(how(state));
        }))));
        found.await.ok()
    }
}
