//! A consistent copy of the database while writing goes on. It gets its name only when it is whole
//! and on disk, so that half of one never looks like a backup.

use crate::backend::Unavailable;
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Every page in one step: in smaller ones, each commit in between would start it anew.
const ALL_PAGES: i32 = -1;

/// Copies the database into a new file. Never overwrites one.
pub(super) fn backup(db: &Connection, to: &Path) -> Result<(), Unavailable> {
    let mut name = to.as_os_str().to_owned();
    name.push(".partial");
    let partial = PathBuf::from(name);
    refuse_existing(to)?;
    make_private(&partial)?;
    let done = copy(db, &partial).and_then(|()| {
        refuse_existing(to)?;
        fs::rename(&partial, to).map_err(|error| failed(to, error))?;
        sync_folder(to)
    });
    if done.is_err() {
        // What matters has failed already, and the name says that it is no backup.
        let _ = fs::remove_file(&partial);
    }
    done
}

fn failed(path: &Path, why: impl std::fmt::Display) -> Unavailable {
    Unavailable(format!("copy to {}: {why}", path.display()))
}

pub(super) fn refuse_existing(to: &Path) -> Result<(), Unavailable> {
    match fs::symlink_metadata(to) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed(to, error)),
        Ok(_) => Err(failed(to, "exists already, and nothing is overwritten")),
    }
}

/// Makes the file for its owner's eyes only: everybody's messages will be in it.
fn make_private(partial: &Path) -> Result<(), Unavailable> {
    let mut options = File::options();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(partial) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(failed(partial, "another backup is writing it, or died of it; then remove it"))
        }
        Err(error) => Err(failed(partial, error)),
    }
}

fn copy(from: &Connection, partial: &Path) -> Result<(), Unavailable> {
    let sql = |error: rusqlite::Error| failed(partial, error);
    let mut to = Connection::open(partial).map_err(sql)?;
    let step = Backup::new(from, &mut to).and_then(|copy| copy.step(ALL_PAGES)).map_err(sql)?;
    if !matches!(step, StepResult::Done) {
        return Err(failed(partial, format!("stopped at {step:?}")));
    }
    to.close().map_err(|(_, error)| sql(error))?;
    let file = File::options().write(true).open(partial);
    file.and_then(|file| file.sync_all()).map_err(|error| failed(partial, error))
}

/// A rename lasts once the folder is on disk.
pub(super) fn sync_folder(of: &Path) -> Result<(), Unavailable> {
    let folder = of.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    #[cfg(unix)]
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|e| failed(of, e))?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}
