//! What the tests of the root package share.

#![allow(
    dead_code,
    unused_imports,
    reason = "each test binary uses its own part"
)]
#![allow(missing_docs, unreachable_pub, reason = "nobody outside sees it")]

pub mod world;
