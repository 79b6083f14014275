//! `lgx check` and `lgx validate`: what is wrong with a project, told without serving it.

use std::path::PathBuf;

use anyhow::Context as _;
use tokio::runtime::Builder;

use crate::check::{self, Report, format};
use crate::context::Context;
use crate::descriptors;
use crate::disk::Disk;
use crate::env_names;
use crate::exit::Outcome;
use crate::project::{self, FILE, Found};
use crate::settings::check::CheckSettings;
use crate::signals::StopSignals;
use crate::ui::error::Advised;
use crate::ui::printer;

/// Runs the command.
pub(crate) fn run(settings: &CheckSettings, context: &Context) -> anyhow::Result<Outcome> {
    let report = match locate(settings, context) {
        Ok(config) => match checked(&config, settings, context)? {
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

/// The configuration to check.
fn locate(settings: &CheckSettings, context: &Context) -> anyhow::Result<PathBuf> {
    let home = context.env.path(env_names::HOME);
    match project::find(settings.named.as_deref(), &context.cwd, home, &Disk) {
        Found::Here(config) if !config.exists() && config.ends_with(FILE) => {
            let directory = project::directory_of(&config);
            match project::unconfigured::advised(directory, context, &Disk) {
                Some(advised) => Err(advised.into()),
                None => Ok(config),
            }
        }
        Found::Here(config) | Found::Above(config) => Ok(config),
        Found::Foreign(config) => {
            let shown = config.display();
            Err(Advised::new(
                format!(
                    "there is no langgraph.json in this directory, and {shown} belongs to another user"
                ),
                format!("if you trust what it runs: lgx check --config {shown}"),
            )
            .into())
        }
    }
}

/// Checks it, unless somebody ends that.
fn checked(
    config: &std::path::Path,
    settings: &CheckSettings,
    context: &Context,
) -> anyhow::Result<Result<Report, Outcome>> {
    descriptors::raise_limit();
    let runtime = Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let checked = runtime.block_on(async {
        let mut signals = StopSignals::catch().context("cannot listen for signals")?;
        tokio::select! {
            checked = check::check(config, settings, context) => checked.map(Ok),
            ended = signals.next() => Ok(Err(match ended {
                // Who ends a check has not got what it was asked for.
                Outcome::Success => Outcome::Failure,
                other => other,
            })),
        }
    });
    // What does not end by itself must not keep the process alive.
    runtime.shutdown_background();
    checked
}
