//! Requests that a graph makes to the server that runs it: they are those of the run's user, and of nobody once the run is over.

use lgx_testkit::{Client, FakeWorker, TestProject, TestServer};
use serde_json::{Value, json};

use crate::steps::{create, join, thread};

async fn guarded() -> TestServer {
    let project = TestProject::with(json!({"auth": {"path": "./auth.py:auth"}}));
    let worker = FakeWorker::builder().owners().build();
    let server = TestServer::over(project).worker(worker).start().await;
    server.worker.slow().close();
    server
}

/// A run of this client that executes until the gate is opened.
async fn executing(server: &TestServer, client: &Client, arrivals: usize) -> (String, String) {
    let id = thread(client).await;
    let body = json!({"assistant_id": "multi", "input": {"log": []}});
    let run = create(client, &id, body).await;
    server.worker.slow().arrived(arrivals).await;
    (id, run)
}

/// The pass of a run, as the worker makes it of what it was told when it loaded the project.
fn pass(server: &TestServer, run: &str) -> String {
    let load = server.worker.requests("load").pop().unwrap();
    format!("{run} {}", load["client_secret"].as_str().unwrap())
}

/// The graph of a run, as a client.
fn graph_of(server: &TestServer, run: &str) -> Client {
    (**server).clone().with("x-lgx-run", &pass(server, run))
}

async fn threads(client: &Client) -> Value {
    client.post("/threads/count", &json!({})).await.ok()
}

#[tokio::test]
async fn a_graph_asks_as_the_user_of_its_run_without_being_authenticated() {
    let server = guarded().await;
    let (_, run) = executing(&server, &server.user("alice"), 1).await;
    let graph = graph_of(&server, &run);
    thread(&graph).await;
    let asked = server.worker.requests("auth").pop().unwrap();
    assert_eq!(
        (&asked["authenticate"], &asked["studio"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(asked["user"]["identity"], "alice");
    assert_eq!(asked["checks"][0]["action"], "create", "handlers decide");
    let told = asked["request"]["headers"].to_string();
    assert!(!told.contains("x-lgx-run"), "{told}");

    // Some clients add Studio's header to all that they ask.
    let graph = graph.with("x-auth-scheme", "langsmith");
    assert_eq!(threads(&graph).await, json!(2));
    // What the graph starts is the user's as well.
    let id = thread(&graph).await;
    let child = json!({"assistant_id": "agent", "input": {"messages": []}});
    create(&graph, &id, child).await;
    server
        .user("alice")
        .get(format!("/threads/{id}"))
        .await
        .ok();
}

#[tokio::test]
async fn the_graphs_of_two_users_do_not_see_each_other() {
    let server = guarded().await;
    let (hers, her_run) = executing(&server, &server.user("alice"), 1).await;
    let (his, his_run) = executing(&server, &server.user("bob"), 2).await;
    for (run, own, other) in [(&her_run, &hers, &his), (&his_run, &his, &hers)] {
        let graph = graph_of(&server, run);
        assert_eq!(threads(&graph).await, json!(1));
        graph.get(format!("/threads/{own}")).await.ok();
        graph.get(format!("/threads/{other}")).await.refused(404);
    }
}

#[tokio::test]
async fn a_pass_is_of_no_use_to_those_who_cannot_have_it() {
    let server = guarded().await;
    let (id, run) = executing(&server, &server.user("alice"), 1).await;
    let right = pass(&server, &run);
    let secret = right.split_once(' ').unwrap().1;
    let longer = format!("{right}0");
    let other_run = format!("{} {secret}", crate::steps::NOBODY);
    for wrong in [
        &*run,
        &format!("{run} "),
        &format!("{run} guess"),
        &longer,
        &right[..right.len() - 1],
        &other_run,
        "",
    ] {
        let guess = server
            .get(format!("/threads/{id}"))
            .header("x-lgx-run", wrong);
        guess.await.refused(401);
    }
    // Once the run is over, so is its pass.
    let graph = graph_of(&server, &run);
    assert_eq!(threads(&graph).await, json!(1));
    server.worker.slow().open();
    join(&server.user("alice"), &id, &run).await;
    graph.get(format!("/threads/{id}")).await.refused(401);
}

#[tokio::test]
async fn a_pass_reaches_no_graph() {
    let project = TestProject::with(json!({"http": {"configurable_headers": {"includes": ["*"]}}}));
    let server = TestServer::over(project).start().await;
    let id = thread(&server).await;
    let body = json!({"assistant_id": "agent", "input": {"messages": []}});
    let path = format!("/threads/{id}/runs/wait");
    let waited = server
        .post(path, &body)
        .header("x-lgx-run", &pass(&server, &id));
    waited.header("x-mine", "1").await.ok();
    let configurable =
        server.worker.requests("run").pop().unwrap()["config"]["configurable"].clone();
    assert_eq!(configurable["x-mine"], "1");
    assert_eq!(configurable["x-lgx-run"], Value::Null);
}
