//! `GET /lgx/project`: what the page is told before it asks for anything else, and who is told.

use std::cell::Cell;

use lgx_devserver::{LocalStudio, Notice};
use lgx_testkit::{FakeWorker, TestProject, TestServer};
use serde_json::{Value, json};

use super::page;
use crate::auth::{guarded, project};

async fn asked(server: &TestServer) -> Value {
    page(server).get("/lgx/project").await.ok()
}

#[tokio::test]
async fn it_names_the_project_its_graphs_and_what_runs_them() {
    let files = TestProject::new();
    files.write("graphs.py", "import os\n\nagent = 1\n");
    let server = TestServer::over(files)
        .studio(LocalStudio {
            reasons: vec![(
                lgx_model::Runtime::Python,
                "`.venv` of the project".to_owned(),
            )],
            ..LocalStudio::default()
        })
        .start()
        .await;
    let told = asked(&server).await;
    let root = server.project.path().display().to_string();
    assert_eq!(told["root"], root);
    assert_eq!(told["config"], "langgraph.json");
    assert!(root.ends_with(told["name"].as_str().unwrap()));
    assert_eq!(told["version"], "0.0.0-test");
    assert_eq!(
        (&told["state"], &told["generation"]),
        (&json!("serving"), &json!(1))
    );
    assert_eq!(told["python"]["why"], "`.venv` of the project");
    assert_eq!(told["python"]["executable"], "python3");
    assert!(told["python"]["version"].is_string());
    assert_eq!(told["slots"]["total"], 10 * server.workers());
    assert_eq!(told["failed_reload"], Value::Null);
    let graphs = told["graphs"].as_array().unwrap();
    let agent = graphs.iter().find(|graph| graph["id"] == "agent").unwrap();
    assert_eq!(agent["loaded"], true);
    assert!(agent["target"].as_str().unwrap().contains(':'), "{agent}");
    assert_eq!(
        told["auth"],
        json!({"configured": false, "studio_user": false, "target": null})
    );
}

#[tokio::test]
async fn what_cannot_be_recorded_of_runs_is_said_with_the_reason_and_once_on_the_terminal() {
    let server = TestServer::start().await;
    let nothing = json!({"steps": null, "calls": null});
    assert_eq!(asked(&server).await["unrecorded"], nothing);

    let lack = "langgraph 2.0.0 has no PregelLoop._emit";
    let worker = FakeWorker::builder().cannot_record("steps", lack).build();
    let server = TestServer::over(TestProject::new())
        .worker(worker)
        .reloading()
        .start()
        .await;
    assert_eq!(
        asked(&server).await["unrecorded"],
        json!({"steps": lack, "calls": null})
    );
    let mut said = server.listen_from_start();
    let times = Cell::new(0);
    server.running().reload();
    said.hear("the reload", |notice| match notice {
        Notice::NotRecorded { what, lack: why } => {
            assert_eq!((*what, why.as_str()), ("steps", lack));
            times.set(times.get() + 1);
            None
        }
        Notice::Reloaded { generation: 2, .. } => Some(()),
        _ => None,
    })
    .await;
    assert_eq!(times.get(), 1);
}

#[tokio::test]
async fn its_id_stays_and_that_of_the_server_does_not() {
    let server = TestServer::start().await;
    let first = asked(&server).await;
    let server = TestServer::over(server.stop().await).start().await;
    let second = asked(&server).await;
    assert_eq!(first["project_id"], second["project_id"]);
    assert_ne!(first["server_id"], second["server_id"]);
}

#[tokio::test]
async fn a_reload_counts_up_and_one_that_fails_is_told_with_its_place() {
    let worker = FakeWorker::new();
    let server = TestServer::over(TestProject::new())
        .worker(worker)
        .reloading()
        .start()
        .await;
    let mut said = server.listen();
    server.running().reload();
    said.hear("the reload", |notice| {
        matches!(notice, lgx_devserver::Notice::Reloaded { .. }).then_some(())
    })
    .await;
    assert_eq!(asked(&server).await["generation"], 2);

    server.project.write("langgraph.json", "{\"graphs\": 1}");
    said.hear("the failure", |notice| {
        matches!(notice, lgx_devserver::Notice::ReloadFailed(_)).then_some(())
    })
    .await;
    let told = asked(&server).await;
    assert_eq!(
        (&told["state"], &told["generation"]),
        (&json!("serving"), &json!(2))
    );
    assert_eq!(told["failed_reload"]["kind"], "config");
    let problem = &told["failed_reload"]["problems"][0];
    assert_eq!(problem["file"], "langgraph.json");
    assert!(problem["line"].is_number(), "{problem}");
}

#[tokio::test]
async fn what_is_odd_in_langgraph_json_is_told() {
    let odd = TestProject::with(json!({"grahps": {}}));
    let server = TestServer::over(odd).start().await;
    let told = asked(&server).await;
    let problem = &told["problems"][0];
    assert!(
        problem["message"].as_str().unwrap().contains("grahps"),
        "{problem}"
    );
    assert_eq!(problem["file"], "langgraph.json");
}

/// What strangers are told, and no more.
fn tells_only_that_there_is_auth(told: &Value) {
    assert_eq!(told["auth"]["configured"], true);
    for secret in ["root", "config", "generation", "python", "failed_reload"] {
        assert_eq!(told[secret], Value::Null, "{secret}");
    }
    for list in ["graphs", "problems"] {
        assert_eq!(told[list], json!([]), "{list}");
    }
    assert_eq!(
        (&told["versions"], &told["auth"]["target"]),
        (&json!({}), &Value::Null)
    );
}

#[tokio::test]
async fn with_auth_only_who_is_let_in_is_told() {
    let server = guarded(FakeWorker::new()).await;
    let stranger = server.get("/lgx/project").await.ok();
    tells_only_that_there_is_auth(&stranger);
    assert_eq!(stranger["auth"]["studio_user"], true);
    let told = asked(&server).await;
    assert_eq!(told["auth"]["target"], "auth.py:auth");
    assert!(!told["graphs"].as_array().unwrap().is_empty());
    let alice = server.user("alice").get("/lgx/project").await.ok();
    assert!(alice["root"].is_string());
}

#[tokio::test]
async fn studio_is_a_stranger_too_where_the_project_says_so() {
    let auth = json!({"auth": {"path": "./auth.py:auth", "disable_studio_auth": true}});
    let server = TestServer::over(TestProject::with(auth)).start().await;
    let told = asked(&server).await;
    tells_only_that_there_is_auth(&told);
    assert_eq!(told["auth"]["studio_user"], false);
    let alice = page(&server).with("authorization", "Bearer alice");
    assert!(alice.get("/lgx/project").await.ok()["root"].is_string());
}

#[tokio::test]
async fn a_project_whose_code_is_not_loaded_yet_is_there() {
    let worker = FakeWorker::new();
    worker.loading().close();
    let server = TestServer::over(project())
        .worker(worker)
        .listen_only()
        .await;
    let told = asked(&server).await;
    assert_eq!(
        (&told["state"], &told["generation"]),
        (&json!("loading"), &Value::Null)
    );
    tells_only_that_there_is_auth(&server.get("/lgx/project").await.ok());
    server.worker.loading().open();
    server.ready().await;
    assert_eq!(asked(&server).await["state"], "serving");
}
