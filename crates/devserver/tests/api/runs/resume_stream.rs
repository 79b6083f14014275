//! Resumable runs: a client that comes back with the last event it saw misses nothing.

use lgx_testkit::TestServer;
use lgx_testkit::sse::{Event, Events};
use serde_json::json;

use crate::bodies::multi_with;
use crate::steps::thread;

async fn begin(server: &TestServer, id: &str) -> (Events, String) {
    let body = multi_with(
        "in",
        json!({"stream_resumable": true, "stream_mode": "updates"}),
    );
    let events = server
        .post(format!("/threads/{id}/runs/stream"), &body)
        .events()
        .await;
    let location = events.header("location").to_owned();
    (events, location)
}

async fn resume(server: &TestServer, location: &str, last: &str) -> Vec<Event> {
    let request = server.get(location).header("last-event-id", last);
    request.events().await.rest().await
}

fn nodes(events: &[Event]) -> Vec<String> {
    let objects = events.iter().filter_map(|event| event.data.as_object());
    objects
        .filter_map(|object| object.keys().next().cloned())
        .collect()
}

#[tokio::test]
async fn events_have_ids_that_grow() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let (events, _) = begin(&server, &id).await;
    let events = events.rest().await;
    let ids: Vec<(u64, u64)> = events
        .iter()
        .map(|event| {
            let (millis, serial) = event.id.as_deref().unwrap().split_once('-').unwrap();
            (millis.parse().unwrap(), serial.parse().unwrap())
        })
        .collect();
    assert_eq!(ids.len(), 4);
    assert!(ids.is_sorted_by(|one, next| one < next), "{ids:?}");
}

#[tokio::test]
async fn a_running_run_goes_on_where_the_client_left() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let (mut events, location) = begin(&server, &id).await;
    let metadata = events.next().await.unwrap();
    server.worker.slow().arrived(1).await;
    drop(events);

    let after = metadata.id.unwrap();
    let open = async |last: &str| {
        server
            .get(&*location)
            .header("last-event-id", last)
            .events()
            .await
    };
    let readers = [
        (open("-1").await, 4),
        (open("0").await, 4),
        (open("-").await, 4),
        (open(&after).await, 3),
        (open("garbage").await, 2),
        (server.get(&*location).events().await, 2),
    ];
    server.worker.slow().open();
    for (reader, expected) in readers {
        let events = reader.rest().await;
        assert_eq!(events.len(), expected, "{events:?}");
        assert_eq!(nodes(&events).last().unwrap(), "b");
    }
}

#[tokio::test]
async fn a_run_that_has_ended_is_replayed() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let (events, location) = begin(&server, &id).await;
    let seen = events.rest().await;
    assert_eq!(resume(&server, &location, "-1").await, seen);
    let second = seen[1].id.as_deref().unwrap();
    assert_eq!(resume(&server, &location, second).await, seen[2..]);
    let last = seen[3].id.as_deref().unwrap();
    assert!(resume(&server, &location, last).await.is_empty());
    assert!(resume(&server, &location, "garbage").await.is_empty());
    assert!(server.get(location).events().await.rest().await.is_empty());
}

#[tokio::test]
async fn an_error_is_replayed_too() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let body = json!({"assistant_id": "boom", "input": {}, "stream_resumable": true});
    let events = server
        .post(format!("/threads/{id}/runs/stream"), &body)
        .events()
        .await;
    let location = events.header("location").to_owned();
    let seen = events.rest().await;
    assert_eq!(seen.last().unwrap().name, "error");
    assert_eq!(resume(&server, &location, "0").await, seen);
}
