//! Real processes: a small script of the standard library stands in for the worker.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use lgx_model::Runtime;
use lgx_worker::{CallError, Launch, LogStream, Method, StartError, Worker};
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::net::UnixListener;

use crate::peer::{Recorded, recorder, text};

/// An interpreter that runs `script.py` beside it, whatever it is told to run.
fn launch(home: &Path, script: &str) -> Launch {
    let prelude = include_str!("script_worker.py");
    fs_err::write(home.join("script.py"), format!("{prelude}\n\n{script}\n")).unwrap();
    let python = home.join("python");
    fs_err::write(
        &python,
        format!(
            "#!/bin/sh\nexec python3 -u '{}'\n",
            home.join("script.py").display()
        ),
    )
    .unwrap();
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

async fn start(home: &Path, script: &str) -> (Result<Worker, StartError>, Recorded) {
    let (callbacks, recorded) = recorder();
    (
        Worker::spawn(&launch(home, script), callbacks).await,
        recorded,
    )
}

#[tokio::test]
async fn a_process_is_called_and_its_output_logged() {
    let home = tempfile::tempdir().unwrap();
    let script = r#"
hello()
id, call = receive()
print("working on", call["method"])
print("careful", file=sys.stderr)
reply(id, {"fd_in_environment": "LGX_WORKER_FD" in os.environ, "names": sorted(os.environ), "leader": os.getpgid(0) == os.getpid(),
           "stdin": sys.stdin.read(), "cwd": os.getcwd()})
receive()
"#;
    let (worker, mut recorded) = start(home.path(), script).await;
    let worker = worker.unwrap();
    let reply = worker.call(Method::GraphDraw, &json!({})).await.unwrap();
    let reply: serde_json::Value = serde_json::from_str(text(&reply)).unwrap();
    assert_eq!(reply["leader"], json!(true));
    assert_eq!(reply["stdin"], json!(""));
    assert_eq!(reply["cwd"], json!(home.path().canonicalize().unwrap()));
    assert_eq!(reply["fd_in_environment"], json!(false));
    let names = reply["names"].as_array().unwrap();
    assert!(
        names.contains(&json!("PATH")) && !names.contains(&json!("CARGO")),
        "{names:?}"
    );
    let mut lines = [
        recorded.logs.recv().await.unwrap(),
        recorded.logs.recv().await.unwrap(),
    ];
    lines.sort_by_key(|line| line.stream == LogStream::Stderr);
    assert_eq!(
        (lines[0].stream, lines[0].text.as_str()),
        (LogStream::Stdout, "working on graph.draw")
    );
    assert_eq!(
        (lines[1].stream, lines[1].text.as_str()),
        (LogStream::Stderr, "careful")
    );
}

#[tokio::test]
async fn a_crash_tells_how_and_the_last_words() {
    let home = tempfile::tempdir().unwrap();
    for (crash, how) in [
        ("os._exit(3)", "exit code 3"),
        ("os.kill(os.getpid(), 11)", "signal 11 (SIGSEGV)"),
        (
            "os.close(connection.fileno()); time.sleep(600)",
            "connection lost",
        ),
    ] {
        let script =
            format!("import time\nhello()\nreceive()\nprint('oh no', file=sys.stderr)\n{crash}");
        let (worker, _recorded) = start(home.path(), &script).await;
        let worker = worker.unwrap();
        let Err(CallError::Died(death)) = worker.call(Method::GraphDraw, &json!({})).await else {
            panic!("it lives")
        };
        assert_eq!(
            (death.how.as_str(), death.stderr.last().map(String::as_str)),
            (how, Some("oh no"))
        );
    }
}

#[tokio::test]
async fn a_process_that_dies_with_a_call_unread_tells_how_it_died() {
    let home = tempfile::tempdir().unwrap();
    let script = "import select\nhello()\nselect.select([connection], [], [])\nos._exit(3)";
    let (worker, _recorded) = start(home.path(), script).await;
    let worker = worker.unwrap();
    let Err(CallError::Died(death)) = worker.call(Method::GraphDraw, &json!({})).await else {
        panic!("it lives")
    };
    assert_eq!(death.how, "exit code 3");
}

#[tokio::test]
async fn a_process_that_is_killed_in_the_middle_of_a_frame_tells_how_it_died() {
    let home = tempfile::tempdir().unwrap();
    let script = "hello()\nreceive()\nconnection.sendall(bytes([99, 0, 0, 0, 3, 0]))\nos.kill(os.getpid(), 9)";
    let (worker, _recorded) = start(home.path(), script).await;
    let worker = worker.unwrap();
    let Err(CallError::Died(death)) = worker.call(Method::GraphDraw, &json!({})).await else {
        panic!("it lives")
    };
    assert_eq!(death.how, "signal 9 (SIGKILL)");
}

#[tokio::test]
async fn what_was_said_before_the_end_is_heard() {
    let home = tempfile::tempdir().unwrap();
    let script = "hello()\nid, call = receive()\nreply(id, {'last': True})\nos._exit(0)";
    let (worker, _recorded) = start(home.path(), script).await;
    let worker = worker.unwrap();
    assert_eq!(
        text(&worker.call(Method::GraphDraw, &json!({})).await.unwrap()),
        r#"{"last": true}"#
    );
    assert_eq!(worker.died().await.how, "exit code 0");
}

#[tokio::test]
async fn a_worker_that_ends_before_hello_shows_its_traceback() {
    let home = tempfile::tempdir().unwrap();
    let (worker, _recorded) = start(home.path(), "import no_such_module").await;
    let Err(StartError::Died { death, .. }) = worker else {
        panic!("it started")
    };
    assert_eq!(death.how, "exit code 1");
    assert_eq!(
        death.stderr.last().unwrap(),
        "ModuleNotFoundError: No module named 'no_such_module'"
    );
}

#[tokio::test]
async fn an_interpreter_that_does_not_exist_is_named() {
    let home = tempfile::tempdir().unwrap();
    let launch = Launch {
        program: home.path().join("nowhere"),
        ..launch(home.path(), "")
    };
    let error = Worker::spawn(&launch, recorder().0).await.err().unwrap();
    assert!(
        matches!(&error, StartError::Execute { program, .. } if program.ends_with("nowhere")),
        "{error}"
    );
}

#[tokio::test]
async fn nothing_of_the_group_survives() {
    // A child that holds the connection, the pipes and a line to this test open for as long as it lives.
    let script = r"
import subprocess
life = socket.socket(socket.AF_UNIX)
life.connect('life')
subprocess.Popen(['sleep', '600'], pass_fds=[connection.fileno(), life.fileno()])
hello()
while True:
    id, call = receive()
    if call:
        os._exit(4)
";
    for (end, how) in [
        ("kill", "signal 9 (SIGKILL)"),
        ("exit", "exit code 4"),
        ("shutdown", "signal 9 (SIGKILL)"),
        ("drop", ""),
    ] {
        let home = tempfile::tempdir().unwrap();
        let lines = UnixListener::bind(home.path().join("life")).unwrap();
        let (worker, _recorded) = start(home.path(), script).await;
        let worker = worker.unwrap();
        let (mut line, _) = lines.accept().await.unwrap();
        match end {
            "kill" => worker.kill(),
            "exit" => drop(worker.call(Method::GraphDraw, &json!({})).await),
            "shutdown" => worker.shutdown(Duration::ZERO).await,
            _ => {}
        }
        if end == "drop" {
            drop(worker);
        } else {
            assert_eq!(worker.died().await.how, how, "{end}");
        }
        assert_eq!(line.read(&mut [0]).await.unwrap(), 0, "{end}");
    }
}

#[tokio::test]
async fn shutting_down_lets_it_leave_by_itself() {
    let home = tempfile::tempdir().unwrap();
    let (worker, _recorded) = start(home.path(), "hello()\nreceive()\nos._exit(0)").await;
    let worker = worker.unwrap();
    worker.shutdown(Duration::from_secs(30)).await;
    assert_eq!(worker.died().await.how, "exit code 0");
}
