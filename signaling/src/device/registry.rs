//! Which devices are in, by the name of their resource.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use diemcau_protocol::{MeetingId, ParticipantId};
use tokio::sync::mpsc;

use super::Request;
use crate::ids;

/// By which protocol a device came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Whip,
    Whep,
}

/// The way to a device's task.
#[derive(Debug, Clone)]
pub(crate) struct DeviceHandle {
    pub(crate) protocol: Protocol,
    pub(crate) meeting: MeetingId,
    pub(crate) participant: ParticipantId,
    pub(crate) requests: mpsc::Sender<Request>,
}

/// All devices of this server.
#[derive(Debug, Clone, Default)]
pub(crate) struct Devices(Arc<Mutex<BTreeMap<String, DeviceHandle>>>);

/// A device is found for as long as this is held.
#[derive(Debug)]
pub(super) struct Registered {
    devices: Devices,
    id: String,
}

impl Devices {
    pub(super) fn add(&self, handle: DeviceHandle) -> Registered {
        let id = ids::device();
        self.lock().insert(id.clone(), handle);
        Registered {
            devices: self.clone(),
            id,
        }
    }

    /// The device with this resource.
    pub(crate) fn find(&self, protocol: Protocol, id: &str) -> Option<DeviceHandle> {
        let handle = self.lock().get(id).cloned();
        handle.filter(|handle| handle.protocol == protocol)
    }

    /// How many are in.
    pub(crate) fn count(&self) -> u64 {
        self.lock().len() as u64
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, DeviceHandle>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registered {
    pub(super) fn id(&self) -> &str {
        &self.id
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.devices.lock().remove(&self.id);
    }
}
