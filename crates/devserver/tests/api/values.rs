//! Values that go in and come out: what nothing could read is refused everywhere, and what goes in comes out as it was.

use lgx_testkit::{FakeWorker, TestProject, TestServer};
use serde_json::{Value, json};

use crate::steps::{thread, wait};

/// Values that are JSON, or nearly, and that no parser on the way could read.
fn unreadable() -> Vec<String> {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let texts = [r#""cut \ud83d""#, r#"{"\ude00": 1}"#, "1e999", "-1e999"];
    let mut values: Vec<String> = texts.map(str::to_owned).into();
    values.extend([deep, "7".repeat(4_001)]);
    values
}

/// Requests that bring a value to a graph, on a thread of this id.
fn requests(thread: &str, value: &str) -> Vec<(String, String)> {
    let run = format!(r#"{{"assistant_id":"multi","input":{{"log":[{value}]}}}}"#);
    let resume = format!(r#"{{"assistant_id":"multi","command":{{"resume":{value}}}}}"#);
    let start = format!(r#"{{"id":1,"method":"run.start","params":{run}}}"#);
    let respond = format!(
        r#"{{"id":2,"method":"input.respond","params":{{"interrupt_id":"i","response":{value}}}}}"#
    );
    let cron = format!(r#"{{"schedule":"@daily",{}"#, &run[1..]);
    let update = format!(r#"{{"values":{{"log":[{value}]}}}}"#);
    let mut requests = vec![
        ("/runs/batch".to_owned(), format!("[{run}]")),
        ("/runs/crons".to_owned(), cron.clone()),
        (format!("/threads/{thread}/runs/crons"), cron),
        (format!("/threads/{thread}/commands"), start),
        (format!("/threads/{thread}/commands"), respond),
        (format!("/threads/{thread}/state"), update),
    ];
    for place in ["", "/wait", "/stream"] {
        for runs in ["/runs".to_owned(), format!("/threads/{thread}/runs")] {
            requests.push((format!("{runs}{place}"), run.clone()));
            requests.push((format!("{runs}{place}"), resume.clone()));
        }
    }
    requests
}

#[tokio::test]
async fn what_nothing_could_read_is_refused_everywhere_and_changes_nothing() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    for value in unreadable() {
        for (path, body) in requests(&id, &value) {
            let answer = server.request("POST", &*path).body(body).raw().await;
            let refusal = answer.refused(422);
            assert!(
                refusal.starts_with("Invalid JSON in request body: "),
                "{path}: {refusal}"
            );
        }
    }
    assert!(server.worker.requests("run").is_empty());
    let runs = server.get(format!("/threads/{id}/runs")).await.ok();
    assert_eq!(runs, json!([]));
}

#[tokio::test]
async fn who_may_not_come_in_does_not_learn_what_is_wrong_with_a_value() {
    let project = TestProject::with(json!({"auth": {"path": "./auth.py:auth"}}));
    let server = TestServer::over(project)
        .worker(FakeWorker::new())
        .start()
        .await;
    let id = thread(&server.user("alice")).await;
    for value in unreadable() {
        for (path, body) in requests(&id, &value) {
            let answer = server.request("POST", &*path).body(body.clone());
            answer.raw().await.refused(401);
            let answer = server.user("alice").request("POST", &*path).body(body);
            answer.raw().await.refused(422);
        }
    }
}

#[tokio::test]
async fn a_web_socket_says_what_is_wrong_with_a_value_and_stays_open() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let path = format!("/threads/{id}/stream/events");
    let mut socket = server.socket(&path).await;
    for value in unreadable() {
        let command = format!(
            r#"{{"id":1,"method":"run.start","params":{{"assistant_id":"multi","input":{value}}}}}"#
        );
        socket.send(command).await;
        let answer = socket.next().await.unwrap();
        assert_eq!(answer["error"], "invalid_argument", "{answer}");
        let message = answer["message"].as_str().unwrap();
        assert!(
            message.starts_with("Protocol commands must be valid JSON: "),
            "{message}"
        );
    }
    let tree = json!({"id": 2, "method": "agent.getTree"});
    assert_eq!(socket.command(&tree).await.0["error"], "no_such_run");
}

/// Values that types of most languages would change.
const EXACT: &str = r#"{"wide":18446744073709551616,"widest":-340282366920938463463374607431768211457,"float":0.1000000000000000055511151231257827,"whole":1.0,"large":1e300,"nul":"a\u0000b","😀":"\ud83d\ude00"}"#;

fn exact() -> Value {
    serde_json::from_str(EXACT).unwrap()
}

#[tokio::test]
async fn numbers_and_texts_come_out_of_a_run_as_they_went_in() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let config = json!({"recursion_limit": 7, "configurable": exact(), "own": exact()});
    let body = json!({"assistant_id": "multi", "input": {"log": [exact()]}, "config": config, "metadata": exact()});
    let values = wait(&server, &id, body).await;
    assert_eq!(values["log"][0], exact());
    let run = &server.worker.requests("run")[0];
    assert_eq!(run["input"]["log"][0], exact());
    assert_eq!(run["config"]["own"], exact());
    assert_eq!(run["context"], exact());

    for path in ["", "/state"] {
        let shown = server.get(format!("/threads/{id}{path}")).await.ok();
        assert_eq!(shown["values"]["log"][0], exact(), "{path}");
    }
    let search = json!({"values": {"log": values["log"]}});
    let found = server.post("/threads/search", &search).await.ok();
    assert_eq!(found[0]["values"]["log"][0], exact());
    let runs = server.get(format!("/threads/{id}/runs")).await.ok();
    assert_eq!(runs[0]["kwargs"]["input"]["log"][0], exact());
    assert_eq!(runs[0]["kwargs"]["config"]["own"], exact());
    assert_eq!(runs[0]["metadata"]["wide"], exact()["wide"]);
}

#[tokio::test]
async fn numbers_and_texts_come_through_auth_as_they_went_in() {
    let project = TestProject::with(json!({"auth": {"path": "./auth.py:auth"}}));
    let server = TestServer::over(project)
        .worker(FakeWorker::new())
        .start()
        .await;
    let alice = server.user("alice");
    let id = thread(&alice).await;
    let config = json!({"recursion_limit": 7, "own": exact()});
    let body = json!({"assistant_id": "multi", "input": {"log": [exact()]}, "config": config, "context": exact()});
    let values = wait(&alice, &id, body).await;
    assert_eq!(values["log"][0], exact());
    let run = &server.worker.requests("run")[0];
    assert_eq!(run["config"]["own"], exact());
    assert_eq!(run["config"]["recursion_limit"], 7);
}

#[tokio::test]
async fn metadata_and_items_are_kept_and_found_as_they_were_written() {
    let server = TestServer::start().await;
    let nouns = [
        ("/threads", json!({"metadata": exact()})),
        (
            "/assistants",
            json!({"graph_id": "multi", "metadata": exact()}),
        ),
        (
            "/runs/crons",
            json!({"assistant_id": "multi", "schedule": "@daily", "metadata": exact(), "input": exact()}),
        ),
    ];
    for (path, body) in nouns {
        let made = server.post(path, &body).await.ok();
        assert_eq!(made["metadata"]["widest"], exact()["widest"], "{path}");
        let search = json!({"metadata": {"wide": exact()["wide"], "nul": "a\u{0}b"}});
        let found = server.post(format!("{path}/search"), &search).await.ok();
        assert_eq!(found.as_array().map(Vec::len), Some(1), "{path}");
        assert_eq!(found[0]["metadata"]["float"], exact()["float"], "{path}");
        let other = json!({"metadata": {"wide": 1}});
        let found = server.post(format!("{path}/search"), &other).await.ok();
        assert_eq!(found, json!([]), "{path}");
    }
    let item = json!({"namespace": ["n"], "key": "k", "value": exact(), "ttl": 1.5});
    server.put("/store/items", &item).await.empty(204);
    let read = server.get("/store/items?namespace=n&key=k").await.ok();
    assert_eq!(read["value"], exact());
    let search = json!({"namespace_prefix": ["n"], "filter": {"wide": exact()["wide"]}});
    let found = server.post("/store/items/search", &search).await.ok();
    assert_eq!(found["items"][0]["value"], exact());
}

#[tokio::test]
async fn a_graph_whose_name_looks_like_an_id_runs_by_its_name() {
    let name = "0b7d4f9e-3c52-4d0e-9a86-6f1f0a2f5d11";
    let project = TestProject::with(json!({"graphs": {name: "./graphs.py:multi"}}));
    let server = TestServer::over(project).start().await;
    let id = thread(&server).await;
    let body = json!({"assistant_id": name, "input": {"log": ["in"]}});
    let values = wait(&server, &id, body.clone()).await;
    assert_eq!(values, json!({"log": ["in", "a", "slow", "b"]}));
    let start = json!({"id": 1, "method": "run.start", "params": body});
    let path = format!("/threads/{id}/commands");
    let answer = server.post(path, &start).await.ok();
    assert_eq!(answer["type"], "success", "{answer}");
    let cron = json!({"assistant_id": name, "schedule": "@daily"});
    server.post("/runs/crons", &cron).await.ok();
    server.get(format!("/assistants/{name}/graph")).await.ok();
}

#[tokio::test]
async fn refusals_are_in_the_words_of_json() {
    let server = TestServer::start().await;
    let item = |value: &Value| json!({"namespace": ["n"], "key": "k", "value": value});
    for (value, told) in [
        (json!([1]), "expected an object, got a list"),
        (json!(7), "expected an object, got 7"),
        (json!(1.5), "expected an object, got a number"),
        (json!(null), "expected an object, got null"),
    ] {
        let refusal = server.put("/store/items", &item(&value)).await.refused(422);
        assert_eq!(refusal, format!("{told}\n\nOn instance: value"));
    }
    for (path, body, told) in [
        ("/runs", json!({}), "`assistant_id` is missing"),
        (
            "/runs",
            json!({"assistant_id": 7}),
            "expected a string, got 7",
        ),
        (
            "/runs",
            json!({"assistant_id": "multi", "config": []}),
            "expected an object, got a list",
        ),
        (
            "/runs",
            json!({"assistant_id": "multi", "config": {"tags": {}}}),
            "expected a list, got an object",
        ),
        (
            "/threads",
            json!({"metadata": "x"}),
            "expected an object, got \"x\"",
        ),
    ] {
        let refusal = server.post(path, &body).await.refused(422);
        assert!(refusal.starts_with(told), "{body}: {refusal}");
    }
    // Numbers with a fraction keep their text; the reader's way to pass them on is nobody's business.
    for body in [
        json!({"assistant_id": "multi", "stream_mode": 1.5}),
        json!({"assistant_id": "multi", "interrupt_before": 1.5}),
        json!({"assistant_id": "multi", "command": {"goto": 1.5}}),
        json!({"assistant_id": "multi", "input": 1.5, "schedule": "@daily"}),
    ] {
        let path = if body["schedule"].is_null() {
            "/runs"
        } else {
            "/runs/crons"
        };
        let refusal = server.post(path, &body).await.refused(422);
        assert!(!refusal.contains("serde"), "{body}: {refusal}");
    }
}
