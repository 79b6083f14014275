//! The arguments of every command that executes a project's code.

use clap::Args;

use super::interpreters::InterpreterArgs;
use super::serve::{LogLevel, WorkerCount};
use crate::env_names;

/// What executes the code, and how.
#[derive(Debug, Default, Args)]
pub(crate) struct CodeArgs {
    #[arg(
        long,
        value_name = "N",
        env = env_names::LGX_WORKERS,
        hide_env = true,
        help = "How many processes execute runs side by side; `auto`: one per core [default: 1] [env: LGX_WORKERS]"
    )]
    pub(crate) workers: Option<WorkerCount>,

    /// How many runs each of them executes at once [default: 10]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) n_jobs_per_worker: Option<u16>,

    /// Keep the messages of unexpected exceptions from clients
    #[arg(long)]
    pub(crate) redact_errors: bool,

    /// Say nothing of code that blocks the event loop
    #[arg(long, overrides_with = "forbid_blocking")]
    pub(crate) allow_blocking: bool,

    /// Let a run fail that blocks the event loop
    #[arg(long, overrides_with = "allow_blocking")]
    pub(crate) forbid_blocking: bool,

    /// How much the server says: `debug` adds a line for every request [default: info]
    #[arg(long, value_name = "LEVEL", ignore_case = true)]
    pub(crate) server_log_level: Option<LogLevel>,

    #[command(flatten)]
    pub(crate) interpreters: InterpreterArgs,
}
