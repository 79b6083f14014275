//! Requests that the project's own app answers: when another worker may, what the app asks of the server, and what ends it.

use bytes::Bytes;
use lgx_worker::credit::WINDOW;
use lgx_worker::frame::Kind;
use lgx_worker::{
    AppAnswer, AppCall, AppRequest, AppStep, Asked, BodyForm, CallError, CallbackError, Message,
    Method, StreamSender, Worker,
};
use serde_json::{Value, json};

use crate::peer::{Peer, connected};

/// A piece that is a tenth of the window, but for what a frame takes beside it.
static PIECE: [u8; WINDOW / 10] = [b'x'; WINDOW / 10];

fn piece() -> &'static str {
    std::str::from_utf8(&PIECE).unwrap()
}

fn request() -> AppRequest {
    AppRequest {
        method: Some("POST".into()),
        scheme: "http".into(),
        path: "/hello".into(),
        raw_path: "/hello".into(),
        query: String::new(),
        headers: vec![("host".into(), "here".into())],
        client: None,
        server: None,
        http_version: "1.1".into(),
        subprotocols: Vec::new(),
    }
}

async fn asked(worker: &Worker, peer: &mut Peer) -> (AppAnswer, StreamSender, u64) {
    asked_with(worker, peer, BodyForm::Streamed).await
}

async fn asked_with(
    worker: &Worker,
    peer: &mut Peer,
    body: BodyForm,
) -> (AppAnswer, StreamSender, u64) {
    let call = AppCall {
        request: request(),
        body: Some(body),
        user: None,
        pass: None,
    };
    let opened = worker.request(Method::Http, &call, Bytes::new());
    let (answer, sender) = opened.await.unwrap();
    let (kind, id, meta) = peer.receive().await.unwrap();
    assert_eq!((kind, &meta["method"]), (Kind::Call, &json!("http")));
    (answer, sender, id)
}

fn serve(call: u64) -> Value {
    // `method` comes first, as workers write it.
    let text = format!(
        r#"{{"method":"http.serve","params":{{"call":{call},"request":{},"body":"streamed"}}}}"#,
        serde_json::to_string(&request()).unwrap()
    );
    serde_json::from_str(&text).unwrap()
}

/// What the app asks of the server.
async fn question(answer: &mut AppAnswer) -> Asked {
    match answer.next().await {
        AppStep::Asked(asked) => *asked,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_answer_comes_at_once_or_piece_by_piece_and_a_crash_says_where() {
    let (worker, mut peer, _recorded) = connected().await;
    let head = json!({"status": 201, "headers": [["x-a", "1"]]});

    let (mut whole, _, id) = asked(&worker, &mut peer).await;
    peer.send(Kind::Begun, id, json!({}), &[]).await;
    peer.send(Kind::Reply, id, head.clone(), &["all"]).await;
    assert!(matches!(whole.next().await, AppStep::Begun));
    match whole.next().await {
        AppStep::Head { head, piece, over } => {
            assert_eq!((head.status, &*piece, over), (201, &b"all"[..], true));
            assert_eq!(head.headers, [("x-a".to_owned(), "1".to_owned())]);
        }
        other => panic!("{other:?}"),
    }

    let (mut pieces, _, id) = asked(&worker, &mut peer).await;
    peer.send(Kind::Data, id, head, &[""]).await;
    peer.send(Kind::Data, id, json!({}), &["one"]).await;
    peer.send(Kind::Reply, id, json!({}), &[]).await;
    assert!(matches!(
        pieces.next().await,
        AppStep::Head { over: false, .. }
    ));
    assert!(matches!(pieces.next().await, AppStep::Piece(piece) if piece == "one"));
    assert!(matches!(pieces.next().await, AppStep::End));

    let (mut crashed, _, id) = asked(&worker, &mut peer).await;
    let error = json!({"type": "ValueError", "message": "kaboom"});
    peer.send(Kind::Error, id, error, &[]).await;
    match crashed.next().await {
        AppStep::Failed(CallError::Remote(error)) => assert_eq!(error.message, "kaboom"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_the_app_has_not_seen_goes_elsewhere_and_what_it_has_seen_stays() {
    let (worker, mut peer, _recorded) = connected().await;
    let (mut unseen, _, _) = asked(&worker, &mut peer).await;
    let (mut whole, _, whole_id) = asked_with(&worker, &mut peer, BodyForm::Whole).await;
    peer.send(Kind::Begun, whole_id, json!({}), &[]).await;
    let (mut seen, _, id) = asked(&worker, &mut peer).await;
    peer.send(Kind::Begun, id, json!({}), &[]).await;
    assert!(matches!(seen.next().await, AppStep::Begun));
    worker.withdraw();
    assert!(matches!(
        unseen.next().await,
        AppStep::Failed(CallError::Withdrawn)
    ));
    peer.send(Kind::Reply, id, json!({"status": 200, "headers": []}), &[])
        .await;
    assert!(matches!(
        seen.next().await,
        AppStep::Head { over: true, .. }
    ));
    let head = json!({"status": 200, "headers": []});
    peer.send(Kind::Reply, whole_id, head, &[]).await;
    assert!(matches!(
        whole.next().await,
        AppStep::Head { over: true, .. }
    ));
}

#[tokio::test]
async fn an_answer_that_nobody_waits_for_is_cancelled() {
    let (worker, mut peer, _recorded) = connected().await;
    let (answer, _, id) = asked(&worker, &mut peer).await;
    drop(answer);
    let (kind, cancelled, _) = peer.receive().await.unwrap();
    assert_eq!((kind, cancelled), (Kind::Cancel, id));
}

#[tokio::test]
async fn the_app_has_the_server_answer_with_streams_of_their_own_credit() {
    let (worker, mut peer, _recorded) = connected().await;
    let (mut answer, _, id) = asked(&worker, &mut peer).await;
    peer.send(Kind::Call, 7, serve(id), &[]).await;
    let Asked::Serve {
        request: served,
        whole: None,
        mut body,
        answer: mut served_answer,
    } = question(&mut answer).await
    else {
        panic!("nothing is asked");
    };
    assert_eq!(served, request());
    for _ in 0..10 {
        peer.send(Kind::Data, 7, json!({}), &[piece()]).await;
    }
    for _ in 0..5 {
        assert_eq!(body.next().await.unwrap(), piece());
    }
    let (kind, granted, _) = peer.receive().await.unwrap();
    assert_eq!((kind, granted), (Kind::Credit, 7));

    let head = json!({"status": 200, "headers": []});
    served_answer
        .send(&head, Some("first".into()))
        .await
        .unwrap();
    let (kind, of, meta) = peer.receive().await.unwrap();
    assert_eq!((kind, of, &meta["status"]), (Kind::Data, 7, &json!(200)));
    served_answer.reply(&json!({}), None).await.unwrap();
    assert_eq!(peer.receive().await.unwrap().0, Kind::Reply);
    // What still comes of a call that was answered is left out.
    peer.send(Kind::Data, 7, json!({}), &[piece()]).await;
    peer.send(Kind::Reply, id, json!({"status": 204, "headers": []}), &[])
        .await;
    assert!(matches!(
        answer.next().await,
        AppStep::Head { over: true, .. }
    ));
}

/// The meta of a golden message, which the tests of every worker's own language read too.
fn golden(name: &str) -> Value {
    let all: Vec<Value> =
        serde_json::from_str(include_str!("../../fixtures/messages.json")).unwrap();
    let named = all.into_iter().find(|message| message["name"] == name);
    named.unwrap()["meta"].clone()
}

#[tokio::test]
async fn the_app_has_the_server_s_own_socket_answer() {
    let (worker, mut peer, _recorded) = connected().await;
    let (mut answer, _, id) = asked(&worker, &mut peer).await;
    let mut asked = golden("call websocket.serve");
    asked["params"]["call"] = json!(id);
    // `method` comes first, as workers write it.
    let asked = format!(
        r#"{{"method":"websocket.serve","params":{}}}"#,
        asked["params"]
    );
    peer.send(Kind::Call, 15, serde_json::from_str(&asked).unwrap(), &[])
        .await;
    let Asked::ServeSocket {
        request,
        mut messages,
        answer: mut socket,
    } = question(&mut answer).await
    else {
        panic!("nothing is asked");
    };
    assert_eq!(
        (request.method, &*request.path, request.subprotocols),
        (None, "/threads/1/stream/events", vec!["chat".to_owned()])
    );
    let said = golden("text of the client for the server's own websocket");
    peer.send(Kind::Data, 15, said.clone(), &[]).await;
    peer.send(Kind::Data, 15, json!({}), &["bytes"]).await;
    let heard = messages.next_message().await.unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&heard.meta).unwrap(), said);
    let heard = messages.next_message().await.unwrap();
    assert_eq!(
        (&*heard.meta, &*heard.sections[0]),
        (&b"{}"[..], &b"bytes"[..])
    );

    let text = golden("text of the server's own websocket");
    socket.send(&text, None).await.unwrap();
    let (kind, of, meta) = peer.receive().await.unwrap();
    assert_eq!((kind, of, meta), (Kind::Data, 15, text));
    let close = golden("end of the server's own websocket by the server");
    socket.reply(&close, None).await.unwrap();
    let (kind, of, meta) = peer.receive().await.unwrap();
    assert_eq!((kind, of, meta), (Kind::Reply, 15, close));
}

#[tokio::test]
async fn a_worker_that_sends_more_than_was_granted_ends_the_connection() {
    let (worker, mut peer, _recorded) = connected().await;
    let (mut answer, _, id) = asked(&worker, &mut peer).await;
    peer.send(Kind::Call, 7, serve(id), &[]).await;
    let _asked = answer.next().await;
    for _ in 0..11 {
        peer.send(Kind::Data, 7, json!({}), &[piece()]).await;
    }
    assert!(worker.died().await.how.contains("not granted"));
}

#[tokio::test]
async fn what_is_asked_for_a_request_that_is_over_is_an_error() {
    let (worker, mut peer, _recorded) = connected().await;
    let (mut over, _, id) = asked(&worker, &mut peer).await;
    peer.send(Kind::Reply, id, json!({"status": 204, "headers": []}), &[])
        .await;
    assert!(matches!(
        over.next().await,
        AppStep::Head { over: true, .. }
    ));
    peer.send(Kind::Call, 7, serve(id), &[]).await;
    let (kind, of, meta) = peer.receive().await.unwrap();
    assert_eq!((kind, of, &meta["type"]), (Kind::Error, 7, &json!("Gone")));

    let (mut answer, _, id) = asked(&worker, &mut peer).await;
    peer.send(Kind::Call, 9, serve(id), &[]).await;
    // Whoever serves has gone.
    drop(question(&mut answer).await);
    let (kind, of, _) = peer.receive().await.unwrap();
    assert_eq!((kind, of), (Kind::Error, 9));
}

#[tokio::test]
async fn a_worker_that_waits_for_nothing_any_more_stops_whoever_serves() {
    let (worker, mut peer, _recorded) = connected().await;
    let (mut answer, _, id) = asked(&worker, &mut peer).await;
    peer.send(Kind::Call, 7, serve(id), &[]).await;
    let Asked::Serve {
        answer: served_answer,
        ..
    } = question(&mut answer).await
    else {
        panic!("nothing is asked");
    };
    peer.send(Kind::Cancel, 7, json!({}), &[]).await;
    served_answer.cancelled().await;
}

#[tokio::test]
async fn who_asks_is_told_or_refused_with_status_and_headers() {
    let (worker, mut peer, _recorded) = connected().await;
    let (mut answer, _, id) = asked(&worker, &mut peer).await;
    for (number, refuse) in [(7, false), (9, true)] {
        let mut question = serve(id)
            .to_string()
            .replace("http.serve", "http.authenticate");
        question = question.replace(r#""body":"streamed""#, r#""of_app":true"#);
        let question = serde_json::from_str(&question).unwrap();
        peer.send(Kind::Call, number, question, &[]).await;
        let Asked::Authenticate {
            of_app: true,
            answer: user,
            ..
        } = self::question(&mut answer).await
        else {
            panic!("nothing is asked");
        };
        if refuse {
            let refusal = CallbackError {
                kind: "Refused".into(),
                message: "who?".into(),
                status: Some(401),
                headers: [("www-authenticate".to_owned(), "Bearer".to_owned())].into(),
            };
            user.refuse(&refusal).await;
        } else {
            user.is(None).await;
        }
    }
    let (kind, _, meta) = peer.receive().await.unwrap();
    assert_eq!((kind, meta), (Kind::Reply, json!({"user": null})));
    let (kind, _, meta) = peer.receive().await.unwrap();
    let expected = json!({
        "type": "Refused", "message": "who?", "status": 401, "headers": {"www-authenticate": "Bearer"}
    });
    assert_eq!((kind, meta), (Kind::Error, expected));
}

#[tokio::test]
async fn the_body_of_a_request_waits_for_credit() {
    let (worker, mut peer, _recorded) = connected().await;
    let (_answer, mut sender, id) = asked(&worker, &mut peer).await;
    let sending = tokio::spawn(async move {
        for _ in 0..12 {
            let piece = Message {
                meta: "{}".into(),
                sections: vec![Bytes::from_static(&PIECE)],
            };
            sender.send(piece).await.unwrap();
        }
        sender.finish().await.unwrap();
    });
    for _ in 0..10 {
        assert_eq!(peer.receive().await.unwrap().0, Kind::Data);
    }
    assert!(!sending.is_finished());
    peer.send(Kind::Credit, id, json!({"bytes": WINDOW}), &[])
        .await;
    for _ in 0..3 {
        assert_eq!(peer.receive().await.unwrap().0, Kind::Data);
    }
    sending.await.unwrap();
}
