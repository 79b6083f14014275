//! `lgx cassettes prune`: removes what the last run that went well did not use.

use anyhow::Context as _;
use lgx_cassettes::GreenRun;
use serde_json::json;

use super::library;
use crate::exit::Outcome;
use crate::settings::cassettes::LibrarySettings;
use crate::ui::error::Advised;
use crate::ui::printer;

pub(super) fn run(dry_run: bool, settings: &LibrarySettings) -> anyhow::Result<Outcome> {
    let library = library(settings);
    let Some(green) = GreenRun::last(library.folder())? else {
        let folder = library.folder().display();
        return Err(Advised::new(
            format!("it is not known which recordings of {folder} are used"),
            "run all of the tests with them first, as in `lgx exec --mode replay -- pytest`; what they use is remembered when they end well",
        )
        .into());
    };
    let entries = library.entries()?;
    let all = entries.len();
    let names = entries.into_iter().map(|entry| entry.name);
    let unused: Vec<String> = names.filter(|name| !green.used.contains(name)).collect();
    if !dry_run {
        let names = unused.iter().map(String::as_str);
        library.remove(names).context("cannot remove all of them")?;
    }
    if settings.json {
        let report = json!({"removed": unused, "kept": all - unused.len(), "dry_run": dry_run, "run": green.ended});
        printer::put(format!("{report:#}"))?;
    } else {
        for name in &unused {
            printer::put(name)?;
        }
    }
    let verb = if dry_run {
        "would be removed"
    } else {
        "removed"
    };
    let (gone, kept) = (unused.len(), all - unused.len());
    let ended = green.ended;
    printer::say(format!(
        "{gone} {verb}, {kept} used by the run that ended {ended}"
    ));
    Ok(Outcome::Success)
}
