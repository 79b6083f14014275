//! The API as the JavaScript SDK sees it: the suites of `tests/sdk-js` against one server.

use std::io::Write as _;
use std::process::Command;

use anyhow::{Result, ensure};
use lgx_tests::{DevServer, Project, node_env, why_no_node};

#[test]
fn the_server_behaves_for_the_javascript_sdk() -> Result<()> {
    if let Some(reason) = why_no_node() {
        // Not `eprintln!`, which nobody sees of a test that passes.
        writeln!(
            std::io::stderr(),
            "SKIPPED: the JavaScript SDK is not tested: {reason}"
        )?;
        return Ok(());
    }
    let dir = node_env()?;
    let project = Project::copy_of("fixtures")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    let output = Command::new("node")
        .current_dir(dir)
        // Node 20 has its WebSocket behind a flag.
        .args([
            "--experimental-websocket",
            "--test",
            // A suite that waits for what does not come ends, and says where it waits.
            "--test-timeout=180000",
            "--test-reporter=spec",
            "sdk.test.js",
        ])
        .env("LGX_URL", server.url())
        .output()?;
    ensure!(
        output.status.success(),
        "{}\n{}\nthe server said:\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
        server.stderr().text()
    );
    Ok(())
}
