//! The own HTTP app of a project is guarded as the routes of the server are: by host and origin, on every method and on sockets.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lgx_tests::{DevServer, Project};

const HANDSHAKE: &str = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// The answer to a request that is sent as it is written here, until the server closes the connection or has accepted a WebSocket.
fn answer(server: &DevServer, request: &str) -> Result<String> {
    let address = server.url().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let read = stream.read(&mut piece)?;
        answer.extend_from_slice(piece.get(..read).unwrap_or_default());
        if read == 0 || answer.starts_with(b"HTTP/1.1 101") {
            return Ok(String::from_utf8_lossy(&answer).into_owned());
        }
    }
}

fn status(answer: &str) -> Result<u16> {
    let status = answer.split(' ').nth(1).context("an answer has a status")?;
    Ok(status.parse()?)
}

#[test]
fn pages_that_may_not_use_the_server_do_not_reach_the_app() -> Result<()> {
    let project = Project::copy_of("app")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    for (host, origin, expected) in [
        ("localhost", "http://localhost:3000", 200),
        ("localhost", "https://evil.example", 403),
        ("localhost", "null", 403),
        ("evil.example", "http://evil.example", 403),
    ] {
        for method in ["GET", "POST", "HEAD"] {
            let path = if method == "POST" {
                "/mirror"
            } else {
                "/hello"
            };
            let request = format!(
                "{method} {path} HTTP/1.1\r\nhost: {host}\r\norigin: {origin}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            );
            let answer = answer(&server, &request)?;
            let reached = answer.contains("\r\nx-app: ");
            ensure!(reached == (expected == 200), "{method} {origin}: {answer}");
            ensure!(reached || status(&answer)? == 403, "{answer}");
        }
        let request =
            format!("GET /ws/echo HTTP/1.1\r\nhost: {host}\r\norigin: {origin}\r\n{HANDSHAKE}\r\n");
        // A refusal keeps the connection, so this one is closed afterwards.
        let request = if expected == 200 {
            request
        } else {
            request.replace("connection: upgrade", "connection: close, upgrade")
        };
        let answer = answer(&server, &request)?;
        let expected = if expected == 200 { 101 } else { 403 };
        ensure!(status(&answer)? == expected, "{host} {origin}: {answer}");
    }
    Ok(())
}

#[test]
fn an_image_of_another_site_opens_no_socket_and_no_path_leads_out_of_the_static_files() -> Result<()>
{
    let project = Project::copy_of("app")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    let socket = format!(
        "GET /ws/echo HTTP/1.1\r\nhost: localhost\r\nsec-fetch-site: cross-site\r\n{}\r\n",
        HANDSHAKE.replace("connection: upgrade", "connection: close, upgrade")
    );
    ensure!(status(&answer(&server, &socket)?)? == 403);
    let there = "GET /static/digits.txt HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    ensure!(status(&answer(&server, there)?)? == 200);
    for path in [
        "/static/../src/app.py",
        "/static/%2e%2e/src/app.py",
        "/static/..%2fsrc%2fapp.py",
        "/static/%2e%2e%5csrc%5capp.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/digits.txt%00",
        "/../langgraph.json",
        "/langgraph.json",
        "/.env",
        "/.lgx/state.db",
    ] {
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        let answer = answer(&server, &request)?;
        ensure!(status(&answer)? == 404, "{path}: {answer}");
    }
    Ok(())
}

#[test]
fn a_request_with_two_lengths_is_the_last_of_its_connection_for_the_app_too() -> Result<()> {
    let project = Project::copy_of("app")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    let smuggled = "GET /hello HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let request = format!(
        "POST /mirror HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n{smuggled}"
    );
    let answer = answer(&server, &request)?;
    ensure!(answer.matches("HTTP/1.1 ").count() == 1, "{answer}");
    Ok(())
}
