//! Notices when a file changes that a bundle of UI components was made of.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::ModifyKind;
use notify::{EventKind, RecursiveMode, Watcher};
use tokio::sync::mpsc;

/// A save is over when nothing has been written for so long.
const QUIET: Duration = Duration::from_millis(20);

/// The files of all bundles, watched by the directories that they are in.
#[derive(Default)]
pub(super) struct UiSources {
    watching: Option<Watching>,
    files: BTreeSet<PathBuf>,
    directories: BTreeSet<PathBuf>,
    /// A bundle failed: what is missing may come up in any of these directories.
    any: bool,
}

struct Watching {
    system: notify::RecommendedWatcher,
    events: mpsc::UnboundedReceiver<PathBuf>,
}

impl UiSources {
    /// Begins to watch, if it does not yet.
    pub(super) fn start(&mut self) {
        if self.watching.is_some() {
            return;
        }
        let (sender, events) = mpsc::unbounded_channel();
        let hearer = move |event: notify::Result<notify::Event>| {
            let changes = event.into_iter().filter(is_change);
            for path in changes.flat_map(|event| event.paths) {
                // Nobody listens any more only while this is being dropped.
                let _ = sender.send(path);
            }
        };
        match notify::recommended_watcher(hearer) {
            Ok(system) => self.watching = Some(Watching { system, events }),
            Err(error) => tracing::warn!(%error, "changes of UI components are not noticed"),
        }
    }

    /// Watches these files; with `any`, whatever changes beside them counts.
    pub(super) fn watch(&mut self, files: impl IntoIterator<Item = PathBuf>, any: bool) {
        self.any = any;
        self.files = files.into_iter().collect();
        let directories: BTreeSet<PathBuf> = self
            .files
            .iter()
            .filter_map(|file| file.parent().map(Path::to_path_buf))
            .collect();
        let Some(Watching { system, .. }) = &mut self.watching else {
            return;
        };
        for gone in self.directories.difference(&directories) {
            // The operating system ends the watch of what is deleted.
            let _ = system.unwatch(gone);
        }
        for directory in &directories {
            // Also if it is watched already: it may be another directory by now.
            if let Err(error) = system.watch(directory, RecursiveMode::NonRecursive) {
                tracing::warn!(%error, "changes in {} are not noticed", directory.display());
            }
        }
        self.directories = directories;
    }

    /// Resolves when something has changed, and is written.
    pub(super) async fn changed(&mut self) {
        let Some(Watching { events, .. }) = &mut self.watching else {
            return std::future::pending().await;
        };
        loop {
            match events.recv().await {
                Some(path) if self.any || self.files.contains(&path) => break,
                Some(_) => {}
                None => return std::future::pending().await,
            }
        }
        while let Ok(Some(_)) = tokio::time::timeout(QUIET, events.recv()).await {}
    }
}

/// Reading is an event too.
fn is_change(event: &notify::Event) -> bool {
    match event.kind {
        EventKind::Modify(ModifyKind::Metadata(_)) => false,
        EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_) => true,
        _ => event.need_rescan(),
    }
}
