//! The process that the app runs in ends: before a request, and in the middle of one.

use std::io::Write;
use std::net::TcpListener;
use std::thread;

use anyhow::{Context, Result, ensure};

use super::{project, serve};

#[test]
fn a_request_after_the_end_of_the_process_is_answered_by_the_next() -> Result<()> {
    let project = project()?;
    let server = serve(&project)?;
    server.kill_workers()?;
    assert_eq!(server.client().get("/hello")?.ok()?["version"], "one");
    Ok(())
}

#[test]
fn what_it_had_begun_breaks_off_and_the_next_request_is_answered() -> Result<()> {
    let project = project()?;
    let server = serve(&project)?;
    let client = server.client();
    let news = TcpListener::bind("127.0.0.1:0")?;
    let port = news.local_addr()?.port();
    let mut events = client.follow(&format!("/ticker/{port}"))?;
    let (mut source, _) = news.accept()?;
    source.write_all(b"first\n")?;
    let first = events.next().context("the stream has begun")??;
    assert_eq!(first.data, "one first");

    let patient = client.clone();
    let waiting = thread::spawn(move || {
        let patient = patient.with_header("origin", "http://localhost:3000");
        patient.get("/patient")
    });
    client.get("/happened/waits")?.ok()?;
    server.kill_workers()?;

    // It is not answered twice: nobody knows how far it came.
    let answer = waiting.join().ok().context("the client panicked")??;
    assert_eq!(answer.status, 503, "{}", answer.body);
    ensure!(answer.json()?["detail"].is_string(), "{}", answer.body);
    ensure!(answer.header("access-control-allow-origin").is_some());
    let next = events
        .next()
        .context("a stream that breaks off is no end")?;
    ensure!(next.is_err(), "the stream went on: {next:?}");
    assert_eq!(client.get("/hello")?.ok()?["version"], "one");
    Ok(())
}
