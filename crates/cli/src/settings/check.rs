//! What `lgx check` is to look at, and how it is to tell.

use std::path::PathBuf;
use std::time::Duration;

use crate::args::check::{CheckArgs, ReportArgs, ReportFormat, ValidateArgs};
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
        python,
        node,
    } = args;
    let load_timeout = match load_timeout.unwrap_or(30) {
        0 => None,
        seconds => Some(Duration::from_secs(seconds.into())),
    };
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
        path,
        config,
        format,
        json,
    } = args;
    CheckSettings {
        named: path.or(config).map(|path| context.absolute(&path)),
        format: if json { ReportFormat::Json } else { format },
        imports: None,
        python: None,
        node: None,
    }
}
