//! An answer on its way to who called: each piece goes on as it comes, and when all of it is there it is kept.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, Response, header};
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Incoming;
use lgx_cassettes::{Body, Chunk, Library, Request};
use tokio::sync::mpsc;
use tokio::time::timeout_at;
use tokio_util::task::TaskTracker;

use crate::answer::Outgoing;
use crate::routes::BoxError;
use crate::told::{Teller, Told};

/// How much of a body is kept, of what is asked and of what is answered.
pub(crate) const LONGEST: usize = 32 << 20;
/// How long an answer may go on after who called has left. SDKs leave when they have read the last event, before the end of the body.
const GRACE: Duration = Duration::from_secs(1);
/// How many pieces may wait for a client that is slow.
const WAITING: usize = 16;
/// The types of bodies that are streams.
const STREAMS: [&str; 5] = [
    "text/event-stream",
    "application/x-ndjson",
    "application/jsonl",
    "application/stream+json",
    "application/vnd.amazon.eventstream",
];

type Sender = mpsc::Sender<Result<Frame<Bytes>, BoxError>>;

/// One answer, as far as it has come.
pub(crate) struct Capture {
    library: Arc<Library>,
    call: Request,
    teller: Teller,
    status: u16,
    headers: Vec<(String, String)>,
    streams: bool,
    began: Instant,
    chunks: Vec<Chunk>,
    length: usize,
    /// Why it is not kept, if so.
    passed_over: Option<String>,
}

impl Capture {
    /// Of what is answered to a call.
    pub(crate) fn new(library: &Arc<Library>, call: Request, teller: &Teller) -> Self {
        Self {
            library: Arc::clone(library),
            call,
            teller: Arc::clone(teller),
            status: 0,
            headers: Vec::new(),
            streams: false,
            began: Instant::now(),
            chunks: Vec::new(),
            length: 0,
            passed_over: None,
        }
    }

    /// The answer that goes out, while this one is taken down.
    pub(crate) fn of(
        mut self,
        response: Response<Incoming>,
        tasks: &TaskTracker,
    ) -> Response<Outgoing> {
        let (head, body) = response.into_parts();
        self.read_head(head.status.as_u16(), &head.headers);
        let (sender, receiver) = mpsc::channel(WAITING);
        tasks.spawn(self.pump(body, sender));
        let pieces = stream::unfold(receiver, |mut receiver| async move {
            receiver.recv().await.map(|piece| (piece, receiver))
        });
        Response::from_parts(head, StreamBody::new(pieces).boxed_unsync())
    }

    fn read_head(&mut self, status: u16, headers: &HeaderMap) {
        self.began = Instant::now();
        self.status = status;
        let texts = headers.iter();
        let texts = texts.filter_map(|(name, value)| Some((name, value.to_str().ok()?)));
        self.headers = texts
            .map(|(name, value)| (name.to_string(), value.to_owned()))
            .collect();
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let media = text(header::CONTENT_TYPE).unwrap_or_default();
        let media = media.split(';').next().unwrap_or_default().trim();
        self.streams = STREAMS.iter().any(|it| media.eq_ignore_ascii_case(it));
        let encoding = text(header::CONTENT_ENCODING).unwrap_or("identity");
        if !encoding.eq_ignore_ascii_case("identity") {
            self.passed_over = Some(format!(
                "it is answered compressed ({encoding}), though the request takes nothing that is"
            ));
        }
    }

    /// Hands on what comes. The last piece goes on when the recording is on disk, so that who has the answer finds it there.
    async fn pump(mut self, mut body: Incoming, sender: Sender) {
        let mut left = None;
        loop {
            let frame = match left {
                None => tokio::select! {
                    frame = body.frame() => frame,
                    () = sender.closed() => {
                        left = Some(tokio::time::Instant::now() + GRACE);
                        continue;
                    }
                },
                Some(until) => match timeout_at(until, body.frame()).await {
                    Ok(frame) => frame,
                    // Nobody knows how it would have gone on.
                    Err(_) => return,
                },
            };
            match frame {
                None => return self.keep().await,
                Some(Err(error)) => {
                    let _ = sender.send(Err(error.into())).await;
                    return;
                }
                Some(Ok(frame)) => {
                    if let Some(data) = frame.data_ref() {
                        self.add(data);
                    }
                    if body.is_end_stream() {
                        self.keep().await;
                        let _ = sender.send(Ok(frame)).await;
                        return;
                    }
                    // If nobody takes it, that is seen above.
                    let _ = sender.send(Ok(frame)).await;
                }
            }
        }
    }

    fn add(&mut self, data: &Bytes) {
        self.length += data.len();
        if self.length > LONGEST {
            let longer = || format!("its answer is longer than {} MiB", LONGEST >> 20);
            self.passed_over.get_or_insert_with(longer);
        }
        if self.passed_over.is_some() {
            self.chunks.clear();
            return;
        }
        self.chunks.push(Chunk {
            after: self.began.elapsed(),
            bytes: data.to_vec(),
        });
    }

    async fn keep(&mut self) {
        let sentence = match self.passed_over.take() {
            Some(reason) => Some(format!(
                "the answer to {} is not recorded: {reason}",
                self.call
            )),
            None => self.write().await.err(),
        };
        if let Some(sentence) = sentence {
            (self.teller)(Told::NotKept { sentence });
        }
    }

    async fn write(&mut self) -> Result<(), String> {
        let chunks = std::mem::take(&mut self.chunks);
        let body = if self.streams {
            Body::Chunks(chunks)
        } else {
            let pieces = chunks.iter().map(|chunk| chunk.bytes.as_slice());
            Body::Whole(pieces.collect::<Vec<_>>().concat())
        };
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.as_str()));
        let response = lgx_cassettes::Response::new(self.status, headers, body);
        let (library, call) = (Arc::clone(&self.library), self.call.clone());
        let kept = tokio::task::spawn_blocking(move || library.keep(&call, &response)).await;
        match kept {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }
}
