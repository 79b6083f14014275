//! A server that webhooks report to.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

/// How long a report may take: it is sent at once, unless tries were cut off; before the last of them lgx waits for half a minute.
const PATIENCE: Duration = Duration::from_secs(60);

type Reports = Arc<(Mutex<HashMap<String, Vec<Value>>>, Condvar)>;

/// What was reported.
pub(super) struct Webhooks {
    url: String,
    reports: Reports,
}

impl Webhooks {
    pub(super) fn listen() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let reports = Reports::default();
        let received = Arc::clone(&reports);
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let received = Arc::clone(&received);
                // One that is cut off, or whose answer is, is sent again.
                std::thread::spawn(move || drop(receive(connection, &received)));
            }
        });
        Ok(Self { url, reports })
    }

    /// Where the end of the run of this token is to be reported.
    pub(super) fn url(&self, token: &str) -> String {
        format!("{}/{token}", self.url)
    }

    /// The statuses that were reported of it; waits for the first one.
    pub(super) fn of(&self, token: &str) -> Vec<Value> {
        let reports = self
            .reports
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .reports
            .1
            .wait_timeout_while(reports, PATIENCE, |reports| !reports.contains_key(token));
        let reports = waited.unwrap_or_else(PoisonError::into_inner).0;
        reports.get(token).cloned().unwrap_or_default()
    }
}

fn receive(mut connection: TcpStream, reports: &Reports) -> Result<()> {
    let mut lines = BufReader::new(connection.try_clone()?);
    let (mut first, mut length) = (String::new(), 0);
    lines.read_line(&mut first)?;
    loop {
        let mut header = String::new();
        lines.read_line(&mut header)?;
        let Some((name, value)) = header.split_once(':') else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    lines.read_exact(&mut body)?;
    let report: Value = serde_json::from_slice(&body)?;
    let token = first
        .split(' ')
        .nth(1)
        .context("a request has a path")?
        .trim_start_matches('/');
    let mut received = reports.0.lock().unwrap_or_else(PoisonError::into_inner);
    received
        .entry(token.to_owned())
        .or_default()
        .push(report["status"].clone());
    drop(received);
    reports.1.notify_all();
    connection.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")?;
    Ok(())
}
