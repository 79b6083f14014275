//! TypeScript and JSX to what Node runs, and where what it imports lies, without Node and without anything of the project.

mod cache;
mod common_js;
mod compile;
mod exports;
mod json;
mod missing;
mod package;
mod place;
mod prelude;
mod refusals;
mod resolution;
mod serve;
mod settings;
mod sources;
mod survey;
mod tsconfig;
mod type_names;

pub use compile::{Import, Module, compile};
pub use exports::Exports;
pub use place::Place;
pub use serve::{serve, spawn};
pub use settings::{Jsx, Settings};
pub use sources::{LoadedModule, Sources, Transpiler};
pub use survey::ImportKind;

/// The two kinds of modules that Node has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// An ES module.
    Module,
    /// CommonJS.
    CommonJs,
}
