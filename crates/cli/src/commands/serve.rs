//! `lgx serve`: serves a project in production, and tells programs about it.

mod instance;
mod sharing;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use lgx_devserver::{Database, Observer};
use tokio::runtime::Builder;

use self::instance::Instance;
use super::database;
use super::dev::forget_earlier_server;
use super::served::Served;
use crate::args::code::LogLevel;
use crate::args::serve::LogFormat;
use crate::context::Context;
use crate::encryption::Encryption;
use crate::exit::Outcome;
use crate::interpreter::{self, AskedFor};
use crate::project;
use crate::settings::serve::ServeSettings;
use crate::ui::error;
use crate::ui::log_record::LogRecord;
use crate::ui::notices::View;
use crate::ui::reporter::Reporter;

/// Runs the command. What goes wrong is told where everything is told: whoever reads it reads one format.
pub(crate) fn run(settings: &ServeSettings, context: &Context) -> anyhow::Result<Outcome> {
    let view = View {
        level: settings.server.log_level,
        root: context.cwd.clone(),
        shows_runs: true,
    };
    let started = match settings.log_format {
        LogFormat::Json => Reporter::start_json(view),
        LogFormat::Text => Reporter::start(view, false, None),
    };
    let (reporter, printing) = started.context("cannot start a thread")?;
    let reporter = Arc::new(reporter);
    let outcome = serve(settings, context, &reporter).unwrap_or_else(|error| {
        let told = error::render(&error);
        reporter.record(LogRecord::new(LogLevel::Error, "failed", told));
        Outcome::Failure
    });
    reporter.end(printing);
    Ok(outcome)
}

fn serve(
    settings: &ServeSettings,
    context: &Context,
    reporter: &Arc<Reporter>,
) -> anyhow::Result<Outcome> {
    let server = &settings.server;
    forget_earlier_server(server)?;
    let config = &locate(settings.named.as_deref(), context, reporter)?;
    let asked_for = AskedFor {
        python: server.python.as_deref(),
        node: server.node.as_deref(),
    };
    let interpreters = interpreter::for_project(project::directory_of(config), asked_for, context)?;
    let encryption = Encryption::of(server, context)?;
    let shared = sharing::of(settings, context)?;
    let runtime = Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let instance = Instance {
        served: Served {
            config,
            settings: server,
            interpreters: &interpreters,
            context,
            encryption: encryption.as_ref(),
            database: database::address(Some(config), context).map(|address| Database {
                address: Arc::new(address),
                migrates: settings.migrates,
                instance: None,
                shared,
            }),
            observer: Arc::clone(reporter) as Arc<dyn Observer>,
        },
        reporter: Arc::clone(reporter),
        drain: settings.drain,
    };
    let outcome = runtime.block_on(instance.serve());
    // What does not end by itself must not keep the process alive.
    runtime.shutdown_background();
    outcome
}

/// The configuration to serve; if it was found further up, that is told.
fn locate(named: Option<&Path>, context: &Context, reporter: &Reporter) -> anyhow::Result<PathBuf> {
    let located = project::located::locate(named, "serve", context)?;
    if located.is_above {
        let shown = located.config.display().to_string();
        let told = format!("the project above this directory is served: {shown}");
        let record = LogRecord::new(LogLevel::Info, "project_above", told);
        reporter.record(record.with("config", shown));
    }
    Ok(located.config)
}
