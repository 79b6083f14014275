//! The server that a graph is talked to on: one that was named, the one that serves the project, or one for as long as it takes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use lgx_devserver::{Observer, Running};
use tempfile::TempDir;
use tokio::runtime::Builder;

use crate::client::AgentClient;
use crate::client::trust::Trust;
use crate::commands::dev;
use crate::commands::served::Served;
use crate::context::Context;
use crate::descriptors;
use crate::dialogue::thread::is_id;
use crate::exit::Outcome;
use crate::interpreter::{self, AskedFor};
use crate::project;
use crate::server_file;
use crate::settings::talk::TalkSettings;
use crate::signals::StopSignals;
use crate::ui::error::Advised;
use crate::ui::held::Held;
use crate::ui::notices::View;
use crate::ui::printer;
use crate::ui::reporter::{Printing, Reporter};

/// A server that answers.
pub(crate) struct Reached<'a> {
    pub(crate) client: AgentClient,
    /// The folder of the project, where that is known.
    pub(crate) project: Option<&'a Path>,
    /// Whether its threads are there afterwards.
    pub(crate) keeps: bool,
}

/// What is done with a server that answers.
pub(crate) trait Errand {
    /// Does it.
    async fn run(&self, server: &Reached<'_>, signals: &mut StopSignals)
    -> anyhow::Result<Outcome>;
}

/// Who wants a server, and what for.
pub(crate) struct ServerWanted<'a> {
    /// The command, as it is called.
    pub(crate) command: &'static str,
    /// The graph or assistant.
    pub(crate) graph: &'a str,
    /// Whether threads are to be there afterwards, where the server is one of its own.
    pub(crate) keeps: bool,
    pub(crate) settings: &'a TalkSettings,
}

/// Where the server is.
enum ServerPlace {
    /// It runs.
    There {
        url: String,
        trust: Trust,
        project: Option<PathBuf>,
    },
    /// It is to be started.
    Own { config: PathBuf, state: StateFolder },
}

/// The folder of a server of one's own.
enum StateFolder {
    Temporary(TempDir),
    Kept(PathBuf),
}

/// Finds or starts a server, and runs the errand on it.
pub(crate) fn with_server(
    wanted: &ServerWanted<'_>,
    errand: &impl Errand,
    context: &Context,
) -> anyhow::Result<Outcome> {
    match find(wanted, context)? {
        ServerPlace::There {
            url,
            trust,
            project,
        } => {
            let runtime = Builder::new_multi_thread().enable_all().build();
            let runtime = runtime.context("cannot start the runtime")?;
            let reached = Reached {
                client: AgentClient::new(&url, &wanted.settings.headers, &trust)?,
                project: project.as_deref(),
                keeps: true,
            };
            let outcome = runtime.block_on(async {
                let mut signals = StopSignals::catch().context("cannot listen for signals")?;
                errand.run(&reached, &mut signals).await
            });
            runtime.shutdown_background();
            outcome
        }
        ServerPlace::Own { config, state } => serve(wanted, &config, &state, errand, context),
    }
}

fn find(wanted: &ServerWanted<'_>, context: &Context) -> anyhow::Result<ServerPlace> {
    let settings = wanted.settings;
    if let Some(url) = &settings.url {
        return Ok(ServerPlace::There {
            url: url.clone(),
            trust: Trust::as_usual(context),
            project: None,
        });
    }
    let config = dev::locate(settings.named.as_deref(), wanted.command, context)?;
    is_known(wanted.graph, &config, context)?;
    let state_dir = server_file::state_dir_of(&config, settings.serve.state_dir.as_deref());
    let server = server_file::find(&state_dir).context("cannot look for the project's server")?;
    if let Some(server) = server {
        return Ok(ServerPlace::There {
            trust: Trust::of_server(&server, context),
            url: server.url,
            project: Some(project::directory_of(&config).to_owned()),
        });
    }
    let is_kept = wanted.keeps || settings.serve.state_dir.is_some();
    let state = if is_kept {
        StateFolder::Kept(state_dir)
    } else {
        let directory = tempfile::Builder::new().prefix("lgx-run-").tempdir();
        StateFolder::Temporary(
            directory.context("cannot make a temporary directory for the state")?,
        )
    };
    Ok(ServerPlace::Own { config, state })
}

/// Says at once that there is no such graph, as far as the configuration tells; what else is wrong with it is told by whoever serves it.
fn is_known(graph: &str, config: &Path, context: &Context) -> Result<(), Advised> {
    let variable = |name: &str| context.env.get(name)?.to_str().map(str::to_owned);
    let Ok(loaded) = lgx_config::load(config, &variable) else {
        return Ok(());
    };
    let ids: Vec<_> = loaded
        .config
        .graphs
        .iter()
        .map(|graph| &*graph.id)
        .collect();
    // An assistant is named by a UUID, as threads are.
    if ids.contains(&graph) || is_id(graph) {
        return Ok(());
    }
    let message = format!("there is no graph `{graph}` in {}", context.shown(config));
    Err(Advised::new(
        message,
        match lgx_config::nearest(graph, ids.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("it has {}", ids.join(", ")),
        },
    ))
}

/// Serves the project for as long as the errand takes.
fn serve(
    wanted: &ServerWanted<'_>,
    config: &Path,
    state: &StateFolder,
    errand: &impl Errand,
    context: &Context,
) -> anyhow::Result<Outcome> {
    let project = project::directory_of(config);
    let mut settings = wanted.settings.serve.clone();
    let (directory, keeps) = match state {
        StateFolder::Temporary(directory) => (directory.path().to_owned(), false),
        StateFolder::Kept(directory) => (directory.clone(), true),
    };
    settings.state_dir = Some(directory);
    let asked_for = AskedFor {
        python: settings.python.as_deref(),
        node: settings.node.as_deref(),
    };
    let interpreters = interpreter::for_project(project, asked_for, context)?;
    let held = Held::default();
    let (reporter, printing) = report(wanted.settings, &held, context)?;
    let reporter = Arc::new(reporter);
    let own = OwnServer {
        served: Served {
            database: None,
            config,
            settings: &settings,
            interpreters: &interpreters,
            context,
            encryption: None,
            observer: Arc::clone(&reporter) as Arc<dyn Observer>,
        },
        wanted,
        project,
        keeps,
    };
    let runtime = Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("cannot start the runtime")?;
    let finished = runtime.block_on(own.run(errand));
    reporter.end(printing);
    // What does not end by itself must not keep the process alive.
    runtime.shutdown_background();
    let said = held.take();
    if finished.never_ready && !said.is_empty() {
        printer::say(said.trim_end());
    }
    finished.outcome
}

/// Begins to print, or to hold back what would be printed.
fn report(
    settings: &TalkSettings,
    held: &Held,
    context: &Context,
) -> anyhow::Result<(Reporter, Printing)> {
    let view = View {
        level: settings.serve.log_level,
        root: context.cwd.clone(),
        shows_runs: true,
    };
    let started = if settings.verbose {
        Reporter::start(view, false, None)
    } else {
        Reporter::start_on(held.clone(), view, false, None)
    };
    started.context("cannot start a thread")
}

/// A server for one errand.
struct OwnServer<'a> {
    served: Served<'a>,
    wanted: &'a ServerWanted<'a>,
    project: &'a Path,
    keeps: bool,
}

/// How it all ended.
struct ErrandEnd {
    outcome: anyhow::Result<Outcome>,
    /// Whether there was no server for the errand, so that what was said tells why.
    never_ready: bool,
}

impl OwnServer<'_> {
    async fn run(&self, errand: &impl Errand) -> ErrandEnd {
        let mut never_ready = true;
        let outcome = self.try_run(errand, &mut never_ready).await;
        // A signal says by itself why there was no server.
        let never_ready = never_ready && !matches!(outcome, Ok(Outcome::Interrupted));
        ErrandEnd {
            outcome,
            never_ready,
        }
    }

    async fn try_run(
        &self,
        errand: &impl Errand,
        never_ready: &mut bool,
    ) -> anyhow::Result<Outcome> {
        descriptors::raise_limit();
        let mut signals = StopSignals::catch().context("cannot listen for signals")?;
        let started = tokio::select! {
            started = self.served.start(None, None) => started?,
            ended = signals.next() => return Ok(unfinished(ended)),
        };
        let Some(running) = started else {
            return Ok(Outcome::Failure);
        };
        let outcome = self
            .run_on(&running, errand, &mut signals, never_ready)
            .await;
        tokio::select! {
            () = running.stop() => {}
            _ = signals.received() => {}
        }
        outcome
    }

    async fn run_on(
        &self,
        running: &Running,
        errand: &impl Errand,
        signals: &mut StopSignals,
        never_ready: &mut bool,
    ) -> anyhow::Result<Outcome> {
        let ready = tokio::select! {
            ready = running.ready() => ready,
            ended = signals.next() => return Ok(unfinished(ended)),
        };
        let ready = match ready {
            Ok(ready) => ready,
            Err(fatal) => return Err(self.served.explain(&fatal).await),
        };
        let graph = self.wanted.graph;
        if ready.failed.iter().any(|failed| failed == graph) {
            anyhow::bail!("the graph `{graph}` does not load");
        }
        *never_ready = false;
        let reached = Reached {
            client: AgentClient::new(running.url(), &self.wanted.settings.headers, &Trust::Nobody)?,
            project: Some(self.project),
            keeps: self.keeps,
        };
        tokio::select! {
            outcome = errand.run(&reached, signals) => outcome,
            fatal = running.failed() => Err(self.served.explain(&fatal).await),
        }
    }
}

/// Who ends a command has not got what it was asked for.
pub(crate) const fn unfinished(ended: Outcome) -> Outcome {
    match ended {
        Outcome::Success => Outcome::Failure,
        other => other,
    }
}
