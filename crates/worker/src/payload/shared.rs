//! The worker's sources where all projects of a user share them, so that a new project finds the bytecode that another one has made.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{create_private, is_own, remove};
use crate::runtime::Sources;

/// How exactly it is known when sources were last used.
const MARKED_EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// For how long sources of another lgx are kept without being used.
const KEPT: Duration = Duration::from_secs(60 * 24 * 60 * 60);

/// Writes the sources below `shared_dir` unless they are there, and returns their directory. Fails if they cannot be there, or if
/// another user could change them.
pub(super) fn install(sources: Sources, shared_dir: &Path) -> io::Result<PathBuf> {
    create(shared_dir)?;
    let directory = super::install(sources, shared_dir)?;
    let now = SystemTime::now();
    if unused_for(&directory, now) >= MARKED_EVERY && mark(&directory, now).is_ok() {
        forget_others(shared_dir, now);
    }
    Ok(directory)
}

/// Makes the directory. It, the one above it and whatever is there already have to be this user's: the environment may still name the
/// home of another one, after `sudo`, and nothing is left behind there.
fn create(shared_dir: &Path) -> io::Result<()> {
    let own = |directory: &Path| {
        let refused = || io::Error::other(format!("{} is not this user's", directory.display()));
        is_own(directory).then_some(()).ok_or_else(refused)
    };
    if let Some(present) = shared_dir.ancestors().find(|directory| directory.exists()) {
        own(&fs_err::canonicalize(present)?)?;
    }
    create_private(shared_dir)?;
    shared_dir.parent().map_or(Ok(()), own)
}

/// Notes that they are used, in the time of their directory.
fn mark(directory: &Path, now: SystemTime) -> io::Result<()> {
    std::fs::File::open(directory)?.set_modified(now)
}

/// Removes what has not been used for long; what cannot be removed stays.
fn forget_others(shared_dir: &Path, now: SystemTime) {
    let Ok(present) = fs_err::read_dir(shared_dir) else {
        return;
    };
    for path in present.flatten().map(|entry| entry.path()) {
        if unused_for(&path, now) > KEPT
            && let Err(error) = remove(&path)
        {
            tracing::debug!(%error, "sources of another lgx stay");
        }
    }
}

fn unused_for(directory: &Path, now: SystemTime) -> Duration {
    let modified = fs_err::symlink_metadata(directory).and_then(|it| it.modified());
    let unused = modified.ok().and_then(|then| now.duration_since(then).ok());
    unused.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use lgx_model::Runtime;

    use super::*;
    use crate::runtime::sources;

    const SOURCES: Sources = sources(Runtime::Python);
    /// One empty file, packed with gzip.
    const OTHER: Sources = Sources::new(
        &[("__main__.py", 0)],
        b"\x1f\x8b\x08\0\0\0\0\0\x02\xff\x03\0\0\0\0\0\0\0\0\0",
    );
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    #[test]
    fn sources_that_are_not_used_any_more_are_removed_and_those_in_use_are_kept() {
        let home = tempfile::tempdir().unwrap();
        let shared = home.path().join("lgx/worker");
        let (ours, other) = (
            install(SOURCES, &shared).unwrap(),
            install(OTHER, &shared).unwrap(),
        );
        let aged = |directory: &Path, days: u32| {
            mark(directory, SystemTime::now() - DAY * days).unwrap();
        };
        aged(&other, 59);
        aged(&ours, 70);
        assert_eq!(install(SOURCES, &shared).unwrap(), ours);
        assert!(unused_for(&ours, SystemTime::now()) < DAY && other.exists());

        aged(&other, 61);
        install(SOURCES, &shared).unwrap();
        assert!(other.exists(), "it is looked for once a day");
        aged(&ours, 2);
        install(SOURCES, &shared).unwrap();
        assert!(ours.exists() && !other.exists());
    }

    #[test]
    fn what_another_user_could_change_is_not_used_and_nothing_is_left_with_them() {
        let home = tempfile::tempdir().unwrap();
        let caches = home.path().join("caches");
        fs_err::create_dir(&caches).unwrap();
        let link = caches.join("lgx");
        fs_err::os::unix::fs::symlink(home.path(), &link).unwrap();
        assert!(install(SOURCES, &link.join("worker")).is_err());
        // Only root may give files away.
        if std::os::unix::fs::chown(&caches, Some(4242), None).is_err() {
            return;
        }
        assert!(install(SOURCES, &caches.join("other/worker")).is_err());
        assert!(!caches.join("other").exists());
    }
}
