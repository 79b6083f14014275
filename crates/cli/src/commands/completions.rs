//! `lgx completions`: the script that lets a shell complete lgx's commands and flags.

use clap::CommandFactory as _;

use crate::args::Cli;
use crate::args::completions::CompletionsArgs;
use crate::exit::Outcome;
use crate::ui::printer;

/// Runs the command.
pub(crate) fn run(args: &CompletionsArgs) -> anyhow::Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "lgx", &mut script);
    printer::put(String::from_utf8_lossy(&script).trim_end())?;
    Ok(Outcome::Success)
}
