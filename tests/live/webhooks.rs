//! Webhooks and SIGKILL: an end that was saved is reported, by the next server if need be.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Result, ensure};
use lgx_tests::{DevServer, Project, why_no_node};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(60);
const DELIVERED: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

#[test]
fn an_end_that_lgx_was_killed_over_is_reported_by_the_next_one_and_by_no_third() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    allow_loopback(&project)?;
    let (url, connections) = listen()?;

    let server = DevServer::start(&project, &["--no-reload"])?;
    let body = json!({"assistant_id": "multi", "input": {"log": ["in"]}, "webhook": url});
    let run = server.client().post("/runs", &body)?.ok()?;
    // It is never answered.
    let mut first = connections.recv_timeout(PATIENCE)?;
    let first = report(&mut first)?;
    server.kill_everything()?;

    let server = DevServer::start(&project, &["--no-reload"])?;
    let mut second = connections.recv_timeout(PATIENCE)?;
    let again = report(&mut second)?;
    second.write_all(DELIVERED)?;
    ensure!(
        again["run_id"] == run["run_id"] && again["status"] == "success",
        "{again}"
    );
    assert_eq!(first["run_ended_at"], again["run_ended_at"]);
    // What is delivered is forgotten before a server that stops has ended.
    server.stop(rustix::process::Signal::TERM)?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    server.client().post("/runs/wait", &body)?.ok()?;
    let mut third = connections.recv_timeout(PATIENCE)?;
    ensure!(
        report(&mut third)?["run_id"] != run["run_id"],
        "it was reported once more"
    );
    Ok(())
}

#[test]
fn the_end_of_a_run_in_javascript_is_reported() -> Result<()> {
    if let Some(reason) = why_no_node() {
        writeln!(
            std::io::stderr(),
            "SKIPPED: webhooks of JavaScript: {reason}"
        )?;
        return Ok(());
    }
    let project = Project::with_packages("fixtures-js")?;
    allow_loopback(&project)?;
    let (url, connections) = listen()?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    for (graph, status) in [("multi", "success"), ("boom", "error")] {
        let body = json!({"assistant_id": graph, "input": {}, "webhook": url});
        // The values of a stateless run go with its thread.
        let runs = format!("/threads/{}/runs", server.client().new_thread()?);
        server.client().post(&runs, &body)?.ok()?;
        let mut connection = connections.recv_timeout(PATIENCE)?;
        let told = report(&mut connection)?;
        connection.write_all(DELIVERED)?;
        ensure!(told["status"] == status, "{told}");
        let values = &told["values"];
        ensure!(
            values["log"] == json!(["a", "slow", "b"]) || values["ok"] == "yes",
            "{told}"
        );
    }
    Ok(())
}

/// Lets webhooks go to this machine.
fn allow_loopback(project: &Project) -> Result<()> {
    let mut config: Value = serde_json::from_str(&project.read("langgraph.json")?)?;
    config["webhooks"] = json!({"url": {"disable_loopback": false, "require_https": false}});
    project.write("langgraph.json", &config.to_string())
}

/// A URL, and the connections that come to it.
fn listen() -> Result<(String, mpsc::Receiver<TcpStream>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/hook", listener.local_addr()?);
    let (came, connections) = mpsc::channel();
    std::thread::spawn(move || {
        let mut streams = listener.incoming().flatten();
        while streams
            .next()
            .is_some_and(|stream| came.send(stream).is_ok())
        {}
    });
    Ok((url, connections))
}

/// Reads the report that a connection brings.
fn report(connection: &mut TcpStream) -> Result<Value> {
    let mut bytes = Vec::new();
    loop {
        let mut part = [0; 4096];
        let read = connection.read(&mut part)?;
        ensure!(read > 0, "the connection ended before its report");
        bytes.extend_from_slice(&part[..read]);
        let text = String::from_utf8_lossy(&bytes);
        let (_, body) = text.split_once("\r\n\r\n").unwrap_or_default();
        if let Ok(report) = serde_json::from_str(body) {
            return Ok(report);
        }
    }
}
