//! Which Python runs the project's code: decided from a snapshot of the environment, and always with a reason to show.

mod activation;
mod check;
mod find;
pub(crate) mod poetry;

use std::path::Path;

use lgx_config::Runtime;

pub(crate) use self::activation::activated;
pub(crate) use self::check::is_python;
pub(crate) use self::find::{Interpreter, python_in};
use self::find::{NoInterpreter, Search, find};
use crate::context::Context;
use crate::disk::Disk;
use crate::ui::error::Advised;

/// The Python of a project, or what to do where there is none. `asked_for` is what `--python` names.
pub(crate) fn for_project(
    project: &Path,
    asked_for: Option<&Path>,
    context: &Context,
) -> Result<Interpreter, Advised> {
    let search = Search {
        asked_for,
        project,
        cwd: &context.cwd,
        env: &context.env,
    };
    find(search, &Disk).map_err(|error| {
        let advice = match &error {
            NoInterpreter::NotThere { asked_by, .. } => {
                format!("let {asked_by} name a Python executable or a virtual environment")
            }
            NoInterpreter::Nowhere => {
                let oldest = Runtime::Python.oldest();
                format!("install Python {oldest} or newer, or name one with --python PATH")
            }
        };
        Advised::new(error.to_string(), advice)
    })
}
