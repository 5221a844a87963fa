//! Archives stored elsewhere: in a bucket of an S3 service.
//!
//! ```text
//!   archive/ ── parts ──> bucket/PREFIX/MEETING/…      the manifest comes last
//!      │                       │ read back, hashed
//!      │   upload.json <───────┘ what is there so far: an upload that was cut
//!      │                         off goes on with the next part
//!      └── removed, where the settings say so, once all of it is checked;
//!          it is read from the bucket then
//! ```

mod ledger;
mod remote;
#[cfg(test)]
mod stories;
mod upload;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::multipart::MultipartStore;
use object_store::path::Path as Key;
use object_store::{
    BackoffConfig, Certificate, ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig,
};
use tokio::runtime::Handle;

pub(crate) use ledger::Ledger;
pub use ledger::Progress;
pub(crate) use remote::Remote;
pub(crate) use upload::{Upload, ledger_of};

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a request is tried again by itself.
const RETRY: Duration = Duration::from_secs(20);

/// Where archives are stored beside this machine.
#[derive(Clone, PartialEq, Eq)]
pub struct DepotConfig {
    /// The bucket, which must be there.
    pub bucket: String,
    /// How the names in it begin; without a slash at its ends.
    pub prefix: String,
    /// Where the service is; without it Amazon's.
    pub endpoint: Option<String>,
    /// Its region.
    pub region: String,
    /// The name of the key.
    pub access_key: String,
    /// The key.
    pub secret_key: String,
    /// The authority of the service's certificate, in PEM.
    pub authority: Option<String>,
    /// Whether the files stay on this machine, too.
    pub keep_local: bool,
}

impl std::fmt::Debug for DepotConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DepotConfig")
            .field("bucket", &self.bucket)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

/// Nothing can be stored elsewhere this time.
#[derive(Debug, thiserror::Error)]
pub enum DepotError {
    /// The service refuses the key.
    #[error("the store refuses the key: check access_key, secret_key and the bucket's policy")]
    Refused,
    /// The service cannot be asked, or answers with an error.
    #[error("the store: {0}")]
    Store(object_store::Error),
    /// The archive cannot be read.
    #[error("the archive: {0}")]
    Local(#[from] io::Error),
    /// What arrived is something else.
    #[error("{0} did not arrive as it was sent; it is sent again")]
    Damaged(String),
}

impl From<object_store::Error> for DepotError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::PermissionDenied { .. }
            | object_store::Error::Unauthenticated { .. } => Self::Refused,
            other => Self::Store(other),
        }
    }
}

/// The way to a bucket.
#[derive(Debug, Clone)]
pub struct Depot {
    store: Arc<AmazonS3>,
    prefix: Key,
    /// What names the place: another one begins anew.
    place: String,
    runtime: Handle,
    keep_local: bool,
}

impl Depot {
    /// Nothing is asked yet.
    ///
    /// # Errors
    /// When the settings do not name a store, or there is no TLS.
    pub fn new(config: &DepotConfig, runtime: Handle) -> Result<Self, DepotError> {
        let mut options = ClientOptions::new()
            .with_timeout(PATIENCE)
            .with_allow_http(true);
        if let Some(pem) = &config.authority {
            for certificate in Certificate::from_pem_bundle(pem.as_bytes())? {
                options = options.with_root_certificate(certificate);
            }
        }
        let retry = RetryConfig {
            backoff: BackoffConfig::default(),
            max_retries: 4,
            retry_timeout: RETRY,
        };
        let mut builder = AmazonS3Builder::new()
            .with_client_options(options)
            .with_retry(retry)
            .with_bucket_name(&config.bucket)
            .with_region(&config.region)
            .with_access_key_id(&config.access_key)
            .with_secret_access_key(&config.secret_key);
        if let Some(endpoint) = &config.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        let endpoint = config.endpoint.as_deref().unwrap_or(&config.region);
        Ok(Self {
            store: Arc::new(builder.build()?),
            prefix: Key::from(config.prefix.as_str()),
            place: format!("{endpoint} {} {}", config.bucket, config.prefix),
            runtime,
            keep_local: config.keep_local,
        })
    }

    /// Whether the files stay on this machine, too.
    pub(crate) fn keeps_local(&self) -> bool {
        self.keep_local
    }

    /// What the place is called in a ledger.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    fn key(&self, archive: &str, name: &str) -> Key {
        let archive = self.prefix.clone().join(archive);
        name.split('/').fold(archive, Key::join)
    }

    /// The files of an archive in the bucket. Not for threads of the runtime.
    pub(crate) fn remote(&self, archive: &str) -> Remote {
        Remote::new(self.clone(), archive)
    }

    /// Removes what a ledger says of an archive, and whatever else has its
    /// name. Not for threads of the runtime.
    pub(crate) fn remove(&self, archive: &str, ledger: &Ledger) -> io::Result<()> {
        self.runtime.block_on(async {
            for (name, id) in ledger.begun() {
                let key = self.key(archive, name);
                match self.store.abort_multipart(&key, id).await {
                    Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                    Err(error) => return Err(io::Error::other(error)),
                }
            }
            for key in self.list(archive).await? {
                self.store.delete(&key).await.map_err(io::Error::other)?;
            }
            Ok(())
        })
    }

    /// Everything in the bucket that has the name of an archive.
    async fn list(&self, archive: &str) -> io::Result<Vec<Key>> {
        let mut folders = vec![self.prefix.clone().join(archive)];
        let mut found = Vec::new();
        while let Some(folder) = folders.pop() {
            let listed = self.store.list_with_delimiter(Some(&folder)).await;
            let listed = listed.map_err(io::Error::other)?;
            folders.extend(listed.common_prefixes);
            found.extend(listed.objects.into_iter().map(|object| object.location));
        }
        Ok(found)
    }
}
