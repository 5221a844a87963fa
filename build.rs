//! Builds the binary anew when the built web client changes.

use std::path::Path;

fn main() {
    let built = Path::new("web-client/dist");
    // A path that is missing counts as changed at every build, so the parent
    // is watched until the client has been built once.
    let watched = if built.exists() {
        built
    } else {
        Path::new("web-client")
    };
    println!("cargo::rerun-if-changed={}", watched.display());
    println!("cargo::rerun-if-changed=build.rs");
}
