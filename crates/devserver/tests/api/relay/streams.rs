//! Streams of runs and threads that are at home elsewhere: byte for byte what the home sends.

use lgx_testkit::Client;
use lgx_testkit::client::Opened;
use serde_json::json;

use super::pair;
use crate::bodies::{multi, multi_with};
use crate::steps::{create, join};

/// All bytes of an answer, but for comments that show that it is alive.
async fn bytes(opened: Opened) -> String {
    let text = opened.whole().await.text().to_owned();
    text.replace(": heartbeat\r\n\r\n", "")
}

async fn open(client: &Client, path: &str, last: Option<&str>) -> Opened {
    let request = client.get(path);
    let request = match last {
        Some(last) => request.header("last-event-id", last),
        None => request,
    };
    request.open().await
}

#[tokio::test]
async fn a_run_is_streamed_byte_for_byte_as_at_its_home() {
    let Some(pair) = pair(None).await else { return };
    let id = pair.thread().await;
    pair.home.worker.slow().close();
    let body = multi_with(
        "in",
        json!({"stream_resumable": true, "stream_mode": ["values", "updates"]}),
    );
    let created = pair
        .other
        .post(format!("/threads/{id}/runs/stream"), &body)
        .open()
        .await;
    let stream = created.header("location").to_owned();
    pair.home.worker.slow().arrived(2).await;
    let (here, there) = (
        open(&pair.other, &stream, Some("-")).await,
        open(&pair.home, &stream, Some("-")).await,
    );
    let names = |opened: &Opened| {
        let mut names: Vec<_> = opened.headers.keys().map(ToString::to_string).collect();
        names.sort();
        names
    };
    assert_eq!(names(&here), names(&there));
    pair.home.worker.slow().open();
    let whole = bytes(created).await;
    assert!(whole.contains("event: values") && whole.contains("\r\nid: "));
    assert_eq!(bytes(here).await, whole);
    assert_eq!(bytes(there).await, whole);

    // Who comes back later gets the rest, from either.
    let (first, rest) = whole.split_at(whole.find("\r\n\r\n").unwrap() + 4);
    let last = first.trim().rsplit("id: ").next().unwrap();
    for server in [&pair.other, &pair.home] {
        assert_eq!(bytes(open(server, &stream, Some(last)).await).await, rest);
        let id_of_run = stream.split('/').nth(4).unwrap();
        let stateless = format!("/runs/{id_of_run}/stream");
        let again = open(server, &stateless, Some(last)).await;
        assert_eq!(bytes(again).await, rest);
    }
}

#[tokio::test]
async fn who_watches_a_thread_sees_runs_that_others_ask_for_elsewhere() {
    let Some(pair) = pair(None).await else { return };
    let id = pair.thread().await;
    let path = format!("/threads/{id}/stream");
    let mut here = pair.other.get(&*path).events().await;
    let mut there = pair.home.get(&*path).events().await;
    let run = create(&pair.other, &id, multi("in")).await;
    join(&pair.home, &id, &run).await;
    for _ in 0..3 {
        let (one, other) = (here.next().await, there.next().await);
        assert!(one.is_some());
        assert_eq!(one, other);
    }
}

#[tokio::test]
async fn streams_break_off_when_the_home_stops() {
    let Some(pair) = pair(None).await else { return };
    let id = pair.thread().await;
    let watching = pair.other.get(format!("/threads/{id}/stream")).events();
    let watching = watching.await;
    pair.home.stop().await;
    assert!(watching.break_off().await.is_empty());
}
