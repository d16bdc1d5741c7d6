//! What the studies of the effective field share.

use std::fs;
use std::path::PathBuf;

/// The folder for pictures: the first argument, or `target/erf`.
pub(crate) fn folder() -> std::io::Result<PathBuf> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "target/erf".into()));
    fs::create_dir_all(&folder)?;
    Ok(folder)
}
