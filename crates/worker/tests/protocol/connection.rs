//! A connection from the server's side: matching, order, callbacks, and every way it may end.

use std::time::Duration;

use bytes::Bytes;
use lgx_model::checkpoint::{ChannelBlob, TypedBlob};
use lgx_model::{CheckpointRow, CheckpointTuple, JsonObject, RawJson, RunId, ThreadId};
use lgx_worker::frame::{FrameError, Kind, LIMIT};
use lgx_worker::{
    CallError, Callback, LogStream, Method, RunCall, RunOutcome, RunRequest, StartError, Step,
    Worker,
};
use serde_json::json;
use tokio::io::AsyncWriteExt;

use crate::peer::{Peer, connected, hello, recorder, text};

fn run_request() -> RunRequest {
    RunRequest {
        run_id: RunId::fresh(),
        thread_id: ThreadId::fresh(),
        graph_id: "agent".into(),
        input: RawJson::from_text(r#"{"b":1,"a":1e2}"#.into()).unwrap(),
        command: RawJson::null(),
        config: JsonObject::new(),
        context: None,
        user: None,
        stream_mode: vec!["values".into()],
        event_streaming: false,
        subgraphs: false,
        interrupt_before: RawJson::null(),
        interrupt_after: RawJson::null(),
        durability: "async".into(),
        prefetched: true,
        temporary: false,
        moves: 0,
    }
}

/// A checkpoint that fits into no message, whose channels all have the same bytes: it takes a megabyte.
fn large() -> CheckpointTuple {
    let value = |bytes: &Bytes| TypedBlob {
        encoding: "bytes".into(),
        bytes: bytes.clone(),
    };
    let megabyte = Bytes::from(vec![0; 1024 * 1024]);
    let channel = |number: usize| ChannelBlob {
        channel: number.to_string(),
        version: "1".into(),
        value: value(&megabyte),
    };
    CheckpointTuple {
        row: CheckpointRow {
            thread_id: ThreadId::fresh(),
            checkpoint_ns: String::new(),
            checkpoint_id: "1".into(),
            parent_checkpoint_id: None,
            run_id: None,
            checkpoint: value(&Bytes::new()),
            metadata: JsonObject::new(),
            channel_versions: JsonObject::new(),
        },
        channels: (0..LIMIT / megabyte.len()).map(channel).collect(),
        writes: Vec::new(),
    }
}

async fn started_run(worker: &Worker, peer: &mut Peer) -> (RunCall, u64) {
    let run = worker.run(&run_request(), None).await.unwrap();
    let (kind, id, _) = peer.receive().await.unwrap();
    assert_eq!(kind, Kind::Call);
    (run, id)
}

fn success() -> serde_json::Value {
    json!({"status": "success", "error": null, "diagnostic": null, "next": [], "interrupts": {}, "has_values": true})
}

fn assert_died(error: &CallError, how: &str) {
    assert!(
        matches!(error, CallError::Died(death) if death.how == how),
        "{error:?}"
    );
}

#[tokio::test]
async fn answers_find_their_calls_in_any_order() {
    let (worker, mut peer, _recorded) = connected().await;
    let peer = async {
        let (_, first, meta) = peer.receive().await.unwrap();
        assert_eq!(
            meta,
            json!({"method": "graph.draw", "params": {"graph_id": "a"}})
        );
        let (_, second, _) = peer.receive().await.unwrap();
        peer.send(Kind::Reply, second, json!({"of": "second"}), &["section"])
            .await;
        peer.send(
            Kind::Error,
            first,
            json!({"type": "ValueError", "message": "no", "status": 400}),
            &[],
        )
        .await;
    };
    let (a, b) = (json!({"graph_id": "a"}), json!({"graph_id": "b"}));
    let (first, second, ()) = tokio::join!(
        worker.call(Method::GraphDraw, &a),
        worker.call(Method::GraphDraw, &b),
        peer
    );
    assert!(
        matches!(first, Err(CallError::Remote(error)) if error.kind == "ValueError" && error.status == Some(400))
    );
    let second = second.unwrap();
    assert_eq!(
        (text(&second), &second.sections[0][..]),
        (r#"{"of":"second"}"#, &b"section"[..])
    );
}

#[tokio::test]
async fn a_run_request_carries_user_json_as_it_is() {
    let (worker, mut peer, _recorded) = connected().await;
    let _run = worker.run(&run_request(), None).await.unwrap();
    let frame = lgx_worker::frame::Frame::read(&mut peer.0)
        .await
        .unwrap()
        .unwrap();
    let meta = std::str::from_utf8(frame.meta()).unwrap();
    assert!(
        meta.starts_with(r#"{"method":"run","params":{"run_id":""#),
        "{meta}"
    );
    assert!(meta.contains(r#""input":{"b":1,"a":1e2},"#), "{meta}");
    assert!(meta.contains(r#""checkpoint":null"#), "{meta}");
}

#[tokio::test]
async fn events_of_a_run_come_in_order_and_before_its_end() {
    let (worker, mut peer, _recorded) = connected().await;
    let (mut run, id) = started_run(&worker, &mut peer).await;
    // More than fit any queue between the two: whoever sends has to wait for whoever reads.
    let sender = tokio::spawn(async move {
        for number in 0..5000 {
            peer.send(
                Kind::Data,
                id,
                json!({"event": format!("custom|{number}")}),
                &["1"],
            )
            .await;
        }
        peer.send(Kind::Reply, id, success(), &[r#"{"n":1}"#]).await;
        peer
    });
    for number in 0..5000 {
        let Step::Event { name, data } = run.next().await else {
            panic!("ended before event {number}")
        };
        assert_eq!((name, &data[..]), (format!("custom|{number}"), &b"1"[..]));
    }
    let Step::End(end, values) = run.next().await else {
        panic!("no end")
    };
    assert_eq!(
        (end.status, values.unwrap().get()),
        (RunOutcome::Success, r#"{"n":1}"#)
    );
    sender.await.unwrap();
}

#[tokio::test]
async fn what_a_run_saves_can_have_its_place_behind_what_it_has_streamed_and_not_behind_more() {
    let (worker, mut peer, mut recorded) = connected().await;
    let request = run_request();
    let mut run = worker.run(&request, None).await.unwrap();
    let (_, id, _) = peer.receive().await.unwrap();
    let save = json!({"method": "checkpoint.put", "params": {
        "run_id": request.run_id,
        "checkpoint": {"thread_id": request.thread_id, "checkpoint_ns": "", "checkpoint_id": "1", "parent_checkpoint_id": null,
            "encoding": "msgpack", "metadata": {}, "channel_versions": {}},
        "new": [],
    }});
    let event = json!({"event": "custom"});
    peer.send(Kind::Data, id, event.clone(), &["1"]).await;
    peer.send(Kind::Data, id, event.clone(), &["2"]).await;
    peer.send(Kind::Note, 0, save.clone(), &["checkpoint"])
        .await;
    for expected in ["1", "2"] {
        let Step::Event { data, .. } = run.next().await else {
            panic!("no event {expected}")
        };
        assert_eq!(data, expected);
        assert!(recorded.calls.try_recv().is_err(), "{expected} is in work");
    }
    let accepted = async {
        recorded.calls.recv().await.unwrap();
        peer.send(Kind::Data, id, event, &["3"]).await;
    };
    let (next, ()) = tokio::join!(run.next(), accepted);
    assert!(matches!(next, Step::Event { data, .. } if data == "3"));

    // Nobody reads any more.
    peer.send(Kind::Note, 0, save, &["checkpoint"]).await;
    drop(run);
    recorded.calls.recv().await.unwrap();
}

#[tokio::test]
async fn a_run_tells_that_its_graph_is_there_and_is_not_over() {
    let (worker, mut peer, _recorded) = connected().await;
    let (mut run, id) = started_run(&worker, &mut peer).await;
    peer.send(Kind::Data, id, json!({"event": "opened"}), &["null"])
        .await;
    peer.send(Kind::Data, id, json!({"event": "custom"}), &["1"])
        .await;
    assert!(matches!(run.next().await, Step::Opened));
    assert!(matches!(run.next().await, Step::Event { .. }));
    drop(run);
    assert_eq!(peer.receive().await.unwrap().0, Kind::Cancel);
}

#[tokio::test]
async fn what_a_run_wrote_is_accepted_before_its_reply_is_seen() {
    let (worker, mut peer, mut recorded) = connected().await;
    let (mut run, id) = started_run(&worker, &mut peer).await;
    let thread_id = ThreadId::fresh();
    for number in 0..3 {
        let checkpoint = json!({"thread_id": thread_id, "checkpoint_ns": "", "checkpoint_id": number.to_string()});
        let meta = json!({"method": "checkpoint.put_writes", "params": {"run_id": null, "checkpoint": checkpoint, "writes": []}});
        peer.send(Kind::Note, 0, meta, &[]).await;
    }
    peer.send(Kind::Reply, id, success(), &["{}"]).await;
    assert!(matches!(run.next().await, Step::End(..)));
    for number in 0..3 {
        let Ok(Callback::PutWrites { checkpoint, .. }) = recorded.calls.try_recv() else {
            panic!("not accepted yet")
        };
        assert_eq!(checkpoint.checkpoint_id, number.to_string());
    }
}

#[tokio::test]
async fn calls_of_the_worker_are_answered() {
    let (_worker, mut peer, _recorded) = connected().await;
    let thread_id = ThreadId::fresh();
    for (call, kind, answer) in [
        (
            json!({"method": "checkpoint.delete_for_runs", "params": {"run_ids": []}}),
            Kind::Reply,
            json!({}),
        ),
        (
            json!({"method": "checkpoint.get", "params": {"thread_id": thread_id, "checkpoint_ns": "", "checkpoint_id": null}}),
            Kind::Reply,
            json!({"tuple": null}),
        ),
        (
            json!({"method": "checkpoint.delete_thread", "params": {"thread_id": thread_id}}),
            Kind::Error,
            json!({"type": "StoreError", "message": "the disk is full"}),
        ),
    ] {
        peer.send(Kind::Call, 5, call, &[]).await;
        assert_eq!(peer.receive().await, Some((kind, 5, answer)));
    }
    let item = json!({"namespace": [], "key": "k", "value": {}, "vectors": null, "ttl": null});
    for (call, reason) in [
        (
            json!({"method": "checkpoint.burn", "params": {}}),
            "checkpoint.burn",
        ),
        (
            json!({"params": {"operations": [{"put": item}]}, "method": "store.batch"}),
            "`method` has to come first",
        ),
    ] {
        peer.send(Kind::Call, 7, call, &[]).await;
        let (kind, id, error) = peer.receive().await.unwrap();
        assert_eq!(
            (kind, id, &error["type"]),
            (Kind::Error, 7, &json!("ProtocolError"))
        );
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(reason), "{message}");
    }
}

#[tokio::test]
async fn a_note_that_fails_is_logged_and_nothing_else_suffers() {
    let (worker, mut peer, mut recorded) = connected().await;
    peer.send(
        Kind::Note,
        0,
        json!({"method": "checkpoint.delete_thread", "params": {"thread_id": "no uuid"}}),
        &[],
    )
    .await;
    let line = recorded.logs.recv().await.unwrap();
    assert_eq!(
        (line.stream, line.level.as_str()),
        (LogStream::Logging, "error")
    );
    peer.send(
        Kind::Note,
        0,
        json!({"method": "checkpoint.delete_thread", "params": {"thread_id": ThreadId::fresh()}}),
        &[],
    )
    .await;
    assert!(
        recorded
            .logs
            .recv()
            .await
            .unwrap()
            .text
            .contains("the disk is full")
    );
    peer.send(Kind::Ping, 9, json!({}), &[]).await;
    assert_eq!(peer.receive().await, Some((Kind::Pong, 9, json!({}))));
    drop(worker);
}

#[tokio::test]
async fn output_becomes_log_lines() {
    let (_worker, mut peer, mut recorded) = connected().await;
    let meta =
        json!({"run_id": "r", "stream": "stdout", "level": "info", "logger": null, "text": "hi"});
    peer.send(Kind::Log, 0, meta, &[]).await;
    let line = recorded.logs.recv().await.unwrap();
    assert_eq!(
        (line.run_id.as_deref(), line.stream, line.text.as_str()),
        (Some("r"), LogStream::Stdout, "hi")
    );
}

#[tokio::test]
async fn a_worker_that_goes_ends_everything_that_waits() {
    let (worker, mut peer, _recorded) = connected().await;
    let (mut run, id) = started_run(&worker, &mut peer).await;
    peer.send(Kind::Begun, id, json!({}), &[]).await;
    peer.send(Kind::Data, id, json!({"event": "values"}), &["{}"])
        .await;
    let nothing = json!({});
    let (called, ()) = tokio::join!(worker.call(Method::GraphDraw, &nothing), async {
        peer.receive().await;
        drop(peer);
    });
    assert_died(&called.unwrap_err(), "connection lost");
    assert!(matches!(run.next().await, Step::Event { .. }));
    for _ in 0..2 {
        let Step::Failed(error) = run.next().await else {
            panic!("the run goes on")
        };
        assert_died(&error, "connection lost");
    }
    // What comes now is begun by nobody, and can be asked of another worker.
    let called = worker.call(Method::GraphDraw, &nothing).await;
    assert!(matches!(called, Err(CallError::Withdrawn)), "{called:?}");
    let run = worker.run(&run_request(), None).await;
    assert!(matches!(run, Err(CallError::Withdrawn)));
}

#[tokio::test]
async fn a_run_that_the_worker_had_not_begun_does_not_end_with_it() {
    let (worker, mut peer, _recorded) = connected().await;
    let (mut begun, id) = started_run(&worker, &mut peer).await;
    let (mut waiting, _) = started_run(&worker, &mut peer).await;
    peer.send(Kind::Begun, id, json!({}), &[]).await;
    peer.send(Kind::Data, id, json!({"event": "values"}), &["{}"])
        .await;
    assert!(matches!(begun.next().await, Step::Event { .. }));
    assert!(begun.has_begun() && !waiting.has_begun());
    drop(peer);
    let Step::Failed(error) = begun.next().await else {
        panic!("the run goes on")
    };
    assert_died(&error, "connection lost");
    assert!(matches!(
        waiting.next().await,
        Step::Failed(CallError::Withdrawn)
    ));
    assert_eq!(worker.died().await.runs.len(), 1);
}

#[tokio::test]
async fn calls_that_are_taken_back_are_cancelled_and_no_more_are_taken() {
    let (worker, mut peer, _recorded) = connected().await;
    let (begun, first) = started_run(&worker, &mut peer).await;
    let (mut waiting, second) = started_run(&worker, &mut peer).await;
    peer.send(Kind::Begun, first, json!({}), &[]).await;
    peer.send(Kind::Data, first, json!({"event": "values"}), &["{}"])
        .await;
    let mut begun = begun;
    begun.next().await;

    worker.withdraw();
    assert!(matches!(
        waiting.next().await,
        Step::Failed(CallError::Withdrawn)
    ));
    let (kind, id, _) = peer.receive().await.unwrap();
    assert_eq!((kind, id), (Kind::Cancel, second));
    let nothing = json!({});
    assert!(matches!(
        worker.call(Method::GraphDraw, &nothing).await,
        Err(CallError::Withdrawn)
    ));
    // What it had begun on goes to its end.
    peer.send(Kind::Reply, first, success(), &[r#"{"n":1}"#])
        .await;
    assert!(matches!(begun.next().await, Step::End(..)));
}

#[tokio::test]
async fn a_hanging_call_holds_up_no_other() {
    let (worker, mut peer, _recorded) = connected().await;
    let nothing = json!({});
    let hanging = worker.call(Method::StateGet, &nothing);
    tokio::pin!(hanging);
    let other = async {
        worker.call(Method::GraphDraw, &nothing).await.unwrap();
    };
    let answering = async {
        peer.receive().await;
        let (_, id, _) = peer.receive().await.unwrap();
        peer.send(Kind::Reply, id, json!({}), &[]).await;
    };
    tokio::select! {
        biased;
        _ = &mut hanging => panic!("nobody answered it"),
        _ = async { tokio::join!(other, answering) } => {}
    }
    worker.kill();
    assert_died(&hanging.await.unwrap_err(), "stopped");
}

#[tokio::test]
async fn bytes_that_are_no_frames_end_the_connection() {
    let half = [8, 0, 0, 0, 3, 0];
    let huge = [0xff, 0xff, 0xff, 0xff, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
    let not_json = [
        5, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, b'!',
    ];
    for (bytes, reason) in [
        (
            &b"Traceback (most recent call last)"[..],
            "unknown frame kind 101",
        ),
        (&half, "the connection ended in the middle of a frame"),
        (&huge, "over the limit"),
        (&not_json, "a Log frame cannot be understood"),
    ] {
        let (worker, mut peer, _recorded) = connected().await;
        peer.0.write_all(bytes).await.unwrap();
        drop(peer);
        let death = worker.died().await;
        assert!(
            death.how.starts_with("connection lost: ") && death.how.contains(reason),
            "{}",
            death.how
        );
    }
}

#[tokio::test]
async fn frames_that_only_a_server_sends_end_the_connection() {
    for kind in [Kind::Hello, Kind::Cancel, Kind::Shutdown] {
        let (worker, mut peer, _recorded) = connected().await;
        peer.send(kind, 2, json!({}), &[]).await;
        assert!(worker.died().await.how.contains("does not send"));
    }
}

#[tokio::test]
async fn a_request_that_is_too_large_fails_alone() {
    let (worker, mut peer, _recorded) = connected().await;
    assert!(matches!(
        worker.run(&run_request(), Some(&large())).await,
        Err(CallError::Unsendable(FrameError::TooLarge { .. }))
    ));
    peer.send(Kind::Ping, 1, json!({}), &[]).await;
    assert_eq!(peer.receive().await.unwrap().0, Kind::Pong);
}

#[tokio::test]
async fn an_answer_that_cannot_be_understood_fails_its_run_alone() {
    let (worker, mut peer, _recorded) = connected().await;
    for (meta, sections) in [
        (json!({"status": "perhaps"}), &["{}"][..]),
        (success(), &[][..]),
        (success(), &["{"][..]),
    ] {
        let (mut run, id) = started_run(&worker, &mut peer).await;
        peer.send(Kind::Reply, id, meta, sections).await;
        assert!(matches!(
            run.next().await,
            Step::Failed(CallError::Malformed { .. })
        ));
    }
}

#[tokio::test]
async fn a_run_is_cancelled_by_hand_or_by_forgetting_it() {
    let (worker, mut peer, _recorded) = connected().await;
    let (mut run, id) = started_run(&worker, &mut peer).await;
    run.cancel();
    assert_eq!(peer.receive().await, Some((Kind::Cancel, id, json!({}))));
    peer.send(
        Kind::Reply,
        id,
        json!({"status": "cancelled", "next": ["b"], "interrupts": {}, "has_values": false}),
        &[],
    )
    .await;
    assert!(
        matches!(run.next().await, Step::End(end, None) if end.status == RunOutcome::Cancelled)
    );
    drop(run);
    let (run, id) = started_run(&worker, &mut peer).await;
    drop(run);
    assert_eq!(peer.receive().await, Some((Kind::Cancel, id, json!({}))));
    // What it says now interests nobody and harms nobody.
    peer.send(Kind::Data, id, json!({"event": "values"}), &["{}"])
        .await;
    peer.send(Kind::Reply, id, success(), &["{}"]).await;
    peer.send(Kind::Ping, 1, json!({}), &[]).await;
    assert_eq!(peer.receive().await.unwrap().0, Kind::Pong);
}

#[tokio::test]
async fn the_worker_goes_with_its_last_handle() {
    let (worker, mut peer, _recorded) = connected().await;
    let (run, _) = started_run(&worker, &mut peer).await;
    drop(worker.clone());
    drop(worker);
    peer.send(Kind::Ping, 1, json!({}), &[]).await;
    assert_eq!(
        peer.receive().await.unwrap().0,
        Kind::Pong,
        "the run still holds it"
    );
    drop(run);
    while let Some((kind, ..)) = peer.receive().await {
        assert_eq!(kind, Kind::Cancel);
    }
}

#[tokio::test(start_paused = true)]
async fn shutting_down_asks_first_and_kills_after_the_grace_period() {
    let (worker, mut peer, _recorded) = connected().await;
    let grace = Duration::from_secs(3);
    tokio::join!(worker.shutdown(grace), async {
        assert_eq!(peer.receive().await.unwrap().0, Kind::Shutdown);
        drop(peer);
    });
    assert_eq!(worker.died().await.how, "connection lost");
    worker.shutdown(grace).await;

    let (stubborn, _peer, _recorded) = connected().await;
    let start = tokio::time::Instant::now();
    stubborn.shutdown(grace).await;
    assert_eq!(
        (
            start.elapsed().as_secs(),
            stubborn.died().await.how.as_str()
        ),
        (3, "stopped")
    );
}

#[tokio::test]
async fn a_peer_that_does_not_say_hello_is_no_worker() {
    let start = |bytes: &'static [u8]| async move {
        let (server, mut peer) = tokio::io::duplex(1024);
        peer.write_all(bytes).await.unwrap();
        drop(peer);
        Worker::over(server, recorder().0).await.err().unwrap()
    };
    assert!(matches!(start(b"").await, StartError::Died { .. }));
    assert!(matches!(
        start(b"HTTP/1.1 200 OK\r\n\r\n").await,
        StartError::Protocol(_)
    ));
    assert!(matches!(
        start(&[
            6, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, b'{', b'}'
        ])
        .await,
        StartError::Protocol(_)
    ));
}

#[tokio::test]
async fn the_hello_is_kept() {
    let (worker, _peer, _recorded) = connected().await;
    assert_eq!(serde_json::to_value(worker.hello()).unwrap(), hello());
}
