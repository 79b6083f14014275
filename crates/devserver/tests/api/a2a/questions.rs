//! Graphs that ask: the task waits for input, and the next message answers.

use lgx_testkit::{Client, TestServer};
use serde_json::{Value, json};

use super::{asks, data, error, result, says, says_in, text};

async fn asked(client: &Client) -> Value {
    let params = says(data(json!({"question": "name?"})));
    let task = result(client, "hitl", "message/send", params).await;
    assert_eq!(task["status"]["state"], "input-required");
    task
}

#[tokio::test]
async fn a_question_is_in_the_status_and_a_message_answers_it() {
    let server = TestServer::start().await;
    for place in ["taskId", "contextId"] {
        let task = asked(&server).await;
        let part = &task["status"]["message"]["parts"][0];
        assert_eq!(part["data"], json!({"q": "name?"}));
        assert!(part["metadata"]["interruptId"].is_string(), "{part}");
        let got = result(&server, "hitl", "tasks/get", json!({"id": task["id"]})).await;
        assert_eq!(got["status"]["message"]["parts"][0], *part);

        let id = if place == "taskId" { "id" } else { place };
        let answer = says_in(text("Bob"), json!({place: task[id]}));
        let answered = result(&server, "hitl", "message/send", answer).await;
        assert_eq!(answered["status"]["state"], "completed");
        // A task stays the same one through all of its questions.
        assert_eq!(answered["id"], task["id"], "{place}");
        let output = &answered["artifacts"][0]["parts"][0]["data"];
        assert_eq!(output["final"], "answer=Bob");
        let got = result(&server, "hitl", "tasks/get", json!({"id": task["id"]})).await;
        assert_eq!(got, answered);
    }
}

#[tokio::test]
async fn an_answer_may_be_data() {
    let server = TestServer::start().await;
    let task = asked(&server).await;
    let answer = says_in(data(json!({"ok": true})), json!({"taskId": task["id"]}));
    let answered = result(&server, "hitl", "message/send", answer).await;
    let output = &answered["artifacts"][0]["parts"][0]["data"];
    assert_eq!(output["answer"], json!({"ok": true}));
}

#[tokio::test]
async fn a_stream_ends_with_the_question_and_another_one_answers() {
    let server = TestServer::start().await;
    let sent = json!({"message": {"role": "ROLE_USER", "messageId": "m1", "parts": [{"data": {"question": "name?"}}]}});
    let stream = asks(&server, "hitl", "SendStreamingMessage", sent)
        .events()
        .await;
    let events = stream.rest().await;
    let last = &events.last().unwrap().data["result"]["statusUpdate"];
    assert_eq!(last["status"]["state"], "TASK_STATE_INPUT_REQUIRED");
    assert_eq!(
        last["status"]["message"]["parts"][0]["data"],
        json!({"q": "name?"})
    );
    let sent = json!({"message": {"role": "ROLE_USER", "messageId": "m2", "parts": [{"text": "Bob"}],
        "taskId": last["taskId"], "contextId": last["contextId"]}});
    let stream = asks(&server, "hitl", "SendStreamingMessage", sent)
        .events()
        .await;
    let events = stream.rest().await;
    let first = &events[0].data["result"]["task"];
    assert_eq!(first["id"], last["taskId"]);
    assert_eq!(first["status"]["state"], "TASK_STATE_WORKING");
    let end = &events.last().unwrap().data["result"]["statusUpdate"];
    assert_eq!(end["status"]["state"], "TASK_STATE_COMPLETED");
}

#[tokio::test]
async fn a_task_that_waits_can_be_cancelled_and_asks_no_more() {
    let server = TestServer::start().await;
    let task = asked(&server).await;
    let id = json!({"id": task["id"]});
    let canceled = result(&server, "hitl", "tasks/cancel", id.clone()).await;
    assert_eq!(canceled["status"]["state"], "canceled");
    let got = result(&server, "hitl", "tasks/get", id.clone()).await;
    assert_eq!(got["status"]["state"], "canceled");
    let late = says_in(text("Bob"), json!({"taskId": task["id"]}));
    assert_eq!(error(&server, "hitl", "message/send", late).await.0, -32004);
    assert_eq!(error(&server, "hitl", "tasks/cancel", id).await.0, -32002);
    // A message to the context begins anew.
    let next = says_in(
        data(json!({"question": "again?"})),
        json!({"contextId": task["contextId"]}),
    );
    let next = result(&server, "hitl", "message/send", next).await;
    assert_ne!(next["id"], task["id"]);
    assert_eq!(
        next["status"]["message"]["parts"][0]["data"],
        json!({"q": "again?"})
    );
}

#[tokio::test]
async fn only_a_task_that_asks_takes_another_message() {
    let server = TestServer::start().await;
    let task = result(&server, "agent", "message/send", says(text("hi"))).await;
    let more = says_in(text("more"), json!({"taskId": task["id"]}));
    let (code, message) = error(&server, "agent", "message/send", more).await;
    assert_eq!(code, -32004);
    assert!(message.contains("terminal"), "{message}");

    server.worker.slow().close();
    let busy = super::begun(&server).await;
    let more = says_in(data(json!({})), json!({"taskId": busy["id"]}));
    assert_eq!(
        error(&server, "multi", "message/send", more).await.0,
        -32004
    );
    server.worker.slow().open();
}

#[tokio::test]
async fn an_answer_for_another_context_is_refused() {
    let server = TestServer::start().await;
    let (one, two) = (asked(&server).await, asked(&server).await);
    let place = json!({"taskId": one["id"], "contextId": two["contextId"]});
    let refused = error(&server, "hitl", "message/send", says_in(text("x"), place)).await;
    assert_eq!(refused.0, -32602);
    // Another agent's task is nobody's here.
    let place = json!({"taskId": one["id"]});
    let refused = error(&server, "agent", "message/send", says_in(text("x"), place)).await;
    assert_eq!(refused.0, -32001);
}
