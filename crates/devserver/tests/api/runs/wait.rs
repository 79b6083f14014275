//! Creating a run and waiting for its result, and joining one that exists.

use lgx_testkit::{TestProject, TestServer};
use serde_json::json;

use crate::bodies::{multi, multi_with};
use crate::steps::{NOBODY, create, get, join, status, text, thread, wait};

#[tokio::test]
async fn the_result_is_the_final_state() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let answer = server
        .post(format!("/threads/{id}/runs/wait"), &multi("in"))
        .await;
    assert_eq!(answer.ok(), json!({"log": ["in", "a", "slow", "b"]}));
    let place = answer.header("content-location").unwrap();
    assert!(
        place.starts_with(&format!("/threads/{id}/runs/")),
        "{place}"
    );
    assert_eq!(answer.header("location"), Some(&*format!("{place}/join")));

    let again = server.get(format!("{place}/join")).await;
    assert_eq!(again.ok(), json!({"log": ["in", "a", "slow", "b"]}));
    assert_eq!(again.header("content-location"), Some(place));
    assert_eq!(again.header("location"), Some(&*format!("{place}/join")));
    // The thread is settled by the time the answer is there.
    assert_eq!(get(&server, &id).await["status"], "idle");
}

#[tokio::test]
async fn the_result_does_not_depend_on_what_is_streamed() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let body = multi_with("in", json!({"stream_mode": "updates"}));
    assert_eq!(
        wait(&server, &id, body).await,
        json!({"log": ["in", "a", "slow", "b"]})
    );
}

#[tokio::test]
async fn the_head_of_the_answer_comes_before_the_result() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let opened = server
        .post(format!("/threads/{id}/runs/wait"), &multi("in"))
        .open()
        .await;
    assert_eq!(opened.status, 200);
    assert!(opened.headers.contains_key("content-location"));
    server.worker.slow().open();
    assert_eq!(opened.whole().await.ok()["log"][3], "b");
}

#[tokio::test]
async fn several_clients_may_join_one_run() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let run = create(&server, &id, multi("in")).await;
    server.worker.slow().arrived(1).await;
    let path = format!("/threads/{id}/runs/{run}/join");
    let (one, two) = (
        server.get(&*path).open().await,
        server.get(&*path).open().await,
    );
    server.worker.slow().open();
    for joined in [one, two] {
        assert_eq!(joined.whole().await.ok()["log"][3], "b");
    }
}

#[tokio::test]
async fn an_exception_is_the_result_of_a_run_that_raised() {
    let server = TestServer::start().await;
    let mut listener = server.listen();
    let id = thread(&server).await;
    let boom = json!({"assistant_id": "boom", "input": {"log": ["in"]}});
    let error = json!({"error": "ValueError", "message": "kaboom"});
    let path = format!("/threads/{id}/runs/wait");
    let answer = server.post(path, &boom).await;
    assert_eq!(answer.ok(), json!({"__error__": error}));
    let place = answer.header("content-location").unwrap();
    assert_eq!(server.get(place).await.ok()["status"], "error");
    assert_eq!(
        server.get(format!("{place}/join")).await.ok(),
        json!({"__error__": error})
    );
    let failed = get(&server, &id).await;
    assert_eq!(
        (&failed["status"], &failed["error"]),
        (&json!("error"), &error)
    );
    assert_eq!(failed["values"], json!({"log": ["in"]}));
    let told = listener
        .hear("the failure", |notice| match notice {
            lgx_devserver::Notice::RunFailed { diagnostic, .. } => Some(diagnostic.clone()),
            _ => None,
        })
        .await;
    assert_eq!((told.kind.as_str(), told.line), ("ValueError", Some(3)));

    // The error goes with the next run that ends well.
    wait(
        &server,
        &id,
        json!({"assistant_id": "custom", "input": {"count": 1}}),
    )
    .await;
    let fine = get(&server, &id).await;
    assert_eq!(
        (&fine["status"], &fine["error"]),
        (&json!("idle"), &json!(null))
    );
}

#[tokio::test]
async fn a_graph_without_input_fails_like_the_library_does() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let nothing = json!({"assistant_id": "multi", "input": null});
    let result = wait(&server, &id, nothing).await;
    assert_eq!(result["__error__"]["error"], "EmptyInputError");
}

#[tokio::test]
async fn joining_shows_the_thread_as_it_is_now() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let first = create(&server, &id, multi("one")).await;
    join(&server, &id, &first).await;
    wait(&server, &id, multi("two")).await;
    let joined = join(&server, &id, &first).await;
    assert_eq!(joined["log"].as_array().unwrap().len(), 8);
    assert_eq!(status(&server, &id, &first).await, "success");
}

/// A server with the graph whose output is less than its state.
async fn narrow_server() -> TestServer {
    let graphs = json!({"multi": "./graphs.py:multi", "narrow": "./graphs.py:narrow"});
    TestServer::over(TestProject::with(json!({"graphs": graphs})))
        .start()
        .await
}

fn narrow() -> serde_json::Value {
    json!({"assistant_id": "narrow", "input": {"answer": "42"}})
}

const NARROW: [(&str, &str); 2] = [("answer", "42"), ("final", "answer=42")];

#[tokio::test]
async fn waiting_shows_the_output_of_a_graph_and_its_thread_keeps_all() {
    let server = narrow_server().await;
    let id = thread(&server).await;
    assert_eq!(
        wait(&server, &id, narrow()).await,
        json!({"final": "answer=42"})
    );
    let whole = get(&server, &id).await["values"].clone();
    for (key, value) in NARROW {
        assert_eq!(whole[key], value);
    }
    assert_eq!(whole["log"], json!(["slow"]));
}

#[tokio::test]
async fn waiting_for_a_run_that_shows_no_values_answers_as_its_thread() {
    let server = narrow_server().await;
    let id = thread(&server).await;
    let mut body = narrow();
    body["stream_mode"] = json!(["updates"]);
    let answer = wait(&server, &id, body).await;
    assert_eq!(answer, get(&server, &id).await["values"]);
}

#[tokio::test]
async fn a_join_that_begins_before_the_end_answers_as_a_wait_and_a_later_one_as_the_thread() {
    let server = narrow_server().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let run = create(&server, &id, narrow()).await;
    server.worker.slow().arrived(1).await;
    let early = server
        .get(format!("/threads/{id}/runs/{run}/join"))
        .open()
        .await;
    server.worker.slow().open();
    assert_eq!(early.whole().await.ok(), json!({"final": "answer=42"}));
    let late = join(&server, &id, &run).await;
    assert_eq!(late, get(&server, &id).await["values"]);
    assert_eq!(late["answer"], "42");
}

#[tokio::test]
async fn a_join_that_begins_before_a_question_shows_the_values_with_it() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    create(&server, &id, multi("in")).await;
    let asks = json!({"assistant_id": "hitl", "input": {"question": "name?"}});
    let run = create(&server, &id, asks).await;
    let early = server
        .get(format!("/threads/{id}/runs/{run}/join"))
        .open()
        .await;
    server.worker.slow().open();
    let early = early.whole().await.ok();
    assert_eq!(early["question"], "name?");
    assert_eq!(early["__interrupt__"][0]["response_schema"], json!(null));
    let late = join(&server, &id, &run).await;
    assert_eq!(
        late,
        json!({"__interrupt__": [{"id": early["__interrupt__"][0]["id"], "value": {"q": "name?"}}]})
    );
}

#[tokio::test]
async fn joining_what_is_not_there() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let gone = json!({"__error__": {"error": "HTTPException", "message": "404: Run not found"}});
    assert_eq!(join(&server, &id, NOBODY).await, gone);
    assert_eq!(join(&server, NOBODY, NOBODY).await, gone);
    server
        .get(format!("/threads/{id}/runs/bad/join"))
        .await
        .refused(422);
    server
        .get(format!("/threads/bad/runs/{NOBODY}/join"))
        .await
        .refused(422);
    server
        .post(format!("/threads/{id}/runs/{NOBODY}/join"), &json!({}))
        .await
        .refused(405);
    // The run of another thread is not there either.
    let run = create(&server, &id, multi("in")).await;
    let other = thread(&server).await;
    assert_eq!(join(&server, &other, &run).await, gone);
    assert_eq!(
        text(&join(&server, &other, &run).await["__error__"], "error"),
        "HTTPException"
    );
}
