//! The project's app: routes under `/app/` that each do one thing that a test may want to see; everything else is the server's.
//!
//! `hello` answers at once, `echo` with the body of the request, `who` with whoever asks, `asks` once [`FakeWorker::answering`] is
//! passed. `streams` waits there between its two pieces, `breaks-off` fails in that place, `crash` before it answers, `crash-told` with an answer of
//! its own, `goes-astray` sends what is no piece, and `dies-within` takes its worker along. `dies` does so before it answers, `dies-unseen` in the first worker before that has begun,
//! `waits` when its client leaves. Of the `WebSockets` `echo` sends back what it gets, `dies` and `refuses` do as they say.
//!
//! [`FakeWorker::answering`]: super::FakeWorker::answering

use std::future::pending;

use bytes::Bytes;
use lgx_worker::RemoteError;
use lgx_worker::frame::Kind;
use serde_json::{Value, json};

use super::connection::{Answer, Call, Link, refusal};

/// What loading says of it.
pub(super) fn loaded(wraps: bool) -> Value {
    let route = |socket| json!({"starts": "/app/", "whole": false, "socket": socket});
    json!({"wraps": wraps, "routes": [route(false), route(true)]})
}

/// What it says of its routes.
pub(super) fn described() -> Value {
    let operation = json!({"summary": "Greets", "responses": {"200": {"description": "Hello"}}});
    let paths = json!({"/app/hello": {"get": operation}});
    json!({"openapi": {"openapi": "3.1.0", "info": {"title": "Fake", "version": "1"}, "paths": paths}})
}

/// Whether the app gets to see a request; else its worker is about to end.
pub(super) fn sees(link: &Link, request: &Value) -> bool {
    route(request) != "dies-unseen" || link.number > 1
}

/// The part of the path that tells what is to be done; empty where it is not the app's.
fn route(request: &Value) -> &str {
    let path = request["request"]["path"].as_str().unwrap_or_default();
    path.split_once("/app/").map_or("", |(_, route)| route)
}

pub(super) async fn http(mut call: Call<'_>, request: &Value, sections: Vec<Bytes>) -> Answer {
    let script = &call.link.script;
    match route(request) {
        "hello" => Ok(answer(&call, &json!({"app": "hello"}))),
        "asks" => {
            script.answering.pass().await;
            Ok(answer(&call, &json!({"app": "asked"})))
        }
        "who" => {
            let user = who(&call, request).await;
            user.map(|user| answer(&call, &user))
        }
        "echo" => {
            let mut body = sections.concat();
            while let Some((_, piece)) = streamed(&mut call, request).await {
                body.extend(piece.unwrap_or_default());
            }
            let text = String::from_utf8_lossy(&body).into_owned();
            Ok(answer(&call, &json!({"app": text})))
        }
        "streams" => {
            begin(&mut call).await;
            call.link.script.answering.pass().await;
            call.send(&json!({}), vec![Bytes::from_static(b"second")])
                .await;
            Ok((json!({}), Vec::new()))
        }
        "breaks-off" => {
            begin(&mut call).await;
            call.link.script.answering.pass().await;
            Err(refusal("RuntimeError", "the rest is lost", None))
        }
        "crash" => {
            let routed = json!({"route": "/app/{what}"});
            call.send(&routed, Vec::new()).await;
            Err(refusal("RuntimeError", "the app is on fire", None))
        }
        "crash-told" => {
            let (mut told, body) = answer(&call, &json!({"detail": "sorry"}));
            told["status"] = json!(500);
            told["diagnostic"] = json!({"type": "RuntimeError", "message": "the till is on fire", "file": "/shop/app.ts", "line": 7});
            Ok((told, body))
        }
        "goes-astray" => {
            begin(&mut call).await;
            call.link.script.answering.pass().await;
            call.send(&json!({"accept": {}}), Vec::new()).await;
            Ok((json!({}), Vec::new()))
        }
        "dies-within" => {
            begin(&mut call).await;
            call.link.script.answering.pass().await;
            die(call.link).await
        }
        "dies" => {
            script.dying.pass().await;
            die(call.link).await
        }
        "dies-unseen" if !sees(call.link, request) => die(call.link).await,
        "waits" => {
            script.answering.pass().await;
            call.cancelled.cancelled().await;
            script.left.pass().await;
            Err(refusal("Cancelled", "the client has left", None))
        }
        _ => serve(call, request, sections).await,
    }
}

pub(super) async fn socket(mut call: Call<'_>, request: &Value) -> Answer {
    let route = route(request);
    if route == "refuses" {
        return Ok((json!({"close": {"code": 1000}}), Vec::new()));
    }
    if !matches!(route, "echo" | "dies") {
        return serve_socket(call, request).await;
    }
    call.send(
        &json!({"accept": {"subprotocol": null, "headers": []}}),
        Vec::new(),
    )
    .await;
    if route == "dies" {
        call.link.script.answering.pass().await;
        return die(call.link).await;
    }
    loop {
        let (meta, piece) = call.data().await.unwrap_or_default();
        if let Some(closed) = meta.get("closed") {
            return Ok((json!({"close": closed}), Vec::new()));
        }
        if meta.get("text").is_none() && piece.is_none() {
            return Err(refusal("Cancelled", "the client has left", None));
        }
        call.send(&meta, piece.into_iter().collect()).await;
    }
}

/// An answer that is there at once.
fn answer(call: &Call<'_>, body: &Value) -> (Value, Vec<Bytes>) {
    let body = body.to_string();
    (head(call, "application/json"), vec![body.into()])
}

fn head(call: &Call<'_>, content_type: &str) -> Value {
    let mut headers = vec![json!(["content-type", content_type])];
    if call.link.script.wraps {
        headers.push(json!(["x-app", "1"]));
    }
    json!({"status": 200, "headers": headers, "route": "/app/{what}"})
}

/// Begins an answer that comes in pieces.
async fn begin(call: &mut Call<'_>) {
    let head = head(call, "text/plain");
    call.send(&head, vec![Bytes::from_static(b"first ")]).await;
}

/// The middleware keeps out who has the header `x-kept-out`, and finds out who `x-asked` is. The messages pass through it, but `die`
/// takes the worker along.
async fn serve_socket(mut call: Call<'_>, request: &Value) -> Answer {
    let headers = request["request"]["headers"].to_string();
    if headers.contains("x-kept-out") {
        return Ok((json!({"close": {"code": 1000}}), Vec::new()));
    }
    if headers.contains("x-asked") {
        who(&call, request).await?;
    }
    let (link, cancelled) = (call.link, call.cancelled.clone());
    let asked = json!({"call": call.id, "request": request["request"]});
    let (id, mut answers) = link.open("websocket.serve", &asked, Vec::new());
    loop {
        tokio::select! {
            frame = answers.recv() => {
                let Some(frame) = frame else {
                    return Err(refusal("Cancelled", "the server is gone", None));
                };
                let kind = frame.kind();
                if kind == Kind::Data {
                    link.took(&frame);
                }
                let (meta, sections) = frame.into_parts();
                let meta: Value = serde_json::from_slice(&meta).unwrap_or_default();
                match kind {
                    Kind::Data => call.send(&meta, sections).await,
                    Kind::Reply => return Ok((meta, sections)),
                    _ => return Err(refusal("BrokenOff", "the server breaks off", None)),
                }
            }
            heard = call.data() => match heard {
                Some((meta, _)) if meta["text"] == "die" => return die(link).await,
                Some((meta, piece)) => {
                    let last = meta.get("closed").is_some();
                    link.pass(id, &meta, piece.into_iter().collect(), last);
                }
                // It is over, and what the server says to that is awaited.
                None => {
                    let answer = answers.recv().await.map(|frame| frame.into_parts().0);
                    let meta = answer.and_then(|meta| serde_json::from_slice(&meta).ok());
                    return Ok((meta.unwrap_or_default(), Vec::new()));
                }
            },
            () = cancelled.cancelled() => {
                link.leave(id);
                return Err(refusal("Cancelled", "the client has left", None));
            }
        }
    }
}

async fn die(link: &Link) -> Answer {
    link.alive.cancel();
    pending().await
}

/// A piece of the request's body, if it is one that comes in pieces.
async fn streamed(call: &mut Call<'_>, request: &Value) -> Option<(Value, Option<Bytes>)> {
    if request["body"] == "streamed" {
        call.data().await
    } else {
        None
    }
}

/// Who asks, as the server finds out.
async fn who(call: &Call<'_>, request: &Value) -> Result<Value, RemoteError> {
    let of_app = !route(request).is_empty();
    let asked = json!({"call": call.id, "request": request["request"], "of_app": of_app});
    let (_, mut answers) = call.link.open("http.authenticate", &asked, Vec::new());
    let frame = answers.recv().await;
    let (kind, meta) = frame.map_or((Kind::Error, Bytes::new()), |frame| {
        (frame.kind(), frame.into_parts().0)
    });
    if kind == Kind::Reply {
        return Ok(serde_json::from_slice(&meta).unwrap_or_default());
    }
    Err(serde_json::from_slice(&meta)
        .unwrap_or_else(|_| refusal("ProtocolError", "the server is gone", None)))
}

/// Has the server answer it, and passes on what it says.
async fn serve(mut call: Call<'_>, request: &Value, sections: Vec<Bytes>) -> Answer {
    let link = call.link;
    let mut body = sections.concat();
    while let Some((_, piece)) = streamed(&mut call, request).await {
        body.extend(piece.unwrap_or_default());
    }
    let asked = json!({"call": call.id, "request": request["request"], "body": "whole"});
    let (_, mut answers) = link.open("http.serve", &asked, vec![body.into()]);
    loop {
        let frame = tokio::select! {
            frame = answers.recv() => frame,
            () = call.cancelled.cancelled() => None,
        };
        let Some(frame) = frame else {
            return Err(refusal("Cancelled", "the client has left", None));
        };
        let kind = frame.kind();
        if kind == Kind::Data {
            link.took(&frame);
        }
        let (meta, sections) = frame.into_parts();
        let mut meta: Value = serde_json::from_slice(&meta).unwrap_or_default();
        if let Some(headers) = meta.get_mut("headers").and_then(Value::as_array_mut)
            && link.script.wraps
        {
            headers.push(json!(["x-app", "1"]));
        }
        match kind {
            Kind::Data => call.send(&meta, sections).await,
            Kind::Reply => return Ok((meta, sections)),
            _ => return Err(refusal("BrokenOff", "the server breaks off", None)),
        }
    }
}
