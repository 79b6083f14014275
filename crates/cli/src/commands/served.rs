//! A project as it is to be served: what the server is told, how it starts, and why it did not.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use lgx_config::{AllowedHost, Problem, Runtime};
use lgx_devserver::{
    Database, EngineOptions, Fatal, Limits, Listener, LocalStudio, Notice, Observer, Options,
    Ready, Running, StartError,
};
use lgx_record::Teller;
use serde_json::json;

use crate::commands::fatal;
use crate::commands::recorded::Recorded;
use crate::context::Context;
use crate::disk::Disk;
use crate::editor;
use crate::encryption::Encryption;
use crate::env_names::LGX_SECRET;
use crate::interpreter::{self, Interpreter, Interpreters, NoInterpreter};
use crate::ready_file::ReadyFile;
use crate::settings::server::ServerSettings;
use crate::ui::error::Advised;
use crate::ui::{printer, style};

/// How long requests wait for code that blocks its event loop before another process takes over. Shorter would double processes for
/// a node that loads a model; longer would look like a server that hangs.
const BLOCKED_AFTER: Duration = Duration::from_secs(5);
/// Where hosted Studio is: its pages may use the server, whether or not it is asked to open them.
pub(crate) const HOSTED_STUDIO: &str = "https://smith.langchain.com";
/// A project, and how it is to be served.
pub(crate) struct Served<'a> {
    pub(crate) config: &'a Path,
    pub(crate) settings: &'a ServerSettings,
    pub(crate) interpreters: &'a Interpreters,
    pub(crate) context: &'a Context,
    /// What it speaks HTTPS with, if it does.
    pub(crate) encryption: Option<&'a Encryption>,
    /// The database that keeps its state, if that is not kept in a directory.
    pub(crate) database: Option<Database>,
    /// Who hears of it.
    pub(crate) observer: Arc<dyn Observer>,
}

impl Served<'_> {
    /// Starts what records and plays calls of models, if that is asked for. `command` records what is missing.
    pub(crate) async fn record(
        &self,
        command: String,
        teller: Teller,
    ) -> anyhow::Result<Option<Recorded>> {
        match &self.settings.record {
            Some(settings) => {
                Recorded::start(settings, &self.options().engine, command, teller).await
            }
            None => Ok(None),
        }
    }

    /// Starts the server, on a port that is held already if there is one; none if what is wrong has been told.
    pub(crate) async fn start(
        &self,
        held: Option<Listener>,
        recorded: Option<&Recorded>,
    ) -> anyhow::Result<Option<Running>> {
        let mut options = self.options();
        options.engine.overlay = recorded.map(Recorded::overlay);
        self.has_interpreters(&options)?;
        match lgx_devserver::start(options, held, Arc::clone(&self.observer)).await {
            Ok(running) => Ok(Some(running)),
            Err(StartError::Config(found)) => {
                self.tell(found.problems);
                Ok(None)
            }
            Err(StartError::Incomplete(found)) => {
                self.tell(found.problems);
                Err(fatal::refused(
                    "the project is not complete, so the server does not start",
                ))
            }
            Err(error @ StartError::NoAuth) => {
                let advice = "add `auth` to langgraph.json, or let everybody in with --no-auth";
                Err(Advised::new(error.to_string(), advice).into())
            }
            Err(error @ StartError::DebugPort { .. }) => {
                let advice = "choose another port with --debug-port; 0 takes any free one";
                Err(Advised::new(error.to_string(), advice).into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The environments that were passed over when its interpreters were looked for, as warnings.
    pub(crate) fn passed_over(&self, running: &Running) -> Vec<String> {
        let runtimes = running.runtimes().into_iter();
        let used = runtimes.filter_map(|runtime| self.interpreters.of(runtime).ok());
        used.flat_map(|interpreter| &interpreter.passed_over)
            .map(|place| format!("{} {place}", style::warning()))
            .collect()
    }

    /// Tells scripts that the server is ready: in the file, and with a line on stdout where no person reads that.
    pub(crate) fn tell_scripts(
        &self,
        ready: &Ready,
        running: &Running,
        ready_file: Option<&ReadyFile>,
    ) -> anyhow::Result<()> {
        let url = running.url();
        if let Some(file) = ready_file {
            file.write(url)
                .context("cannot write the file of --ready-file")?;
        }
        if self.context.terminal.stdout {
            return Ok(());
        }
        let event = json!({
            "event": "ready",
            "url": url,
            "graphs": ready.graphs,
            "failed": ready.failed,
        });
        printer::put(event).context("cannot write to stdout")
    }

    /// Why the server cannot go on, and what to do about it.
    pub(crate) async fn explain(&self, fatal: &Fatal) -> anyhow::Error {
        fatal::explain(fatal, self.config, self.interpreters, self.context).await
    }

    /// Shows what is wrong with the configuration.
    fn tell(&self, problems: Vec<Problem>) {
        for problem in problems {
            self.observer.notice(Notice::Config(problem));
        }
    }

    fn options(&self) -> Options {
        Options {
            engine: EngineOptions {
                database: self.database.clone(),
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
                // Said by the server, which takes the ports.
                debug: None,
                keep_events_for: self.settings.keep_events_for,
                interpreters: lgx_devserver::Interpreters {
                    python: path_of(self.interpreters.python.as_ref()),
                    node: path_of(self.interpreters.node.as_ref()),
                },
                environment: self.environment(),
                overlay: None,
                version: env!("CARGO_PKG_VERSION"),
            },
            host: self.settings.host,
            allow_hosts: self.allow_hosts(),
            port: self.settings.port,
            tls: self.encryption.map(|encryption| encryption.tls.clone()),
            tunnel: self.settings.tunnel,
            purpose: self.settings.purpose.clone(),
            reload: self.settings.reload,
            reload_wait: self.settings.reload_wait,
            debug: self.settings.debug,
            limits: Limits::default(),
            studio_url: self
                .settings
                .studio_url
                .clone()
                .unwrap_or_else(|| HOSTED_STUDIO.to_owned()),
            studio: self.settings.studio.then(|| self.local_studio()),
        }
    }

    /// The names that were let in, and those of a certificate: nobody else has one that is for them.
    fn allow_hosts(&self) -> Vec<AllowedHost> {
        let of_certificate = self.encryption.into_iter().flat_map(|it| &it.names);
        let named = self.settings.allow_hosts.iter();
        named.chain(of_certificate).cloned().collect()
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
    pub(crate) fn environment(&self) -> Vec<(OsString, OsString)> {
        let mut present = self.context.env.all();
        // Whoever knows it may say that a request was let in.
        present.retain(|(name, _)| name != LGX_SECRET);
        match &self.interpreters.python {
            Ok(python) => interpreter::activated(&python.path, present, &Disk),
            Err(_) => present,
        }
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
}

fn path_of(found: Result<&Interpreter, &NoInterpreter>) -> Option<PathBuf> {
    Some(found.ok()?.path.clone())
}
