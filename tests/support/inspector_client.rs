//! An editor that debugs Node.js, as far as a test needs one: it speaks the protocol of the inspector.

use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

use crate::Client;

const PATIENCE: Duration = Duration::from_secs(60);

/// A connection to an inspector.
pub struct InspectorClient {
    socket: WebSocket<TcpStream>,
    sent: u64,
    /// What has come and nobody has asked for yet.
    unread: Vec<Value>,
}

impl InspectorClient {
    /// Attaches as editors do: it asks over HTTP where the inspector is, and opens the WebSocket that is named.
    pub fn attach(address: &str) -> Result<Self> {
        let targets = Client::new(&format!("http://{address}"))
            .get("/json/list")?
            .json()?;
        let url = targets[0]["webSocketDebuggerUrl"].as_str();
        let url = url.with_context(|| format!("there is nothing to attach to: {targets}"))?;
        ensure!(url.starts_with(&format!("ws://{address}/")), "{url}");
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let (socket, _) = tungstenite::client(url, stream)?;
        let mut client = Self {
            socket,
            sent: 0,
            unread: Vec::new(),
        };
        client.ask("Runtime.enable", &json!({}))?;
        client.ask("Debugger.enable", &json!({}))?;
        Ok(client)
    }

    /// Sets a breakpoint at a line of what Node.js runs, from 0.
    pub fn break_at(&mut self, script: &str, line: u64) -> Result<()> {
        let at = json!({"urlRegex": format!(".*{script}$"), "lineNumber": line});
        self.ask("Debugger.setBreakpointByUrl", &at)?;
        Ok(())
    }

    /// All breakpoints are set: code that waits for that may run.
    pub fn run(&mut self) -> Result<()> {
        self.ask("Runtime.runIfWaitingForDebugger", &json!({}))?;
        Ok(())
    }

    /// The script of this name, once it is known, with where its source map is.
    pub fn script(&mut self, name: &str) -> Result<Value> {
        self.next_that(|message| {
            message["method"] == "Debugger.scriptParsed"
                && message["params"]["url"]
                    .as_str()
                    .is_some_and(|url| url.ends_with(name))
        })
    }

    /// Waits until code stops at a breakpoint: the name of the function.
    pub fn stopped(&mut self) -> Result<Value> {
        let paused = self.next_that(|message| message["method"] == "Debugger.paused")?;
        Ok(paused["callFrames"][0].clone())
    }

    /// What an expression is in a frame.
    pub fn evaluate(&mut self, frame: &Value, expression: &str) -> Result<Value> {
        let question = json!({"callFrameId": frame["callFrameId"], "expression": expression, "returnByValue": true});
        let answer = self.ask("Debugger.evaluateOnCallFrame", &question)?;
        Ok(answer["result"]["value"].clone())
    }

    /// Lets the code go on.
    pub fn go_on(&mut self) -> Result<()> {
        self.ask("Debugger.resume", &json!({}))?;
        Ok(())
    }

    /// Waits for the end of the connection.
    pub fn is_cut_off(mut self) {
        while self.read().is_ok() {}
    }

    fn ask(&mut self, method: &str, params: &Value) -> Result<Value> {
        self.sent += 1;
        let id = self.sent;
        let request = json!({"id": id, "method": method, "params": params});
        self.socket.send(Message::text(request.to_string()))?;
        loop {
            let message = self.read()?;
            if message["id"] == id {
                ensure!(message["error"].is_null(), "{method}: {message}");
                return Ok(message["result"].clone());
            }
            self.unread.push(message);
        }
    }

    fn next_that(&mut self, is_it: impl Fn(&Value) -> bool) -> Result<Value> {
        if let Some(known) = self.unread.iter().position(&is_it) {
            return Ok(self.unread.remove(known)["params"].clone());
        }
        loop {
            let message = self.read()?;
            if is_it(&message) {
                return Ok(message["params"].clone());
            }
            self.unread.push(message);
        }
    }

    fn read(&mut self) -> Result<Value> {
        loop {
            match self.socket.read()? {
                Message::Text(text) => return Ok(serde_json::from_str(&text)?),
                Message::Close(_) => bail!("the inspector has closed the connection"),
                _ => {}
            }
        }
    }
}
