//! Which configuration a command is about, or what to do where there is none.

use std::path::{Path, PathBuf};

use super::{FILE, Found, directory_of, find, unconfigured};
use crate::context::Context;
use crate::disk::Disk;
use crate::env_names;
use crate::ui::error::Advised;

/// A configuration that a command is about.
#[derive(Debug)]
pub(crate) struct Located {
    /// The file; if it is not there, whoever reads it tells.
    pub(crate) config: PathBuf,
    /// Whether it was found above the current directory.
    pub(crate) is_above: bool,
}

/// The configuration that was named, or the one around the current directory; `command` is how its name goes on a command line.
pub(crate) fn locate(
    named: Option<&Path>,
    command: &str,
    context: &Context,
) -> anyhow::Result<Located> {
    let home = context.env.path(env_names::HOME);
    match find(named, &context.cwd, home, &Disk) {
        // One of another name was meant by name.
        Found::Here(config) if config.exists() || !config.ends_with(FILE) => Ok(Located {
            config,
            is_above: false,
        }),
        Found::Here(config) => match unconfigured::advised(directory_of(&config), context, &Disk) {
            Some(advised) => Err(advised.into()),
            None => Ok(Located {
                config,
                is_above: false,
            }),
        },
        Found::Above(config) => Ok(Located {
            config,
            is_above: true,
        }),
        Found::Foreign(config) => {
            let shown = config.display();
            Err(Advised::new(
                format!(
                    "there is no langgraph.json in this directory, and {shown} belongs to another user"
                ),
                format!("if you trust what it runs: lgx {command} --config {shown}"),
            )
            .into())
        }
    }
}
