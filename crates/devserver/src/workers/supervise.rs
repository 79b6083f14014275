//! The task that keeps a generation serving: first start, reloads after changes, replacement after a death.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::bring_up::{BringUpError, Fatal};
use super::{Generation, SHUTDOWN_GRACE, Serving, Workers};
use crate::notice::{Notice, ReloadFailure};
use crate::watch::{Change, Roots};

/// A worker that lives shorter than this died of its start.
const SHORT_LIFE: Duration = Duration::from_secs(5);
/// After so many short lives in a row, the next start waits for a change.
const MOST_SHORT_LIVES: u32 = 3;

impl Workers {
    /// What the watcher looks at besides the directory of langgraph.json.
    pub(super) fn watch_roots(&self) -> Roots {
        let config = self.config();
        let mut extra_files: Vec<PathBuf> = vec![config.path.clone()];
        extra_files.extend(config.env_file.clone());
        // Also where no module has been loaded from yet: the first try may have failed.
        let outside = |path: &&PathBuf| !path.starts_with(&config.root);
        extra_files.extend(config.sys_path.iter().filter(outside).cloned());
        Roots {
            root: config.root.clone(),
            extra_files,
            state_dir: self.state_dir(),
        }
    }

    fn state_dir(&self) -> PathBuf {
        self.options
            .state_dir
            .clone()
            .unwrap_or_else(|| self.config().root.join(".lgx"))
    }

    pub(super) async fn supervise(self: Arc<Self>, mut changes: mpsc::Receiver<Change>) {
        tokio::select! {
            () = self.stopping.cancelled() => return,
            first = self.bring_up(self.config(), None) => match first {
                Ok(generation) => self.switch_to(generation),
                Err(BringUpError::Fatal(fatal)) => return self.fail(fatal),
                // Without a predecessor nothing counts as broken.
                Err(BringUpError::Broken(_)) => return,
            },
        }
        let mut short_lives = 0;
        let mut since = Instant::now();
        loop {
            let current = match &*self.serving.borrow() {
                Serving::Generation(generation) => Some(Arc::clone(generation)),
                Serving::Starting | Serving::Failed(_) => None,
            };
            tokio::select! {
                () = self.stopping.cancelled() => return,
                Some(change) = changes.recv() => {
                    tokio::select! {
                        () = self.stopping.cancelled() => return,
                        () = self.reload(change, current.as_deref()) => {}
                    }
                    short_lives = 0;
                    since = Instant::now();
                }
                death = died(current.as_deref()) => {
                    self.serving.send_replace(Serving::Starting);
                    short_lives = if since.elapsed() < SHORT_LIFE { short_lives + 1 } else { 0 };
                    let runs_lost = self.registry.executing();
                    self.notice(Notice::WorkerDied { how: death.how.clone(), stderr: death.stderr.clone(), runs_lost });
                    if short_lives >= MOST_SHORT_LIVES {
                        self.fail(Fatal::KeepsDying(death.how));
                        continue;
                    }
                    since = Instant::now();
                    tokio::select! {
                        () = self.stopping.cancelled() => return,
                        next = self.bring_up(self.config(), None) => match next {
                            Ok(generation) => self.switch_to(generation),
                            Err(BringUpError::Fatal(fatal)) => self.fail(fatal),
                            Err(BringUpError::Broken(_)) => {}
                        },
                    }
                }
            }
        }
    }

    async fn reload(self: &Arc<Self>, change: Change, current: Option<&Generation>) {
        let started = Instant::now();
        self.notice(Notice::Reloading {
            changed: change.files,
        });
        let config = match self.options.load_config() {
            Ok(loaded) => {
                for warning in loaded.warnings {
                    self.notice(Notice::Config(warning));
                }
                Arc::new(loaded.config)
            }
            Err(error) => {
                return self.notice(Notice::ReloadFailed(ReloadFailure::Config(error.problems)));
            }
        };
        match self.bring_up(Arc::clone(&config), current).await {
            Ok(generation) => {
                self.set_config(config);
                self.switch_to(generation);
                self.notice(Notice::Reloaded {
                    took: started.elapsed(),
                });
            }
            Err(error) => self.notice(Notice::ReloadFailed(error.into_reload_failure())),
        }
    }

    /// Sends new work to `next`; its predecessor finishes what it has and leaves.
    fn switch_to(self: &Arc<Self>, next: Arc<Generation>) {
        if let Some(watcher) = self
            .watcher
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
        {
            let mut files: Vec<PathBuf> = next.loaded().files.iter().map(PathBuf::from).collect();
            files.extend(next.config().env_file.clone());
            watcher.also(&files);
        }
        if let Serving::Generation(previous) = self.serving.send_replace(Serving::Generation(next))
        {
            let stopping = self.stopping.clone();
            self.tasks.spawn(async move {
                tokio::select! {
                    () = previous.drained() => {}
                    () = stopping.cancelled() => {}
                }
                previous.worker().shutdown(SHUTDOWN_GRACE).await;
            });
        }
    }

    fn fail(&self, fatal: Fatal) {
        self.serving.send_replace(Serving::Failed(Arc::new(fatal)));
    }
}

async fn died(current: Option<&Generation>) -> lgx_worker::Death {
    match current {
        Some(generation) => generation.worker().died().await,
        None => std::future::pending().await,
    }
}
