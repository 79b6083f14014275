//! Creating a run and streaming it, and streaming one that exists.

use lgx_testkit::TestServer;
use lgx_testkit::sse::Event;
use serde_json::{Value, json};

use crate::bodies::{multi, multi_with};
use crate::steps::{NOBODY, create, join, text, thread};

fn names(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.name.as_str()).collect()
}

async fn stream(server: &TestServer, id: &str, body: Value) -> Vec<Event> {
    let events = server
        .post(format!("/threads/{id}/runs/stream"), &body)
        .events();
    events.await.rest().await
}

#[tokio::test]
async fn a_stream_begins_with_the_run_and_goes_on_with_its_states() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let events = server
        .post(format!("/threads/{id}/runs/stream"), &multi("in"))
        .events()
        .await;
    let place = events.header("content-location").to_owned();
    assert_eq!(events.header("location"), format!("{place}/stream"));
    let events = events.rest().await;

    let run_id = place.rsplit('/').next().unwrap();
    assert_eq!(place, format!("/threads/{id}/runs/{run_id}"));
    assert_eq!(events[0].name, "metadata");
    assert_eq!(events[0].data, json!({"run_id": run_id, "attempt": 1}));
    let states: Vec<&Value> = events[1..].iter().map(|event| &event.data).collect();
    assert_eq!(names(&events[1..]), ["values"; 4]);
    assert_eq!(states[0], &json!({"log": ["in"]}));
    assert_eq!(states[3], &json!({"log": ["in", "a", "slow", "b"]}));
    assert!(events.iter().all(|event| event.id.is_none()));
    // Whoever has read the end finds the run ended.
    assert_eq!(server.get(place).await.ok()["status"], "success");
}

#[tokio::test]
async fn several_modes_share_one_stream() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let body = json!({"assistant_id": "tokens", "input": {"count": 2}, "stream_mode": ["values", "updates", "messages-tuple"]});
    let events = stream(&server, &id, body).await;
    assert_eq!(
        names(&events),
        [
            "metadata", "values", "messages", "messages", "updates", "values"
        ]
    );
    assert_eq!(events[2].data[0]["content"], "token0 ");
    assert_eq!(
        events[4].data["model"]["messages"][0]["content"],
        "token0 token1 "
    );

    let custom = json!({"assistant_id": "custom", "input": {"count": 2}, "stream_mode": "custom"});
    let events = stream(&server, &id, custom).await;
    assert_eq!(names(&events), ["metadata", "custom", "custom"]);
    assert_eq!(events[2].data, json!({"number": 1}));

    let old = json!({"assistant_id": "tokens", "input": {"count": 2}, "stream_mode": "messages"});
    let events = stream(&server, &id, old).await;
    assert_eq!(
        names(&events),
        [
            "metadata",
            "messages/metadata",
            "messages/partial",
            "messages/partial"
        ]
    );
}

#[tokio::test]
async fn a_run_that_raises_ends_its_stream_with_the_error() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let body = json!({"assistant_id": "boom", "input": {"log": ["in"]}});
    let events = stream(&server, &id, body).await;
    assert_eq!(names(&events), ["metadata", "values", "error"]);
    assert_eq!(
        events[2].data,
        json!({"error": "ValueError", "message": "kaboom"})
    );
}

#[tokio::test]
async fn a_run_that_has_not_begun_is_streamed_from_its_start() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    create(&server, &id, multi("one")).await;
    let second = create(&server, &id, multi("two")).await;
    let events = server
        .get(format!("/threads/{id}/runs/{second}/stream"))
        .events()
        .await;
    assert!(events.headers.contains_key("content-location"));
    server.worker.slow().open();
    let events = events.rest().await;
    assert_eq!(
        names(&events),
        ["metadata", "values", "values", "values", "values"]
    );
}

#[tokio::test]
async fn a_run_that_has_begun_is_streamed_from_now_on() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let run = create(&server, &id, multi("in")).await;
    server.worker.slow().arrived(1).await;
    let path = format!("/threads/{id}/runs/{run}/stream");
    let late = server.get(&*path).events().await;
    // Not resumable: what a client has seen is of no interest.
    let returning = server
        .get(&*path)
        .header("last-event-id", "-1")
        .events()
        .await;
    server.worker.slow().open();
    for events in [late.rest().await, returning.rest().await] {
        let logs: Vec<&Value> = events.iter().map(|event| &event.data["log"]).collect();
        assert_eq!(
            json!(logs),
            json!([["in", "a", "slow"], ["in", "a", "slow", "b"]])
        );
    }
    assert!(server.get(path).events().await.rest().await.is_empty());
}

#[tokio::test]
async fn readers_of_one_run_may_choose_what_they_read() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let body = multi_with("in", json!({"stream_mode": ["values", "updates"]}));
    let run = create(&server, &id, body).await;
    server.worker.slow().arrived(1).await;
    let open = async |query: &str| {
        let path = format!("/threads/{id}/runs/{run}/stream{query}");
        server.get(path).events().await
    };
    let both = ["updates", "values", "updates", "values"];
    let mut readers = Vec::new();
    for (query, expected) in [
        ("", &both[..]),
        ("?stream_mode=", &both),
        ("?stream_mode=updates", &["updates"; 2]),
        ("?stream_mode=values&stream_mode=updates", &both),
        ("?stream_mode=values,updates", &both),
        ("?stream_mode=%5B%22values%22%5D", &["values"; 2]),
        ("?stream_mode=custom", &[]),
    ] {
        readers.push((open(query).await, expected));
    }
    server.worker.slow().open();
    for (reader, expected) in readers {
        assert_eq!(names(&reader.rest().await), expected);
    }
}

#[tokio::test]
async fn streaming_what_is_not_there() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let gone = json!({"error": "HTTPException", "message": "404: Run not found"});
    for path in [
        format!("/threads/{id}/runs/{NOBODY}/stream"),
        format!("/threads/{NOBODY}/runs/{NOBODY}/stream"),
        format!("/runs/{NOBODY}/stream"),
    ] {
        let events = server.get(path).events().await.rest().await;
        assert_eq!(names(&events), ["error"]);
        assert_eq!(events[0].data, gone);
    }
    server
        .get(format!("/threads/{id}/runs/bad/stream"))
        .await
        .refused(422);
    server
        .get(format!("/threads/bad/runs/{NOBODY}/stream"))
        .await
        .refused(422);
    server.get("/runs/bad/stream").await.refused(422);
}

#[tokio::test]
async fn a_stateless_stream_can_be_come_back_to_where_its_location_says() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let body = multi_with("in", json!({"stream_resumable": true}));
    let mut events = server.post("/runs/stream", &body).events().await;
    let location = events.header("location").to_owned();
    let first = events.until("values").await;
    server.worker.slow().arrived(1).await;
    drop(events);

    let again = server
        .get(&*location)
        .header("last-event-id", first.id.as_deref().unwrap())
        .events()
        .await;
    assert_eq!(again.header("location"), location);
    server.worker.slow().open();
    let rest = again.rest().await;
    assert_eq!(names(&rest), ["values"; 3]);
    assert_eq!(rest[2].data, json!({"log": ["in", "a", "slow", "b"]}));
}

#[tokio::test]
async fn a_reader_that_stops_reading_keeps_nobody_from_reading() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let body =
        json!({"assistant_id": "custom", "input": {"count": 50_000}, "stream_mode": "custom"});
    let stalled = server
        .post(format!("/threads/{id}/runs/stream"), &body)
        .events()
        .await;
    let run = stalled
        .header("content-location")
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    join(&server, &id, &run).await;
    let events = stalled.rest().await;
    assert_eq!(events.len(), 50_001);
    assert_eq!(events[50_000].data, json!({"number": 49_999}));
    assert_eq!(text(&events[0].data, "run_id"), run);
}
