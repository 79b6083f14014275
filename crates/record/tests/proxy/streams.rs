//! Streams go on as they come, and are kept when they have ended.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::stream;
use http::Response;
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use lgx_cassettes::Mode;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::provider::{Answer, Provider};
use crate::recording::Place;
use crate::within::within;

const MESSAGES: &str = "https://api.anthropic.com/v1/messages";

/// A provider that streams what the test sends it, once.
async fn streaming() -> (Provider, UnboundedSender<&'static str>) {
    let (sender, receiver) = unbounded_channel();
    let receiver = Arc::new(Mutex::new(Some(receiver)));
    let provider = Provider::start(move |_| {
        let receiver = receiver.lock().unwrap().take().unwrap();
        events(receiver)
    });
    (provider.await, sender)
}

fn events(receiver: UnboundedReceiver<&'static str>) -> Answer {
    let frames = stream::unfold(receiver, |mut receiver| async {
        let text = receiver.recv().await?;
        let frame = Frame::data(Bytes::from_static(text.as_bytes()));
        Some((Ok::<_, Infallible>(frame), receiver))
    });
    Response::builder()
        .header("content-type", "text/event-stream")
        .body(StreamBody::new(frames).boxed_unsync())
        .unwrap()
}

#[tokio::test]
async fn a_piece_goes_on_before_the_next_one_is_there() {
    let place = Place::new();
    let (provider, sender) = streaming().await;
    let running = place.start(Mode::Record, Some(&provider)).await;
    let answer = running.client().open(MESSAGES, "{}").await.unwrap();
    let mut body = answer.into_body();
    for piece in ["data: 1\n\n", "data: 2\n\n"] {
        sender.send(piece).unwrap();
        let frame = within("a piece", body.frame()).await.unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), piece);
    }
    drop(sender);
    assert!(within("the end", body.frame()).await.is_none());
    // Who has seen the end finds the recording.
    assert_eq!(running.library.used().unwrap().new.len(), 1);
    running.close().await;

    let running = place.start(Mode::Replay, None).await;
    let played = running.client().post(MESSAGES, "{}").await;
    assert_eq!(played.headers["content-type"], "text/event-stream");
    assert_eq!(played.text, "data: 1\n\ndata: 2\n\n");
}

#[tokio::test]
async fn who_leaves_at_the_last_event_leaves_a_whole_recording() {
    let place = Place::new();
    let (provider, sender) = streaming().await;
    let running = place.start(Mode::Record, Some(&provider)).await;
    let answer = running.client().open(MESSAGES, "{}").await.unwrap();
    let mut body = answer.into_body();
    sender.send("data: [DONE]\n\n").unwrap();
    within("a piece", body.frame()).await.unwrap().unwrap();
    drop(body);
    drop(sender);
    assert_eq!(running.close().await.used().unwrap().new.len(), 1);
}

#[tokio::test]
async fn of_a_stream_that_its_client_has_left_nothing_is_kept() {
    let place = Place::new();
    let (provider, sender) = streaming().await;
    let running = place.start(Mode::Record, Some(&provider)).await;
    let answer = running.client().open(MESSAGES, "{}").await.unwrap();
    let mut body = answer.into_body();
    sender.send("data: 1\n\n").unwrap();
    within("a piece", body.frame()).await.unwrap().unwrap();
    drop(body);
    // It would go on for long: when the proxy has closed, it has been given up.
    let library = running.close().await;
    within("the provider to be left", sender.closed()).await;
    assert_eq!(library.used().unwrap().new, [""; 0]);
    assert_eq!(library.entries().unwrap().len(), 0);
}
