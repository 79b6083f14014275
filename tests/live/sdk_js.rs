//! The API as the JavaScript SDK sees it: the suites of `tests/sdk-js` against one server, of graphs in either language.

use anyhow::Result;
use lgx_tests::{DevServer, Project, run_node_suite, why_no_node};

#[test]
fn the_server_behaves_for_the_javascript_sdk() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    run_node_suite("sdk-js", "sdk.test.js", &project, &server)
}

#[test]
fn the_server_behaves_for_the_javascript_sdk_with_graphs_in_typescript() -> Result<()> {
    let project = match why_no_node() {
        // The suite says that it is left out, whatever is served.
        Some(_) => Project::copy_of("fixtures")?,
        None => Project::with_packages("fixtures-js")?,
    };
    let server = DevServer::start(&project, &["--no-reload"])?;
    run_node_suite("sdk-js", "sdk.test.js", &project, &server)
}
