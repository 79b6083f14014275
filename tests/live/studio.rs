//! Studio as a browser sees it: the suites of `tests/studio`, each against a server of its own.

use std::fs::Permissions;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use lgx_tests::{
    DevServer, Project, lgx, node_env, python_env, run_browser_suite, run_browser_suite_alone,
    why_no_node,
};
use tempfile::TempDir;

use crate::javascript;

/// Graphs that only these tests need.
const GRAPHS: [(&str, &str); 6] = [
    ("review", include_str!("../studio/review.py")),
    ("story", include_str!("../studio/story.py")),
    ("parallel", include_str!("../studio/parallel.py")),
    ("typed", include_str!("../studio/typed.py")),
    ("chatty", include_str!("../studio/chatty.py")),
    ("patient", include_str!("../studio/patient.py")),
];

fn fixtures() -> Result<Project> {
    let project = Project::copy_of("fixtures")?;
    for (name, text) in GRAPHS {
        project.write(&format!("src/{name}.py"), text)?;
        let entry = format!("\"graphs\": {{\"{name}\": \"./src/{name}.py:graph\",");
        project.edit("langgraph.json", "\"graphs\": {", &entry)?;
    }
    Ok(project)
}

/// Runs suites on a server of their own. Each such file has so much time, whatever the machine does beside, and one that has all of the
/// suites in it comes near that on a busy one.
fn pages(file: &str) -> Result<()> {
    let project = fixtures()?;
    let temp = TempDir::new()?;
    // An editor that writes down what it was asked to open.
    let (editor, opened) = (temp.path().join("editor"), temp.path().join("opened"));
    fs_err::write(
        &editor,
        format!("#!/bin/sh\necho \"$@\" >> '{}'\n", opened.display()),
    )?;
    fs_err::set_permissions(&editor, Permissions::from_mode(0o755))?;
    let python = python_env()?.python();
    // Without Node the suite is not run.
    let sdk_js = match why_no_node() {
        None => node_env("sdk-js")?,
        Some(_) => PathBuf::new(),
    };
    let mut command = DevServer::command(&project, &[])?;
    command
        .env("LGX_PYTHON", &python)
        .env("LGX_EDITOR", &editor);
    let server = DevServer::spawn(command)?;
    run_browser_suite(
        file,
        &project,
        &server,
        &[
            ("LGX_OPENED", &opened),
            ("LGX_PYTHON", &python),
            ("LGX_SDK_JS", &sdk_js),
        ],
    )
}

#[test]
fn graphs_and_runs_are_as_the_pages_show_them() -> Result<()> {
    pages("studio.test.js")
}

#[test]
fn what_is_kept_is_found_and_changed_in_the_pages() -> Result<()> {
    pages("kept.test.js")
}

#[test]
fn the_pages_are_for_everybody_and_for_much_of_everything() -> Result<()> {
    pages("everybody.test.js")
}

#[test]
fn graphs_in_typescript_are_shown_as_those_in_python_are() -> Result<()> {
    let Some(project) = javascript::project()? else {
        return Ok(());
    };
    let command = DevServer::command(&project, &["--config", "langgraph.studio.json"])?;
    let server = DevServer::spawn(command)?;
    run_browser_suite("javascript.test.js", &project, &server, &[])
}

#[test]
fn what_is_redacted_is_not_in_the_page() -> Result<()> {
    let project = fixtures()?;
    let server = DevServer::start(&project, &["--redact-errors", "--no-reload"])?;
    run_browser_suite("redacted.test.js", &project, &server, &[])
}

#[test]
fn what_only_studio_asks_is_for_this_machine_and_its_own_page() -> Result<()> {
    let project = fixtures()?;
    let server = DevServer::start(&project, &["--no-reload", "--host", "0.0.0.0"])?;
    run_browser_suite("network.test.js", &project, &server, &[])
}

#[test]
fn without_studio_there_is_neither_page_nor_what_it_asks() -> Result<()> {
    let project = fixtures()?;
    let server = DevServer::start(&project, &["--no-reload", "--no-studio"])?;
    run_browser_suite("without.test.js", &project, &server, &[])
}

#[test]
fn the_project_says_who_sees_what() -> Result<()> {
    let project = Project::copy_of("auth")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    run_browser_suite("auth.test.js", &project, &server, &[])
}

#[test]
fn who_asks_is_the_first_thing_where_studio_is_not_let_in() -> Result<()> {
    let project = Project::copy_of("auth")?;
    let own = "\"path\": \"./src/auth.py:auth\"";
    let closed = format!("{own}, \"disable_studio_auth\": true");
    project.edit("langgraph.json", own, &closed)?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    run_browser_suite("closed.test.js", &project, &server, &[])
}

/// A port that nobody has. It is none of those that the system gives to whoever asks for any: it has to be free for each life of a server.
fn lasting_port() -> Result<u16> {
    let first = 20_000 + u16::try_from(std::process::id() % 10_000)?;
    let mut ports = first..first + 1_000;
    let free = ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.context("a port is free")
}

#[test]
fn a_page_outlives_its_server() -> Result<()> {
    let project = fixtures()?;
    // The suite starts and kills the servers itself: only their parent can wait until one is gone.
    let url = format!("http://127.0.0.1:{}", lasting_port()?);
    let python = python_env()?.python();
    run_browser_suite_alone(
        "restart.test.js",
        &project,
        &url,
        &[
            ("LGX_BINARY", Path::new(lgx()?.get_program())),
            ("LGX_PYTHON", &python),
        ],
    )
}
