//! `/ui` without a bundler: who is let in, and what those are told that ask for components.

use lgx_devserver::Notice;
use lgx_testkit::{FakeWorker, TestProject, TestServer};
use serde_json::json;

#[tokio::test]
async fn without_node_a_warning_and_the_answer_name_what_to_install() {
    let project =
        TestProject::with(json!({"ui": {"agent": "./graphs.py", "multi": "./graphs.py"}}));
    // The environment that is given to Node has no PATH.
    let server = TestServer::over(project).start().await;
    let mut listener = server.listen_from_start();
    let told = listener
        .hear("what is missing", |notice| match notice {
            Notice::UiUnavailable { reason } => Some(reason.clone()),
            _ => None,
        })
        .await;
    assert!(told.contains("npm install --save-dev esbuild"), "{told}");
    for graph in ["agent", "multi"] {
        let asked = server.post(format!("/ui/{graph}"), &json!({"name": "x"}));
        assert_eq!(asked.await.refused(404), told);
    }
    let again = |notice: &Notice| matches!(notice, Notice::UiUnavailable { .. });
    assert!(!listener.rest().iter().any(again), "it is told once");
}

#[tokio::test]
async fn components_that_the_project_does_not_have_are_not_found() {
    let server = TestServer::start().await;
    let asked = server.post("/ui/agent", &json!({"name": "x"})).await;
    let detail = asked.refused(404);
    assert!(detail.contains("`ui` in langgraph.json"), "{detail}");
    server.get("/ui/agent/entrypoint.js").await.refused(404);
    server.post("/ui/agent", &json!({})).await.refused(422);
}

#[tokio::test]
async fn asking_for_a_component_needs_credentials_and_loading_its_files_does_not() {
    let auth = json!({"auth": {"path": "./auth.py:auth"}});
    let server = TestServer::over(TestProject::with(auth))
        .worker(FakeWorker::new())
        .start()
        .await;
    let message = json!({"name": "x"});
    server.post("/ui/agent", &message).await.refused(401);
    server.get("/ui/agent/entrypoint.js").await.refused(404);
    let alice = server.user("alice");
    alice.post("/ui/agent", &message).await.refused(404);
}

#[tokio::test]
async fn a_project_may_switch_it_off() {
    let off = json!({"http": {"disable_ui": true}});
    let server = TestServer::over(TestProject::with(off)).start().await;
    let asked = server.post("/ui/agent", &json!({"name": "x"})).await;
    assert_eq!(asked.refused(404), "Not Found");
    let described = server.get("/openapi.json").await.ok();
    let paths = described["paths"].as_object().unwrap();
    assert!(!paths.keys().any(|path| path.starts_with("/ui")));
}
