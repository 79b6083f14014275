//! `lgx cassettes`: what is in a folder of recorded calls of models, and what of it is not needed any more.

mod list;
mod prune;
mod show;

use lgx_cassettes::{Library, Mode};

use crate::args::cassettes::{CassettesAction, CassettesCommand};
use crate::context::Context;
use crate::exit::Outcome;
use crate::settings::cassettes::{LibrarySettings, resolve};

/// Runs the command.
pub(crate) fn run(args: CassettesCommand, context: &Context) -> anyhow::Result<Outcome> {
    match args.action {
        CassettesAction::List { library } => list::run(&resolve(library, context)),
        CassettesAction::Show { names, library } => show::run(&names, &resolve(library, context)),
        CassettesAction::Prune { dry_run, library } => {
            prune::run(dry_run, &resolve(library, context))
        }
    }
}

/// The recordings, to be looked at.
fn library(settings: &LibrarySettings) -> Library {
    Library::open(&settings.folder, Mode::Replay)
}
