//! Two users on every endpoint: whatever bob asks for, he is answered as if alice had nothing, and nothing of hers changes.

use lgx_testkit::client::Response;
use lgx_testkit::{Client, FakeWorker, TestServer};
use serde_json::{Value, json};

use super::guarded;
use super::matrix::{Named, Row, rows_of};
use crate::bodies::multi;
use crate::steps::{self, create, join, text, thread_with};

/// Is in everything that alice has.
const SECRET: &str = "s3cr3t-of-alice";

async fn server() -> TestServer {
    let server = guarded(FakeWorker::builder().owners().build()).await;
    server.worker.slow().close();
    server
}

/// All that a user can have: threads whose runs have ended, wait for an answer and go on, an assistant with two versions, crons, an item.
async fn belongings(server: &TestServer, alice: &Client) -> Vec<Named> {
    let private = json!({"graph_id": "agent", "name": SECRET, "metadata": {"note": SECRET}});
    let assistant = alice.post("/assistants", &private).await.ok();
    let assistant = text(&assistant, "assistant_id");
    let renamed = json!({"context": {"note": SECRET}});
    alice
        .patch(format!("/assistants/{assistant}"), &renamed)
        .await
        .ok();
    let cron =
        json!({"assistant_id": assistant, "schedule": "0 0 1 1 *", "input": {"note": SECRET}});
    let cron = alice.post("/runs/crons", &cron).await.ok();
    let cron = text(&cron, "cron_id");
    let item = json!({"namespace": ["notes"], "key": "k", "value": {"note": SECRET}});
    alice.put("/store/items", &item).await.empty(204);

    let mut named = Vec::new();
    let said = json!({"messages": [{"role": "user", "content": SECRET}]});
    for (graph, input) in [
        ("agent", said),
        ("hitl", json!({"question": SECRET})),
        ("multi", json!({"log": [SECRET]})),
    ] {
        let id = thread_with(alice, json!({"note": SECRET})).await;
        let body = json!({"assistant_id": graph, "input": input, "stream_resumable": true});
        let run = create(alice, &id, body).await;
        let mut interrupt = "0123456789abcdef".repeat(2);
        if graph == "multi" {
            server.worker.slow().arrived(1).await;
        } else {
            join(alice, &id, &run).await;
        }
        if graph == "hitl" {
            let asked = steps::get(alice, &id).await["interrupts"].clone();
            let (_, first) = asked.as_object().unwrap().iter().next().unwrap();
            interrupt = text(&first[0], "id");
        }
        let state = alice.get(format!("/threads/{id}/state")).await.ok();
        let on_thread =
            json!({"assistant_id": "agent", "schedule": "0 0 1 1 *", "input": {"note": SECRET}});
        alice
            .post(format!("/threads/{id}/runs/crons"), &on_thread)
            .await
            .ok();
        named.push(Named {
            thread: id,
            run,
            assistant: assistant.clone(),
            cron: cron.clone(),
            checkpoint: text(&state["checkpoint"], "checkpoint_id"),
            interrupt,
        });
    }
    named
}

/// What alice finds when she looks everywhere.
async fn everything(alice: &Client, named: &[Named]) -> Vec<Value> {
    let all = json!({"limit": 100});
    let mut seen = Vec::new();
    for path in [
        "/threads/search",
        "/assistants/search",
        "/runs/crons/search",
    ] {
        seen.push(alice.post(path, &all).await.ok());
    }
    let items = alice.post("/store/items/search", &json!({}));
    seen.push(items.await.ok());
    for Named {
        thread, assistant, ..
    } in named
    {
        for path in ["", "/runs", "/state", "/history?limit=100"] {
            seen.push(alice.get(format!("/threads/{thread}{path}")).await.ok());
        }
        let versions = alice.post(format!("/assistants/{assistant}/versions"), &json!({}));
        seen.push(versions.await.ok());
    }
    seen
}

/// An answer, without what is another each time.
#[derive(Debug, PartialEq)]
struct Told {
    status: u16,
    headers: Vec<String>,
    body: String,
}

impl Told {
    /// With a word in place of the folder of the server's own project, which tells nothing.
    fn of(mut self, server: &TestServer) -> Self {
        let folder = server.project.path().display().to_string();
        self.body = self.body.replace(&folder, "<project>");
        self
    }

    fn head(status: http::StatusCode, headers: &http::HeaderMap) -> Self {
        let mut headers: Vec<String> = headers
            .iter()
            .filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()))
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or_default()))
            .collect();
        headers.sort();
        Self {
            status: status.as_u16(),
            headers,
            body: String::new(),
        }
    }

    fn whole(answer: &Response) -> Self {
        let mut told = Self::head(answer.status, &answer.headers);
        answer.text().clone_into(&mut told.body);
        told
    }
}

/// What bob hears of a request.
async fn ask(bob: &Client, row: &Row, named: &Named) -> Told {
    let path = row.path(named);
    if row.socket {
        return over_socket(bob, &path, named).await;
    }
    let request = bob.request(row.method(), path).body(row.body(named));
    if !row.endless {
        return Told::whole(&request.raw().await);
    }
    let opened = request.open().await;
    if opened.status == 200 {
        Told::head(opened.status, &opened.headers)
    } else {
        Told::whole(&opened.whole().await)
    }
}

/// What bob hears over a socket that is open.
async fn over_socket(bob: &Client, path: &str, named: &Named) -> Told {
    let mut socket = bob.socket(path).await;
    let mut heard = Vec::new();
    for (method, params) in [
        (
            "subscription.subscribe",
            json!({"channels": ["values", "lifecycle"]}),
        ),
        ("agent.getTree", json!({})),
        (
            "input.respond",
            json!({"interrupt_id": named.interrupt, "response": 1}),
        ),
    ] {
        let command = json!({"id": 1, "method": method, "params": params});
        let (mut answer, events) = socket.command(&command).await;
        if let Some(subscription) = answer.pointer_mut("/result/subscription_id") {
            *subscription = json!("another each time");
        }
        heard.push(format!("{answer} {events:?}"));
    }
    Told {
        status: 101,
        headers: Vec::new(),
        body: heard.join("\n"),
    }
}

#[tokio::test]
async fn nobody_can_tell_what_is_somebody_elses_from_what_is_not_there() {
    let (server, empty) = (server().await, server().await);
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let bob_alone = empty.user("bob");
    let rows = rows_of(&server.get("/openapi.json").await.ok());
    let named = belongings(&server, &alice).await;
    let before = everything(&alice, &named).await;
    assert_eq!(
        before[3].to_string().matches(SECRET).count(),
        1,
        "{before:?}"
    );

    for named in &named {
        for row in &rows {
            let what = format!("{} {} {}", row.method(), row.path(named), row.body(named));
            if row.makes_something() && !row.names_something() {
                continue; // that is bob's own
            }
            let told = ask(&bob, row, named).await;
            assert!(!told.body.contains(SECRET), "{what}: {told:?}");
            if row.taken {
                let refused = told.status >= 400 || told.body.contains("\"type\":\"error\"");
                assert!(refused, "{what}: {told:?}");
            } else {
                let alone = ask(&bob_alone, row, named).await;
                let (told, alone) = (told.of(&server), alone.of(&empty));
                assert_eq!(told, alone, "{what}: bob can tell that there is something");
            }
        }
    }
    assert_eq!(
        everything(&alice, &named).await,
        before,
        "bob has changed something"
    );

    // What bob makes is his own, and does not show him more.
    for row in &rows {
        if row.makes_something() && !row.taken {
            let his = Named {
                assistant: lgx_model::AssistantId::of_graph("agent").to_string(),
                ..Named::nothing()
            };
            let told = ask(&bob, row, &his).await;
            assert!(!told.body.contains(SECRET), "{}: {told:?}", row.template());
            let made = told.status < 300;
            assert_eq!(
                made,
                !row.template().contains('{'),
                "{}: {told:?}",
                row.template()
            );
        }
    }
    for row in rows
        .iter()
        .filter(|row| !row.names_something() && !row.makes_something())
    {
        let told = ask(&bob, row, &named[0]).await;
        assert!(told.status < 500 && !told.body.contains(SECRET), "{told:?}");
    }
    assert_eq!(
        everything(&alice, &named).await,
        before,
        "bob has changed something"
    );
    server.worker.slow().open();
    join(&alice, &named[2].thread, &named[2].run).await;
}

#[tokio::test]
async fn of_a_thread_that_bob_watches_he_hears_only_once_it_is_his() {
    let server = guarded(FakeWorker::builder().owners().build()).await;
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let id = thread_with(&alice, json!({})).await;
    let path = format!("/threads/{id}/stream/events");
    let channels = json!({"channels": ["values"]});
    let mut watching = bob.post(&*path, &channels).events().await;
    let mut socket = bob.socket(&path).await;
    let subscribe = json!({"id": 1, "method": "subscription.subscribe", "params": channels});
    socket.command(&subscribe).await;

    let run = async |client: &Client, said: &str| {
        let mut body = multi(said);
        body["if_not_exists"] = json!("create");
        body["stream_resumable"] = json!(true);
        let run = create(client, &id, body).await;
        join(client, &id, &run).await;
    };
    run(&alice, SECRET).await;
    // Not even that it is gone.
    alice.delete(format!("/threads/{id}")).await.empty(204);
    run(&bob, "mine").await;
    let first = watching.next().await.unwrap().data;
    let over_socket = socket.next().await.unwrap();
    for event in [first, over_socket] {
        let event = event.to_string();
        assert!(event.contains("mine") && !event.contains(SECRET), "{event}");
    }
}

#[tokio::test]
async fn of_a_thread_that_bob_has_given_away_he_hears_no_more() {
    let server = guarded(FakeWorker::builder().owners_by(&["threads.read"]).build()).await;
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let id = thread_with(&bob, json!({})).await;
    let path = format!("/threads/{id}/stream/events");
    let channels = json!({"channels": ["lifecycle"]});
    let mut watching = bob.post(&*path, &channels).events().await;
    let mut socket = bob.socket(&path).await;
    let subscribe = json!({"id": 1, "method": "subscription.subscribe", "params": channels});
    socket.command(&subscribe).await;

    let owned_run = async |owner: &str, client: &Client| {
        let owned = json!({"metadata": {"owner": owner}});
        alice.patch(format!("/threads/{id}"), &owned).await.ok();
        let run = create(client, &id, multi("in")).await;
        join(client, &id, &run).await;
        run
    };
    let his = owned_run("bob", &bob).await;
    for _ in ["running", "completed"] {
        let first = watching.next().await.unwrap().data;
        let over_socket = socket.next().await.unwrap();
        for event in [first, over_socket] {
            assert!(event.to_string().contains(his.as_str()), "{event}");
        }
    }
    drop(watching);
    owned_run("alice", &alice).await;
    let (_, next) = tokio::join!(server.stop(), socket.next());
    assert!(next.is_err(), "{next:?}");
}

#[tokio::test]
async fn of_a_thread_that_bob_is_given_he_hears_from_then_on() {
    let server = guarded(FakeWorker::builder().owners_by(&["threads.read"]).build()).await;
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let id = thread_with(&bob, json!({})).await;
    let path = format!("/threads/{id}/stream/events");
    let owned_by = async |owner: &str| {
        let owned = json!({"metadata": {"owner": owner}});
        alice.patch(format!("/threads/{id}"), &owned).await.ok();
    };
    owned_by("bob").await;
    let channels = json!({"channels": ["lifecycle"]});
    let mut watching = bob.post(&*path, &channels).events().await;
    owned_by("alice").await;
    owned_by("bob").await;
    let run = create(&bob, &id, multi("in")).await;
    let first = watching.next().await.unwrap().data;
    assert!(first.to_string().contains(run.as_str()), "{first}");
}

#[tokio::test]
async fn who_watches_a_thread_of_their_own_hears_of_its_end_and_nobody_else_does() {
    let server = guarded(FakeWorker::builder().owners().build()).await;
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let id = thread_with(&bob, json!({})).await;
    let path = format!("/threads/{id}/stream/events");
    let channels = json!({"channels": ["values"]});
    let subscribe = json!({"id": 1, "method": "subscription.subscribe", "params": channels});
    let (mut his, mut hers) = (bob.socket(&path).await, alice.socket(&path).await);
    for socket in [&mut his, &mut hers] {
        socket.command(&subscribe).await;
    }
    bob.delete(format!("/threads/{id}")).await.empty(204);
    assert_eq!(his.next().await, Err(1000));
    // Hers goes on: the answer to what she asks is what comes next.
    let tree = json!({"id": 2, "method": "agent.getTree", "params": {}});
    assert_eq!(hers.command(&tree).await.0["error"], "no_such_run");
}
