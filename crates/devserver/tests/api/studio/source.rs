//! Sources that the page shows, and the editor that it opens them in.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;

use lgx_devserver::{Editor, LocalStudio, PlaceForm};
use lgx_testkit::{FakeWorker, TestProject, TestServer};
use serde_json::json;

use super::page;
use crate::auth::guarded;

fn with_nodes() -> TestProject {
    let project = TestProject::new();
    let mut text = String::new();
    for line in 1..=40 {
        writeln!(text, "line {line}").unwrap();
    }
    project.write("nodes.py", &text);
    project.write(".env", "KEY=secret\n");
    project
}

#[tokio::test]
async fn the_lines_around_a_line_are_shown() {
    let server = TestServer::over(with_nodes()).start().await;
    let page = page(&server);
    let shown = page.get("/lgx/source?file=nodes.py&line=20").await.ok();
    assert_eq!(shown["file"], "nodes.py");
    let absolute = server.project.path().join("nodes.py");
    assert_eq!(shown["absolute"], absolute.display().to_string());
    assert_eq!((&shown["line"], &shown["first"]), (&json!(20), &json!(12)));
    let lines = shown["lines"].as_array().unwrap();
    assert_eq!((&lines[0], lines.len()), (&json!("line 12"), 17));
    let begin = page.get("/lgx/source?file=nodes.py&line=1").await.ok();
    assert_eq!(
        (&begin["first"], &begin["lines"][0]),
        (&json!(1), &json!("line 1"))
    );
    page.get("/lgx/source").await.refused(422);
    page.get("/lgx/source?file=nodes.py&graph=agent")
        .await
        .refused(422);
}

#[tokio::test]
async fn of_lines_that_are_not_there_any_more_there_are_none() {
    let server = TestServer::over(with_nodes()).start().await;
    let page = page(&server);
    server.project.write("saved.py", "");
    server.project.write("binary.py", "x = '\0'\n");
    for (file, line) in [
        ("nodes.py", 900),
        ("saved.py", 26),
        ("nothing.py", 1),
        ("binary.py", 1),
    ] {
        let path = format!("/lgx/source?file={file}&line={line}");
        let shown = page.get(path).await.ok();
        assert_eq!(shown["lines"], json!([]), "{file}");
        let absolute = server.project.path().join(file).display().to_string();
        assert_eq!(
            (&shown["file"], &shown["absolute"], &shown["line"]),
            (&json!(file), &json!(absolute), &json!(line))
        );
    }
}

#[tokio::test]
async fn the_function_of_a_node_is_shown() {
    let server = TestServer::over(with_nodes()).start().await;
    let page = page(&server);
    let drawn = page.get("/assistants/multi/graph").await.ok();
    let second = drawn["nodes"][2]["id"].as_str().unwrap();
    let path = format!("/lgx/source?graph=multi&node={second}");
    let shown = page.get(path).await.ok();
    assert_eq!((&shown["line"], &shown["first"]), (&json!(12), &json!(4)));
    assert_eq!(shown["lines"].as_array().unwrap().len(), 18);
    let unknown = page.get("/lgx/source?graph=multi&node=no").await.ok();
    assert_eq!(unknown, json!(null));
    page.get("/lgx/source?graph=no&node=a").await.refused(404);
}

#[tokio::test]
async fn nothing_but_the_projects_sources_is_shown_or_opened() {
    let server = TestServer::over(with_nodes()).start().await;
    let page = page(&server);
    for file in ["/etc/passwd", "../secret.py", ".env", ".lgx/state.db"] {
        let shown = page.get(format!("/lgx/source?file={file}&line=1"));
        shown.await.refused(403);
        let opened = page.post("/lgx/open", &json!({"file": file, "line": 1}));
        opened.await.refused(403);
    }
}

#[tokio::test]
async fn strangers_see_no_sources() {
    let server = guarded(FakeWorker::new()).await;
    for path in [
        "/lgx/source?file=langgraph.json",
        "/lgx/source?file=/etc/passwd",
    ] {
        server.get(path).await.refused(401);
    }
    let open = server.post("/lgx/open", &json!({"file": "langgraph.json"}));
    open.header("x-lgx-studio", "1").await.refused(401);
}

#[tokio::test]
async fn without_an_editor_there_is_a_link() {
    let server = TestServer::over(with_nodes()).start().await;
    let asked = page(&server).post("/lgx/open", &json!({"file": "nodes.py", "line": 7}));
    let answer = asked.await;
    assert_eq!(answer.status, 409);
    let told = answer.json();
    let file = server.project.path().join("nodes.py");
    assert_eq!(told["link"], format!("vscode://file{}:7", file.display()));
    assert!(
        told["detail"].as_str().unwrap().contains("LGX_EDITOR"),
        "{told}"
    );
    let project = page(&server).get("/lgx/project").await.ok();
    assert_eq!(project["editor"], false);
}

#[tokio::test]
async fn the_editor_gets_the_file_and_the_line() {
    let project = with_nodes();
    let (script, told) = (project.path().join("editor"), project.path().join("told"));
    // A named pipe: reading it waits for the editor.
    let made = std::process::Command::new("mkfifo").arg(&told).status();
    assert!(made.unwrap().success());
    project.write(
        "editor",
        "#!/bin/sh\necho \"$@\" > \"$(dirname \"$0\")/told\"\n",
    );
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let editor = Editor {
        name: "recorder".to_owned(),
        program: script,
        arguments: vec!["--new".to_owned()],
        form: PlaceForm::FileLine,
    };
    let file = project.path().join("nodes.py");
    let server = TestServer::over(project)
        .studio(LocalStudio {
            editor: Some(editor),
            ..LocalStudio::default()
        })
        .start()
        .await;
    let asked = page(&server).post("/lgx/open", &json!({"file": "nodes.py", "line": 7}));
    assert_eq!(asked.await.ok(), json!({"opened_with": "recorder"}));
    let heard = tokio::task::spawn_blocking(move || std::fs::read_to_string(told));
    let heard = lgx_testkit::within("the editor", heard)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(heard, format!("--new {}:7\n", file.display()));
    let project = page(&server).get("/lgx/project").await.ok();
    assert_eq!(project["editor"], true);
}
