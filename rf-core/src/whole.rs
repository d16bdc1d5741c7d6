//! Files that are written whole or not at all.
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

/// Writes `bytes` to a new file beside `path` and renames it, so that `path` is either old or whole.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mark = std::format!("{}.{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let beside = beside(path, &mark)?;
    let written = fs::File::create_new(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&beside, path)).inspect_err(|_| {
        // What is left of a failed attempt is of no use; that it cannot be removed changes nothing.
        let _ = fs::remove_file(&beside);
    })
}

/// A hidden name in the folder of `path`.
pub(crate) fn beside(path: &Path, mark: &str) -> io::Result<PathBuf> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"))?;
    Ok(path.with_file_name(std::format!(".{}.{mark}", name.to_string_lossy())))
}
