//! The API as the Python SDK sees it: each suite of `tests/sdk-python` against a server of its own, and those that are about graphs once
//! more against the same graphs in TypeScript.

use std::io::Write as _;

use anyhow::Result;
use lgx_tests::{DevServer, Project, run_suite, why_no_node};

/// In one run of pytest: together these suites have to call all that the client of runs has.
#[test]
fn runs_behave_for_the_python_sdk() -> Result<()> {
    let files = [
        "test_runs.py",
        "test_run_options.py",
        "test_cancel.py",
        "test_streams.py",
    ];
    suite("fixtures", &files)
}

#[test]
fn thread_streams_behave_for_the_python_sdk() -> Result<()> {
    suite("fixtures", &["test_thread_streams.py"])
}

#[test]
fn the_event_protocol_tells_runs_as_the_official_server_does() -> Result<()> {
    suite("fixtures", &["test_event_protocol.py"])
}

#[test]
fn values_of_every_kind_reach_the_client() -> Result<()> {
    suite("fixtures", &["test_values.py"])
}

#[test]
fn interrupts_behave_for_the_python_sdk() -> Result<()> {
    suite("fixtures", &["test_interrupts.py"])
}

#[test]
fn threads_behave_for_the_python_sdk() -> Result<()> {
    suite("fixtures", &["test_threads.py", "test_thread_state.py"])
}

#[test]
fn assistants_behave_for_the_python_sdk() -> Result<()> {
    suite("fixtures", &["test_assistants.py"])
}

#[test]
fn crons_behave_for_the_python_sdk() -> Result<()> {
    suite("fixtures", &["test_crons.py"])
}

#[test]
fn the_store_behaves_for_the_python_sdk() -> Result<()> {
    suite("store", &["test_store.py"])
}

#[test]
fn auth_behaves_for_the_python_sdk() -> Result<()> {
    suite("auth", &["test_auth.py"])
}

#[test]
fn auth_handlers_are_asked_what_the_matrix_says() -> Result<()> {
    suite("authorized", &["test_auth_matrix.py"])
}

#[test]
fn graphs_reach_their_own_server_through_the_python_sdk() -> Result<()> {
    suite("asks", &["test_in_process_client.py"])
}

#[test]
fn what_goes_over_the_wire_is_what_the_transcripts_say() -> Result<()> {
    suite("fixtures", &["test_wire.py"])
}

#[test]
fn a_remote_graph_is_used_like_a_local_one() -> Result<()> {
    suite("fixtures", &["test_remote_graph.py"])
}

#[test]
fn runs_of_graphs_in_typescript_behave_as_those_in_python() -> Result<()> {
    suite_in_typescript(&[
        "test_runs.py",
        "test_run_options.py",
        "test_cancel.py",
        "test_streams.py",
    ])
}

#[test]
fn threads_of_graphs_in_typescript_behave_as_those_in_python() -> Result<()> {
    suite_in_typescript(&[
        "test_threads.py",
        "test_thread_state.py",
        "test_interrupts.py",
        "test_values.py",
        "test_thread_streams.py",
        "test_assistants.py",
        "test_crons.py",
        "test_remote_graph.py",
    ])
}

/// Runs suites against a server of the fixtures in TypeScript. Where there is no Node, a line says that they were left out.
fn suite_in_typescript(files: &[&str]) -> Result<()> {
    if let Some(reason) = why_no_node() {
        writeln!(
            std::io::stderr(),
            "SKIPPED: {files:?} in front of graphs in TypeScript: {reason}"
        )?;
        return Ok(());
    }
    let project = Project::with_packages("fixtures-js")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    run_suite("sdk-python", &project, &server, files)
}

/// Runs a suite against a server of a project.
fn suite(project: &str, files: &[&str]) -> Result<()> {
    let project = Project::copy_of(project)?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    run_suite("sdk-python", &project, &server, files)
}
