//! `lgx state export`: the whole state into a file, which is there once all of it is.

use std::io::{self, Write};
use std::path::Path;

use anyhow::Context as _;
use lgx_devserver::transfer;
use tempfile::NamedTempFile;

use super::{NamedPlace, carry, is_standard, told};
use crate::context::Context;
use crate::exit::Outcome;
use crate::settings::state::KeptSettings;
use crate::ui::error::Advised;
use crate::ui::{printer, style};

/// Runs the command.
pub(super) fn run(
    file: &Path,
    settings: &KeptSettings,
    context: &Context,
) -> anyhow::Result<Outcome> {
    let NamedPlace { place, name } = NamedPlace::of(settings, context)?;
    let label = format!("exporting the state in {name}");
    let exported = |carried, to: &str| {
        let carried = told(carried);
        printer::say(format_args!(
            "{} {carried}, from {name} to {to}",
            style::success("exported:")
        ));
        Outcome::Success
    };
    if is_standard(file) {
        let to: Box<dyn Write + Send> = Box::new(io::stdout());
        let work = transfer::export(place, to, false);
        let done = carry(label, &name, "exported", context, work)?;
        return Ok(done.map_or_else(
            |stopped| stopped,
            |(_, carried)| exported(carried, "stdout"),
        ));
    }
    let path = context.absolute(file);
    let shown = context.shown(&path);
    if path.exists() {
        let error = format!("{shown} exists already; nothing was exported");
        return Err(Advised::new(error, "choose another name, or remove it first").into());
    }
    let folder = path.parent().unwrap_or(&context.cwd);
    // Beside it, readable by the user alone, and gone if this does not come to its end.
    let written = NamedTempFile::with_prefix_in(".lgx-state-", folder);
    let written = written.with_context(|| format!("cannot write to {}", context.shown(folder)))?;
    let is_packed = path.extension().is_some_and(|extension| extension == "zst");
    let work = transfer::export(place, written, is_packed);
    match carry(label, &name, "exported", context, work)? {
        Ok((written, carried)) => {
            let kept = written.persist_noclobber(&path);
            kept.with_context(|| format!("cannot write {shown}"))?;
            Ok(exported(carried, &shown))
        }
        Err(stopped) => Ok(stopped),
    }
}
