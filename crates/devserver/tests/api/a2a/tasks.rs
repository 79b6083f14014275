//! Tasks that are there: cancelled, listed, not found; and requests that are none.

use lgx_testkit::{Client, TestServer};
use serde_json::{Value, json};

use super::{asks, begun, data, error, result, says, says_in, text};
use crate::steps::NOBODY;

#[tokio::test]
async fn a_task_at_work_is_cancelled_and_its_followers_hear_it() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let task = begun(&server).await;
    server.worker.slow().arrived(1).await;
    let id = json!({"id": task["id"]});
    let mut stream = asks(&server, "multi", "tasks/resubscribe", id.clone())
        .events()
        .await;
    stream.next().await.unwrap();
    let canceled = result(&server, "multi", "tasks/cancel", id.clone()).await;
    assert_eq!(canceled["status"]["state"], "canceled");
    let events = stream.rest().await;
    let end = &events.last().unwrap().data["result"];
    assert_eq!(end["status"]["state"], "canceled");
    assert_eq!(end["final"], true);
    assert_eq!(error(&server, "multi", "tasks/cancel", id).await.0, -32002);
}

#[tokio::test]
async fn a_task_that_waits_for_its_turn_is_cancelled() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let first = begun(&server).await;
    server.worker.slow().arrived(1).await;
    let mut params = says_in(data(json!({})), json!({"contextId": first["contextId"]}));
    params["configuration"] = json!({"blocking": false});
    let second = result(&server, "multi", "message/send", params).await;
    let canceled = result(&server, "multi", "CancelTask", json!({"id": second["id"]})).await;
    assert_eq!(canceled["status"]["state"], "TASK_STATE_CANCELED");
    server.worker.slow().open();
}

#[tokio::test]
async fn tasks_that_are_not_there_are_not_found() {
    let server = TestServer::start().await;
    let task = result(&server, "agent", "message/send", says(text("hi"))).await;
    for method in ["tasks/get", "tasks/cancel", "tasks/resubscribe", "GetTask"] {
        for id in [json!("none"), json!(format!("{NOBODY}:{NOBODY}"))] {
            let refused = error(&server, "agent", method, json!({"id": id})).await;
            assert_eq!(refused.0, -32001, "{method} {id}");
        }
        assert_eq!(error(&server, "agent", method, json!({})).await.0, -32602);
        let elsewhere = json!({"id": task["id"], "contextId": NOBODY});
        assert_eq!(error(&server, "agent", method, elsewhere).await.0, -32001);
        // It is a task of another agent.
        let id = json!({"id": task["id"]});
        assert_eq!(error(&server, "multi", method, id).await.0, -32001);
    }
    let here = json!({"id": task["id"], "contextId": task["contextId"]});
    result(&server, "agent", "tasks/get", here).await;
}

async fn listed(client: &Client, graph: &str, params: Value) -> (Vec<Value>, Value) {
    let page = result(client, graph, "ListTasks", params).await;
    let tasks = page["tasks"].as_array().unwrap();
    (tasks.iter().map(|task| task["id"].clone()).collect(), page)
}

#[tokio::test]
async fn tasks_are_listed_newest_first_a_page_at_a_time() {
    let server = TestServer::start().await;
    let mut ids = Vec::new();
    for number in 0..3 {
        let params = says(text(&number.to_string()));
        let task = result(&server, "agent", "message/send", params).await;
        ids.insert(0, task["id"].clone());
    }
    let failed = says(data(json!({"log": []})));
    result(&server, "boom", "message/send", failed).await;

    let (all, page) = listed(&server, "agent", json!({})).await;
    assert_eq!(all, ids);
    assert_eq!(
        (
            &page["totalSize"],
            &page["pageSize"],
            &page["nextPageToken"]
        ),
        (&json!(3), &json!(50), &json!(""))
    );
    let task = &page["tasks"][0];
    assert_eq!(task["status"]["state"], "TASK_STATE_COMPLETED");
    assert_eq!(
        (&task["history"], &task["artifacts"]),
        (&json!([]), &json!([]))
    );

    let (first, page) = listed(&server, "agent", json!({"pageSize": 2})).await;
    assert_eq!(first, ids[..2]);
    let token = &page["nextPageToken"];
    let (rest, page) = listed(&server, "agent", json!({"pageSize": 2, "pageToken": token})).await;
    assert_eq!(rest, ids[2..]);
    assert_eq!(page["nextPageToken"], "");

    let with = json!({"includeArtifacts": true, "historyLength": 1, "pageSize": 1});
    let (_, page) = listed(&server, "agent", with).await;
    let task = &page["tasks"][0];
    assert_eq!(task["artifacts"][0]["parts"][0]["text"], "echo: 2");
    assert_eq!(task["history"][0]["parts"][0]["text"], "echo: 2");
}

#[tokio::test]
async fn tasks_are_listed_by_context_state_and_time() {
    let server = TestServer::start().await;
    let question = says(data(json!({"question": "?"})));
    let waiting = result(&server, "hitl", "message/send", question.clone()).await;
    let done = result(&server, "hitl", "message/send", question).await;
    let answer = says_in(text("x"), json!({"taskId": done["id"]}));
    let done = result(&server, "hitl", "message/send", answer).await;
    for (query, expected) in [
        (
            json!({"status": "TASK_STATE_INPUT_REQUIRED"}),
            vec![&waiting],
        ),
        (json!({"status": "TASK_STATE_COMPLETED"}), vec![&done]),
        (json!({"status": "TASK_STATE_FAILED"}), vec![]),
        (json!({"contextId": waiting["contextId"]}), vec![&waiting]),
        (json!({"contextId": NOBODY}), vec![]),
        (
            json!({"statusTimestampAfter": waiting["status"]["timestamp"]}),
            vec![&done],
        ),
    ] {
        let (ids, page) = listed(&server, "hitl", query.clone()).await;
        let expected: Vec<Value> = expected.iter().map(|task| task["id"].clone()).collect();
        assert_eq!(ids, expected, "{query}");
        assert_eq!(page["totalSize"], expected.len(), "{query}");
    }
    assert_eq!(
        error(&server, "hitl", "ListTasks", json!({"pageSize": 0}))
            .await
            .0,
        -32602
    );
}

#[tokio::test]
async fn methods_that_there_are_not_say_so() {
    let server = TestServer::start().await;
    for (method, code) in [
        ("nope", -32601),
        ("tasks/pushNotificationConfig/set", -32003),
        ("CreateTaskPushNotificationConfig", -32003),
        ("agent/getAuthenticatedExtendedCard", -32007),
        ("GetExtendedAgentCard", -32007),
    ] {
        let refused = error(&server, "agent", method, json!({})).await;
        assert_eq!(refused.0, code, "{method}");
    }
    let unknown = error(&server, "nobody", "tasks/get", json!({"id": "x"})).await;
    assert_eq!(unknown.0, -32602);
    assert!(unknown.1.contains("UUID"), "{unknown:?}");
    let unknown = error(&server, NOBODY, "tasks/get", json!({"id": "x"})).await;
    assert_eq!(unknown.0, -32602);
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": "GetTask", "params": {"id": "x"}});
    let other = server
        .post("/a2a/agent", &body)
        .header("A2A-Version", "2.0");
    assert_eq!(other.await.ok()["error"]["code"], -32009);
}

#[tokio::test]
async fn what_is_no_request_is_told_so() {
    let server = TestServer::start().await;
    for (body, code) in [
        ("", -32700),
        ("{", -32700),
        ("[]", -32600),
        ("{}", -32600),
        (r#"{"id": 1, "method": "tasks/get"}"#, -32600),
        (r#"{"jsonrpc": "2.0", "method": "tasks/get"}"#, -32600),
        (
            r#"{"jsonrpc": "2.0", "id": 1, "method": "tasks/get", "params": [1]}"#,
            -32602,
        ),
    ] {
        let answer = server.request("POST", "/a2a/agent").body(body).await.ok();
        assert_eq!(answer["error"]["code"], code, "{body}");
    }
    server.request("PUT", "/a2a/agent").await.refused(405);
}
