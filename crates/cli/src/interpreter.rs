//! Which interpreters run the project's code: decided from a snapshot of the environment, and always with a reason to show.

mod activation;
mod check;
mod find;
mod node;
pub(crate) mod poetry;

use std::path::Path;

use lgx_config::Runtime;

pub(crate) use self::activation::activated;
pub(crate) use self::check::is_one_of;
pub(crate) use self::find::{Interpreter, NoInterpreter, python_in};
use self::find::{Search, find};
use crate::context::Context;
use crate::disk::Disk;
use crate::ui::error::Advised;

/// What `--python` and `--node` name.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct AskedFor<'a> {
    pub(crate) python: Option<&'a Path>,
    pub(crate) node: Option<&'a Path>,
}

/// The interpreter of each runtime, or why there is none. Which of them the project needs is known once its configuration is read.
#[derive(Debug)]
pub(crate) struct Interpreters {
    pub(crate) python: Result<Interpreter, NoInterpreter>,
    pub(crate) node: Result<Interpreter, NoInterpreter>,
}

impl Interpreters {
    /// The one of this runtime.
    pub(crate) const fn of(&self, runtime: Runtime) -> Result<&Interpreter, &NoInterpreter> {
        match runtime {
            Runtime::Python => self.python.as_ref(),
            Runtime::Node => self.node.as_ref(),
        }
    }
}

/// The interpreters of a project, or what to do where one that was named is not there.
pub(crate) fn for_project(
    project: &Path,
    asked_for: AskedFor<'_>,
    context: &Context,
) -> Result<Interpreters, Advised> {
    let search = |asked_for| Search {
        asked_for,
        project,
        cwd: &context.cwd,
        env: &context.env,
    };
    let found = Interpreters {
        python: find(search(asked_for.python), &Disk),
        node: node::find(search(asked_for.node), &Disk),
    };
    for runtime in Runtime::ALL {
        if let Err(error @ NoInterpreter::NotThere { .. }) = found.of(runtime) {
            return Err(what_to_do(error));
        }
    }
    Ok(found)
}

/// The Python of a project, or what to do where there is none.
pub(crate) fn python_for_project(
    project: &Path,
    asked_for: Option<&Path>,
    context: &Context,
) -> Result<Interpreter, Advised> {
    let asked_for = AskedFor {
        python: asked_for,
        node: None,
    };
    let found = for_project(project, asked_for, context)?;
    found.python.map_err(|error| what_to_do(&error))
}

/// The Node.js of a project, or what to do where there is none.
pub(crate) fn node_for_project(
    project: &Path,
    asked_for: Option<&Path>,
    context: &Context,
) -> Result<Interpreter, Advised> {
    let asked_for = AskedFor {
        python: None,
        node: asked_for,
    };
    let found = for_project(project, asked_for, context)?;
    found.node.map_err(|error| what_to_do(&error))
}

/// Why there is no interpreter, and what to do about it.
pub(crate) fn what_to_do(error: &NoInterpreter) -> Advised {
    let advice = match error {
        NoInterpreter::NotThere { asked_by, what, .. } => {
            format!("let {asked_by} name {what}")
        }
        NoInterpreter::Nowhere => {
            let oldest = Runtime::Python.oldest();
            format!("install Python {oldest} or newer, or name one with --python PATH")
        }
        NoInterpreter::NowhereNode => {
            let oldest = Runtime::Node.oldest();
            format!("install Node.js {oldest} or newer, or name one with --node PATH")
        }
    };
    Advised::new(error.to_string(), advice)
}
