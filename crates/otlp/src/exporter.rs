//! Sends the traces of runs that have ended, behind the runs: they wait in a queue that has a limit, and nothing waits for them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender as QueueEnd, channel};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::client::{Client, Delivery};
use crate::ended_run::EndedRun;
use crate::request_body::Sender;
use crate::sampler::Sampler;
use crate::settings::Settings;
use crate::spans::spans;

/// How many runs wait at most.
const MOST_RUNS: usize = 256;
/// How much memory they take at most, but for one that is larger by itself.
const MOST_BYTES: usize = 32 << 20;
/// How many spans a request has at most.
const MOST_SPANS: usize = 512;
/// How large it is, but for a span that is larger by itself. Receivers take 20 MB and more.
const LARGEST_BODY: usize = 4 << 20;
/// The pauses before a request is made again.
const PAUSES: [Duration; 4] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
];
/// A receiver that wants a longer pause than this does not get the spans.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);
/// How long the rest may take when the server stops.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// What was counted since the server started, also by exporters that others have taken the place of.
#[derive(Debug, Default)]
pub struct Counts {
    sent: AtomicU64,
    dropped: AtomicU64,
}

impl Counts {
    /// How many spans receivers have taken.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// How many were given up.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

/// Told why spans cannot be delivered, once until they can be again.
pub type OnTrouble = Box<dyn Fn(String) + Send + Sync>;

/// Sends traces to one receiver.
pub struct Exporter {
    queue: QueueEnd<EndedRun>,
    waiting: Arc<Waiting>,
    sampler: Sampler,
}

/// What the two ends of the queue share.
struct Waiting {
    bytes: AtomicUsize,
    counts: Arc<Counts>,
    /// Whether there is trouble that has been told.
    told: AtomicBool,
    on_trouble: OnTrouble,
}

impl Waiting {
    fn drop_spans(&self, count: usize) {
        self.counts
            .dropped
            .fetch_add(count as u64, Ordering::Relaxed);
    }

    fn trouble(&self, reason: impl FnOnce() -> String) {
        if !self.told.swap(true, Ordering::Relaxed) {
            (self.on_trouble)(reason());
        }
    }
}

impl Exporter {
    /// Starts to send, as one of `tasks`, until `stopping` or until the exporter is dropped; then what waits is sent, if it goes quickly.
    ///
    /// # Errors
    /// When nothing can be sent from this machine.
    pub fn start(
        settings: &Settings,
        version: &str,
        counts: Arc<Counts>,
        on_trouble: OnTrouble,
        tasks: &TaskTracker,
        stopping: CancellationToken,
    ) -> Result<Self, String> {
        let (queue, runs) = channel(MOST_RUNS);
        let waiting = Arc::new(Waiting {
            bytes: AtomicUsize::new(0),
            counts,
            told: AtomicBool::new(false),
            on_trouble,
        });
        let worker = Work {
            client: Client::new(settings, version)?,
            sender: Sender::of(settings, version),
            with_content: settings.with_content,
            waiting: Arc::clone(&waiting),
            stopping,
            deadline: None,
        };
        tasks.spawn(worker.run(runs));
        Ok(Self {
            queue,
            waiting,
            sampler: settings.sampler,
        })
    }

    /// A run has ended. It is sent when its turn comes, if it is one of those that are, and if there is room. Never waits.
    pub fn take(&self, run: EndedRun) {
        if !self.sampler.takes(run.run.run_id, run.parent) {
            return;
        }
        let (spans, bytes) = (run.spans(), run.bytes());
        let before = self.waiting.bytes.fetch_add(bytes, Ordering::Relaxed);
        let has_room = before == 0 || before + bytes <= MOST_BYTES;
        let refused = !has_room
            || matches!(
                self.queue.try_send(run),
                Err(TrySendError::Full(_) | TrySendError::Closed(_))
            );
        if refused {
            self.waiting.bytes.fetch_sub(bytes, Ordering::Relaxed);
            self.waiting.drop_spans(spans);
            self.waiting
                .trouble(|| "runs end faster than it takes their traces".to_owned());
        }
    }
}

/// The sending side of the queue.
struct Work {
    client: Client,
    sender: Sender,
    with_content: bool,
    waiting: Arc<Waiting>,
    stopping: CancellationToken,
    /// By when the last words are over, once the server stops.
    deadline: Option<Instant>,
}

impl Work {
    async fn run(mut self, mut runs: Receiver<EndedRun>) {
        let stopping = self.stopping.clone();
        let mut spans = VecDeque::new();
        loop {
            let next = tokio::select! {
                biased;
                () = stopping.cancelled() => break,
                next = runs.recv() => next,
            };
            let Some(next) = next else {
                return;
            };
            self.open(&next, &mut spans);
            // What has come meanwhile goes along.
            while spans.len() < MOST_SPANS
                && let Ok(more) = runs.try_recv()
            {
                self.open(&more, &mut spans);
            }
            self.send(&mut spans).await;
        }
        runs.close();
        while let Some(left) = runs.recv().await {
            self.open(&left, &mut spans);
            self.send(&mut spans).await;
        }
    }

    fn open(&self, run: &EndedRun, spans_to_send: &mut VecDeque<Span>) {
        let bytes = run.bytes();
        spans_to_send.extend(spans(run, self.with_content));
        self.waiting.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    async fn send(&mut self, spans: &mut VecDeque<Span>) {
        while !spans.is_empty() {
            let batch = batch_of(spans);
            let count = batch.len();
            let body = self.sender.body(batch);
            self.deliver(body, count).await;
        }
    }

    /// Delivers one request, or gives it up.
    async fn deliver(&mut self, body: Bytes, spans: usize) {
        let mut pauses = PAUSES.iter();
        let reason = loop {
            match self.post(body.clone()).await {
                Delivery::Taken { rejected, reason } => {
                    self.taken(spans, rejected, &reason);
                    return;
                }
                Delivery::Lasting { reason } => break reason,
                Delivery::Passing { reason, pause } => {
                    self.waiting.trouble(|| reason.clone());
                    let Some(own) = pauses.next().filter(|_| self.deadline.is_none()) else {
                        break reason;
                    };
                    let pause = pause.unwrap_or(*own);
                    if pause > LONGEST_PAUSE {
                        break reason;
                    }
                    tokio::select! {
                        () = self.stopping.cancelled() => {}
                        () = tokio::time::sleep(pause) => {}
                    }
                }
            }
        };
        self.waiting.drop_spans(spans);
        self.waiting.trouble(|| reason);
    }

    /// One request, which may take no longer than is left once the server stops.
    async fn post(&mut self, body: Bytes) -> Delivery {
        let stopping = self.stopping.clone();
        let mut posting = std::pin::pin!(self.client.post(body));
        if self.deadline.is_none() {
            tokio::select! {
                biased;
                delivery = &mut posting => return delivery,
                () = stopping.cancelled() => self.deadline = Some(Instant::now() + LAST_WORDS),
            }
        }
        let deadline = self.deadline.unwrap_or_else(Instant::now);
        let posted = timeout_at(deadline, posting).await;
        posted.unwrap_or_else(|_| Delivery::Lasting {
            reason: "no answer before the server stopped".to_owned(),
        })
    }

    fn taken(&self, spans: usize, rejected: usize, reason: &str) {
        let rejected = rejected.min(spans);
        let sent = (spans - rejected) as u64;
        self.waiting.counts.sent.fetch_add(sent, Ordering::Relaxed);
        if rejected > 0 {
            self.waiting.drop_spans(rejected);
            self.waiting
                .trouble(|| format!("it refused {rejected} of {spans} spans: {reason}"));
        } else {
            self.waiting.told.store(false, Ordering::Relaxed);
        }
    }
}

/// As many as one request takes.
fn batch_of(spans: &mut VecDeque<Span>) -> Vec<Span> {
    let mut size = 0;
    let fitting = spans.iter().take(MOST_SPANS).take_while(|span| {
        size += span.encoded_len();
        size <= LARGEST_BODY
    });
    let count = fitting.count().max(1);
    spans.drain(..count.min(spans.len())).collect()
}

#[cfg(test)]
mod tests;
