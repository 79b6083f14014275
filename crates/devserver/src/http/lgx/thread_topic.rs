//! What happens on one thread, as the socket tells it: what its runs stream, their beginnings and ends, and what they do within.

use std::sync::Arc;

use lgx_engine::announcements::thread_news::{NewsReader, ThreadNews};
use lgx_engine::events::event::End;
use lgx_engine::events::record::{Kind, Record};
use lgx_engine::events::thread_log::ThreadFrom;
use lgx_engine::events::thread_reader::WatchEnd;
use lgx_model::{RunStatus, RunStep, ThreadId, TracedCall};
use lgx_store::Scope;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::frames::Topic;
use crate::app::App;
use crate::http::events::watched::WatchedThread;
use crate::http::{ApiError, Call};

/// A thread that the page hears of.
pub(super) struct ThreadTopic {
    app: Arc<App>,
    thread_id: ThreadId,
    scope: Scope,
    watched: WatchedThread,
    news: NewsReader,
}

/// What there is to send.
pub(super) enum Happened {
    /// These texts.
    Frames(Vec<String>),
    /// Some steps or calls were missed.
    Missed,
    /// Nothing follows.
    Ended(WatchEnd),
}

impl ThreadTopic {
    /// Begins to listen. Says also whether everything is kept that happened after the event of this id; if not, it begins now.
    pub(super) async fn open(
        call: &Call,
        thread_id: ThreadId,
        scope: Scope,
        after: Option<&str>,
    ) -> Result<(Self, bool), ApiError> {
        let app = &call.app;
        let after = after.map(|id| id.parse().ok());
        let (from, is_whole) = match after {
            None => (ThreadFrom::Now, true),
            // It was no id of such an event.
            Some(None) => (ThreadFrom::Now, false),
            Some(Some(id)) => {
                let events = &app.engine.events;
                if events.have_all_since(call.store(), thread_id, id).await? {
                    (ThreadFrom::After(id), true)
                } else {
                    (ThreadFrom::Now, false)
                }
            }
        };
        let topic = Self {
            news: app.engine.announcements.watch_thread(thread_id),
            watched: WatchedThread::open(app, thread_id, scope.clone(), from).await,
            app: Arc::clone(app),
            thread_id,
            scope,
        };
        Ok((topic, is_whole))
    }

    /// What happens next; waits for it. Nothing is lost when the future is dropped.
    pub(super) async fn next(&mut self) -> NextOfThread {
        tokio::select! {
            records = self.watched.next() => NextOfThread::Records(records),
            news = self.news.next() => NextOfThread::News(news),
        }
    }

    /// What came, as it is sent.
    pub(super) async fn told(&self, next: NextOfThread) -> Happened {
        let records = match next {
            NextOfThread::Records(Ok(records)) => records,
            NextOfThread::Records(Err(ended)) => return Happened::Ended(ended),
            NextOfThread::News(None) => return Happened::Missed,
            NextOfThread::News(Some(news)) => {
                let seen = Some(news).filter(|_| self.watched.is_seen());
                return Happened::Frames(seen.iter().map(|news| self.news(news)).collect());
            }
        };
        let mut frames = Vec::with_capacity(records.len());
        for record in records {
            frames.push(self.record(&record).await);
        }
        Happened::Frames(frames)
    }

    /// A step or call.
    fn news(&self, news: &ThreadNews) -> String {
        match news {
            ThreadNews::Step { run_id, step } => self.frame(&WithinRun::Step {
                run_id: run_id.to_string(),
                step,
            }),
            ThreadNews::Call { run_id, call } => self.frame(&WithinRun::Call {
                run_id: run_id.to_string(),
                call,
            }),
        }
    }

    async fn record(&self, record: &Record) -> String {
        let (id, run_id) = (record.event.id.to_string(), record.run_id);
        match record.kind {
            Kind::Began => self.frame(&json!({"event": "began", "id": id, "run_id": run_id})),
            Kind::Done => {
                let (status, error) = self.end(record).await;
                self.frame(
                    &json!({"event": "ended", "id": id, "run_id": run_id, "status": status, "error": error}),
                )
            }
            Kind::StateUpdate => {
                let checkpoint_id = checkpoint_of(&record.event.data);
                self.frame(
                    &json!({"event": "state_updated", "id": id, "checkpoint_id": checkpoint_id}),
                )
            }
            Kind::Streamed => {
                let name = &*record.event.name;
                let head = json!({"event": "streamed", "id": id, "run_id": run_id, "name": name});
                // What the run streamed is JSON already, and may be large.
                let mut text = self.frame(&head);
                text.pop();
                text.push_str(r#","data":"#);
                text.push_str(&String::from_utf8_lossy(&record.event.data));
                text.push('}');
                text
            }
        }
    }

    /// How a run ended: as its row says, which is there before anybody hears of the end, unless it has gone with it.
    async fn end(&self, record: &Record) -> (RunStatus, Option<String>) {
        let (told, error) = match &record.end {
            Some(End::Failed { error }) => (RunStatus::Error, Some(error.clone())),
            Some(End::Interrupted) => (RunStatus::Interrupted, None),
            Some(End::Completed) | None => (RunStatus::Success, None),
        };
        let Some(run_id) = record.run_id else {
            return (told, error);
        };
        let store = &self.app.engine.store;
        let run = store.get_run(self.thread_id, run_id, &self.scope).await;
        let status = run.ok().flatten().map(|run| run.status);
        (
            status.filter(|status| status.is_final()).unwrap_or(told),
            error,
        )
    }

    fn frame(&self, event: &impl Serialize) -> String {
        let frame = ThreadFrame {
            kind: "event",
            topic: Topic::Thread(self.thread_id),
            event,
        };
        // Made of texts, numbers and objects with text keys alone, which are JSON.
        serde_json::to_string(&frame).unwrap_or_default()
    }
}

/// What came next of a thread.
pub(super) enum NextOfThread {
    /// Of its log.
    Records(Result<Vec<Arc<Record>>, WatchEnd>),
    /// Of what its runs do; none when some of that was missed.
    News(Option<ThreadNews>),
}

#[derive(Serialize)]
struct ThreadFrame<'a, T> {
    #[serde(rename = "type")]
    kind: &'static str,
    topic: Topic,
    #[serde(flatten)]
    event: &'a T,
}

/// What happens within a run.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum WithinRun<'a> {
    Step {
        run_id: String,
        step: &'a RunStep,
    },
    Call {
        run_id: String,
        call: &'a TracedCall,
    },
}

/// The checkpoint that an update of the state made.
fn checkpoint_of(data: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct UpdateEvent {
        state: NewState,
    }
    #[derive(Deserialize)]
    struct NewState {
        checkpoint: Option<Value>,
    }
    let updated: UpdateEvent = serde_json::from_slice(data).ok()?;
    let id = updated
        .state
        .checkpoint?
        .get("checkpoint_id")?
        .as_str()?
        .to_owned();
    Some(id)
}
