//! A small blocking HTTP client that speaks JSON and server-sent events and never retries.

use std::io::{BufRead, BufReader, Read};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use ureq::Agent;
use ureq::http::{Request, Response};

/// How long an answer may be, in bytes: longer than any that a test asks for.
const LONGEST: u64 = 1 << 30;

/// Talks to one server, with the same headers on every request.
#[derive(Clone)]
pub struct Client {
    base: String,
    headers: Vec<(String, String)>,
    agent: Agent,
}

/// A whole response.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: String,
    headers: ureq::http::HeaderMap,
}

/// One server-sent event.
#[derive(Debug)]
pub struct Event {
    /// Its name.
    pub event: String,
    /// Its data.
    pub data: Value,
    /// Its id, when it has one.
    pub id: Option<String>,
}

/// A response whose body is not read yet.
pub struct Reply {
    /// The status code.
    pub status: u16,
    headers: ureq::http::HeaderMap,
    body: ureq::Body,
}

/// The events of a stream, as they arrive.
pub struct Events {
    lines: std::io::Lines<BufReader<Box<dyn Read + Send>>>,
}

impl Client {
    /// A client of the server at `base`, a URL without a slash at the end.
    pub fn new(base: &str) -> Self {
        Self::with_connections(base, None)
    }

    /// The same, with a connection of its own for each request, as balancers spread connections.
    pub fn apart(base: &str) -> Self {
        Self::with_connections(base, Some(0))
    }

    fn with_connections(base: &str, idle: Option<usize>) -> Self {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(120)));
        if let Some(idle) = idle {
            config = config
                .max_idle_connections(idle)
                .max_idle_connections_per_host(idle);
        }
        Self {
            base: base.to_owned(),
            headers: Vec::new(),
            agent: config.build().into(),
        }
    }

    /// The same with one more header on every request.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// GETs a path.
    pub fn get(&self, path: &str) -> Result<Answer> {
        Answer::of(self.send("GET", path, None)?)
    }

    /// POSTs JSON to a path.
    pub fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        Answer::of(self.send("POST", path, Some(body))?)
    }

    /// DELETEs a path.
    pub fn delete(&self, path: &str) -> Result<Answer> {
        Answer::of(self.send("DELETE", path, None)?)
    }

    /// Sends any request, with JSON or nothing as its body.
    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Answer> {
        Answer::of(self.send(method, path, body)?)
    }

    /// POSTs JSON to a path that answers with a stream of events.
    pub fn events(&self, path: &str, body: &Value) -> Result<Events> {
        Events::of(self.send("POST", path, Some(body))?)
    }

    /// GETs a path that answers with a stream of events.
    pub fn follow(&self, path: &str) -> Result<Events> {
        Events::of(self.send("GET", path, None)?)
    }

    /// Sends any request, with any bytes as its body.
    pub fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(String, String)],
        body: Option<&[u8]>,
    ) -> Result<Reply> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base));
        for (name, value) in self.headers.iter().chain(headers) {
            request = request.header(name, value);
        }
        let sent = match body {
            Some(body) => self.agent.run(request.body(body)?),
            None => self.agent.run(request.body(())?),
        };
        let (parts, body) = sent
            .with_context(|| format!("{method} {path}"))?
            .into_parts();
        Ok(Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        })
    }

    /// POSTs a body that is read as it is sent, without saying how long it is.
    pub fn upload(&self, path: &str, body: Box<dyn Read + Send>) -> Result<Answer> {
        let mut request = Request::builder()
            .method("POST")
            .uri(format!("{}{path}", self.base));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let body = ureq::SendBody::from_owned_reader(body);
        let sent = self.agent.run(request.body(body)?);
        Answer::of(sent.with_context(|| format!("POST {path}"))?)
    }

    /// A new thread's id.
    pub fn new_thread(&self) -> Result<String> {
        let thread = self.post("/threads", &serde_json::json!({}))?.ok()?;
        Ok(thread["thread_id"]
            .as_str()
            .context("a thread has an id")?
            .to_owned())
    }

    fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Response<ureq::Body>> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let sent = match body {
            Some(body) => self.agent.run(
                request
                    .header("content-type", "application/json")
                    .body(body.to_string())?,
            ),
            None => self.agent.run(request.body(())?),
        };
        sent.with_context(|| format!("{method} {path}"))
    }
}

impl Answer {
    fn of(response: Response<ureq::Body>) -> Result<Self> {
        let (parts, mut body) = response.into_parts();
        Ok(Self {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: body.with_config().limit(LONGEST).read_to_string()?,
        })
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.body).with_context(|| format!("not JSON: {}", self.body))
    }

    /// The body as JSON, if the request succeeded.
    pub fn ok(&self) -> Result<Value> {
        ensure!(
            (200..300).contains(&self.status),
            "status {}: {}",
            self.status,
            self.body
        );
        self.json()
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Events {
    fn of(response: Response<ureq::Body>) -> Result<Self> {
        ensure!(
            response.status() == 200,
            "a stream answered {}",
            response.status()
        );
        Ok(Self::read(response.into_body()))
    }

    fn read(body: ureq::Body) -> Self {
        let reader: Box<dyn Read + Send> = Box::new(body.into_reader());
        Self {
            lines: BufReader::new(reader).lines(),
        }
    }
}

impl Reply {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The whole body.
    pub fn text(mut self) -> Result<String> {
        Ok(self.body.read_to_string()?)
    }

    /// The body as events. Dropping them hangs up.
    pub fn events(self) -> Events {
        Events::read(self.body)
    }
}

impl Iterator for Events {
    type Item = Result<Event>;

    fn next(&mut self) -> Option<Self::Item> {
        let (mut event, mut data, mut id) = (None, None, None);
        loop {
            let line = match self.lines.next()? {
                Ok(line) => line,
                Err(error) => return Some(Err(error.into())),
            };
            if let Some(name) = line.strip_prefix("event: ") {
                event = Some(name.to_owned());
            } else if let Some(text) = line.strip_prefix("data: ") {
                data =
                    Some(serde_json::from_str(text).with_context(|| format!("not JSON: {text}")));
            } else if let Some(text) = line.strip_prefix("id: ") {
                id = Some(text.to_owned());
            } else if line.is_empty()
                && let (Some(event), Some(data)) = (event.take(), data.take())
            {
                return Some(data.map(|data| Event { event, data, id }));
            }
        }
    }
}
