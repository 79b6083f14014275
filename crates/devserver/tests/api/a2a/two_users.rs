//! Two users of the same agents: nothing of alice's contexts is to be read or started by bob, whichever of the checks it is that keeps him out.

use lgx_testkit::{Client, FakeWorker, TestProject, TestServer};
use serde_json::{Value, json};

use super::{asks, begun, data, result, says, says_in, text};
use crate::steps::{self, NOBODY};

/// Is in everything that alice has.
const SECRET: &str = "s3cr3t-of-alice";

async fn guarded(filtering: &'static [&'static str]) -> TestServer {
    let worker = FakeWorker::builder().owners_by(filtering).build();
    let project = TestProject::with(json!({"auth": {"path": "./auth.py:auth"}}));
    let server = TestServer::over(project).worker(worker).start().await;
    server.worker.slow().close();
    server
}

/// A task of alice's.
struct Hers {
    graph: &'static str,
    task: String,
    context: String,
}

impl Hers {
    fn of(graph: &'static str, task: &Value) -> Self {
        Self {
            graph,
            task: steps::text(task, "id"),
            context: steps::text(task, "contextId"),
        }
    }
}

/// Tasks that have ended, that wait for an answer and that are at work.
async fn belongings(server: &TestServer, alice: &Client) -> Vec<Hers> {
    let said = says(text(SECRET));
    let ended = result(alice, "agent", "message/send", said).await;
    assert!(ended.to_string().contains(SECRET), "{ended}");
    let asked = says(data(json!({"question": SECRET})));
    let waiting = result(alice, "hitl", "message/send", asked).await;
    assert_eq!(waiting["status"]["state"], "input-required");
    let working = begun(alice).await;
    server.worker.slow().arrived(1).await;
    vec![
        Hers::of("agent", &ended),
        Hers::of("hitl", &waiting),
        Hers::of("multi", &working),
    ]
}

/// What alice finds of her contexts, and which runs there are.
async fn everything(server: &TestServer, alice: &Client, hers: &[Hers]) -> Vec<Value> {
    let mut seen = vec![json!(server.worker.requests("run").len())];
    for Hers { context, .. } in hers {
        for path in ["", "/runs", "/state"] {
            seen.push(alice.get(format!("/threads/{context}{path}")).await.ok());
        }
    }
    seen
}

/// What the agent answers to whatever has this method, one event after the other if it is a stream.
async fn heard(client: &Client, graph: &str, method: &str, params: Value) -> String {
    asks(client, graph, method, params)
        .raw()
        .await
        .text()
        .to_owned()
}

/// Requests about a task of somebody's or nobody's, which name it or its context.
fn about(task: &str, context: &str) -> Vec<(&'static str, Value)> {
    let id = || json!({"id": task});
    let for_task = || says_in(data(json!({"log": ["x"]})), json!({"taskId": task}));
    let in_both = || {
        says_in(
            data(json!({"log": ["x"]})),
            json!({"taskId": task, "contextId": context}),
        )
    };
    vec![
        ("tasks/get", id()),
        ("GetTask", id()),
        ("tasks/cancel", id()),
        ("CancelTask", id()),
        ("tasks/resubscribe", id()),
        ("SubscribeToTask", id()),
        ("message/send", for_task()),
        ("message/stream", for_task()),
        ("SendMessage", in_both()),
    ]
}

#[tokio::test]
async fn what_is_alices_is_for_bob_as_if_it_were_not_there() {
    let server = guarded(&[
        "threads.read",
        "threads.update",
        "threads.search",
        "threads.create_run",
    ])
    .await;
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let hers = belongings(&server, &alice).await;
    let before = everything(&server, &alice, &hers).await;
    let nobodys = format!("{NOBODY}:{NOBODY}");
    for Hers {
        graph,
        task,
        context,
    } in &hers
    {
        let of_nobody = about(&nobodys, NOBODY);
        for ((method, params), (_, nothing)) in about(task, context).into_iter().zip(of_nobody) {
            let told = heard(&bob, graph, method, params).await;
            let nothing = heard(&bob, graph, method, nothing).await;
            assert_eq!(
                told.replace(task.as_str(), &nobodys),
                nothing,
                "{method}: bob can tell that there is something"
            );
            assert!(told.contains("-32001"), "{method}: {told}");
        }
        let listed = json!({"contextId": context, "includeArtifacts": true, "historyLength": 9});
        for params in [listed, json!({})] {
            let listed = result(&bob, graph, "ListTasks", params).await;
            assert_eq!(
                (&listed["totalSize"], &listed["tasks"]),
                (&json!(0), &json!([]))
            );
        }
        // An id that is taken cannot be had, but gives nothing away.
        for method in ["message/send", "message/stream"] {
            let intruding = says_in(data(json!({"log": ["x"]})), json!({"contextId": context}));
            let told = heard(&bob, graph, method, intruding).await;
            assert!(told.contains("Thread or assistant not found."), "{told}");
        }
    }
    assert_eq!(
        everything(&server, &alice, &hers).await,
        before,
        "bob has changed something"
    );
    server.worker.slow().open();
}

/// Whichever of the checks it is that filters: what it decides over the plain API, it decides here.
#[tokio::test]
async fn each_check_keeps_bob_out_by_itself() {
    for (filter, methods) in [
        (
            &["threads.read"],
            &[
                "tasks/get",
                "tasks/resubscribe",
                "tasks/cancel",
                "ListTasks",
                "message/send",
                "message/stream",
                "in context: message/send",
                "in context: message/stream",
            ][..],
        ),
        (&["threads.update"], &["tasks/cancel"]),
        (&["threads.search"], &["ListTasks"]),
        (
            &["threads.create_run"],
            &[
                "message/send",
                "message/stream",
                "in context: message/send",
                "in context: message/stream",
            ],
        ),
    ] {
        let server = guarded(filter).await;
        let (alice, bob) = (server.user("alice"), server.user("bob"));
        let hers = belongings(&server, &alice).await;
        let before = everything(&server, &alice, &hers).await;
        for Hers {
            graph,
            task,
            context,
        } in &hers
        {
            for method in methods {
                let (params, method) = match method.strip_prefix("in context: ") {
                    Some(method) => (
                        says_in(data(json!({"log": ["x"]})), json!({"contextId": context})),
                        method,
                    ),
                    None if method.starts_with("message") => (
                        says_in(data(json!({"log": ["x"]})), json!({"taskId": task})),
                        *method,
                    ),
                    None if *method == "ListTasks" => (
                        json!({"includeArtifacts": true, "historyLength": 9}),
                        *method,
                    ),
                    None => (json!({"id": task}), *method),
                };
                let told = heard(&bob, graph, method, params).await;
                let what = format!("{filter:?} {method} {graph}: {told}");
                assert!(!told.contains(SECRET), "{what}");
                let nothing = told.contains("\"totalSize\":0");
                assert!(nothing || told.contains("\"error\""), "{what}");
            }
        }
        let after = everything(&server, &alice, &hers).await;
        assert_eq!(after, before, "{filter:?}: bob has changed something");
        server.worker.slow().open();
    }
}
