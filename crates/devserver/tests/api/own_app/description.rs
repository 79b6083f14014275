//! `/openapi.json` with an app: the server's routes and the app's in one document, which is asked for once a generation.

use lgx_devserver::Notice;
use lgx_testkit::TestServer;
use serde_json::json;

use super::{project, serve};

#[tokio::test]
async fn the_app_is_asked_once_for_each_version_of_the_code() {
    let server = TestServer::over(project(json!({})))
        .reloading()
        .start()
        .await;
    for _ in 0..3 {
        let document = server.get("/openapi.json").await.ok();
        assert_eq!(document["info"]["title"], "Fake");
        assert_eq!(document["paths"]["/app/hello"]["get"]["summary"], "Greets");
        assert_eq!(
            document["paths"]["/threads"]["post"]["summary"],
            "Create a thread"
        );
    }
    server.get("/docs").await;
    assert_eq!(server.worker.asked("http.openapi").len(), 1);

    let mut listener = server.listen();
    server.project.write("graphs.py", "# Edited.\n");
    let reloaded = |notice: &Notice| matches!(notice, Notice::Reloaded { .. }).then_some(());
    listener.hear("the reload", reloaded).await;
    for _ in 0..2 {
        server.get("/openapi.json").await.ok();
    }
    assert_eq!(server.worker.asked("http.openapi").len(), 2);
}

#[tokio::test]
async fn paths_of_both_are_behind_the_prefix_that_the_servers_entry_has() {
    let prefixed = project(json!({"http": {"app": "./app.py:app", "mount_prefix": "/pre"}}));
    let server = TestServer::over(prefixed).start().await;
    let document = server.get("/pre/openapi.json").await.ok();
    let url = document["servers"][0]["url"].as_str().unwrap();
    assert!(url.ends_with("/pre"), "{url}");
    // Whoever puts the two together arrives at the app, and at the server.
    for path in ["/app/hello", "/info"] {
        assert!(document["paths"][path]["get"].is_object(), "{path}");
        server.get(format!("/pre{path}")).await.ok();
        server.get(path).await.refused(404);
    }
    let asked = server.worker.requests("http");
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0]["request"]["path"], "/pre/app/hello");
}

#[tokio::test]
async fn an_app_is_described_from_its_first_answer_on() {
    let server = serve().await;
    let document = server.get("/openapi.json").await.ok();
    assert_eq!(document["info"], json!({"title": "Fake", "version": "1"}));
}
