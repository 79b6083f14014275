//! Which recordings a command is about.

use std::path::PathBuf;

use crate::args::cassettes::LibraryArgs;
use crate::context::Context;
use crate::disk::Disk;
use crate::env_names;
use crate::project::{self, FILE, Found};

/// The folder of a project's recordings, beside its configuration.
pub(crate) const FOLDER: &str = "cassettes";

/// The recordings, and how they are told.
#[derive(Debug)]
pub(crate) struct LibrarySettings {
    /// Their folder.
    pub(crate) folder: PathBuf,
    /// Told as JSON.
    pub(crate) json: bool,
}

/// Settles the arguments that the subcommands of `lgx cassettes` share.
pub(crate) fn resolve(args: LibraryArgs, context: &Context) -> LibrarySettings {
    let LibraryArgs { dir, json } = args;
    let folder = match dir {
        Some(dir) => context.absolute(&dir),
        None => beside_configuration(context),
    };
    LibrarySettings { folder, json }
}

fn beside_configuration(context: &Context) -> PathBuf {
    let home = context.env.path(env_names::HOME);
    let config = match project::find(None, &context.cwd, home, &Disk) {
        Found::Here(config) | Found::Above(config) => config,
        Found::Foreign(_) => context.cwd.join(FILE),
    };
    project::directory_of(&config).join(FOLDER)
}
