//! `lgx state import`: a whole state out of a file, into a place where there is none.

use std::io::{self, Read};
use std::path::Path;

use anyhow::Context as _;
use fs_err as fs;
use lgx_devserver::{StoreError, transfer};

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
    let (from, shown): (Box<dyn Read + Send>, _) = if is_standard(file) {
        (Box::new(io::stdin()), "stdin".to_owned())
    } else {
        let path = context.absolute(file);
        let opened = fs::File::open(&path).context("cannot read what is to be imported")?;
        (Box::new(opened), context.shown(&path))
    };
    let label = format!("importing {shown} into {name}");
    let work = transfer::import(from, place);
    let done = carry(label, &name, "imported", context, work);
    match done.map_err(|error| explained(error, &shown, &name))? {
        Ok(carried) => {
            let carried = told(carried);
            printer::say(format_args!(
                "{} {carried}, from {shown} into {name}",
                style::success("imported:")
            ));
            Ok(Outcome::Success)
        }
        Err(stopped) => Ok(stopped),
    }
}

fn explained(error: anyhow::Error, file: &str, name: &str) -> anyhow::Error {
    match error.downcast_ref::<StoreError>() {
        Some(StoreError::NotImported { .. }) => Advised::new(
            format!("{file}, {error}; nothing was imported"),
            "export it once more, and carry the file as it is",
        )
        .into(),
        Some(StoreError::NotEmpty) => Advised::new(
            format!("there is state in {name} already; nothing was imported"),
            "import it where there is none: into another database, or a folder named by --state-dir",
        )
        .into(),
        _ => error,
    }
}
