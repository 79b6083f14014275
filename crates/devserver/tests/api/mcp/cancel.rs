//! Calls that their clients give up: by telling so, or by leaving.

use lgx_testkit::client::{Opened, Request};
use lgx_testkit::{Client, FakeWorker, TestProject, TestServer, within};
use serde_json::{Value, json};

use super::{ask_as, begin, session, tell};
use crate::steps;

/// A client whose requests are in a session of its own.
async fn in_session(client: &Client) -> Client {
    let session = session(&begin(client, "2025-11-25").await);
    client.clone().with("mcp-session-id", &session)
}

/// The request for a call of `multi` under this id.
fn held_up(client: &Client, id: u32, with_progress: bool) -> Request {
    let mut params = json!({"name": "multi", "arguments": {"log": ["in"]}});
    if with_progress {
        params["_meta"] = json!({"progressToken": 1});
    }
    ask_as(client, id, "tools/call", params)
}

/// The same, sent and held up in its second node, with somebody who waits for the end of its run.
async fn under_way(server: &TestServer, client: &Client, request: Request) -> (Opened, Opened) {
    let arrivals = server.worker.slow().arrivals();
    server.worker.slow().close();
    let opened = request.open().await;
    server.worker.slow().arrived(arrivals + 1).await;
    let threads = client.post("/threads/search", &json!({})).await.ok();
    let thread = steps::text(&threads[0], "thread_id");
    let runs = client.get(format!("/threads/{thread}/runs")).await.ok();
    let run = steps::text(&runs[0], "run_id");
    let joined = client.get(format!("/threads/{thread}/runs/{run}/join"));
    (opened, joined.open().await)
}

/// What is told of a call that is given up.
fn cancelled(id: u32) -> Value {
    json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id, "reason": "enough"}})
}

/// Waits for the end of the run, which has done no more than its first node.
async fn ends(joined: Opened) {
    let joined = within("the run to end", joined.whole()).await.ok();
    assert_eq!(joined, json!({"log": ["in", "a"]}));
}

#[tokio::test]
async fn a_call_that_is_cancelled_ends_its_run() {
    let server = TestServer::start().await;
    let client = in_session(&server).await;
    let (opened, joined) = under_way(&server, &client, held_up(&client, 7, false)).await;
    tell(&client, &cancelled(7)).await.empty(202);
    ends(joined).await;
    let answer = opened.whole().await.ok();
    assert_eq!(
        answer,
        json!({"jsonrpc": "2.0", "id": 7, "error": {"code": -32800, "message": "The call was cancelled."}})
    );
}

#[tokio::test]
async fn a_stream_that_is_cancelled_ends_without_an_answer() {
    let server = TestServer::start().await;
    let client = in_session(&server).await;
    let (opened, joined) = under_way(&server, &client, held_up(&client, 7, true)).await;
    tell(&client, &cancelled(7)).await.empty(202);
    ends(joined).await;
    assert_eq!(opened.events().rest().await, []);
}

#[tokio::test]
async fn a_call_whose_client_leaves_ends_its_run() {
    let server = TestServer::start().await;
    for with_progress in [false, true] {
        let request = held_up(&server, 7, with_progress);
        let (opened, joined) = under_way(&server, &server, request).await;
        drop(opened);
        ends(joined).await;
    }
}

#[tokio::test]
async fn nobody_cancels_the_calls_of_others() {
    let guarded = TestProject::with(json!({"auth": {"path": "./auth.py:auth"}}));
    let server = TestServer::over(guarded)
        .worker(FakeWorker::new())
        .start()
        .await;
    let alice = in_session(&server.user("alice")).await;
    let others = [
        // In the session of alice, as somebody else.
        alice.clone().with("authorization", "Bearer bob"),
        // In another session of alice, and in none.
        in_session(&server.user("alice")).await,
        server.user("alice"),
    ];
    let (opened, _joined) = under_way(&server, &alice, held_up(&alice, 7, false)).await;
    for other in &others {
        tell(other, &cancelled(7)).await.empty(202);
    }
    tell(&alice, &cancelled(8)).await.empty(202);
    server.worker.slow().open();
    let answer = opened.whole().await.ok();
    assert_eq!(answer["result"]["structuredContent"]["log"][3], "b");
}

#[tokio::test]
async fn a_call_whose_run_is_cancelled_elsewhere_says_so() {
    let server = TestServer::start().await;
    let (opened, joined) = under_way(&server, &server, held_up(&server, 1, false)).await;
    let all = json!({"status": "running"});
    server.post("/runs/cancel", &all).await.empty(204);
    ends(joined).await;
    let answer = opened.whole().await.ok();
    assert_eq!(answer["result"]["isError"], true);
    assert!(
        super::text(&answer["result"]).contains("cancelled"),
        "{answer}"
    );
}
