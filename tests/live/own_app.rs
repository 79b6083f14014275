//! The project's own HTTP app (`http.app`): the suites of `tests/own-app` against a server of `tests/projects/app`, and what happens to
//! the app with its process and its code.

mod auth;
mod clients;
mod description;
mod hono;
mod loading;
mod processes;
#[cfg(target_os = "linux")]
mod upload;

use anyhow::Result;
use lgx_tests::{DevServer, Project};

const APP: &str = "src/app.py";

/// The shop, as it is.
fn project() -> Result<Project> {
    Project::copy_of("app")
}

/// A server of the shop that takes no notice of edits.
fn serve(project: &Project) -> Result<DevServer> {
    DevServer::start(project, &["--no-reload"])
}
