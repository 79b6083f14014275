//! A2A as the official Python client speaks it, in both versions, with auth: the suite of `tests/a2a` against a server of
//! `tests/projects/a2a`.

use anyhow::Result;
use lgx_tests::{DevServer, Project, a2a_env, run_suite_in};

#[test]
fn agents_behave_for_the_official_client() -> Result<()> {
    let project = Project::copy_of("a2a")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    run_suite_in(&a2a_env()?, "a2a", &project, &server, &[])
}
