//! The arguments of `lgx check` and `lgx validate`.

use clap::{Args, ValueEnum};

use super::interpreters::InterpreterArgs;
use super::project::ProjectArgs;

/// Check the project in this directory without serving it
///
/// Looks at the configuration, imports every graph, auth and the app as `lgx dev` would, asks each graph for its schemas, and compares `.env` with `.env.example` and what the project depends on with what is installed. All that is found is told, not only the first. No port is opened, and nothing is kept.
///
/// Exits with 1 if there is an error; warnings and notes are none.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) report: ReportArgs,

    /// Only read the project's files: nothing is imported and no interpreter is started
    #[arg(long, conflicts_with = "load_timeout")]
    pub(crate) no_import: bool,

    /// Give up a part of the project that has not loaded after so many seconds; 0 never does [default: 30]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) load_timeout: Option<u32>,

    #[command(flatten)]
    pub(crate) interpreters: InterpreterArgs,
}

/// Check the project's configuration, as `check --no-import` does
///
/// Exits with 1 if there is an error; warnings and notes are none.
#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

/// What is checked, and how it is told.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub(crate) project: ProjectArgs,

    /// How the report is written
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(crate) format: ReportFormat,

    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people
    Text,
    /// Annotations of a workflow of GitHub
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// For programs
    Json,
}
