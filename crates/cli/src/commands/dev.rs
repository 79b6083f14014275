//! `lgx dev`: serves a project, and tells the terminal, the browser and scripts about it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use lgx_config::Problem;
use lgx_devserver::{
    Fatal, Listener, Notice, Observer as _, Options, Ready, Running, StartError, WorkerStartError,
};
use serde_json::json;
use tokio::runtime::Builder;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::browser;
use crate::context::Context;
use crate::env_names;
use crate::exit::Outcome;
use crate::interpreter::{self, Disk, Interpreter, NoInterpreter, Search};
use crate::network;
use crate::project::{self, Place};
use crate::ready_file::{self, ReadyFile};
use crate::remedy;
use crate::settings::dev::{DevSettings, ServeSettings};
use crate::signals::StopSignals;
use crate::ui::banner::{self, Banner};
use crate::ui::error::Advised;
use crate::ui::keys::{self, Key};
use crate::ui::notices::View;
use crate::ui::reporter::Reporter;
use crate::ui::{diagnostic, keyboard, left_runs, printer, style};

/// How long requests wait for code that blocks its event loop before another process takes over. Shorter would double processes for
/// a node that loads a model; longer would look like a server that hangs.
const BLOCKED_AFTER: Duration = Duration::from_secs(5);
/// How long the first words of a server wait for its interpreter.
const INTRODUCTION: Duration = Duration::from_secs(2);

/// Runs the command.
pub(crate) fn run(settings: &DevSettings, context: &Context) -> anyhow::Result<Outcome> {
    forget_earlier_server(&settings.serve)?;
    let config = &locate(settings.named.as_deref(), context)?;
    let asked_for = settings.serve.python.as_deref();
    let project = directory_of(config);
    let search = Search {
        asked_for,
        project,
        cwd: &context.cwd,
        env: &context.env,
    };
    let python = interpreter::find(search, &Disk).map_err(|error| match &error {
        NoInterpreter::NotThere { asked_by, .. } => {
            let advice =
                format!("let {asked_by} name a Python executable or a virtual environment");
            Advised::new(error.to_string(), advice)
        }
        NoInterpreter::Nowhere => Advised::new(
            error.to_string(),
            "install Python 3.10 or newer, or name one with --python PATH",
        ),
    })?;
    serve_with(None, config, &settings.serve, &python, context)
}

/// Removes the ready file of an earlier server, before anything else takes its time: a script that waits for the file must not find it.
pub(crate) fn forget_earlier_server(settings: &ServeSettings) -> anyhow::Result<()> {
    match &settings.ready_file {
        Some(path) => ready_file::remove_stale(path).context("cannot use the file of --ready-file"),
        None => Ok(()),
    }
}

/// The configuration that is meant; one that was found further up is told.
fn locate(named: Option<&Path>, context: &Context) -> anyhow::Result<PathBuf> {
    let home = context.env.path(env_names::HOME);
    match project::find(named, &context.cwd, home, &Disk) {
        Place::Here(config) => Ok(config),
        Place::Above(config) => {
            let shown = config.display();
            printer::say(format_args!(
                "{} there is no langgraph.json in this directory; the project above it is served: {shown}",
                style::strong("note:")
            ));
            Ok(config)
        }
        Place::Foreign(config) => {
            let shown = config.display();
            Err(Advised::new(
                format!(
                    "there is no langgraph.json in this directory, and {shown} belongs to another user"
                ),
                format!("if you trust what it runs: lgx dev --config {shown}"),
            )
            .into())
        }
    }
}

/// Serves the project with an interpreter that is already known, on a port that is held already if there is one.
pub(crate) fn serve_with(
    held: Option<Listener>,
    config: &Path,
    settings: &ServeSettings,
    python: &Interpreter,
    context: &Context,
) -> anyhow::Result<Outcome> {
    let view = View {
        level: settings.log_level,
        root: context.cwd.clone(),
        shows_runs: !context.env.is_ci(),
    };
    let (pressed, keys) = unbounded_channel();
    let pressed = context.can_ask().then_some(pressed);
    let (reporter, printing) =
        Reporter::start(view, context.is_seen(), pressed).context("cannot start a thread")?;
    let reporter = Arc::new(reporter);
    if context.can_ask() {
        let reporter = Arc::clone(&reporter);
        keyboard::listen(move |line| reporter.typed(line)).context("cannot start a thread")?;
    }
    let runtime = Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let session = Session {
        config,
        settings,
        python,
        context,
        reporter: Arc::clone(&reporter),
    };
    let outcome = runtime.block_on(session.serve(held, keys));
    reporter.end(printing);
    // What does not end by itself must not keep the process alive.
    runtime.shutdown_background();
    outcome
}

/// One server, from its start to its end.
struct Session<'a> {
    config: &'a Path,
    settings: &'a ServeSettings,
    python: &'a Interpreter,
    context: &'a Context,
    reporter: Arc<Reporter>,
}

impl Session<'_> {
    async fn serve(
        self,
        held: Option<Listener>,
        mut keys: UnboundedReceiver<Key>,
    ) -> anyhow::Result<Outcome> {
        let mut signals = StopSignals::catch().context("cannot listen for signals")?;
        let ready_file = self
            .settings
            .ready_file
            .as_deref()
            .map(ReadyFile::claim)
            .transpose();
        let ready_file = ready_file.context("cannot use the file of --ready-file")?;
        for place in &self.python.passed_over {
            self.reporter
                .say(format!("{} {place}", style::caution("warning:")));
        }
        let observer = Arc::clone(&self.reporter);
        let started = tokio::select! {
            started = lgx_devserver::start(self.options(), held, observer) => started,
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
                return Err(refused(
                    "the project is not complete, so the server does not start",
                ));
            }
            Err(error) => return Err(error.into()),
        };
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
                Key::Open => self.open_studio(running.url()),
                Key::Quit => return,
                // Of the screen, which has done it.
                Key::Clear | Key::Help => {}
            }
        }
        std::future::pending::<()>().await;
    }

    fn open_studio(&self, url: &str) {
        let studio = banner::studio(&self.settings.studio_url, url);
        if browser::open(&studio, &self.context.env).is_err() {
            self.reporter.say(format!(
                "{} cannot open a browser; Studio is at {studio}",
                style::caution("warning:")
            ));
        }
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
            return self.explain(fatal.as_ref()).await;
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
                if let Err(error) = self.announce(&ready, running.url(), ready_file) {
                    return error;
                }
            }
            Err(fatal) => return self.explain(fatal.as_ref()).await,
        }
        self.explain(running.failed().await.as_ref()).await
    }

    /// Tells the person, the script and the browser that the server is ready.
    fn announce(
        &self,
        ready: &Ready,
        url: &str,
        ready_file: Option<&ReadyFile>,
    ) -> anyhow::Result<()> {
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
        if self.settings.browser {
            self.open_studio(url);
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
            config: self.config.to_owned(),
            host: self.settings.host,
            allow_hosts: self.settings.allow_hosts.clone(),
            port: self.settings.port,
            state_dir: self.settings.state_dir.clone(),
            reload: self.settings.reload,
            strict: self.settings.strict,
            jobs: self.settings.jobs,
            blocked_after: BLOCKED_AFTER,
            redact_errors: self.settings.redact_errors,
            keep_events_for: self.settings.keep_events_for,
            studio_url: self.settings.studio_url.clone(),
            python: self.python.path.clone(),
            environment: interpreter::activated(&self.python.path, self.context.env.all(), &Disk),
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    fn banner(&self, running: &Running) -> String {
        let network =
            network::address(running.address()).map(|address| format!("http://{address}"));
        let config = self.context.shown(self.config);
        let Self {
            settings, python, ..
        } = self;
        Banner {
            url: running.url(),
            host: settings.host,
            network: network.as_deref(),
            studio_url: &settings.studio_url,
            python,
            config: &config,
            auth: running.auth().as_deref(),
        }
        .render()
    }

    /// Why the server cannot go on, and what to do about it.
    async fn explain(&self, fatal: &Fatal) -> anyhow::Error {
        match fatal {
            Fatal::Auth(found) => {
                let found = diagnostic::render(found, &self.context.cwd);
                anyhow::anyhow!(
                    "the auth handlers cannot be loaded, so the server does not start\n{found}"
                )
            }
            Fatal::StoreIndex(found) => {
                let found = diagnostic::render(found, &self.context.cwd);
                anyhow::anyhow!(
                    "the embeddings of `store.index` cannot be loaded, so the server does not start\n{found}"
                )
            }
            Fatal::Worker(missing @ WorkerStartError::MissingPackages { .. }) => {
                let command =
                    remedy::for_project(directory_of(self.config), &self.python.path, self.context);
                let advice = format!("install what the project needs: {command}");
                Advised::new(
                    format!("{missing} (chosen because of {})", self.python.reason),
                    advice,
                )
                .into()
            }
            Fatal::Worker(old @ WorkerStartError::TooOld { .. }) => {
                let message = format!("{old} (chosen because of {})", self.python.reason);
                Advised::new(message, "name a newer one with --python PATH").into()
            }
            Fatal::Worker(WorkerStartError::Died(death))
                if !interpreter::is_python(&self.python.path).await =>
            {
                not_a_python(self.python, &death.how, &death.stderr)
            }
            Fatal::Graphs { .. } => refused(&fatal.to_string()),
            other => anyhow::anyhow!("{other}"),
        }
    }
}

/// What a program is that cannot run Python: something else, or a stand-in for a Python that is not installed.
fn not_a_python(program: &Interpreter, how: &str, stderr: &[String]) -> anyhow::Error {
    let path = program.path.display();
    let reason = &program.reason;
    let said = stderr.iter().find(|line| !line.trim().is_empty());
    // What a shell answers for a command that it cannot run, and what pyenv's stand-ins answer.
    let message = match said {
        Some(said) if how.ends_with("126") || how.ends_with("127") => {
            format!(
                "{path} cannot run (chosen because of {reason}): {}",
                said.trim()
            )
        }
        _ => format!("{path} is not a Python (chosen because of {reason})"),
    };
    let advice = if said.is_some_and(|said| said.starts_with("pyenv:")) {
        "pyenv stands in for a Python that it does not have here: install it with `pyenv install`, or name another one with --python PATH"
    } else {
        "name a Python executable or a virtual environment with --python PATH"
    };
    Advised::new(message, advice).into()
}

/// Why a strict start does not take place, and how to do without strictness.
fn refused(message: &str) -> anyhow::Error {
    let advice =
        "--no-strict serves what does load; --strict is the default where the variable CI is set";
    Advised::new(message, advice).into()
}

fn directory_of(config: &Path) -> &Path {
    config.parent().unwrap_or(config)
}
