//! Which database a server keeps its state in: the one that is asked for, or none is served.

use std::path::Path;

use crate::context::Context;
use crate::env_names;
use crate::ui::error::Advised;

/// Refuses a database that this build does not have, rather than keep elsewhere what is to be there.
pub(super) fn refuse(config: &Path, context: &Context) -> Result<(), Advised> {
    let variable = |name: &str| Some(context.env.get(name)?.to_str()?.to_owned());
    let name = env_names::DATABASE_URI;
    // What is wrong with the configuration is told by the start.
    let of_project = lgx_config::load(config, &variable).map(|loaded| loaded.config.env);
    let mut of_project = of_project.unwrap_or_default().into_iter();
    let is_set = context.env.get(name).is_some()
        || of_project.any(|(present, value)| present == name && !value.is_empty());
    if !is_set {
        return Ok(());
    }
    // Its value has a password in it.
    Err(Advised::new(
        format!(
            "{name} is set, and this build of lgx has no Postgres yet: state would be kept in a directory of this machine"
        ),
        format!(
            "unset {name}, in the environment and in the `env` of langgraph.json, to keep state there: in .lgx beside it, or in --state-dir DIR"
        ),
    ))
}
