//! The API as the JavaScript SDK sees it: the suites of `tests/sdk-js` against one server.

use anyhow::Result;
use lgx_tests::{DevServer, Project, run_node_suite};

#[test]
fn the_server_behaves_for_the_javascript_sdk() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    run_node_suite("sdk-js", "sdk.test.js", &project, &server)
}
