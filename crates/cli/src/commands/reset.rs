//! `lgx reset`: removes what a project keeps, and says how much that was.

use std::path::Path;

use anyhow::Context as _;
use lgx_devserver::StoreError;
use lgx_devserver::on_disk::{self, Amount};

use crate::context::Context;
use crate::exit::Outcome;
use crate::project::located::locate;
use crate::server_file::{self, FoundServer};
use crate::settings::reset::ResetSettings;
use crate::ui::error::Advised;
use crate::ui::{error, menu, printer, state_in_use, style};

/// Runs the command.
pub(crate) fn run(settings: &ResetSettings, context: &Context) -> anyhow::Result<Outcome> {
    let project = locate(settings.named.as_deref(), "reset", context)?.config;
    let folder = server_file::state_dir_of(&project, settings.state_dir.as_deref());
    let shown = context.shown(&folder);
    let server = server_file::find(&folder).context("cannot look for the project's server")?;
    if let Some(server) = server {
        return Err(served(&server, &shown).into());
    }
    let Some(amount) = on_disk::amount(&folder)? else {
        printer::put(format_args!(
            "nothing to remove: there is no state in {shown}"
        ))?;
        return Ok(Outcome::Success);
    };
    if !settings.yes {
        match agreed(&amount, &shown, context)? {
            Agreement::Given => {}
            Agreement::Refused(outcome) => return Ok(outcome),
        }
    }
    let removed = clear(&folder, &shown)?;
    printer::put(match removed {
        Some(amount) => format!(
            "{} {} from {shown}",
            style::success("removed:"),
            style::amount(amount.threads, amount.bytes)
        ),
        None => format!("nothing to remove: somebody else has just emptied {shown}"),
    })?;
    Ok(Outcome::Success)
}

/// What whoever runs this says to it.
enum Agreement {
    Given,
    /// Nothing is removed, and the command ends like this.
    Refused(Outcome),
}

/// Asks, where somebody can be asked.
fn agreed(amount: &Amount, shown: &str, context: &Context) -> anyhow::Result<Agreement> {
    let told = style::amount(amount.threads, amount.bytes);
    if !context.can_ask() {
        let error = Advised::new(
            format!("{told} in {shown} would be removed, and nobody can be asked"),
            "add --yes if they can go",
        );
        printer::say(error::render(&error.into()));
        return Ok(Agreement::Refused(Outcome::Usage));
    }
    Ok(
        match menu::confirm(&format!("Remove {told} from {shown}?"))? {
            Some(true) => Agreement::Given,
            Some(false) => {
                printer::say("nothing was removed");
                Agreement::Refused(Outcome::Failure)
            }
            None => Agreement::Refused(Outcome::Interrupted),
        },
    )
}

fn clear(folder: &Path, shown: &str) -> anyhow::Result<Option<Amount>> {
    match on_disk::clear(folder) {
        // One that is just being started or ended, or that another version of lgx has started.
        Err(StoreError::Locked { pid, .. }) => {
            Err(state_in_use::untouched(shown, pid, "removed").into())
        }
        cleared => Ok(cleared?),
    }
}

/// Nothing is taken from under a server.
fn served(FoundServer { url, pid, .. }: &FoundServer, shown: &str) -> Advised {
    Advised::new(
        format!("the server at {url} (process {pid}) uses {shown}; nothing was removed"),
        format!("stop it first, with Ctrl-C where it runs or with `kill {pid}`"),
    )
}
