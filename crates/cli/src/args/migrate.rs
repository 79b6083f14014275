//! The arguments of `lgx migrate`.

use clap::Args;

use super::project::ProjectArgs;

/// Make the tables of the database that keeps state, or bring them up to date
///
/// The database is the one in `DATABASE_URI`. `lgx serve` does so itself when it starts, unless it is told --no-migrate: then this goes first, once for all servers.
#[derive(Debug, Args)]
pub(crate) struct MigrateArgs {
    #[command(flatten)]
    pub(crate) project: ProjectArgs,
}
