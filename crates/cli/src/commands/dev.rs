//! `lgx dev`: serves a project, and tells the terminal, the browser and scripts about it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use lgx_config::Problem;
use lgx_devserver::{
    Fatal, Notice, Observer as _, Options, Ready, Running, StartError, WorkerStartError,
};
use serde_json::json;
use tokio::runtime::Builder;

use crate::browser;
use crate::context::Context;
use crate::exit::Outcome;
use crate::interpreter::{self, Disk, Interpreter, NoInterpreter, Search};
use crate::ready_file::ReadyFile;
use crate::remedy;
use crate::settings::dev::{DevSettings, ServeSettings};
use crate::signals::StopSignals;
use crate::ui::banner::{self, Banner};
use crate::ui::error::Advised;
use crate::ui::notices::View;
use crate::ui::reporter::Reporter;
use crate::ui::{diagnostic, printer, style};

/// How long requests wait for code that blocks its event loop before another process takes over. Shorter would double processes for
/// a node that loads a model; longer would look like a server that hangs.
const BLOCKED_AFTER: Duration = Duration::from_secs(5);

/// Runs the command.
pub(crate) fn run(settings: &DevSettings, context: &Context) -> anyhow::Result<Outcome> {
    let asked_for = settings.serve.python.as_deref();
    let project = directory_of(&settings.config);
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
    serve_with(&settings.config, &settings.serve, &python, context)
}

/// Serves the project with an interpreter that is already known.
pub(crate) fn serve_with(
    config: &Path,
    settings: &ServeSettings,
    python: &Interpreter,
    context: &Context,
) -> anyhow::Result<Outcome> {
    let view = View {
        level: settings.log_level,
        root: context.cwd.clone(),
    };
    let (reporter, printing) =
        Reporter::start(view, context.is_seen()).context("cannot start a thread")?;
    let reporter = Arc::new(reporter);
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
    let outcome = runtime.block_on(session.serve());
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
    async fn serve(self) -> anyhow::Result<Outcome> {
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
            started = lgx_devserver::start(self.options(), observer) => started,
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
        self.reporter.say(self.banner(running.url()));

        let outcome = tokio::select! {
            outcome = signals.next() => Ok(outcome),
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

    /// Announces the server once it is ready. Comes back only with the reason why it cannot go on.
    async fn run(&self, running: &Running, ready_file: Option<&ReadyFile>) -> anyhow::Error {
        match running.ready().await {
            Ok(ready) => {
                if let Err(error) = self.announce(&ready, running.url(), ready_file) {
                    return error;
                }
            }
            Err(fatal) => return self.explain(fatal.as_ref()),
        }
        self.explain(running.failed().await.as_ref())
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
            let studio = banner::studio(&self.settings.studio_url, url);
            if browser::open(&studio, &self.context.env).is_err() {
                self.reporter.say(format!(
                    "{} cannot open a browser; Studio is at {studio}",
                    style::caution("warning:")
                ));
            }
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
            environment: self.context.env.all(),
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    fn banner(&self, url: &str) -> String {
        let config = self.context.shown(self.config);
        let Self {
            settings, python, ..
        } = self;
        Banner {
            url,
            host: settings.host,
            studio_url: &settings.studio_url,
            python,
            config: &config,
        }
        .render()
    }

    /// Why the server cannot go on, and what to do about it.
    fn explain(&self, fatal: &Fatal) -> anyhow::Error {
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
            Fatal::Graphs { .. } => refused(&fatal.to_string()),
            other => anyhow::anyhow!("{other}"),
        }
    }
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
