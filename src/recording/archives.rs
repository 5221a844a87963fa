//! The archives of this server, and what goes on with them.

use std::sync::Arc;

use diemcau_recorder::library::Library;
use diemcau_recorder::{
    ArchiveKey, Custodian, CustodianConfig, Depot, Films, Retention, StampClient,
};
use tokio::runtime::Handle;
use tokio::sync::Mutex;

use crate::config::Settings;
use crate::folder::{FolderError, Layout, private_folder};
use crate::wire::WireError;

/// The archives of this server.
pub struct Archives {
    /// Where they are, and what opens them.
    pub library: Library,
    /// What signs them.
    pub(crate) key: Arc<ArchiveKey>,
    /// How long they are kept.
    pub(crate) retention: Retention,
    /// What is done with them in the background.
    pub(crate) custodian: Custodian,
    /// What is derived from them for handing out.
    pub(crate) films: Films,
    /// Holds and destructions come one after the other.
    pub(crate) orders: Mutex<()>,
}

impl Archives {
    /// As the settings and the data folder say.
    pub(crate) fn open(
        settings: &Settings,
        layout: &Layout,
        runtime: &Handle,
    ) -> Result<Self, WireError> {
        let pem = layout.archive_key_pem(false)?;
        let key = ArchiveKey::from_pem(&pem).map_err(FolderError::from)?;
        let setting = &settings.archive;
        let identity = setting.identity.as_ref().map(|file| file.keys.clone());
        let mut library = Library::new(&layout.recordings(), identity);
        if let Some(config) = &setting.s3 {
            library = library.stored_in(Depot::new(config, runtime.clone())?);
        }
        let stamps = setting.timestamp_url.as_deref().map(StampClient::new);
        let config = CustodianConfig {
            library: library.clone(),
            stamps: stamps.transpose()?,
        };
        private_folder(&layout.recordings())?;
        let films = Films::start(library.clone())?;
        Ok(Self {
            films,
            library: library.clone(),
            key: Arc::new(key),
            retention: setting.retention.clone(),
            custodian: Custodian::start(config, runtime),
            orders: Mutex::new(()),
        })
    }
}
