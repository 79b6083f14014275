//! What was imported, told by its files: when one of them changes, whoever has imported it is of yesterday.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::Arc;

use crate::Hello;

/// What some files and directories were.
#[derive(Debug, Clone)]
pub(super) struct Fingerprint {
    paths: Arc<[PathBuf]>,
    seen: u64,
}

impl Fingerprint {
    /// What these files are now that an interpreter has imported, and the directories that it finds packages in. A directory changes
    /// when a package is installed or removed there.
    pub(super) async fn of(files: Vec<PathBuf>, interpreter: &Hello) -> Self {
        Self::of_paths([files, interpreter.packages.clone()].concat()).await
    }

    async fn of_paths(paths: Vec<PathBuf>) -> Self {
        let paths: Arc<[PathBuf]> = paths.into();
        let seen = look(&paths).await;
        Self { paths, seen }
    }

    /// Whether they still are.
    pub(super) async fn holds(&self) -> bool {
        look(&self.paths).await == self.seen
    }
}

/// Some thousand files are looked at within milliseconds, which nobody else should wait for.
async fn look(paths: &Arc<[PathBuf]>) -> u64 {
    let paths = Arc::clone(paths);
    let looked = tokio::task::spawn_blocking(move || {
        let mut hasher = DefaultHasher::new();
        for path in &*paths {
            let metadata = std::fs::metadata(path).ok();
            metadata
                .map(|metadata| (metadata.modified().ok(), metadata.len()))
                .hash(&mut hasher);
        }
        hasher.finish()
    });
    // It ends otherwise only when the runtime does.
    looked.await.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_edit_and_a_new_package_are_noticed() {
        let packages = tempfile::tempdir().unwrap();
        let module = packages.path().join("module.py");
        fs_err::write(&module, "one").unwrap();
        let of = async || Fingerprint::of_paths(vec![packages.path().into(), module.clone()]).await;

        let before = of().await;
        assert!(before.holds().await);
        fs_err::write(&module, "longer").unwrap();
        assert!(!before.holds().await);

        let before = of().await;
        fs_err::create_dir(packages.path().join("package")).unwrap();
        assert!(!before.holds().await);
    }
}
