//! What the first generation is held to: strictly or not, and with the Python that the project asks for.

use lgx_devserver::{Fatal, Notice};
use lgx_testkit::fake_worker::diagnostic;
use lgx_testkit::{FakeWorker, TestProject, TestServer};
use serde_json::json;

fn broken(graph: &str) -> FakeWorker {
    let worker = FakeWorker::new();
    worker.break_graph(
        graph,
        diagnostic("SyntaxError", "invalid syntax", "graphs.py", 9),
    );
    worker
}

#[tokio::test]
async fn a_strict_start_ends_with_the_graphs_that_do_not_load() {
    let worker = broken("boom");
    let server = TestServer::over(TestProject::new())
        .worker(worker.clone())
        .strict()
        .listen_only()
        .await;

    let fatal = server.running().ready().await.unwrap_err();

    assert!(
        matches!(&*fatal, Fatal::Graphs { failed, of } if failed == &["boom"] && *of > 1),
        "{fatal}"
    );
    let told = server.listen_from_start().rest();
    let failed: Vec<_> = told
        .iter()
        .filter_map(|notice| match notice {
            Notice::GraphFailed { graph_id, .. } => Some(&**graph_id),
            _ => None,
        })
        .collect();
    assert_eq!(failed, ["boom"]);
    server.get("/ok?ready=1").await.refused(503);
    let body = json!({"assistant_id": "agent", "input": {}});
    server.post("/runs/wait", &body).await.refused(503);
    worker.ended(server.workers()).await;
}

#[tokio::test]
async fn without_strictness_the_others_serve_and_both_are_counted() {
    let server = TestServer::over(TestProject::new())
        .worker(broken("boom"))
        .start()
        .await;

    let ready = server.running().ready().await.unwrap();

    assert!(ready.graphs > 1, "{ready:?}");
    assert_eq!(ready.failed, ["boom"]);
    server.get("/ok?ready=1").await.ok();
}

#[tokio::test]
async fn strictness_concerns_the_start_and_a_graph_that_breaks_later_ends_nothing() {
    let server = TestServer::over(TestProject::new())
        .strict()
        .reloading()
        .start()
        .await;
    let mut listener = server.listen();
    server.worker.break_graph(
        "boom",
        diagnostic("SyntaxError", "invalid syntax", "graphs.py", 9),
    );

    server.project.write("graphs.py", "# broken");

    listener
        .hear("the failed reload", |notice| {
            matches!(notice, Notice::ReloadFailed(_)).then_some(())
        })
        .await;
    server.get("/ok?ready=1").await.ok();
}

#[tokio::test]
async fn a_python_of_another_version_than_the_project_asks_for_is_told_once() {
    let project = TestProject::with(json!({"python_version": "3.99"}));
    let server = TestServer::over(project).start().await;

    let told = server.listen_from_start().rest();
    let other: Vec<_> = told
        .iter()
        .filter_map(|notice| match notice {
            Notice::OtherRuntime { wanted, found, .. } => Some((&**wanted, &**found)),
            _ => None,
        })
        .collect();
    assert_eq!(other, [("3.99", "3.12.0")]);
}
