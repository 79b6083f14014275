//! `--fresh` and `--ephemeral`: what becomes of the state before the server and after it.
//!
//! What `--fresh` moves aside stays in the state folder, private and ignored by git as all of it, and can be served as it is. The folder
//! of `--ephemeral` goes with the server; what a server left behind that was killed goes at the next start with this flag.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use fs_err as fs;
use jiff::Zoned;
use lgx_devserver::StoreError;
use lgx_devserver::on_disk;
use tempfile::TempDir;

use crate::context::Context;
use crate::server_file;
use crate::settings::server::{ServerSettings, StateLife};
use crate::ui::{printer, state_in_use, style};

/// How the temporary folders are called.
const PREFIX: &str = "lgx-dev-";
/// Below the state folder, what was moved aside.
const EARLIER: &str = "earlier";
/// A folder that is younger may belong to a server that has not taken it yet.
const STARTED: Duration = Duration::from_secs(60);

/// Makes room for the state as it was asked for. What this gives is to be held until the server has ended.
pub(super) fn prepare(
    serve: &mut ServerSettings,
    config: &Path,
    context: &Context,
) -> anyhow::Result<Option<TempDir>> {
    match serve.state_life {
        StateLife::Kept => Ok(None),
        StateLife::Fresh => {
            set_aside(&server_file::state_dir_of(config, None), context)?;
            Ok(None)
        }
        StateLife::Ephemeral => {
            let temporary = std::env::temp_dir();
            remove_left_behind(&temporary);
            let folder = tempfile::Builder::new()
                .prefix(PREFIX)
                .tempdir_in(temporary)
                .context("cannot make a temporary folder for the state")?;
            serve.state_dir = Some(folder.path().to_owned());
            Ok(Some(folder))
        }
    }
}

/// Moves the state of before out of the way, and says where it is now.
fn set_aside(folder: &Path, context: &Context) -> anyhow::Result<()> {
    let to = unused(&folder.join(EARLIER).join(now()));
    match on_disk::set_aside(folder, &to) {
        Ok(None) => Ok(()),
        Ok(Some(amount)) => {
            let to = context.shown(&to);
            printer::say(format_args!(
                "{} {} of before moved to {to}; to serve them again: lgx dev --state-dir {to}",
                style::strong("fresh:"),
                style::amount(amount.threads, amount.bytes)
            ));
            Ok(())
        }
        Err(StoreError::Locked { dir, pid }) => {
            Err(state_in_use::untouched(&context.shown(&dir), pid, "moved").into())
        }
        Err(error) => Err(error).context("cannot move the state of before"),
    }
}

/// A name for a moment that sorts by time.
fn now() -> String {
    Zoned::now().strftime("%Y%m%d-%H%M%S").to_string()
}

/// The path, or the next one like it that is not there.
fn unused(path: &Path) -> PathBuf {
    let mut candidates = (1..).map(|number| match number {
        1 => path.to_owned(),
        number => path.with_added_extension(number.to_string()),
    });
    candidates
        .find(|candidate| !candidate.exists())
        .unwrap_or_else(|| path.to_owned())
}

/// Removes the folders of servers that were killed. What cannot be removed is somebody else's, or in use.
fn remove_left_behind(temporary: &Path) {
    let Ok(entries) = fs::read_dir(temporary) else {
        return;
    };
    for entry in entries.flatten() {
        if !entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(PREFIX.as_bytes())
        {
            continue;
        }
        let Ok(metadata) = fs::symlink_metadata(entry.path()) else {
            continue;
        };
        let is_old = metadata
            .modified()
            .ok()
            .and_then(|at| SystemTime::now().duration_since(at).ok())
            .is_some_and(|age| age > STARTED);
        // Clearing takes the lock of the state, which a server that lives holds.
        if metadata.is_dir() && is_old && on_disk::clear(&entry.path()).is_ok() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_state_of_one_second_has_a_name_of_its_own() {
        let home = tempfile::tempdir().unwrap();
        let first = home.path().join("20260102-030405");
        assert_eq!(unused(&first), first);
        fs::create_dir(&first).unwrap();
        assert_eq!(unused(&first), home.path().join("20260102-030405.2"));
    }
}
