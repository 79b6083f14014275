//! An editor that debugs Python, as far as a test needs one: it speaks the Debug Adapter Protocol.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(60);

/// A connection to a debugger.
pub struct DebugClient {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
    sent: u64,
    /// What has come and nobody has asked for yet.
    unread: Vec<Value>,
}

/// Where a thread has stopped.
#[derive(Debug)]
pub struct Stop {
    /// The thread.
    pub thread: u64,
    /// The frames of the project's own lines, the innermost first: name and line.
    pub frames: Vec<(String, u64)>,
    innermost: Value,
}

impl DebugClient {
    /// Attaches, with breakpoints at these lines of a file.
    pub fn attach(address: &str, file: &Path, lines: &[u64]) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let reader = BufReader::new(stream.try_clone()?);
        let mut client = Self {
            stream,
            reader,
            sent: 0,
            unread: Vec::new(),
        };
        client.ask(
            "initialize",
            &json!({"adapterID": "debugpy", "pathFormat": "path", "linesStartAt1": true, "columnsStartAt1": true}),
        )?;
        let attach = client.send("attach", &json!({"justMyCode": true}))?;
        client.event("initialized")?;
        let lines: Vec<_> = lines.iter().map(|line| json!({"line": line})).collect();
        client.ask(
            "setBreakpoints",
            &json!({"source": {"path": file}, "breakpoints": lines}),
        )?;
        client.ask("configurationDone", &json!({}))?;
        client.response(attach)?;
        Ok(client)
    }

    /// Waits until a thread stops at a breakpoint.
    pub fn stopped(&mut self) -> Result<Stop> {
        let stopped = self.event("stopped")?;
        let thread = stopped["threadId"].as_u64().context("a thread stops")?;
        let trace = self.ask("stackTrace", &json!({"threadId": thread}))?;
        let frames = trace["stackFrames"]
            .as_array()
            .context("there are frames")?;
        let named = |frame: &Value| {
            let name = frame["name"].as_str().unwrap_or_default().to_owned();
            (name, frame["line"].as_u64().unwrap_or_default())
        };
        Ok(Stop {
            thread,
            frames: frames.iter().map(named).collect(),
            innermost: frames.first().context("there is a frame")?["id"].clone(),
        })
    }

    /// What an expression is where a thread has stopped.
    pub fn evaluate(&mut self, stop: &Stop, expression: &str) -> Result<String> {
        let found = self.ask(
            "evaluate",
            &json!({"expression": expression, "frameId": stop.innermost, "context": "repl"}),
        )?;
        Ok(found["result"].as_str().unwrap_or_default().to_owned())
    }

    /// Lets a thread go on.
    pub fn go_on(&mut self, stop: &Stop) -> Result<()> {
        self.ask("continue", &json!({"threadId": stop.thread}))?;
        Ok(())
    }

    /// Waits until the debugger ends; whether it asks to be attached to anew.
    pub fn ends(mut self) -> Result<bool> {
        let ended = self.event("terminated")?;
        Ok(ended["restart"] == true)
    }

    fn ask(&mut self, command: &str, arguments: &Value) -> Result<Value> {
        let request = self.send(command, arguments)?;
        self.response(request)
    }

    fn send(&mut self, command: &str, arguments: &Value) -> Result<u64> {
        self.sent += 1;
        let request = json!({"seq": self.sent, "type": "request", "command": command, "arguments": arguments});
        let request = request.to_string();
        write!(
            self.stream,
            "Content-Length: {}\r\n\r\n{request}",
            request.len()
        )?;
        Ok(self.sent)
    }

    fn response(&mut self, request: u64) -> Result<Value> {
        let answer = self.next_that(|message| {
            message["type"] == "response" && message["request_seq"] == request
        })?;
        ensure!(answer["success"] == true, "{answer}");
        Ok(answer["body"].clone())
    }

    fn event(&mut self, name: &str) -> Result<Value> {
        let event =
            self.next_that(|message| message["type"] == "event" && message["event"] == name)?;
        Ok(event["body"].clone())
    }

    fn next_that(&mut self, is_it: impl Fn(&Value) -> bool) -> Result<Value> {
        if let Some(known) = self.unread.iter().position(&is_it) {
            return Ok(self.unread.remove(known));
        }
        loop {
            let Some(message) = self.read()? else {
                bail!("the debugger has ended; before that: {:?}", self.unread);
            };
            if is_it(&message) {
                return Ok(message);
            }
            self.unread.push(message);
        }
    }

    fn read(&mut self) -> Result<Option<Value>> {
        let mut length = None;
        loop {
            let mut line = String::new();
            if self.reader.read_line(&mut line)? == 0 {
                return Ok(None);
            }
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            if let Some(text) = line.strip_prefix("Content-Length: ") {
                length = Some(text.parse()?);
            }
        }
        let mut body = vec![0; length.context("a message says how long it is")?];
        self.reader.read_exact(&mut body)?;
        Ok(Some(serde_json::from_slice(&body)?))
    }
}
