//! Sending messages: what graphs get of them, and what clients get of what graphs answer.

use lgx_testkit::TestServer;
use serde_json::{Value, json};

use super::{begun, data, error, result, says, says_in, text};
use crate::steps::{self, NOBODY};

#[tokio::test]
async fn a_message_becomes_a_run_and_its_answer_an_artifact() {
    let server = TestServer::start().await;
    let task = result(&server, "agent", "message/send", says(text("hi"))).await;
    let (id, context) = (steps::text(&task, "id"), steps::text(&task, "contextId"));
    assert_eq!(task["kind"], "task");
    assert_eq!(task["status"]["state"], "completed");
    let history = task["history"].as_array().unwrap();
    assert_eq!(history.len(), 2);
    assert_eq!(
        history[0],
        json!({"kind": "message", "role": "user", "parts": [{"text": "hi", "kind": "text"}], "messageId": "m1",
            "taskId": id, "contextId": context})
    );
    assert_eq!(history[1]["role"], "agent");
    assert_eq!(
        task["artifacts"],
        json!([{"artifactId": history[1]["messageId"], "name": "Assistant Response",
            "parts": [{"text": "echo: hi", "kind": "text"}]}])
    );
    // The context is the thread, and the rest of the id is the run.
    let run = id.strip_prefix(&format!("{context}:")).unwrap();
    assert_eq!(steps::status(&server, &context, run).await, "success");
    assert_eq!(
        steps::get(&server, &context).await["values"]["messages"][0]["id"],
        "m1"
    );
}

#[tokio::test]
async fn version_1_says_the_same_in_its_own_words() {
    let server = TestServer::start().await;
    let sent =
        json!({"message": {"role": "ROLE_USER", "messageId": "m1", "parts": [{"text": "hi"}]}});
    let answer = result(&server, "agent", "SendMessage", sent).await;
    let task = &answer["task"];
    assert_eq!(task["status"]["state"], "TASK_STATE_COMPLETED");
    assert_eq!(task["history"][0]["role"], "ROLE_USER");
    assert_eq!(task["artifacts"][0]["parts"], json!([{"text": "echo: hi"}]));
    assert!(!answer.to_string().contains("kind"), "{answer}");
    let got = result(&server, "agent", "GetTask", json!({"id": task["id"]})).await;
    assert_eq!(&got, task);
}

#[tokio::test]
async fn messages_of_a_context_are_one_conversation() {
    let server = TestServer::start().await;
    let first = result(&server, "agent", "message/send", says(text("one"))).await;
    let place = json!({"contextId": first["contextId"], "messageId": "m2"});
    let params = says_in(text("two"), place.clone());
    let second = result(&server, "agent", "message/send", params).await;
    assert_eq!(second["contextId"], first["contextId"]);
    assert_ne!(second["id"], first["id"]);
    assert_eq!(second["history"].as_array().unwrap().len(), 4);
    assert_eq!(second["artifacts"][0]["parts"][0]["text"], "echo: two");
    assert_eq!(second["artifacts"].as_array().unwrap().len(), 1);

    let mut params = says_in(text("three"), place);
    params["message"]["messageId"] = json!("m3");
    params["configuration"] = json!({"historyLength": 1});
    let third = result(&server, "agent", "message/send", params).await;
    assert_eq!(third["history"].as_array().unwrap().len(), 1);
    assert_eq!(third["history"][0]["parts"][0]["text"], "echo: three");

    // What a task has left stays its own when the conversation goes on.
    let again = result(&server, "agent", "tasks/get", json!({"id": first["id"]})).await;
    assert_eq!(again["artifacts"], first["artifacts"]);
    assert_eq!(again["history"], first["history"]);
}

#[tokio::test]
async fn the_history_may_be_that_of_the_task_alone() {
    let server = TestServer::start().await;
    let first = result(&server, "agent", "message/send", says(text("one"))).await;
    let params = says_in(
        text("two"),
        json!({"contextId": first["contextId"], "messageId": "m2"}),
    );
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": "message/send", "params": params});
    let answer = server
        .post("/a2a/agent", &body)
        .header("LangGraph-A2A-History-Scope", "task")
        .await
        .ok();
    let history = answer["result"]["history"].as_array().unwrap();
    assert_eq!(history.len(), 2);
    assert_eq!(history[0]["messageId"], "m2");
}

#[tokio::test]
async fn a_context_that_a_client_names_first_is_made() {
    let server = TestServer::start().await;
    let params = says_in(text("hi"), json!({"contextId": NOBODY}));
    let task = result(&server, "agent", "message/send", params).await;
    assert_eq!(task["contextId"], NOBODY);
    steps::get(&server, NOBODY).await;
}

#[tokio::test]
async fn a_graph_without_messages_takes_and_gives_data() {
    let server = TestServer::start().await;
    let task = result(
        &server,
        "multi",
        "message/send",
        says(data(json!({"log": ["in"]}))),
    )
    .await;
    assert_eq!(task["status"]["state"], "completed");
    assert_eq!(task["history"], json!([]));
    assert_eq!(
        task["artifacts"],
        json!([{"artifactId": "output", "name": "Assistant Response",
            "parts": [{"data": {"log": ["in", "a", "slow", "b"]}, "kind": "data"}]}])
    );
    let (code, message) = error(&server, "multi", "message/send", says(text("hi"))).await;
    assert_eq!(code, -32602);
    assert!(
        message.contains("data part") && message.contains("log"),
        "{message}"
    );
    assert_eq!(server.worker.requests("run").len(), 1);
}

#[tokio::test]
async fn files_reach_the_graph_as_content_blocks() {
    let server = TestServer::start().await;
    let png = json!({"kind": "file", "file": {"bytes": "aGk=", "mimeType": "image/png", "name": "a.png"}});
    let mut params = says(text("see"));
    params["message"]["parts"]
        .as_array_mut()
        .unwrap()
        .push(png.clone());
    let task = result(&server, "agent", "message/send", params).await;
    assert_eq!(task["history"][0]["parts"][1]["file"], png["file"]);
    let runs = server.worker.requests("run");
    let content = &runs[0]["input"]["messages"][0]["content"];
    assert_eq!(
        content[1],
        json!({"type": "image", "base64": "aGk=", "mime_type": "image/png", "extras": {"filename": "a.png"}})
    );
}

#[tokio::test]
async fn a_run_that_fails_is_a_task_that_failed_and_says_why() {
    let server = TestServer::start().await;
    let params = says(data(json!({"log": []})));
    let task = result(&server, "boom", "message/send", params).await;
    assert_eq!(task["status"]["state"], "failed");
    let said = &task["status"]["message"];
    assert_eq!(said["parts"][0]["text"], "ValueError: kaboom");
    assert_eq!(said["role"], "agent");
    let got = result(&server, "boom", "tasks/get", json!({"id": task["id"]})).await;
    assert_eq!(got["status"]["message"]["parts"], said["parts"]);
}

#[tokio::test]
async fn a_client_need_not_wait() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let task = begun(&server).await;
    let state = steps::text(&task["status"], "state");
    assert!(["submitted", "working"].contains(&&*state), "{state}");
    assert_eq!(
        task["history"][0]["parts"][0]["data"],
        json!({"log": ["in"]})
    );
    server.worker.slow().arrived(1).await;
    let id = json!({"id": task["id"]});
    let got = result(&server, "multi", "tasks/get", id.clone()).await;
    assert_eq!(got["status"]["state"], "working");
    assert_eq!(got["artifacts"], json!([]));
    server.worker.slow().open();
    let context = steps::text(&task, "contextId");
    let run = steps::text(&task, "id").split_off(context.len() + 1);
    steps::join(&server, &context, &run).await;
    let got = result(&server, "multi", "tasks/get", id).await;
    assert_eq!(got["status"]["state"], "completed");
}

#[tokio::test]
async fn metadata_of_a_request_is_that_of_the_run() {
    let server = TestServer::start().await;
    let mut params = says(text("hi"));
    params["metadata"] = json!({"trace": "t1"});
    let task = result(&server, "agent", "message/send", params).await;
    let context = steps::text(&task, "contextId");
    let runs: Value = server.get(format!("/threads/{context}/runs")).await.ok();
    assert_eq!(runs[0]["metadata"]["trace"], "t1");
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_and_runs_nothing() {
    let server = TestServer::start().await;
    for (params, code) in [
        (json!({}), -32602),
        (json!({"message": {"parts": []}}), -32602),
        (says(json!({"kind": "text"})), -32602),
        (says_in(text("hi"), json!({"contextId": "mine"})), -32602),
        (says_in(text("hi"), json!({"taskId": "none"})), -32001),
        (
            says_in(text("hi"), json!({"taskId": format!("{NOBODY}:{NOBODY}")})),
            -32001,
        ),
        (says(data(json!([1]))), -32602),
    ] {
        let refused = error(&server, "agent", "message/send", params.clone()).await;
        assert_eq!(refused.0, code, "{params}: {refused:?}");
    }
    assert!(server.worker.requests("run").is_empty());
}
