//! `lgx check` and `lgx validate`: what is wrong with a project, told without serving it.

use std::path::Path;

use crate::check::{self, Report, format};
use crate::context::Context;
use crate::descriptors;
use crate::exit::Outcome;
use crate::project::FILE;
use crate::project::located::locate;
use crate::settings::check::CheckSettings;
use crate::signals;
use crate::ui::printer;

/// Runs the command.
pub(crate) fn run(settings: &CheckSettings, context: &Context) -> anyhow::Result<Outcome> {
    let report = match locate(settings.named.as_deref(), "check", context) {
        Ok(located) => match checked(&located.config, settings, context)? {
            Ok(report) => report,
            Err(interrupted) => return Ok(interrupted),
        },
        Err(error) => check::without_configuration(&context.cwd.join(FILE), &error),
    };
    printer::put(format::write(&report, settings.format, context))?;
    Ok(if report.is_good() {
        Outcome::Success
    } else {
        Outcome::Failure
    })
}

/// Checks it, unless somebody ends that.
fn checked(
    config: &Path,
    settings: &CheckSettings,
    context: &Context,
) -> anyhow::Result<Result<Report, Outcome>> {
    descriptors::raise_limit();
    signals::unless_stopped(check::check(config, settings, context))
}
