//! What a restart of the server leaves: the events of resumable runs, under their ids and numbers.

use lgx_testkit::{TestProject, TestServer};
use serde_json::json;

use super::{frames, lifecycle, next, start, watch};
use crate::bodies::multi_with;
use crate::steps::{join, status, thread};

async fn restarted(server: TestServer) -> TestServer {
    let project: TestProject = server.stop().await;
    TestServer::over(project).start().await
}

#[tokio::test]
async fn the_stream_of_a_run_that_had_ended_is_replayed() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let body = multi_with("x", json!({"stream_resumable": true}));
    let events = server
        .post(format!("/threads/{id}/runs/stream"), &body)
        .events()
        .await;
    let location = events.header("location").to_owned();
    let seen = events.rest().await;
    let server = restarted(server).await;
    for (last, expected) in [
        ("-1", &seen[..]),
        (seen[1].id.as_deref().unwrap(), &seen[2..]),
    ] {
        let again = server.get(&*location).header("last-event-id", last);
        assert_eq!(again.events().await.rest().await, expected);
    }
}

#[tokio::test]
async fn a_run_that_was_going_goes_on_for_the_client_that_comes_back() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let body = multi_with(
        "x",
        json!({"stream_resumable": true, "stream_mode": "updates"}),
    );
    let mut events = server
        .post(format!("/threads/{id}/runs/stream"), &body)
        .events()
        .await;
    let location = events.header("location").to_owned();
    let seen = next(&mut events, 2).await;
    server.worker.slow().arrived(1).await;

    let server = restarted(server).await;
    assert_eq!(events.break_off().await, []);
    let last = seen[1].id.as_deref().unwrap();
    let rest = server.get(&*location).header("last-event-id", last);
    let rest = rest.events().await.rest().await;
    let told: Vec<_> = rest.iter().map(|event| &event.data).collect();
    assert_eq!(told[0]["attempt"], 2, "{told:?}");
    assert_eq!(told.last(), Some(&&json!({"b": {"log": ["b"]}})));
    let whole = server.get(&*location).header("last-event-id", "0");
    let whole = whole.events().await.rest().await;
    assert_eq!(whole[..2], seen);
    assert_eq!(whole[2..], rest);
}

#[tokio::test]
async fn the_event_protocol_replays_the_same_and_counts_on() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let all = json!({"channels": super::ALL});
    let run = start(&server, &id, "multi", json!({"log": ["x"]})).await;
    join(&server, &id, &run).await;
    let asking = start(&server, &id, "hitl", json!({"question": "q"})).await;
    join(&server, &id, &asking).await;
    let before = next(&mut watch(&server, &id, all.clone()).await, 11).await;
    // Not kept, but counted while somebody watches.
    let mut watching = watch(
        &server,
        &id,
        json!({"channels": ["lifecycle"], "since": 11}),
    )
    .await;
    let plain = json!({"assistant_id": "multi", "input": {"log": []}, "stream_mode": "values"});
    crate::steps::wait(&server, &id, plain).await;
    let last = next(&mut watching, 2).await.pop().unwrap();
    let last: u64 = last.id.unwrap().parse().unwrap();

    let server = restarted(server).await;
    let mut events = watch(&server, &id, all).await;
    assert_eq!(next(&mut events, 11).await, before);
    let run = start(&server, &id, "multi", json!({"log": ["y"]})).await;
    let running = events.next().await.unwrap();
    assert_eq!(running.data["event_id"], format!("synth:{run}:lc||running"));
    assert_eq!(running.data["seq"], last + 1);
}

#[tokio::test]
async fn a_run_of_the_event_protocol_begins_only_once() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let run = start(&server, &id, "multi", json!({"log": ["x"]})).await;
    server.worker.slow().arrived(1).await;
    let server = restarted(server).await;
    join(&server, &id, &run).await;
    let mut events = watch(&server, &id, json!({"channels": ["lifecycle"]})).await;
    assert_eq!(
        frames(&mut events, 2).await,
        [
            lifecycle("running", "multi"),
            lifecycle("completed", "multi")
        ]
    );
    assert_eq!(status(&server, &id, &run).await, "success");
}

#[tokio::test]
async fn streams_that_never_end_break_off_when_the_server_stops() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let protocol = watch(&server, &id, json!({"channels": ["values"]})).await;
    let stream = server.get(format!("/threads/{id}/stream")).events().await;
    server.stop().await;
    assert_eq!(protocol.break_off().await, []);
    assert_eq!(stream.break_off().await, []);
}
