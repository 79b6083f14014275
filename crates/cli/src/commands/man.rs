//! `lgx man`: the manual, a page for lgx and one for each command, made of what `--help` says.

use anyhow::Context as _;
use clap::CommandFactory as _;

use crate::args::Cli;
use crate::args::man::ManArgs;
use crate::context::Context;
use crate::exit::Outcome;

/// Runs the command.
pub(crate) fn run(args: &ManArgs, context: &Context) -> anyhow::Result<Outcome> {
    let folder = context.absolute(&args.folder);
    fs_err::create_dir_all(&folder)?;
    clap_mangen::generate_to(Cli::command(), &folder)
        .with_context(|| format!("cannot write the man pages into {}", folder.display()))?;
    Ok(Outcome::Success)
}
