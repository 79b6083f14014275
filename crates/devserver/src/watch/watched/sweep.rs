//! Looking at all files one by one: from time to time where events do not tell, and once when some were lost.

use std::collections::HashMap;
use std::path::PathBuf;

use lgx_engine::workers::FileStamp;

use super::Watched;

/// What a look at everything has found.
pub(in crate::watch) struct Swept {
    /// Files that may have changed.
    pub(in crate::watch) found: Vec<PathBuf>,
    /// Of these, the ones that were surely written, if only with what they held before.
    pub(in crate::watch) written: Vec<PathBuf>,
    /// Whether git is told to ignore something else.
    pub(in crate::watch) rules: bool,
}

impl Watched {
    /// Looks at everything anew, because events were lost. Gives all files that may have changed.
    pub(in crate::watch) fn look_again(&mut self) -> Vec<PathBuf> {
        self.stamps.clear();
        for directory in self.directories.clone() {
            // It may be another one by now, under the same name. One that cannot be watched any more is looked at this once.
            if let Err(error) = self.watch(&directory) {
                tracing::debug!("{error}");
            }
        }
        let Swept { found, .. } = self.sweep();
        found
    }

    /// Looks at the directories and files one by one, without events.
    pub(in crate::watch) fn sweep(&mut self) -> Swept {
        let is_first = self.stamps.is_empty();
        let mut changed = Vec::new();
        let mut seen: HashMap<PathBuf, FileStamp> = HashMap::new();
        for directory in self.directories.clone() {
            let Ok(entries) = fs_err::read_dir(&directory) else {
                if !directory.is_dir() {
                    changed.extend(self.leave(&directory));
                }
                continue;
            };
            for entry in entries.flatten() {
                let path = entry.path();
                if entry.file_type().is_ok_and(|file_type| file_type.is_dir()) {
                    if self.filter.enters(&path) && !self.directories.contains(&path) {
                        changed.extend(self.enter(&path).unwrap_or_default());
                    }
                } else if (self.filter.is_relevant(&path) || self.filter.is_rules(&path))
                    && let Some(stamp) = FileStamp::of(&path)
                {
                    seen.insert(path, stamp);
                }
            }
        }
        let differs =
            |(path, stamp): &(&PathBuf, &FileStamp)| self.stamps.get(*path) != Some(*stamp);
        let written = seen.iter().filter(differs).map(|(path, _)| path.clone());
        let (rules, written): (Vec<_>, Vec<_>) =
            written.partition(|path| self.filter.is_rules(path));
        let gone = self
            .contents
            .keys()
            .filter(|file| !seen.contains_key(*file));
        // Directories that were listed are among these: what they hold is looked at each time.
        changed.extend(gone.cloned());
        changed.extend(written.iter().cloned());
        self.stamps = seen;
        Swept {
            found: changed,
            written: if is_first { Vec::new() } else { written },
            rules: !is_first && !rules.is_empty(),
        }
    }
}
