//! Taking up what git ignores when that changes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::super::NotWatched;
use super::Watched;

impl Watched {
    /// Takes up what git ignores now. What was ignored until now is taken as known; gives what else has come to light.
    pub(in crate::watch) fn take_up_rules(&mut self) -> Result<Vec<PathBuf>, NotWatched> {
        let anew = self.filter.ignored().anew();
        let before = std::mem::replace(self.filter.ignored_mut(), anew);
        let trees: Vec<PathBuf> = self.filter.trees().cloned().collect();
        let was_ignored = |file: &Path| {
            let mut around = trees.iter().filter(|tree| file.starts_with(tree));
            around.all(|tree| before.is_ignored(tree, file, false))
        };
        let mut found = Vec::new();
        for tree in &trees {
            for file in self.enter(tree)? {
                if self.contents.contains_key(&file) {
                    continue;
                }
                if was_ignored(&file) {
                    self.has_changed(&file);
                } else {
                    found.push(file);
                }
            }
        }
        for directory in self.directories.clone() {
            if !self.filter.enters(&directory) && !self.filter.names_a_file_in(&directory) {
                self.unwatch(&directory);
            }
        }
        self.watch_outer_rules();
        let filter = &self.filter;
        self.contents.retain(|file, _| {
            filter.is_relevant(file) || filter.listed().any(|listed| listed == file)
        });
        Ok(found)
    }

    /// Rules above a project are watched too; where they cannot be, they are those of the start.
    pub(super) fn watch_outer_rules(&mut self) {
        let outside = self.filter.ignored().outside();
        let directories: BTreeSet<PathBuf> = outside
            .filter_map(|file| Some(file.parent()?.to_path_buf()))
            .filter(|directory| directory.is_dir())
            .collect();
        for directory in directories {
            if let Err(error) = self.watch(&directory) {
                tracing::debug!("{error}; what git ignores there is not taken up");
            }
        }
    }
}
