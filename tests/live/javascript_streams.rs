//! What graphs in JavaScript stream: as the official server was recorded to stream it, and as the SDK reads it.

use std::io::Write as _;

use anyhow::Result;
use lgx_tests::{DevServer, Project, node_env, run_bare_node_suite, run_node_suite, why_no_node};

/// The graphs that were recorded, and a server of them; none where there is no Node.
fn served() -> Result<Option<(Project, DevServer)>> {
    if let Some(reason) = why_no_node() {
        writeln!(
            std::io::stderr(),
            "SKIPPED: graphs in JavaScript are not served: {reason}"
        )?;
        return Ok(None);
    }
    let project = Project::copy_of("told")?;
    let packages = node_env("projects/javascript")?.join("node_modules");
    fs_err::os::unix::fs::symlink(packages, project.path("node_modules"))?;
    let server = DevServer::spawn(DevServer::command(&project, &["--no-reload"])?)?;
    Ok(Some((project, server)))
}

#[test]
fn streams_are_those_of_the_official_server_but_for_documented_differences() -> Result<()> {
    let Some((_project, server)) = served()? else {
        return Ok(());
    };
    run_bare_node_suite("transcripts", "transcripts.test.js", &server)
}

#[test]
fn the_javascript_sdk_reads_streams_of_graphs_in_javascript() -> Result<()> {
    let Some((project, server)) = served()? else {
        return Ok(());
    };
    run_node_suite("sdk-js", "javascript.test.js", &project, &server)
}
