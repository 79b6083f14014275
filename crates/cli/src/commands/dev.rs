//! `lgx dev`: serves a project, and tells the terminal, the browser and scripts about it.

mod on_reload;
mod session;
mod state_life;
mod tunnel;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use lgx_devserver::{Listener, Observer};
use tokio::runtime::Builder;
use tokio::sync::mpsc::unbounded_channel;

use self::on_reload::LoadObserver;
use self::session::Session;
use crate::cloudflared;
use crate::commands::served::Served;
use crate::context::Context;
use crate::encryption::Encryption;
use crate::exit::Outcome;
use crate::interpreter::{self, AskedFor, Interpreters};
use crate::project;
use crate::ready_file;
use crate::settings::dev::DevSettings;
use crate::settings::server::ServerSettings;
use crate::ui::conversation::Person;
use crate::ui::error::{self, Advised};
use crate::ui::notices::View;
use crate::ui::reporter::Reporter;
use crate::ui::typing_mode::TypingMode;
use crate::ui::{keyboard, printer, style};

/// Runs the command.
pub(crate) fn run(settings: &DevSettings, context: &Context) -> anyhow::Result<Outcome> {
    forget_earlier_server(&settings.serve)?;
    refuse_several_debugged(&settings.serve)?;
    let config = &locate(settings.named.as_deref(), "dev", context)?;
    if let Some(audience) = settings.serve.tunnel {
        if let Err(refusal) = tunnel::may_open(audience, config, context) {
            printer::say(error::render(&refusal.into()));
            return Ok(Outcome::Usage);
        }
        cloudflared::find(context)?;
    }
    let asked_for = AskedFor {
        python: settings.serve.python.as_deref(),
        node: settings.serve.node.as_deref(),
    };
    let directory = project::directory_of(config);
    let interpreters = interpreter::for_project(directory, asked_for, context)?;
    let mut serve = settings.serve.clone();
    let temporary = state_life::prepare(&mut serve, config, context)?;
    let outcome = serve_with(None, config, &serve, &interpreters, context);
    // Only now nothing writes to it any more.
    drop(temporary);
    outcome
}

/// A debugger attaches to one process: of several it would see some of the runs only.
fn refuse_several_debugged(settings: &ServerSettings) -> Result<(), Advised> {
    if settings.debug.is_none() || settings.workers == 1 {
        return Ok(());
    }
    let workers = settings.workers;
    Err(Advised::new(
        format!(
            "--debug-port goes with one worker, and there are to be {workers}: a debugger attaches to one process"
        ),
        "add --workers 1",
    ))
}

/// Removes the ready file of an earlier server, before anything else takes its time: a script that waits for the file must not find it.
pub(crate) fn forget_earlier_server(settings: &ServerSettings) -> anyhow::Result<()> {
    match &settings.ready_file {
        Some(path) => ready_file::remove_stale(path).context("cannot use the file of --ready-file"),
        None => Ok(()),
    }
}

/// The configuration to serve; if it was found further up, a line says so.
pub(crate) fn locate(
    named: Option<&Path>,
    command: &str,
    context: &Context,
) -> anyhow::Result<PathBuf> {
    let located = project::located::locate(named, command, context)?;
    if located.is_above {
        let shown = located.config.display();
        printer::say(format_args!(
            "{} there is no langgraph.json in this directory; the project above it is served: {shown}",
            style::strong("note:")
        ));
    }
    Ok(located.config)
}

/// Serves the project with interpreters that are already known, on a port that is held already if there is one.
pub(crate) fn serve_with(
    held: Option<Listener>,
    config: &Path,
    settings: &ServerSettings,
    interpreters: &Interpreters,
    context: &Context,
) -> anyhow::Result<Outcome> {
    let encryption = Encryption::of(settings, context)?;
    let view = View {
        level: settings.log_level,
        root: context.cwd.clone(),
        shows_runs: !context.env.is_ci(),
    };
    let (pressed, keys) = unbounded_channel();
    // However the command ends, the terminal is put back when this is dropped.
    let (mode, _put_back) = TypingMode::of_stdin();
    let person = context.can_ask().then(|| Person {
        keys: pressed,
        mode: Arc::clone(&mode),
    });
    let (reporter, printing) =
        Reporter::start(view, context.is_seen(), person).context("cannot start a thread")?;
    let reporter = Arc::new(reporter);
    if context.can_ask() {
        let reporter = Arc::clone(&reporter);
        keyboard::listen(Arc::clone(&mode), move |typed| reporter.typed(typed))
            .context("cannot start a thread")?;
    }
    let runtime = Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let observer = Arc::new(LoadObserver::new(Arc::clone(&reporter)));
    let session = Session {
        served: Served {
            database: None,
            config,
            settings,
            interpreters,
            context,
            encryption: encryption.as_ref(),
            observer: Arc::clone(&observer) as Arc<dyn Observer>,
        },
        reporter: Arc::clone(&reporter),
        observer,
    };
    runtime.spawn(keyboard::resume_when_continued(mode));
    let outcome = runtime.block_on(session.serve(held, keys));
    reporter.end(printing);
    // What does not end by itself must not keep the process alive.
    runtime.shutdown_background();
    outcome
}
