//! What `lgx check` is to look at, and how it is to tell.

use std::path::PathBuf;
use std::time::Duration;

use super::load_timeout;
use crate::args::check::{CheckArgs, ReportArgs, ReportFormat, ValidateArgs};
use crate::args::interpreters::InterpreterArgs;
use crate::context::Context;

/// How a project is to be checked.
#[derive(Debug)]
pub(crate) struct CheckSettings {
    /// The configuration or the project's directory, as far as it was named, made absolute.
    pub(crate) named: Option<PathBuf>,
    /// How the report is written.
    pub(crate) format: ReportFormat,
    /// How its code is imported; none if only files are read.
    pub(crate) imports: Option<ImportSettings>,
    /// The interpreter given with `--python`.
    pub(crate) python: Option<PathBuf>,
    /// The one given with `--node`.
    pub(crate) node: Option<PathBuf>,
}

/// How code is imported.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ImportSettings {
    /// How long a part may take to load; none for whatever it takes.
    pub(crate) load_timeout: Option<Duration>,
}

/// Settles the arguments of `lgx check`.
pub(crate) fn resolve(args: CheckArgs, context: &Context) -> CheckSettings {
    let CheckArgs {
        report,
        no_import,
        load_timeout,
        interpreters: InterpreterArgs { python, node },
    } = args;
    let load_timeout = load_timeout::resolve(load_timeout);
    CheckSettings {
        imports: (!no_import).then_some(ImportSettings { load_timeout }),
        python,
        node,
        ..reporting(report, context)
    }
}

/// Settles the arguments of `lgx validate`.
pub(crate) fn resolve_validate(args: ValidateArgs, context: &Context) -> CheckSettings {
    reporting(args.report, context)
}

fn reporting(args: ReportArgs, context: &Context) -> CheckSettings {
    let ReportArgs {
        project,
        format,
        json,
    } = args;
    CheckSettings {
        named: project.named(context),
        format: if json { ReportFormat::Json } else { format },
        imports: None,
        python: None,
        node: None,
    }
}
