//! `lgx migrate`: brings the tables of a database up to date.

use anyhow::Context as _;
use tokio::runtime::Builder;

use super::database;
use crate::args::migrate::MigrateArgs;
use crate::context::Context;
use crate::env_names::DATABASE_URI;
use crate::exit::Outcome;
use crate::project::located::locate;
use crate::ui::error::Advised;
use crate::ui::{printer, style};

/// Runs the command.
pub(crate) fn run(args: MigrateArgs, context: &Context) -> anyhow::Result<Outcome> {
    // A database can be made ready where there is no project, too.
    let named = args.project.named(context);
    let config = match locate(named.as_deref(), "migrate", context) {
        Ok(located) => Some(located.config),
        Err(error) if named.is_some() => return Err(error),
        Err(_) => None,
    };
    let Some(address) = database::address(config.as_deref(), context) else {
        let error =
            format!("{DATABASE_URI} is not set, so there is no database to bring up to date");
        let advice = format!(
            "set {DATABASE_URI}=postgres://USER:PASSWORD@HOST:PORT/DATABASE; state in a directory is brought up to date by itself"
        );
        return Err(Advised::new(error, advice).into());
    };
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let steps = runtime.block_on(lgx_devserver::migrate(&address))?;
    let done = match steps {
        0 => "nothing to do: the database is up to date".to_owned(),
        1 => format!("{} 1 step", style::success("migrated:")),
        steps => format!("{} {steps} steps", style::success("migrated:")),
    };
    printer::say(done);
    Ok(Outcome::Success)
}
