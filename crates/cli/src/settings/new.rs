//! What `lgx new` is to do.

use std::path::PathBuf;

use super::server::{self, ServerSettings};
use crate::args::new::NewArgs;
use crate::context::Context;

/// What `lgx new` is to do.
#[derive(Debug)]
pub(crate) enum NewSettings {
    /// List the templates.
    List {
        /// As JSON.
        json: bool,
    },
    /// Create a project.
    Create(Box<CreateSettings>),
}

/// The project to create, as far as it was said.
#[derive(Debug)]
pub(crate) struct CreateSettings {
    /// The directory, made absolute.
    pub(crate) path: Option<PathBuf>,
    /// The template's id.
    pub(crate) template: Option<String>,
    /// The project's name, when it is not the directory's.
    pub(crate) name: Option<String>,
    /// Print the result as JSON.
    pub(crate) json: bool,
    /// Serve it afterwards, this way.
    pub(crate) dev: Option<ServerSettings>,
}

/// Settles the arguments.
pub(crate) fn resolve(args: NewArgs, context: &Context) -> NewSettings {
    let NewArgs {
        path,
        template,
        name,
        list,
        json,
        dev,
        serve,
        code,
    } = args;
    if list {
        return NewSettings::List { json };
    }
    NewSettings::Create(Box::new(CreateSettings {
        path: path.map(|path| context.absolute(&path)),
        template,
        name,
        json,
        dev: dev.then(|| server::resolve(serve, code, context)),
    }))
}
