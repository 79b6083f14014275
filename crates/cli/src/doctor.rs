//! What `lgx doctor` looks at: the project, what runs it, and the machine that both are on.

mod examined;
mod interpreters;
mod known_versions;
mod port;
mod program;
mod project;
mod proxy;
mod state;
mod tools;
mod watching;

use std::path::{Path, PathBuf};

use lgx_config::{Config, Runtime};

pub(crate) use self::examined::{Condition, Examined};
use crate::check::{self, Level};
use crate::context::Context;
use crate::interpreter::{self, AskedFor};
use crate::project::located::locate;
use crate::project::{FILE, directory_of};
use crate::server_file;
use crate::settings::doctor::DoctorSettings;

/// What was found.
#[derive(Debug)]
pub(crate) struct Examination {
    /// The configuration of the project, if this is about one.
    pub(crate) project: Option<PathBuf>,
    pub(crate) rows: Vec<Examined>,
}

impl Examination {
    /// How many rows are in this condition.
    pub(crate) fn count(&self, condition: Condition) -> usize {
        let rows = self.rows.iter();
        rows.filter(|row| row.condition == condition).count()
    }
}

/// Looks at everything.
pub(crate) async fn examine(settings: &DoctorSettings, context: &Context) -> Examination {
    match configuration(settings, context) {
        Ok(config) => of_project(config, settings, context).await,
        Err(row) => outside(row, settings, context).await,
    }
}

/// The configuration; a line that says why there is none else.
fn configuration(settings: &DoctorSettings, context: &Context) -> Result<PathBuf, Examined> {
    let located = locate(settings.named.as_deref(), "doctor", context);
    match located {
        Ok(located) if located.config.exists() => Ok(located.config),
        Ok(located) if settings.named.is_some() => {
            let shown = context.shown(&located.config);
            Err(Examined::fail("project", format!("there is no {shown}")))
        }
        Ok(_) => Err(
            Examined::note("project", format!("there is no {FILE} here"))
                .hint("`lgx new` makes a project, and `lgx init` one of code that is there"),
        ),
        Err(error) => {
            let row = Examined::warn("project", error.to_string());
            Err(match error.downcast_ref::<crate::ui::error::Advised>() {
                Some(advised) => row.hint(advised.advice()),
                None => row,
            })
        }
    }
}

async fn of_project(file: PathBuf, settings: &DoctorSettings, context: &Context) -> Examination {
    let (report, config) = check::read(&file, Level::Note, context);
    let mut rows = vec![project::configuration(&report, context)];
    rows.push(project::variables(&report, context));
    let directory = directory_of(&file);
    rows.extend(what_runs_it(config.as_ref(), directory, settings, context).await);

    let state_dir = server_file::state_dir_of(&file, settings.state_dir.as_deref());
    // What cannot be looked for does not run either.
    let server = server_file::find(&state_dir).ok().flatten();
    if let Some(server) = &server {
        let message = format!("{} serves the project (process {})", server.url, server.pid);
        rows.push(Examined::note("server", message));
    }
    rows.push(port::look(settings.port, server.as_ref()));
    let shown = context.shown(&state_dir);
    let looked = tokio::task::spawn_blocking(move || {
        let needed = config
            .and_then(|config| lgx_devserver::watched_directories(&config, state_dir.clone()));
        let watching = watching::look(needed);
        watching
            .into_iter()
            .chain([state::look(&state_dir, &shown)])
            .collect::<Vec<_>>()
    });
    rows.extend(looked.await.unwrap_or_default());
    rows.extend(of_machine(context).await);
    Examination {
        project: Some(file),
        rows,
    }
}

/// The interpreters of a project. One whose configuration cannot be read is taken for one of Python, as most are.
async fn what_runs_it(
    config: Option<&Config>,
    directory: &Path,
    settings: &DoctorSettings,
    context: &Context,
) -> Vec<Examined> {
    let asked_for = AskedFor {
        python: settings.python.as_deref(),
        node: settings.node.as_deref(),
    };
    let interpreters = match interpreter::for_project(directory, asked_for, context) {
        Ok(interpreters) => interpreters,
        Err(error) => {
            return vec![Examined::fail("interpreter", error.to_string()).hint(error.advice())];
        }
    };
    let runtimes = config.map_or_else(|| vec![Runtime::Python], Config::runtimes);
    let mut rows = Vec::new();
    if runtimes.contains(&Runtime::Python) {
        rows.extend(interpreters::python(&interpreters, Some(directory), context).await);
    }
    if runtimes.contains(&Runtime::Node) {
        rows.extend(interpreters::node(&interpreters, directory, context).await);
    }
    rows
}

/// What can be said where there is no project.
async fn outside(project: Examined, settings: &DoctorSettings, context: &Context) -> Examination {
    let mut rows = vec![project];
    let asked_for = AskedFor {
        python: settings.python.as_deref(),
        node: None,
    };
    match interpreter::for_project(&context.cwd, asked_for, context) {
        Ok(found) => rows.extend(interpreters::python(&found, None, context).await),
        Err(error) => {
            rows.push(Examined::fail("interpreter", error.to_string()).hint(error.advice()));
        }
    }
    rows.push(port::look(settings.port, None));
    rows.extend(watching::look(None));
    rows.extend(of_machine(context).await);
    Examination {
        project: None,
        rows,
    }
}

async fn of_machine(context: &Context) -> Vec<Examined> {
    let mut rows = vec![proxy::look(&context.env)];
    rows.extend(tools::look(context).await);
    rows
}
