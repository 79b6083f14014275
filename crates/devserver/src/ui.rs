//! UI components that a graph brings along (`ui` in langgraph.json), bundled by the project's own esbuild and kept in memory.
//!
//! The bundles are made when the server starts, and again when a file changes that one of them was made of. One that cannot be made leaves
//! the last one in place.

mod bundler;
mod sources;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use lgx_config::Config;
use lgx_engine::notice::{Notice, Observer};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use self::bundler::{BundleError, bundle, find_node};
use self::sources::UiSources;

pub(crate) use self::bundler::Bundle;

/// The longest step of the clock by which file systems say when something was written.
const CLOCK_STEP: Duration = Duration::from_millis(10);

/// The bundles there are, by graph.
pub(crate) struct UiBundles {
    built: watch::Sender<Built>,
}

#[derive(Default)]
struct Built {
    /// Whether all has been tried that the configuration names.
    settled: bool,
    bundles: BTreeMap<String, Arc<Bundle>>,
    /// Why there is none of a graph.
    missing: BTreeMap<String, String>,
}

/// Makes bundles for as long as the server runs.
pub(crate) struct UiBuilder {
    /// Where they go.
    pub bundles: Arc<UiBundles>,
    /// What the project says, now and later.
    pub configs: watch::Receiver<Arc<Config>>,
    /// The Node that graphs run in; where there is none it is looked for on the PATH.
    pub node: Option<PathBuf>,
    /// What Node and esbuild get.
    pub environment: Vec<(OsString, OsString)>,
    /// Whether changes of files count.
    pub watches: bool,
    /// Told of what fails.
    pub observer: Arc<dyn Observer>,
    /// Cancelled when the server stops.
    pub stopping: CancellationToken,
    /// What was last said to be missing.
    pub told: Option<String>,
}

/// The name under which a page finds the components of a graph.
pub(crate) fn global_name(graph: &str) -> String {
    let plain = |character: char| match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' => character,
        _ => '_',
    };
    format!("__LGUI_{}", graph.chars().map(plain).collect::<String>())
}

impl UiBundles {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self {
            built: watch::Sender::new(Built::default()),
        }
    }

    fn last(&self, graph: &str) -> Option<Arc<Bundle>> {
        self.built.borrow().bundles.get(graph).cloned()
    }

    /// The bundle of a graph, or why there is none. Waits for bundles that are being made for the first time.
    ///
    /// # Errors
    /// A sentence for whoever asked.
    pub(crate) async fn of(&self, graph: &str) -> Result<Arc<Bundle>, String> {
        let mut receiver = self.built.subscribe();
        // The sender is this one's own, so it is there.
        let built = receiver.wait_for(|built| built.settled).await;
        let none = || {
            format!("There are no UI components of '{graph}': `ui` in langgraph.json names none")
        };
        let Ok(built) = built else {
            return Err(none());
        };
        match built.bundles.get(graph) {
            Some(bundle) => Ok(Arc::clone(bundle)),
            None => Err(built.missing.get(graph).cloned().unwrap_or_else(none)),
        }
    }
}

impl UiBuilder {
    /// Works until the server stops.
    pub(crate) async fn run(mut self) {
        let stopping = self.stopping.clone();
        tokio::select! {
            () = stopping.cancelled() => {}
            () = self.keep_built() => {}
        }
    }

    async fn keep_built(&mut self) {
        let mut sources = UiSources::default();
        loop {
            let config = Arc::clone(&self.configs.borrow_and_update());
            if self.watches && !config.ui.components.is_empty() {
                sources.start();
            }
            let entries = config.ui.components.iter().map(|one| one.file.clone());
            let entries: Vec<PathBuf> = entries.collect();
            // Watched before they are read. What they import is known afterwards.
            sources.watch(entries.iter().cloned(), false);
            let began = SystemTime::now();
            let (inputs, failed) = self.build(&config).await;
            sources.watch(inputs.iter().cloned().chain(entries), failed);
            if self.watches && inputs.iter().any(|file| was_written(file, began)) {
                continue;
            }
            loop {
                tokio::select! {
                    () = sources.changed() => break,
                    changed = self.configs.changed() => {
                        if changed.is_err() {
                            return;
                        }
                        if self.configs.borrow().ui != config.ui {
                            break;
                        }
                    }
                }
            }
        }
    }

    /// Bundles everything. Gives what the bundles are made of, and whether one of them failed.
    async fn build(&mut self, config: &Config) -> (Vec<PathBuf>, bool) {
        let mut environment = self.environment.clone();
        for (name, value) in &config.env {
            environment.retain(|(present, _)| present != OsStr::new(name));
            environment.push((name.into(), value.into()));
        }
        let mut inputs = Vec::new();
        let mut built = Built {
            settled: true,
            ..Built::default()
        };
        for components in &config.ui.components {
            let name = &components.name;
            let last = self.bundles.last(name);
            let began = Instant::now();
            let node = self.node.clone();
            let bundled = match node.or_else(|| find_node(&environment)) {
                Some(node) => bundle(&node, components, config, &environment).await,
                None => Err(BundleError::no_node()),
            };
            let kept = match bundled {
                Ok(bundle) => {
                    inputs.extend(bundle.inputs.iter().cloned());
                    if last.is_some_and(|last| last.files != bundle.files) {
                        self.observer.notice(Notice::UiBuilt {
                            name: name.clone(),
                            took: began.elapsed(),
                        });
                    }
                    Some(Arc::new(bundle))
                }
                Err(error) => {
                    inputs.extend(last.iter().flat_map(|last| last.inputs.iter().cloned()));
                    built.missing.insert(name.clone(), error.to_string());
                    self.tell(name, error, last.is_some());
                    last
                }
            };
            if let Some(bundle) = kept {
                built.bundles.insert(name.clone(), bundle);
            }
        }
        let failed = !built.missing.is_empty();
        self.bundles.built.send_replace(built);
        (inputs, failed)
    }

    /// Says why there is no bundle; that something is missing only once, as it is so for all of them.
    fn tell(&mut self, name: &str, error: BundleError, serves_last: bool) {
        match error {
            BundleError::Unavailable(reason) => {
                if self.told.as_ref() != Some(&reason) {
                    self.told = Some(reason.clone());
                    self.observer.notice(Notice::UiUnavailable { reason });
                }
            }
            BundleError::Failed(errors) => self.observer.notice(Notice::UiFailed {
                name: name.to_owned(),
                errors,
                serves_last,
            }),
        }
    }
}

/// Whether a file was written since then, so that it may have been read before that.
fn was_written(file: &Path, began: SystemTime) -> bool {
    let written = fs_err::metadata(file).and_then(|metadata| metadata.modified());
    // The clock of file systems goes in steps; a file may be of tomorrow.
    let since = began.checked_sub(CLOCK_STEP).unwrap_or(began);
    written.is_ok_and(|written| written >= since && written <= SystemTime::now())
}
