//! `lgx state`: carries the whole state out of the place where it is kept, and into another one.

mod export;
mod import;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::anyhow;
use lgx_devserver::StoreError;
use lgx_devserver::transfer::{Carried, StatePlace};

use super::database;
use crate::args::state::{StateAction, StateCommand};
use crate::context::Context;
use crate::exit::Outcome;
use crate::project::located::locate;
use crate::server_file;
use crate::settings::state::{KeptSettings, resolve};
use crate::signals;
use crate::ui::error::Advised;
use crate::ui::progress::Progress;
use crate::ui::state_in_use;

/// What takes longer is told while it lasts.
const UNTOLD: Duration = Duration::from_secs(1);

/// Runs the command.
pub(crate) fn run(args: StateCommand, context: &Context) -> anyhow::Result<Outcome> {
    match args.action {
        StateAction::Export { file, kept } => export::run(&file, &resolve(kept, context), context),
        StateAction::Import { file, kept } => import::run(&file, &resolve(kept, context), context),
    }
}

/// The place of a state, as it is told.
struct NamedPlace {
    place: StatePlace,
    name: String,
}

impl NamedPlace {
    /// Where the project's state is: in the folder that was named, else in its database, else beside its configuration.
    fn of(settings: &KeptSettings, context: &Context) -> anyhow::Result<Self> {
        if let Some(folder) = &settings.state_dir {
            return Ok(Self::folder(folder.clone(), context));
        }
        // The state of a database can be carried where there is no project, too.
        let located = locate(settings.named.as_deref(), "state", context);
        let config = located.as_ref().ok().map(|located| &*located.config);
        if (config.is_some() || settings.named.is_none())
            && let Some(address) = database::address(config, context)
        {
            return Ok(Self {
                place: StatePlace::Database(address),
                name: "the database".to_owned(),
            });
        }
        let folder = server_file::state_dir_of(&located?.config, None);
        Ok(Self::folder(folder, context))
    }

    fn folder(folder: PathBuf, context: &Context) -> Self {
        Self {
            name: context.shown(&folder),
            place: StatePlace::Directory(folder),
        }
    }
}

/// Carries, and tells what goes on if that takes a while. `undone` is what became of nothing if a server uses the state.
fn carry<T: Send + 'static>(
    label: String,
    name: &str,
    undone: &str,
    context: &Context,
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> anyhow::Result<Result<T, Outcome>> {
    let is_watched = context.is_watched();
    let carried = async {
        let mut work = tokio::spawn(work);
        let done = tokio::time::timeout(UNTOLD, &mut work).await;
        let done = if let Ok(done) = done {
            done?
        } else {
            let progress = Progress::begin(label, is_watched);
            let done = work.await?;
            if done.is_ok() {
                progress.done();
            } else {
                progress.failed();
            }
            done
        };
        done.map_err(|error| explained(error, name, undone))
    };
    signals::unless_stopped(carried)
}

fn explained(error: StoreError, name: &str, undone: &str) -> anyhow::Error {
    match error {
        StoreError::Locked { pid, .. } => state_in_use::untouched(name, pid, undone).into(),
        StoreError::DatabaseInUse => Advised::new(
            format!("a server uses {name}; nothing was {undone}"),
            "stop all servers that use it first",
        )
        .into(),
        StoreError::NoState(_) => anyhow!("there is no state in {name}; nothing was {undone}"),
        error => error.into(),
    }
}

/// How much was carried, in words.
fn told(carried: Carried) -> String {
    let Carried { threads, rows } = carried;
    let of_threads = if threads == 1 { "thread" } else { "threads" };
    let of_rows = if rows == 1 { "row" } else { "rows" };
    format!("{threads} {of_threads}, {rows} {of_rows} in all")
}

/// Whether a file stands for a standard stream.
fn is_standard(file: &Path) -> bool {
    file.as_os_str() == "-"
}
