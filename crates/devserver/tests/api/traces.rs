//! Runs as traces of OpenTelemetry: what a receiver gets of them, where the environment names one.

use lgx_devserver::{Notice, TraceNotice};
use lgx_testkit::{Listener, TestProject, TestServer, within};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::bodies::multi;
use crate::steps::{create, join, text, thread, wait};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// A receiver of traces.
struct Receiver(TcpListener);

/// A request that waits for its answer.
struct Posted {
    stream: TcpStream,
    head: String,
    body: Value,
}

impl Receiver {
    async fn listen() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }

    /// A server that sends to it, in JSON.
    async fn server(&self) -> TestServer {
        self.server_with(&[]).await
    }

    /// The same, with these variables too.
    async fn server_with(&self, variables: &[(&str, &str)]) -> TestServer {
        let mut setup = TestServer::over(TestProject::new())
            .variable("OTEL_EXPORTER_OTLP_ENDPOINT", &self.url())
            .variable("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json");
        for (name, value) in variables {
            setup = setup.variable(name, value);
        }
        setup.start().await
    }

    async fn next(&self) -> Posted {
        let (mut stream, _) = within("a trace", self.0.accept()).await.unwrap();
        let mut bytes = Vec::new();
        loop {
            assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "it is whole");
            let Some(end) = bytes.windows(4).position(|part| part == b"\r\n\r\n") else {
                continue;
            };
            if let Ok(body) = serde_json::from_slice(&bytes[end + 4..]) {
                let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
                return Posted { stream, head, body };
            }
        }
    }

    /// The spans of the next request, which is taken.
    async fn spans(&self) -> Vec<Value> {
        let posted = self.next().await;
        let spans = posted.spans();
        posted.answer("200 OK").await;
        spans
    }

    /// How many more come until the server has stopped.
    async fn left_by(self, server: TestServer) -> usize {
        let mut left = 0;
        let stopped = server.stop();
        let mut stopped = std::pin::pin!(stopped);
        loop {
            tokio::select! {
                _ = &mut stopped => return left,
                posted = self.next() => {
                    left += posted.spans().len();
                    posted.answer("200 OK").await;
                }
            }
        }
    }
}

impl Posted {
    fn spans(&self) -> Vec<Value> {
        let spans = &self.body["resourceSpans"][0]["scopeSpans"][0]["spans"];
        spans.as_array().unwrap().clone()
    }

    async fn answer(mut self, status: &str) {
        let reply = format!(
            "HTTP/1.1 {status}\r\nretry-after: 0\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}"
        );
        self.stream.write_all(reply.as_bytes()).await.unwrap();
    }
}

/// What a span says of this.
fn said<'a>(span: &'a Value, key: &str) -> &'a Value {
    let said = span["attributes"].as_array().unwrap().iter();
    let mut said = said.filter(|said| said["key"] == key);
    said.next().map_or(&Value::Null, |said| &said["value"])
}

fn named<'a>(spans: &'a [Value], name: &str) -> &'a Value {
    let found = spans.iter().find(|span| span["name"] == name);
    found.unwrap_or_else(|| panic!("no span {name} among {spans:?}"))
}

async fn trouble(listener: &mut Listener) -> TraceNotice {
    let trouble = |notice: &Notice| match notice {
        Notice::Traces(notice) if !matches!(notice, TraceNotice::Sends { .. }) => {
            Some(notice.clone())
        }
        _ => None,
    };
    listener.hear("trouble with traces", trouble).await
}

async fn metrics(server: &TestServer) -> String {
    server.get("/metrics").await.text().to_owned()
}

#[tokio::test]
async fn a_run_is_sent_once_with_its_tasks_and_calls_and_nothing_that_people_wrote() {
    let receiver = Receiver::listen().await;
    let server = receiver
        .server_with(&[("OTEL_EXPORTER_OTLP_HEADERS", "x-key=s3cret")])
        .await;
    let id = thread(&server).await;
    let body = json!({"assistant_id": "tokens", "input": {"text": "written by a person"}});
    let run = create(&server, &id, body).await;
    join(&server, &id, &run).await;
    let posted = receiver.next().await;
    assert!(
        posted.head.starts_with("post /v1/traces"),
        "{}",
        posted.head
    );
    assert!(posted.head.contains("x-key: s3cret"), "{}", posted.head);
    let resource = &posted.body["resourceSpans"][0];
    assert_eq!(
        resource["schemaUrl"],
        "https://opentelemetry.io/schemas/1.41.0"
    );
    assert!(!posted.body.to_string().contains("written by a person"));
    let spans = posted.spans();
    posted.answer("200 OK").await;

    let root = named(&spans, "invoke_agent tokens");
    assert_eq!(root["traceId"], run.replace('-', ""));
    assert_eq!(said(root, "gen_ai.conversation.id")["stringValue"], id);
    assert_eq!(said(root, "lgx.run.status")["stringValue"], "success");
    let call = named(&spans, "text_completion fake-1");
    assert_eq!(said(call, "gen_ai.provider.name")["stringValue"], "fake");
    assert_eq!(said(call, "gen_ai.usage.input_tokens")["intValue"], "3");
    assert_eq!(said(call, "gen_ai.input.messages"), &Value::Null);
    let task = spans
        .iter()
        .find(|span| span["spanId"] == call["parentSpanId"]);
    assert_eq!(task.unwrap()["parentSpanId"], root["spanId"]);
    let record = server.get(format!("/lgx/runs/{run}"));
    let record = record.header("x-lgx-studio", "1").await.ok();
    assert_eq!(task.unwrap()["name"], record["steps"][0]["node"]);

    assert_eq!(receiver.left_by(server).await, 0);
}

#[tokio::test]
async fn content_is_sent_if_it_is_asked_for() {
    let receiver = Receiver::listen().await;
    let name = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";
    let server = receiver.server_with(&[(name, "true")]).await;
    let id = thread(&server).await;
    wait(
        &server,
        &id,
        json!({"assistant_id": "tokens", "input": {"text": "hi"}}),
    )
    .await;
    let spans = receiver.spans().await;
    let call = named(&spans, "text_completion fake-1");
    let asked = said(call, "gen_ai.input.messages")["stringValue"].as_str();
    let asked: Value = serde_json::from_str(asked.unwrap()).unwrap();
    assert_eq!(asked[0]["parts"][0]["content"], "hi");
}

#[tokio::test]
async fn a_run_that_was_asked_for_within_a_trace_is_a_part_of_it() {
    let receiver = Receiver::listen().await;
    let server = receiver.server().await;
    let id = thread(&server).await;
    let run = server
        .post(format!("/threads/{id}/runs"), &multi("in"))
        .header("traceparent", PARENT)
        .await
        .ok();
    join(&server, &id, &text(&run, "run_id")).await;
    let spans = receiver.spans().await;
    let root = named(&spans, "invoke_agent multi");
    assert_eq!(root["traceId"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(root["parentSpanId"], "b7ad6b7169203331");
    let names: Vec<&str> = spans
        .iter()
        .filter_map(|span| span["name"].as_str())
        .collect();
    assert_eq!(names, ["invoke_agent multi", "a", "slow", "b"]);
    // The caller does not trace this one.
    let off = PARENT.replace("-01", "-00");
    let path = format!("/threads/{id}/runs/wait");
    server
        .post(path, &multi("in"))
        .header("traceparent", &off)
        .await
        .ok();
    assert_eq!(receiver.left_by(server).await, 0);
}

#[tokio::test]
async fn a_run_that_fails_says_so_and_which_task_it_was() {
    let receiver = Receiver::listen().await;
    let server = receiver.server().await;
    let id = thread(&server).await;
    let run = create(
        &server,
        &id,
        json!({"assistant_id": "boom", "input": {"log": []}}),
    )
    .await;
    join(&server, &id, &run).await;
    let spans = receiver.spans().await;
    let failed: Vec<&str> = spans
        .iter()
        .filter(|span| span["status"]["code"] == 2)
        .filter_map(|span| said(span, "error.type")["stringValue"].as_str())
        .collect();
    assert_eq!(failed, ["ValueError", "ValueError"], "{spans:?}");
}

#[tokio::test]
async fn a_receiver_that_was_busy_gets_the_run_again() {
    let receiver = Receiver::listen().await;
    let server = receiver.server().await;
    let id = thread(&server).await;
    wait(&server, &id, multi("in")).await;
    let first = receiver.next().await;
    let spans = first.spans();
    first.answer("503 Service Unavailable").await;
    assert_eq!(receiver.spans().await, spans);
    assert_eq!(receiver.left_by(server).await, 0);
}

#[tokio::test]
async fn a_receiver_that_takes_nothing_costs_runs_nothing_and_is_told_once() {
    let receiver = Receiver::listen().await;
    let server = receiver.server().await;
    let mut listener = server.listen();
    let id = thread(&server).await;
    for _ in 0..2 {
        wait(&server, &id, multi("in")).await;
        receiver.next().await.answer("401 Unauthorized").await;
    }
    let reason = "it answered 401 Unauthorized".to_owned();
    let endpoint = format!("{}/v1/traces", receiver.url());
    let expected = TraceNotice::Undelivered { endpoint, reason };
    assert_eq!(trouble(&mut listener).await, expected);
    wait(&server, &id, multi("in")).await;
    // When this is taken, what came before has been counted.
    assert_eq!(receiver.spans().await.len(), 4);
    let text = metrics(&server).await;
    assert!(
        text.contains("\nlgx_trace_spans_dropped_total 8\n"),
        "{text}"
    );
    let again = listener.rest();
    assert!(
        !again
            .iter()
            .any(|notice| matches!(notice, Notice::Traces(_)))
    );
}

#[tokio::test]
async fn what_is_on_its_way_when_the_server_stops_arrives() {
    let receiver = Receiver::listen().await;
    let server = receiver.server().await;
    let id = thread(&server).await;
    wait(&server, &id, multi("in")).await;
    let first = receiver.next().await;
    wait(&server, &id, multi("in")).await;
    let stopping = tokio::spawn(server.stop());
    first.answer("200 OK").await;
    assert_eq!(receiver.spans().await.len(), 4);
    within("the end", stopping).await.unwrap();
}

#[tokio::test]
async fn nothing_is_sent_where_nobody_asks_for_it() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    wait(&server, &id, multi("in")).await;
    assert!(!metrics(&server).await.contains("lgx_trace"));
    let mut listener = server.listen_from_start();
    let said = listener.rest();
    assert!(
        !said
            .iter()
            .any(|notice| matches!(notice, Notice::Traces(_)))
    );
}

#[tokio::test]
async fn the_projects_own_variables_count_and_do_so_from_the_next_reload_on() {
    let receiver = Receiver::listen().await;
    let server = TestServer::over(TestProject::new())
        .reloading()
        .start()
        .await;
    let mut listener = server.listen();
    let id = thread(&server).await;
    wait(&server, &id, multi("in")).await;
    server.project.configure(json!({"env": {
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": format!("{}/mine?key=s3cret", receiver.url()),
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json",
    }}));
    let reloaded = |notice: &Notice| matches!(notice, Notice::Reloaded { .. }).then_some(());
    listener.hear("the reload", reloaded).await;
    wait(&server, &id, multi("in")).await;
    let posted = receiver.next().await;
    assert!(
        posted.head.starts_with("post /mine?key=s3cret"),
        "{}",
        posted.head
    );
    posted.answer("200 OK").await;
    let sends = |notice: &Notice| match notice {
        Notice::Traces(TraceNotice::Sends { endpoint, .. }) => Some(endpoint.clone()),
        _ => None,
    };
    let endpoint = listener.hear("where runs are sent", sends).await;
    assert_eq!(endpoint, format!("{}/mine", receiver.url()));
}

#[tokio::test]
async fn grpc_is_refused_in_one_sentence() {
    let receiver = Receiver::listen().await;
    let name = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL";
    let server = receiver.server_with(&[(name, "grpc")]).await;
    let mut listener = server.listen_from_start();
    let TraceNotice::Setting { problem } = trouble(&mut listener).await else {
        panic!("it is not told");
    };
    assert!(
        problem.starts_with("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL is grpc"),
        "{problem}"
    );
    let id = thread(&server).await;
    wait(&server, &id, multi("in")).await;
    assert_eq!(receiver.left_by(server).await, 0);
}
