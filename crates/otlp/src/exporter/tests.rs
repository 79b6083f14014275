//! The queue, against a real socket: what is sent, how often, and what is given up.

use std::io::Read as _;

use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

use super::*;
use crate::sample;

/// A receiver, and an exporter that sends to it.
struct Setup {
    receiver: TcpListener,
    exporter: Exporter,
    counts: Arc<Counts>,
    troubles: UnboundedReceiver<String>,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

impl Setup {
    async fn new(variables: &[(&str, &str)]) -> Self {
        let receiver = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", receiver.local_addr().unwrap());
        let named = [
            &[("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str())],
            variables,
        ]
        .concat();
        let lookup = |name: &str| {
            let found = named.iter().find(|(present, _)| *present == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let settings = Settings::read(&lookup, "project").settings.unwrap();
        let (tell, troubles) = unbounded_channel();
        let (counts, tasks, stopping) =
            (Arc::default(), TaskTracker::new(), CancellationToken::new());
        let exporter = Exporter::start(
            &settings,
            "1.2.3",
            Arc::clone(&counts),
            Box::new(move |reason| tell.send(reason).unwrap()),
            &tasks,
            stopping.clone(),
        );
        Self {
            receiver,
            exporter: exporter.unwrap(),
            counts,
            troubles,
            stopping,
            tasks,
        }
    }

    async fn next(&self) -> Posted {
        let accepted = timeout(Duration::from_secs(30), self.receiver.accept());
        Posted::read(accepted.await.unwrap().unwrap().0).await
    }

    /// Stops, and comes back when all has been sent or given up: how many spans were.
    async fn stop(self) -> (u64, u64) {
        self.stopping.cancel();
        self.tasks.close();
        timeout(Duration::from_secs(30), self.tasks.wait())
            .await
            .unwrap();
        (self.counts.sent(), self.counts.dropped())
    }
}

/// A request that waits for its answer.
struct Posted {
    stream: TcpStream,
    head: String,
    body: Vec<u8>,
}

impl Posted {
    async fn read(mut stream: TcpStream) -> Self {
        let mut bytes = Vec::new();
        loop {
            assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "it is whole");
            let Some(end) = bytes.windows(4).position(|part| part == b"\r\n\r\n") else {
                continue;
            };
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.unwrap().parse().unwrap();
            if bytes.len() == end + 4 + length {
                let body = bytes.split_off(end + 4);
                return Self { stream, head, body };
            }
        }
    }

    /// What was posted, not compressed any more.
    fn body(&self) -> Vec<u8> {
        let mut body = self.body.clone();
        if self.head.contains("content-encoding: gzip") {
            body.clear();
            GzDecoder::new(&*self.body).read_to_end(&mut body).unwrap();
        }
        body
    }

    fn spans(&self) -> Vec<Span> {
        let request = ExportTraceServiceRequest::decode(&*self.body()).unwrap();
        let resources = request.resource_spans.into_iter();
        let scopes = resources.flat_map(|resource| resource.scope_spans);
        scopes.flat_map(|scope| scope.spans).collect()
    }

    /// The spans of a request in JSON, as they stand there.
    fn json(&self) -> Value {
        assert!(self.head.contains("content-type: application/json"));
        let body: Value = serde_json::from_slice(&self.body()).unwrap();
        body["resourceSpans"][0]["scopeSpans"][0]["spans"].clone()
    }

    async fn answer(self, status: &str, more: &str, body: &[u8]) {
        let mut stream = self.stream;
        let head = format!(
            "HTTP/1.1 {status}\r\n{more}content-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
    }
}

const SPANS: u64 = 8;

#[tokio::test]
async fn a_run_is_sent_once_with_the_headers_that_are_asked_for() {
    let setup = Setup::new(&[("OTEL_EXPORTER_OTLP_HEADERS", "x-key=s3cret")]).await;
    setup.exporter.take(sample::run());
    let posted = setup.next().await;
    assert!(
        posted.head.starts_with("post /v1/traces http/1.1"),
        "{}",
        posted.head
    );
    for line in [
        "x-key: s3cret",
        "content-type: application/x-protobuf",
        "user-agent: lgx/1.2.3",
    ] {
        assert!(posted.head.contains(line), "{}", posted.head);
    }
    assert_eq!(posted.spans(), spans(&sample::run(), false));
    posted.answer("200 OK", "", b"").await;
    assert_eq!(setup.stop().await, (SPANS, 0));
}

#[tokio::test]
async fn json_and_compressed_it_is_the_same() {
    let variables = [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
    ];
    let setup = Setup::new(&variables).await;
    setup.exporter.take(sample::run());
    let posted = setup.next().await;
    let expected = serde_json::to_value(spans(&sample::run(), false)).unwrap();
    assert_eq!(posted.json(), expected);
    assert_eq!(expected[0]["spanId"].as_str().map(str::len), Some(16));
    let answer = br#"{"partialSuccess": {"rejectedSpans": "1", "errorMessage": "no"}}"#;
    posted.answer("200 OK", "", answer).await;
    assert_eq!(setup.stop().await, (SPANS - 1, 1));
}

#[tokio::test]
async fn a_receiver_that_is_busy_gets_the_same_again_when_it_said() {
    let mut setup = Setup::new(&[]).await;
    setup.exporter.take(sample::run());
    let first = setup.next().await;
    let spans_of_first = first.spans();
    first
        .answer("503 Service Unavailable", "retry-after: 0\r\n", b"")
        .await;
    let second = setup.next().await;
    assert_eq!(second.spans(), spans_of_first);
    second
        .answer("429 Too Many Requests", "retry-after: 0\r\n", b"")
        .await;
    setup.next().await.answer("200 OK", "", b"").await;
    assert!(setup.troubles.recv().await.unwrap().contains("503"));
    assert!(setup.troubles.try_recv().is_err(), "it is told once");
    assert_eq!(setup.stop().await, (SPANS, 0));
}

#[tokio::test]
async fn what_a_receiver_will_never_take_is_given_up_and_told() {
    let mut setup = Setup::new(&[("OTEL_EXPORTER_OTLP_HEADERS", "x-key=s3cret")]).await;
    setup.exporter.take(sample::run());
    setup
        .next()
        .await
        .answer("401 Unauthorized", "", b"who are you")
        .await;
    let trouble = setup.troubles.recv().await.unwrap();
    assert_eq!(trouble, "it answered 401 Unauthorized");
    assert_eq!(setup.stop().await, (0, SPANS));
}

#[tokio::test]
async fn what_a_receiver_takes_in_part_is_counted_in_parts() {
    let mut setup = Setup::new(&[]).await;
    setup.exporter.take(sample::run());
    let answer = ExportTraceServiceResponse {
        partial_success: Some(ExportTracePartialSuccess {
            rejected_spans: 2,
            error_message: "too old".to_owned(),
        }),
    };
    setup
        .next()
        .await
        .answer("200 OK", "", &answer.encode_to_vec())
        .await;
    assert_eq!(
        setup.troubles.recv().await.unwrap(),
        "it refused 2 of 8 spans: too old"
    );
    assert_eq!(setup.stop().await, (SPANS - 2, 2));
}

#[tokio::test]
async fn runs_that_do_not_fit_are_counted_and_never_waited_for() {
    let mut setup = Setup::new(&[]).await;
    setup.exporter.take(sample::run());
    let unanswered = setup.next().await;
    // It sends the first, and nothing comes out of the queue meanwhile.
    for _ in 0..MOST_RUNS + 3 {
        setup.exporter.take(sample::run());
    }
    assert_eq!(setup.counts.dropped(), 3 * SPANS);
    assert_eq!(
        setup.troubles.recv().await.unwrap(),
        "runs end faster than it takes their traces"
    );
    unanswered.answer("200 OK", "", b"").await;
    let mut sent = 0;
    while sent < MOST_RUNS as u64 * SPANS {
        let posted = setup.next().await;
        assert!(posted.spans().len() <= MOST_SPANS);
        sent += posted.spans().len() as u64;
        posted.answer("200 OK", "", b"").await;
    }
    assert_eq!(setup.stop().await, (sent + SPANS, 3 * SPANS));
}

#[tokio::test]
async fn what_waits_when_the_server_stops_is_sent() {
    let setup = Setup::new(&[]).await;
    setup.exporter.take(sample::run());
    setup.exporter.take(sample::run());
    let first = setup.next().await;
    setup.stopping.cancel();
    first
        .answer("503 Service Unavailable", "retry-after: 100\r\n", b"")
        .await;
    // Nothing is waited for any more: it is tried once again, or given up.
    let counts = Arc::clone(&setup.counts);
    let answering = async {
        loop {
            setup.next().await.answer("200 OK", "", b"").await;
        }
    };
    setup.tasks.close();
    tokio::select! {
        () = setup.tasks.wait() => {}
        () = answering => {}
    }
    assert_eq!(counts.sent() + counts.dropped(), 2 * SPANS);
}

#[tokio::test]
async fn a_receiver_that_never_answers_does_not_hold_up_the_end() {
    let setup = Setup::new(&[]).await;
    setup.exporter.take(sample::run());
    let _unanswered = setup.next().await;
    let began = Instant::now();
    assert_eq!(setup.stop().await, (0, SPANS));
    assert!(began.elapsed() < LAST_WORDS * 4);
}

#[tokio::test]
async fn runs_that_are_not_sampled_are_not_sent() {
    let setup = Setup::new(&[("OTEL_TRACES_SAMPLER", "always_off")]).await;
    setup.exporter.take(sample::run());
    assert_eq!(setup.stop().await, (0, 0));
}

#[test]
fn a_request_is_neither_too_long_nor_too_large() {
    let large = |bytes: usize| Span {
        name: "x".repeat(bytes),
        ..Span::default()
    };
    let mut spans: VecDeque<Span> = [LARGEST_BODY + 1, 10, LARGEST_BODY - 100, 200, 10]
        .map(large)
        .into();
    let mut batches = Vec::new();
    while !spans.is_empty() {
        batches.push(batch_of(&mut spans).len());
    }
    assert_eq!(batches, [1, 2, 2]);
    let mut many: VecDeque<Span> = std::iter::repeat_n(Span::default(), MOST_SPANS + 1).collect();
    assert_eq!(batch_of(&mut many).len(), MOST_SPANS);
}
