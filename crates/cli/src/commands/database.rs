//! Which database a server keeps its state in, if it is not a directory.

use std::path::{Path, PathBuf};

use lgx_devserver::DatabaseAddress;
use lgx_tls::Roots;

use crate::context::Context;
use crate::env_names::DATABASE_URI;

/// The database that the project's `env` names, else the environment. Its address has a password in it, so no flag takes it and nothing
/// shows it.
pub(super) fn address(config: Option<&Path>, context: &Context) -> Option<DatabaseAddress> {
    let of_environment = || Some(context.env.get(DATABASE_URI)?.to_str()?.to_owned());
    let of_project = config.and_then(|config| of_project(config, context));
    let text = of_project
        .or_else(of_environment)
        .filter(|text| !text.is_empty())?;
    let path_in =
        |name: &str| -> Option<PathBuf> { Some(context.absolute(context.env.path(name)?)) };
    Some(DatabaseAddress::new(text, Roots::of(&path_in)))
}

/// What is wrong with the configuration is told by the start.
fn of_project(config: &Path, context: &Context) -> Option<String> {
    let variable = |name: &str| Some(context.env.get(name)?.to_str()?.to_owned());
    let mut project = lgx_config::load(config, &variable)
        .ok()?
        .config
        .env
        .into_iter();
    project.find_map(|(name, value)| (name == DATABASE_URI).then_some(value))
}
