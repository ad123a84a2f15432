//! Where a demo keeps its store: a temporary folder that goes with it, or one that stays.

use anyhow::{Context as _, bail};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// A folder for its owner's eyes only.
pub(super) struct Folder {
    path: PathBuf,
    stays: bool,
}

impl Folder {
    /// Makes `keep`, or a temporary folder. A store that is there already is left alone.
    pub(super) fn new(keep: Option<PathBuf>) -> anyhow::Result<Self> {
        let stays = keep.is_some();
        let temporary =
            || std::env::temp_dir().join(format!("tidings-demo-{}", Uuid::new_v4().simple()));
        let path = keep.unwrap_or_else(temporary);
        let store = path.join("tidings.db");
        if store.exists() {
            let url = store.display();
            bail!("{url}: there is a store already; `tidings serve --store sqlite:{url}` runs it");
        }
        std::fs::DirBuilder::new()
            .recursive(stays)
            .mode(0o700)
            .create(&path)
            .with_context(|| format!("can't make {}", path.display()))?;
        Ok(Self { path, stays })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it stays when the demo ends.
    pub(super) fn stays(&self) -> bool {
        self.stays
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.stays {
            return;
        }
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            let folder = self.path.display();
            tracing::warn!(%folder, %error, "can't remove the demo's folder");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_folder_goes_and_a_named_one_stays() {
        let temporary = Folder::new(None).unwrap();
        let path = temporary.path().to_owned();
        assert!(path.is_dir());
        drop(temporary);
        assert!(!path.exists());

        let parent = tempfile::tempdir().unwrap();
        let named = parent.path().join("a/b");
        drop(Folder::new(Some(named.clone())).unwrap());
        assert!(named.is_dir());
        std::fs::write(named.join("tidings.db"), "").unwrap();
        assert!(Folder::new(Some(named)).is_err(), "a store that is there is left alone");
    }
}
