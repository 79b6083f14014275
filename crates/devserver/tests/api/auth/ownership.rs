//! What filters of `@auth.on` handlers hide from others, and what handlers may refuse and change.

use lgx_devserver::Notice;
use lgx_testkit::fake_worker::http_exception;
use lgx_testkit::{Client, FakeWorker};
use serde_json::{Value, json};

use super::guarded;
use crate::bodies::echo;
use crate::steps::{self, create, get, text, thread};

#[tokio::test]
async fn what_belongs_to_others_does_not_exist() {
    let server = guarded(FakeWorker::builder().owners().build()).await;
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let id = thread(&alice).await;
    let run = create(&alice, &id, echo("hi")).await;
    steps::join(&alice, &id, &run).await;
    let before = get(&alice, &id).await;
    assert_eq!(before["metadata"]["owner"], "alice");

    let thread = format!("/threads/{id}");
    let one = format!("{thread}/runs/{run}");
    let state = json!({"values": {"messages": []}});
    for (method, path, body) in [
        ("GET", thread.clone(), json!(null)),
        ("PATCH", thread.clone(), json!({"metadata": {"x": 1}})),
        ("DELETE", thread.clone(), json!(null)),
        ("GET", format!("{thread}/state"), json!(null)),
        ("POST", format!("{thread}/state"), state),
        (
            "POST",
            format!("{thread}/state/checkpoint"),
            json!({"checkpoint": {}}),
        ),
        ("GET", format!("{thread}/history"), json!(null)),
        ("POST", format!("{thread}/history"), json!({})),
        ("POST", format!("{thread}/copy"), json!({})),
        ("GET", format!("{thread}/storage"), json!(null)),
        ("GET", format!("{thread}/runs"), json!(null)),
        ("POST", format!("{thread}/runs"), echo("mine now")),
        ("POST", format!("{thread}/runs/wait"), echo("mine now")),
        ("POST", format!("{thread}/runs/stream"), echo("mine now")),
        ("GET", one.clone(), json!(null)),
        ("POST", format!("{one}/cancel"), json!(null)),
        ("DELETE", one.clone(), json!(null)),
    ] {
        let answer = bob.request(method, &*path).body(body.to_string()).await;
        let theirs = answer.refused(404);
        // What is there for somebody else and what is not there at all look the same.
        let nobody = path.replace(&id, steps::NOBODY);
        let answer = bob.request(method, &*nobody).body(body.to_string()).await;
        assert_eq!(
            theirs.replace(&id, steps::NOBODY),
            answer.refused(404),
            "{method} {path}"
        );
    }
    // What is refused does not look like a stream.
    let reached = format!("/runs/{run}/stream");
    for path in [format!("{one}/stream"), format!("{one}/join"), reached] {
        let detail = bob.get(path).await.refused(404);
        assert_eq!(detail, format!("Run with ID {run} not found"));
    }
    bob.get(format!("{thread}/stream")).await.refused(404);

    // An id that is taken cannot be told from a conflict, but gives nothing away.
    let taken = json!({"thread_id": id, "if_exists": "do_nothing"});
    bob.post("/threads", &taken).await.refused(409);
    // Nor is it made anew for a run.
    let mut body = echo("mine now");
    body["if_not_exists"] = json!("create");
    bob.post(format!("{thread}/runs"), &body).await.refused(404);

    assert_eq!(get(&alice, &id).await, before, "nothing has changed");
    alice.get(&one).await.ok();
}

#[tokio::test]
async fn searches_and_counts_show_only_ones_own() {
    let server = guarded(FakeWorker::builder().owners().build()).await;
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let mine = steps::thread_with(&alice, json!({"topic": "secret"})).await;
    thread(&bob).await;
    thread(&bob).await;
    let ids = async |client: &Client, body: Value| -> Vec<String> {
        let found = client.post("/threads/search", &body).await.ok();
        let found = found.as_array().unwrap().iter();
        found.map(|thread| text(thread, "thread_id")).collect()
    };
    assert_eq!(ids(&alice, json!({})).await, [&*mine]);
    assert_eq!(ids(&bob, json!({})).await.len(), 2);
    assert_eq!(ids(&bob, json!({"ids": [mine]})).await, [""; 0]);
    let theirs = json!({"metadata": {"topic": "secret"}});
    assert_eq!(ids(&bob, theirs.clone()).await, [""; 0]);
    assert_eq!(ids(&server.user("eve"), json!({})).await, [""; 0]);
    for (client, body, count) in [
        (&alice, json!({}), 1),
        (&bob, json!({}), 2),
        (&bob, theirs, 0),
    ] {
        let counted = client.post("/threads/count", &body).await.ok();
        assert_eq!(counted, json!(count));
    }

    // The graphs' own assistants are for all; what somebody made is theirs.
    let made = json!({"graph_id": "agent", "name": "private"});
    alice.post("/assistants", &made).await.ok();
    let named = json!({"name": "private"});
    for (client, count) in [(&alice, 1), (&bob, 0)] {
        let counted = client.post("/assistants/count", &named).await.ok();
        assert_eq!(counted, json!(count));
        let found = client.post("/assistants/search", &named).await.ok();
        assert_eq!(found.as_array().unwrap().len(), count);
    }
}

#[tokio::test]
async fn cancelling_everything_cancels_only_ones_own() {
    let server = guarded(FakeWorker::builder().owners().build()).await;
    server.worker.slow().close();
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let body = json!({"assistant_id": "multi", "input": {"log": []}});
    let mine = thread(&alice).await;
    let run = create(&alice, &mine, body.clone()).await;
    server.worker.slow().arrived(1).await;
    let cancel = json!({"status": "all"});
    bob.post("/runs/cancel", &cancel).await.refused(404);
    let by_id = json!({"thread_id": mine, "run_ids": [run]});
    bob.post("/runs/cancel", &by_id).await.refused(404);
    assert_eq!(steps::status(&alice, &mine, &run).await, "running");
    alice.post("/runs/cancel", &cancel).await.empty(204);
    steps::join(&alice, &mine, &run).await;
    assert_eq!(steps::status(&alice, &mine, &run).await, "interrupted");
}

#[tokio::test]
async fn an_on_handler_may_refuse_and_may_change_what_is_made() {
    let worker = FakeWorker::builder().auth(|request| {
        let check = &request["checks"][0];
        if check["action"] == "delete" {
            return Err(http_exception(403, "Forbidden"));
        }
        let mut value = check["value"].clone();
        value["metadata"]["added"] = json!("by the handler");
        let user = json!({"identity": "u", "permissions": []});
        Ok(json!({"user": user, "checks": [{"filter": null, "value": value}]}))
    });
    let server = guarded(worker.build()).await;
    let id = steps::thread_with(&server, json!({"own": 1})).await;
    let metadata = json!({"own": 1, "added": "by the handler"});
    assert_eq!(get(&server, &id).await["metadata"], metadata);
    let delete = server.delete(format!("/threads/{id}")).await;
    assert_eq!(delete.refused(403), "Forbidden");
    get(&server, &id).await;

    let run = server
        .post(format!("/threads/{id}/runs"), &echo("hi"))
        .await
        .ok();
    assert_eq!(run["metadata"]["added"], "by the handler");
}

#[tokio::test]
async fn a_filter_with_a_mistake_opens_nothing() {
    for (filter, named) in [
        (json!({"owner": {"$is": "a"}}), "$is"),
        (json!({"$not": {"owner": "a"}}), "$not"),
        (json!({"owner": {}}), "owner"),
        (json!({"$or": [{"owner": "a"}]}), "$or"),
    ] {
        let answer = filter.clone();
        let worker = FakeWorker::builder().auth(move |request| {
            let check = &request["checks"][0];
            let user = json!({"identity": "u", "permissions": []});
            Ok(json!({"user": user, "checks": [{"filter": answer, "value": check["value"]}]}))
        });
        let server = guarded(worker.build()).await;
        let mut listener = server.listen();
        for path in ["/threads/search", "/threads", "/assistants/search"] {
            let refusal = server.post(path, &json!({})).await.refused(500);
            assert!(refusal.contains(named), "{filter}: {refusal}");
            let said = listener
                .hear("the refusal", |notice| match notice {
                    Notice::Request { detail, .. } => Some(detail.clone()),
                    _ => None,
                })
                .await;
            let said = said.unwrap_or_default();
            assert!(said.contains("auth handler"), "{filter}: {said:?}");
        }
    }
}

#[tokio::test]
async fn filters_know_operators() {
    let worker = FakeWorker::builder().auth(|request| {
        let check = &request["checks"][0];
        let user = json!({"identity": "u", "permissions": []});
        let filter = match check["action"].as_str() {
            Some("create") => Value::Null,
            _ => json!({"$or": [{"owner": {"$eq": "a"}}, {"team": {"$contains": ["x", "y"]}}]}),
        };
        Ok(json!({"user": user, "checks": [{"filter": filter, "value": check["value"]}]}))
    });
    let server = guarded(worker.build()).await;
    for (metadata, status) in [
        (json!({"owner": "a"}), 200),
        (json!({"owner": "b"}), 404),
        (json!({"team": ["y", "x", "z"]}), 200),
        (json!({"team": ["x"]}), 404),
        (json!({}), 404),
    ] {
        let id = steps::thread_with(&server, metadata.clone()).await;
        let answer = server.get(format!("/threads/{id}")).await;
        assert_eq!(answer.status, status, "{metadata}");
    }
}

/// Which of the two it is that filters: a run whose client gets its output is started only where both let the caller.
#[tokio::test]
async fn nobody_gets_the_output_of_a_run_on_a_thread_that_they_may_not_read_or_run_on() {
    for filter in [&["threads.read"], &["threads.create_run"]] {
        let server = guarded(FakeWorker::builder().owners_by(filter).build()).await;
        let (alice, bob) = (server.user("alice"), server.user("bob"));
        let id = thread(&alice).await;
        let run = create(&alice, &id, echo("hi")).await;
        steps::join(&alice, &id, &run).await;
        for path in ["wait", "stream"] {
            let mut body = echo("mine now");
            for if_not_exists in ["reject", "create"] {
                body["if_not_exists"] = json!(if_not_exists);
                let asked = bob.post(format!("/threads/{id}/runs/{path}"), &body);
                let refused = asked.await.refused(404);
                assert_eq!(refused, "Thread or assistant not found.", "{filter:?}");
            }
        }
        assert_eq!(server.worker.requests("run").len(), 1, "{filter:?}");
    }
}
