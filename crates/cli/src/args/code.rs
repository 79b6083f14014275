//! The arguments of every command that executes a project's code.

use std::num::NonZeroU8;
use std::str::FromStr;

use clap::{Args, ValueEnum};

use super::interpreters::InterpreterArgs;
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

/// How many workers serve side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WorkerCount {
    /// So many.
    Of(NonZeroU8),
    /// One for each core that the server may use.
    Auto,
}

impl FromStr for WorkerCount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("auto") {
            return Ok(Self::Auto);
        }
        text.parse().map(Self::Of).map_err(|_| {
            format!(
                "give a number from 1 to {}, or `auto` for one per core",
                u8::MAX
            )
        })
    }
}

/// How much the server says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum LogLevel {
    /// Only what failed.
    #[value(alias = "critical")]
    Error,
    /// Also what may be a mistake.
    #[value(alias = "warn")]
    Warning,
    /// Also what happens to the project's code.
    Info,
    /// Also every request.
    Debug,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_are_a_number_or_one_per_core() {
        let four = NonZeroU8::new(4).map(WorkerCount::Of);
        assert_eq!("4".parse().ok(), four);
        assert_eq!("auto".parse(), Ok(WorkerCount::Auto));
        for wrong in ["0", "-1", "256", "1.5", "all", ""] {
            let refusal = wrong.parse::<WorkerCount>().unwrap_err();
            assert!(refusal.contains("from 1 to 255, or `auto`"), "{refusal}");
        }
    }
}
