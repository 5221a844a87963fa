//! What is in a file, wherever it lies, and its digest.

use std::io::{self, Read, Seek, Write};

use sha2::{Digest, Sha256};

/// Read at a time.
const PAGE: usize = 1 << 16;

/// What is in a file: read from anywhere in it.
pub trait Content: Read + Seek + Send {}

impl<T: Read + Seek + Send> Content for T {}

/// How long something is, and its SHA-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Digested {
    pub(crate) size: u64,
    /// In hex.
    pub(crate) sha256: String,
}

impl Digested {
    /// Of everything that is left to read.
    pub(crate) fn of(content: &mut dyn Read) -> io::Result<Self> {
        let mut hashing = Hashing::new(io::sink());
        let mut page = vec![0; PAGE];
        loop {
            match content.read(&mut page)? {
                0 => return Ok(hashing.finish().1),
                read => hashing.write_all(&page[..read])?,
            }
        }
    }
}

/// Takes the digest of what is written through it.
pub(crate) struct Hashing<W> {
    inner: W,
    digest: Sha256,
    size: u64,
}

impl<W: Write> Hashing<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self {
            inner,
            digest: Sha256::new(),
            size: 0,
        }
    }

    pub(crate) fn finish(self) -> (W, Digested) {
        let digested = Digested {
            size: self.size,
            sha256: hex::encode(self.digest.finalize()),
        };
        (self.inner, digested)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.digest.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
