//! The worker that is in this crate, on a real interpreter.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use lgx_model::Runtime;
use lgx_worker::{Launch, StartError, Worker};

use crate::peer::recorder;

fn launch(home: &Path, script: &str) -> Launch {
    let python = home.join("python");
    fs_err::write(&python, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs_err::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var_os("PATH").unwrap();
    Launch {
        runtime: Runtime::Python,
        program: python,
        shared_dir: None,
        runtime_dir: home.join("runtime"),
        cwd: home.to_owned(),
        environment: vec![("PATH".into(), path)],
        transpiler: lgx_worker::Transpiler::default(),
        node_loader: None,
        debugs: false,
    }
}

#[tokio::test]
async fn an_interpreter_that_is_too_old_is_told_apart() {
    let home = tempfile::tempdir().unwrap();
    // Any Python 3 that says it is an old one.
    let script = r#"exec python3 -c 'import runpy, sys; sys.version_info = (3, 6, 9); runpy.run_path(sys.argv[1], run_name="__main__")' "$@""#;
    let error = Worker::spawn(&launch(home.path(), script), recorder().0)
        .await
        .err()
        .unwrap();
    assert!(
        matches!(&error, StartError::TooOld { version, .. } if version == "3.6.9"),
        "{error}"
    );
}

#[tokio::test]
async fn an_interpreter_without_langgraph_is_told_apart() {
    let home = tempfile::tempdir().unwrap();
    // Isolated from what may be installed: only the standard library can be imported.
    let error = Worker::spawn(
        &launch(home.path(), r#"exec python3 -S "$@""#),
        recorder().0,
    )
    .await
    .err()
    .unwrap();
    assert!(
        matches!(&error, StartError::MissingPackages { names, .. } if names.contains(&"langgraph".to_owned())),
        "{error}"
    );
}
