//! Streams of calls: each direction has credit of its own, and one that stops holds up nobody else.

use lgx_worker::credit::WINDOW;
use lgx_worker::frame::{Frame, Kind};
use lgx_worker::{
    Incoming, LoadProgress, LoadRequest, LoadedSources, Message, Method, SendError, StreamCall,
    StreamSender, Worker,
};
use serde_json::{Value, json};
use std::sync::Mutex;

use crate::peer::{Peer, connected};

/// A piece that is a tenth of the window, but for what a frame takes beside it.
static PIECE: [u8; WINDOW / 10] = [b'x'; WINDOW / 10];

fn piece() -> &'static str {
    std::str::from_utf8(&PIECE).unwrap()
}

async fn opened(worker: &Worker, peer: &mut Peer) -> (StreamCall, StreamSender, u64) {
    let (call, sender) = worker.stream(Method::Run, &json!({})).await.unwrap();
    let (kind, id, _) = peer.receive().await.unwrap();
    assert_eq!(kind, Kind::Call);
    (call, sender, id)
}

async fn next_data(call: &mut StreamCall) -> Message {
    match call.next().await {
        Incoming::Data(data) => data,
        Incoming::Answer(answer) => panic!("{answer:?}"),
    }
}

fn message(text: &'static str) -> Message {
    Message {
        meta: "{}".into(),
        sections: vec![text.into()],
    }
}

/// A call is made and answered.
async fn others_go_on(worker: &Worker, peer: &mut Peer) {
    let nothing = json!({});
    let (answer, ()) = tokio::join!(worker.call(Method::StateGet, &nothing), async {
        let (_, id, _) = peer.receive().await.unwrap();
        peer.send(Kind::Reply, id, json!({}), &[]).await;
    });
    answer.unwrap();
}

#[tokio::test]
async fn a_call_whose_data_nobody_takes_holds_up_no_other_and_goes_on_when_it_is_taken() {
    let (worker, mut peer, _recorded) = connected().await;
    let (mut stalled, _, id) = opened(&worker, &mut peer).await;
    let (mut taken, _, other) = opened(&worker, &mut peer).await;
    for _ in 0..10 {
        peer.send(Kind::Data, id, json!({}), &[piece()]).await;
    }
    others_go_on(&worker, &mut peer).await;
    peer.send(Kind::Data, other, json!({"n": 1}), &[]).await;
    assert_eq!(next_data(&mut taken).await.meta, r#"{"n":1}"#);
    peer.send(Kind::Reply, other, json!({}), &[]).await;
    assert!(matches!(taken.next().await, Incoming::Answer(Ok(_))));

    for _ in 0..5 {
        next_data(&mut stalled).await;
    }
    let (kind, granted, meta) = peer.receive().await.unwrap();
    assert_eq!((kind, granted), (Kind::Credit, id));
    let size = PIECE.len() + 16 + 4 + 4 + 2;
    assert_eq!(meta, json!({"bytes": 5 * size}));
    for _ in 0..5 {
        peer.send(Kind::Data, id, json!({}), &[piece()]).await;
    }
    for _ in 0..10 {
        assert_eq!(next_data(&mut stalled).await.sections, [piece()]);
    }
}

#[tokio::test]
async fn a_frame_larger_than_the_window_passes_at_once() {
    let (worker, mut peer, _recorded) = connected().await;
    let (mut call, _, id) = opened(&worker, &mut peer).await;
    let large: &'static str = "x".repeat(3 * WINDOW).leak();
    peer.send(Kind::Data, id, json!({}), &[large]).await;
    assert_eq!(next_data(&mut call).await.sections, [large]);
    let (_, _, meta) = peer.receive().await.unwrap();
    assert!(meta["bytes"].as_u64().unwrap() > 3 * WINDOW as u64);
}

#[tokio::test]
async fn data_that_was_not_granted_is_dropped_after_a_cancel_and_ends_the_connection_before() {
    let (worker, mut peer, _recorded) = connected().await;
    let (mut cancelled, _, id) = opened(&worker, &mut peer).await;
    cancelled.cancel();
    assert_eq!(peer.receive().await.unwrap().0, Kind::Cancel);
    for _ in 0..20 {
        peer.send(Kind::Data, id, json!({}), &[piece()]).await;
    }
    peer.send(Kind::Reply, id, json!({}), &[]).await;
    // Nobody has taken any of it until here.
    others_go_on(&worker, &mut peer).await;
    let mut taken = 0;
    while let Incoming::Data(_) = cancelled.next().await {
        taken += 1;
    }
    assert_eq!(taken, 10, "the window holds a tenth of itself ten times");

    let (_call, _, id) = opened_among_others(&worker, &mut peer).await;
    for _ in 0..11 {
        peer.send(Kind::Data, id, json!({}), &[piece()]).await;
    }
    assert!(worker.died().await.how.contains("not granted"));
}

#[tokio::test]
async fn data_for_a_call_that_does_not_stream_ends_the_connection_and_for_one_that_is_over_is_left_out()
 {
    let (worker, mut peer, _recorded) = connected().await;
    peer.send(Kind::Data, 400, json!({}), &[]).await;
    others_go_on(&worker, &mut peer).await;
    let nothing = json!({});
    let (called, ()) = tokio::join!(worker.call(Method::StateGet, &nothing), async {
        let (_, id, _) = peer.receive().await.unwrap();
        peer.send(Kind::Data, id, json!({}), &[]).await;
    });
    assert!(
        called
            .unwrap_err()
            .to_string()
            .contains("`state.get` does not stream")
    );
}

#[tokio::test]
async fn what_is_sent_into_a_call_waits_for_credit_alone_and_has_an_end() {
    let (worker, mut peer, _recorded) = connected().await;
    let (mut call, mut sender, id) = opened(&worker, &mut peer).await;
    let upload = tokio::spawn(async move {
        for _ in 0..15 {
            sender.send(message(piece())).await.unwrap();
        }
        sender.finish().await.unwrap();
    });
    let mut received = 0;
    // The window, and no more. The other call comes by while this one waits.
    for _ in 0..10 {
        let (kind, of, _) = peer.receive().await.unwrap();
        assert_eq!((kind, of), (Kind::Data, id));
        received += 1;
    }
    others_go_on(&worker, &mut peer).await;
    assert!(!upload.is_finished());
    peer.send(Kind::Credit, id, json!({"bytes": WINDOW}), &[])
        .await;
    loop {
        let frame = Frame::read(&mut peer.0).await.unwrap().unwrap();
        assert_eq!((frame.kind(), frame.id()), (Kind::Data, id));
        if frame.is_last() {
            break;
        }
        received += 1;
    }
    assert_eq!(received, 15);
    upload.await.unwrap();
    // Both directions are independent: what comes back needs no end of what is sent.
    peer.send(Kind::Data, id, json!({}), &["back"]).await;
    assert_eq!(next_data(&mut call).await.sections, ["back"]);
}

#[tokio::test]
async fn whoever_sends_into_a_call_that_is_answered_is_told() {
    let (worker, mut peer, _recorded) = connected().await;
    let (mut call, mut sender, id) = opened(&worker, &mut peer).await;
    let upload = tokio::spawn(async move { while sender.send(message(piece())).await.is_ok() {} });
    peer.send(Kind::Reply, id, json!({"too": "much"}), &[])
        .await;
    assert!(matches!(call.next().await, Incoming::Answer(Ok(_))));
    upload.await.unwrap();

    let (_call, mut sender, _) = opened_among_others(&worker, &mut peer).await;
    drop(peer);
    worker.died().await;
    assert!(matches!(
        sender.send(message("")).await,
        Err(SendError::Over(_))
    ));
}

/// As [`opened`], for a peer to which other frames have been sent that it has not read.
async fn opened_among_others(worker: &Worker, peer: &mut Peer) -> (StreamCall, StreamSender, u64) {
    let (call, sender) = worker.stream(Method::Run, &json!({})).await.unwrap();
    loop {
        let (kind, id, _) = peer.receive().await.unwrap();
        if kind == Kind::Call {
            return (call, sender, id);
        }
    }
}

#[tokio::test]
async fn loading_says_what_it_is_at() {
    let (worker, mut peer, _recorded) = connected().await;
    let request = LoadRequest {
        root: "/project".into(),
        sys_path: Vec::new(),
        graphs: std::collections::BTreeMap::new(),
        auth: None,
        app: None,
        store: None,
        jobs: 1,
        api_url: String::new(),
        user_agent_version: String::new(),
        redact_errors: false,
        traces: false,
        blocking: lgx_worker::Blocking::Warn,
        data_suffixes: Vec::new(),
        client_secret: None,
        patience_ms: None,
    };
    let heard = Mutex::new(Vec::new());
    let (loaded, ()) = tokio::join!(
        worker.load(&request, |what| heard.lock().unwrap().push(what)),
        async {
            let (_, id, _) = peer.receive().await.unwrap();
            for told in [
                json!({"loading": "auth"}),
                json!({"still_at": {"type": "LoadTimeout", "message": "not loaded after 1 s", "line": 3}}),
                json!({"files": ["/project/a.md"], "listed": []}),
            ] {
                peer.send(Kind::Data, id, told, &[]).await;
            }
            let loaded: Value =
                json!({"load_ms": 1.0, "versions": {}, "graphs": {}, "auth": null, "files": []});
            peer.send(Kind::Reply, id, loaded, &[]).await;
        }
    );
    loaded.unwrap();
    let slow = serde_json::from_value(
        json!({"type": "LoadTimeout", "message": "not loaded after 1 s", "line": 3}),
    )
    .unwrap();
    let looked = LoadedSources {
        files: vec!["/project/a.md".into()],
        listed: Vec::new(),
    };
    assert_eq!(
        *heard.lock().unwrap(),
        [
            LoadProgress::Begins {
                loading: "auth".into()
            },
            LoadProgress::StillAt {
                still_at: Box::new(slow)
            },
            LoadProgress::Looked(looked)
        ]
    );
}
