//! The suite that langgraph has for savers in JavaScript, on the worker's saver in front of this store. Skipped where Node or the
//! packages of the worker's tests are not there: `npm ci` in `crates/worker/node` gets them.

use std::path::Path;
use std::process::Stdio;

use lgx_worker::Worker;
use tokio::net::UnixListener;
use tokio::process::Command;

use super::tests::Setup;
use super::*;

#[tokio::test]
async fn the_saver_of_javascript_passes_the_suite_of_its_library() {
    passes("@langchain/langgraph-checkpoint").await;
}

/// The oldest that langgraph 1.4 may be installed with, under another name.
#[tokio::test]
async fn the_saver_of_javascript_passes_it_on_an_old_library() {
    passes("oldest-checkpoint").await;
}

/// Runs the suite on a package of the worker's tests that is a copy of the library.
async fn passes(library: &str) {
    let worker = Path::new(env!("CARGO_MANIFEST_DIR")).join("../worker/node");
    let packages = worker.join("node_modules");
    let vitest = packages.join("vitest/vitest.mjs");
    if !vitest.exists() || !packages.join(library).exists() {
        eprintln!("skipped: the packages of the worker's tests are not installed");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("socket");
    let listener = UnixListener::bind(&socket).unwrap();
    let mut suite = Command::new("node");
    suite
        .arg(&vitest)
        .args(["run", "--config", "tests/validation/vitest.config.mjs"])
        .current_dir(&worker)
        .env("LGX_TEST_SOCKET", &socket)
        .env("LGX_TEST_CHECKPOINT", library)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let suite = tokio::spawn(async move { suite.output().await });
    let Setup {
        callbacks,
        _directory: state,
        ..
    } = Setup::new();
    let (stream, _) = listener.accept().await.unwrap();
    let _worker = Worker::over(stream, Arc::new(callbacks)).await.unwrap();
    let output = suite.await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    drop(state);
}
