//! The arguments of `lgx new`.

use std::path::PathBuf;

use clap::Args;

use super::code::CodeArgs;
use super::dev_server::DevServerArgs;

/// Create a project from a template
///
/// The templates are part of lgx: nothing is downloaded. Without PATH or --template, a menu asks for them.
#[derive(Debug, Args)]
#[command(mut_group("DevServerArgs", |group| group.requires("dev")))]
#[command(mut_group("CodeArgs", |group| group.requires("dev")))]
pub(crate) struct NewArgs {
    /// The directory to create; an empty one or a fresh repository may already be there
    #[arg(conflicts_with = "list")]
    pub(crate) path: Option<PathBuf>,

    /// The template to start from (see --list)
    #[arg(short, long, value_name = "ID", conflicts_with = "list")]
    pub(crate) template: Option<String>,

    /// The name of the project, when it is not to be the directory's
    #[arg(long, conflicts_with = "list")]
    pub(crate) name: Option<String>,

    /// List the templates
    #[arg(long)]
    pub(crate) list: bool,

    /// Print the result, or the list, as JSON
    #[arg(long)]
    pub(crate) json: bool,

    /// Afterwards install the project, in Python into a `.venv` of its own, and serve it as `lgx dev` does
    #[arg(long, conflicts_with = "list")]
    pub(crate) dev: bool,

    #[command(flatten, next_help_heading = "With --dev")]
    pub(crate) serve: DevServerArgs,

    #[command(flatten, next_help_heading = "With --dev")]
    pub(crate) code: CodeArgs,
}
