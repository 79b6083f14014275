//! One server of `lgx dev`, from its start to its end, and what the terminal, the browser and scripts hear of it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use lgx_config::{Problem, Runtime};
use lgx_devserver::{
    EngineOptions, Fatal, Limits, Listener, LocalStudio, Notice, Observer as _, Options, Ready,
    Running, StartError,
};
use serde_json::json;
use tokio::sync::mpsc::UnboundedReceiver;

use super::fatal;
use crate::browser;
use crate::context::Context;
use crate::descriptors;
use crate::disk::Disk;
use crate::editor;
use crate::exit::Outcome;
use crate::interpreter::{self, Interpreter, Interpreters, NoInterpreter};
use crate::network;
use crate::ready_file::ReadyFile;
use crate::settings::dev::ServeSettings;
use crate::signals::StopSignals;
use crate::ui::banner::{self, Banner};
use crate::ui::error::Advised;
use crate::ui::keys::{self, Key};
use crate::ui::reporter::Reporter;
use crate::ui::{left_runs, printer, style};

/// How long requests wait for code that blocks its event loop before another process takes over. Shorter would double processes for
/// a node that loads a model; longer would look like a server that hangs.
const BLOCKED_AFTER: Duration = Duration::from_secs(5);
/// Where hosted Studio is: its pages may use the server, whether or not it is asked to open them.
const HOSTED_STUDIO: &str = "https://smith.langchain.com";
/// How long the first words of a server wait for its interpreter.
const INTRODUCTION: Duration = Duration::from_secs(2);

/// One server, from its start to its end.
pub(super) struct Session<'a> {
    pub(super) config: &'a Path,
    pub(super) settings: &'a ServeSettings,
    pub(super) interpreters: &'a Interpreters,
    pub(super) context: &'a Context,
    pub(super) reporter: Arc<Reporter>,
}

impl Session<'_> {
    /// Serves until the person, a signal or a failure ends it.
    pub(super) async fn serve(
        self,
        held: Option<Listener>,
        mut keys: UnboundedReceiver<Key>,
    ) -> anyhow::Result<Outcome> {
        descriptors::raise_limit();
        let mut signals = StopSignals::catch().context("cannot listen for signals")?;
        let ready_file = self
            .settings
            .ready_file
            .as_deref()
            .map(ReadyFile::claim)
            .transpose();
        let ready_file = ready_file.context("cannot use the file of --ready-file")?;
        let options = self.options();
        self.has_interpreters(&options)?;
        let observer = Arc::clone(&self.reporter);
        let started = tokio::select! {
            started = lgx_devserver::start(options, held, observer) => started,
            outcome = signals.next() => return Ok(outcome),
        };
        let running = match started {
            Ok(running) => running,
            Err(StartError::Config(found)) => {
                self.tell(found.problems);
                return Ok(Outcome::Failure);
            }
            Err(StartError::Incomplete(found)) => {
                self.tell(found.problems);
                return Err(fatal::refused(
                    "the project is not complete, so the server does not start",
                ));
            }
            Err(error) => return Err(error.into()),
        };
        for interpreter in self.used(&running) {
            for place in &interpreter.passed_over {
                self.reporter.say(format!("{} {place}", style::warning()));
            }
        }
        let outcome = tokio::select! {
            outcome = signals.next() => Ok(outcome),
            () = self.obey(&running, &mut keys) => Ok(Outcome::Success),
            fatal = self.run(&running, ready_file.as_ref()) => Err(fatal),
        };
        // Scripts must not find a server that is about to go.
        drop(ready_file);
        if outcome.is_ok() {
            self.reporter.say("Stopping; once more stops at once");
        }
        tokio::select! {
            () = running.stop() => outcome,
            outcome = signals.next() => Ok(outcome),
        }
    }

    /// Does what the person asks for with keys; comes back when they want to stop.
    async fn obey(&self, running: &Running, keys: &mut UnboundedReceiver<Key>) {
        while let Some(key) = keys.recv().await {
            match key {
                Key::Reload => running.reload(),
                Key::Open => self.open_studio(running),
                Key::Quit => return,
                // Of the screen, which has done it.
                Key::Clear | Key::Help => {}
            }
        }
        std::future::pending::<()>().await;
    }

    /// Opens hosted Studio if it was asked for, else the local one.
    fn open_studio(&self, running: &Running) {
        let Some(studio) = self.hosted_studio(running).or_else(|| running.studio()) else {
            let said =
                "there is no Studio: start without --no-studio, or name one with --studio-url";
            self.reporter.say(format!("{} {said}", style::warning()));
            return;
        };
        if browser::open(&studio, &self.context.env).is_err() {
            self.reporter.say(format!(
                "{} cannot open a browser; Studio is at {studio}",
                style::warning()
            ));
        }
    }

    fn hosted_studio(&self, running: &Running) -> Option<String> {
        let studio = self.settings.studio_url.as_deref()?;
        Some(banner::hosted_studio(studio, running.url()))
    }

    /// Announces the server once it is ready. Comes back only with the reason why it cannot go on.
    async fn run(&self, running: &Running, ready_file: Option<&ReadyFile>) -> anyhow::Error {
        // Addresses are of no use when the server is about to end; a slow interpreter does not hold them up.
        let _ = tokio::time::timeout(INTRODUCTION, running.interpreter_checked()).await;
        let fatal = tokio::select! {
            biased;
            fatal = running.failed() => Some(fatal),
            () = std::future::ready(()) => None,
        };
        if let Some(fatal) = fatal {
            return self.explain(&fatal).await;
        }
        self.reporter.say(self.banner(running));
        if let Some(left) = left_runs::render(running.left_runs(), running.url()) {
            self.reporter.say(left);
        }
        if self.context.can_ask() {
            self.reporter.say(keys::hint());
        }
        match running.ready().await {
            Ok(ready) => {
                if let Err(error) = self.announce(&ready, running, ready_file) {
                    return error;
                }
            }
            Err(fatal) => return self.explain(&fatal).await,
        }
        self.explain(running.failed().await.as_ref()).await
    }

    /// Tells the person, the script and the browser that the server is ready.
    fn announce(
        &self,
        ready: &Ready,
        running: &Running,
        ready_file: Option<&ReadyFile>,
    ) -> anyhow::Result<()> {
        let url = running.url();
        self.reporter.say(banner::ready(ready));
        if let Some(file) = ready_file {
            file.write(url)
                .context("cannot write the file of --ready-file")?;
        }
        if !self.context.terminal.stdout {
            let event = json!({
                "event": "ready",
                "url": url,
                "graphs": ready.graphs,
                "failed": ready.failed,
            });
            printer::put(event).context("cannot write to stdout")?;
        }
        // Without one there is nothing to open, and nothing to complain of.
        if self.settings.browser && (self.settings.studio || self.settings.studio_url.is_some()) {
            self.open_studio(running);
        }
        Ok(())
    }

    /// Shows what is wrong with the configuration.
    fn tell(&self, problems: Vec<Problem>) {
        for problem in problems {
            self.reporter.notice(Notice::Config(problem));
        }
    }

    fn options(&self) -> Options {
        Options {
            engine: EngineOptions {
                config: self.config.to_owned(),
                state_dir: self.settings.state_dir.clone(),
                cache_dir: self.context.env.cache_dir(),
                strict: self.settings.strict,
                workers: self.settings.workers,
                jobs: self.settings.jobs,
                load_timeout: self.settings.load_timeout,
                blocked_after: BLOCKED_AFTER,
                redact_errors: self.settings.redact_errors,
                blocking: self.settings.blocking,
                spare: self.settings.spare,
                traces: self.settings.traces,
                keep_events_for: self.settings.keep_events_for,
                interpreters: lgx_devserver::Interpreters {
                    python: path_of(self.interpreters.python.as_ref()),
                    node: path_of(self.interpreters.node.as_ref()),
                },
                environment: self.environment(),
                version: env!("CARGO_PKG_VERSION"),
            },
            host: self.settings.host,
            allow_hosts: self.settings.allow_hosts.clone(),
            port: self.settings.port,
            reload: self.settings.reload,
            reload_wait: self.settings.reload_wait,
            limits: Limits::default(),
            studio_url: self
                .settings
                .studio_url
                .clone()
                .unwrap_or_else(|| HOSTED_STUDIO.to_owned()),
            studio: self.settings.studio.then(|| self.local_studio()),
        }
    }

    /// What to do where the project has nothing to run on. What is wrong with its configuration is told by the start.
    fn has_interpreters(&self, options: &Options) -> Result<(), Advised> {
        let Ok(loaded) = options.engine.load_config() else {
            return Ok(());
        };
        for runtime in loaded.config.runtimes() {
            self.interpreters
                .of(runtime)
                .map_err(interpreter::what_to_do)?;
        }
        Ok(())
    }

    /// What the project's code gets, with the environment of its Python activated.
    fn environment(&self) -> Vec<(OsString, OsString)> {
        let present = self.context.env.all();
        match &self.interpreters.python {
            Ok(python) => interpreter::activated(&python.path, present, &Disk),
            Err(_) => present,
        }
    }

    /// The interpreters that run the project.
    fn used(&self, running: &Running) -> impl Iterator<Item = &Interpreter> {
        let runtimes = running.runtimes().into_iter();
        runtimes.filter_map(|runtime| self.interpreters.of(runtime).ok())
    }

    fn local_studio(&self) -> LocalStudio {
        let context = self.context;
        LocalStudio {
            folder: self.settings.studio_dir.clone(),
            reasons: Runtime::ALL
                .into_iter()
                .filter_map(|runtime| Some((runtime, self.interpreters.of(runtime).ok()?)))
                .map(|(runtime, interpreter)| (runtime, interpreter.reason.clone()))
                .collect(),
            editor: editor::find(&context.env, |name| context.find_command(name)),
        }
    }

    fn banner(&self, running: &Running) -> String {
        let network =
            network::address(running.address()).map(|address| format!("http://{address}"));
        let config = self.context.shown(self.config);
        let settings = self.settings;
        let runtimes = running.runtimes().into_iter();
        let interpreters = runtimes
            .filter_map(|runtime| Some((runtime, self.interpreters.of(runtime).ok()?)))
            .collect();
        Banner {
            url: running.url(),
            host: settings.host,
            network: network.as_deref(),
            studio: running.studio().as_deref(),
            hosted_studio: self.hosted_studio(running).as_deref(),
            interpreters,
            config: &config,
            auth: running.auth().as_deref(),
        }
        .render()
    }

    async fn explain(&self, fatal: &Fatal) -> anyhow::Error {
        fatal::explain(fatal, self.config, self.interpreters, self.context).await
    }
}

fn path_of(found: Result<&Interpreter, &NoInterpreter>) -> Option<PathBuf> {
    Some(found.ok()?.path.clone())
}
