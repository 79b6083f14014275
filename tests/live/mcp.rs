//! MCP as its official clients see it, against a server of `tests/projects/mcp`.

use anyhow::Result;
use lgx_tests::{DevServer, Project, mcp_env, run_node_suite, run_suite_in};

#[test]
fn sessions_of_the_python_client() -> Result<()> {
    let project = Project::copy_of("mcp")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    let env = mcp_env()?;
    run_suite_in(&env, "mcp-python", &project, &server, &["test_session.py"])
}

#[test]
fn sessions_of_the_typescript_client() -> Result<()> {
    let project = Project::copy_of("mcp")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    run_node_suite("mcp-js", "session.test.js", &project, &server)
}
