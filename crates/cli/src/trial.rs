//! A project that is tried out: its code is loaded in a state of its own, which goes with the trial, and its graphs are asked something.

use std::ffi::OsString;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use lgx_config::Config;
use lgx_devserver::{Blocking, EngineOptions, Inquiry, Notice, Observer, Trial};

use crate::context::Context;
use crate::disk::Disk;
use crate::interpreter::{self, Interpreters};
use crate::ui::progress::Progress;

/// Nothing runs for so long in a trial.
const LONG: Duration = Duration::from_secs(60 * 60);

/// What is tried out, and with what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ground<'a> {
    /// The project, without what is not to be loaded.
    pub(crate) config: &'a Config,
    /// What executes it.
    pub(crate) interpreters: &'a Interpreters,
    /// How long a part may take to load; none for whatever it takes.
    pub(crate) load_timeout: Option<Duration>,
    /// The process.
    pub(crate) context: &'a Context,
}

impl Ground<'_> {
    /// Loads the project and asks each graph; what else was told while it was loaded stands beside the answers.
    pub(crate) async fn try_out(self, inquiry: Inquiry) -> anyhow::Result<(Trial, Vec<Notice>)> {
        let state = tempfile::tempdir().context("cannot make a folder for a state")?;
        let options = EngineOptions {
            database: None,
            config: self.config.path.clone(),
            state_dir: Some(state.path().join("state")),
            cache_dir: self.context.env.cache_dir(),
            strict: false,
            workers: 1,
            jobs: 1,
            load_timeout: self.load_timeout,
            blocked_after: LONG,
            redact_errors: false,
            traces: true,
            blocking: Blocking::Allow,
            spare: false,
            debug: None,
            keep_events_for: LONG,
            overlay: None,
            interpreters: lgx_devserver::Interpreters {
                python: (self.interpreters.python.as_ref().ok()).map(|it| it.path.clone()),
                node: (self.interpreters.node.as_ref().ok()).map(|it| it.path.clone()),
            },
            environment: environment(self.interpreters, self.context),
            version: env!("CARGO_PKG_VERSION"),
        };
        let listening = Arc::new(Listening::new(self.context));
        let observer = Arc::clone(&listening) as Arc<dyn Observer>;
        let tried = lgx_devserver::try_out(&options, self.config, inquiry, &observer).await;
        let heard = listening.end();
        Ok((tried.context("cannot keep a state")?, heard))
    }
}

/// What the project's code gets, with the environment of its Python activated.
pub(crate) fn environment(
    interpreters: &Interpreters,
    context: &Context,
) -> Vec<(OsString, OsString)> {
    let present = context.env.all();
    match &interpreters.python {
        Ok(python) => interpreter::activated(&python.path, present, &Disk),
        Err(_) => present,
    }
}

/// Hears what is told while the project is loaded; on a screen it shows what is being loaded.
struct Listening {
    progress: Mutex<Option<Progress>>,
    heard: Mutex<Vec<Notice>>,
}

impl Listening {
    fn new(context: &Context) -> Self {
        let progress = (context.is_seen()).then(|| Progress::begin("Loading the project", true));
        Self {
            progress: Mutex::new(progress),
            heard: Mutex::default(),
        }
    }

    /// Takes the progress off the screen, and gives what was heard.
    fn end(&self) -> Vec<Notice> {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(progress) = progress.take() {
            progress.failed();
        }
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *heard)
    }
}

impl Observer for Listening {
    fn notice(&self, notice: Notice) {
        match notice {
            Notice::Loading { what } => {
                let progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(progress) = &*progress {
                    progress.relabel(format!("Loading {what}"));
                }
            }
            Notice::OtherRuntime { .. } | Notice::NotRecorded { .. } => {
                let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
                heard.push(notice);
            }
            _ => {}
        }
    }
}
