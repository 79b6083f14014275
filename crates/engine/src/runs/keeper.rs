//! Keeps what runs have done and said while they go on, and what those did that are gone: behind them, many in one write.
//!
//! A run that has something new is noted, which costs it next to nothing, and is written a moment later, unless it has ended by then: its
//! end is written with all of it. The more there is of a run, the later, since all of it is written each time. While nothing is noted,
//! nothing happens.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use lgx_model::RunId;
use lgx_store::runs::{GoneRun, PackedRecord, RecordSoFar, RunLog, RunRecord};
use lgx_store::{Store, StoreError};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::gone::GoneRuns;
use super::registry::Live;
use crate::due::due_at;

/// How long what is noted waits at least.
const PAUSE: Duration = Duration::from_secs(1);
/// It waits once more as long for each so many bytes that there are of a run.
const BYTES_A_PAUSE: usize = 256 << 10;

/// Where runs are noted.
pub(crate) struct Keeper {
    notes: mpsc::UnboundedSender<KeeperNote>,
    gone: Arc<GoneRuns>,
    /// Whether what runs say is kept.
    keeps_lines: bool,
}

enum KeeperNote {
    /// A run has something new. There is one note of each run at most, and it does not keep what has ended.
    News(RunId, Weak<Live>),
    /// A run that is gone is to be kept.
    Gone,
    /// Say when all that are gone are kept.
    Flush(oneshot::Sender<()>),
}

impl Keeper {
    /// Begins; it ends when there is no handle any more.
    pub(crate) fn start(store: Store, keeps_lines: bool) -> Arc<Self> {
        let (notes, receiver) = mpsc::unbounded_channel();
        let gone = Arc::new(GoneRuns::default());
        let task = KeeperTask {
            store,
            due: BTreeMap::new(),
            gone: Arc::clone(&gone),
            gone_at: None,
            keeps_lines,
        };
        tokio::spawn(task.run(receiver));
        Arc::new(Self {
            notes,
            gone,
            keeps_lines,
        })
    }

    /// A run has something new to be kept.
    pub(crate) fn note(&self, live: &Arc<Live>) {
        if live.is_noted_first() {
            // The task ends only after the last handle.
            let news = KeeperNote::News(live.run_id, Arc::downgrade(live));
            let _ = self.notes.send(news);
        }
    }

    /// A run has ended and is gone.
    pub(super) fn remember(&self, run: GoneRun) {
        if self.gone.push(run) {
            let _ = self.notes.send(KeeperNote::Gone);
        }
    }

    /// What there is to be kept of a run, if anything.
    pub(super) fn packed(&self, live: &Live) -> Option<Arc<PackedRecord>> {
        let (record, log) = {
            let recording = live.recording();
            if recording.is_empty() {
                return None;
            }
            (recording.so_far(), recording.said())
        };
        packed(&record, log, self.keeps_lines)
    }

    /// Waits until all runs that are gone are kept, so that they are found.
    pub(crate) async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        if self.notes.send(KeeperNote::Flush(done)).is_ok() {
            let _ = flushed.await;
        }
    }
}

struct KeeperTask {
    store: Store,
    /// The runs that have something new, by when they are written.
    due: BTreeMap<(Instant, RunId), Weak<Live>>,
    gone: Arc<GoneRuns>,
    /// When those that are gone are written.
    gone_at: Option<Instant>,
    keeps_lines: bool,
}

impl KeeperTask {
    async fn run(mut self, mut notes: mpsc::UnboundedReceiver<KeeperNote>) {
        loop {
            let first = self.due.first_key_value().map(|((at, _), _)| *at);
            let next = [first, self.gone_at].into_iter().flatten().min();
            tokio::select! {
                biased;
                () = due_at(next) => self.write_due().await,
                note = notes.recv() => match note {
                    None => return,
                    Some(note) => self.take(note).await,
                },
            }
        }
    }

    async fn take(&mut self, note: KeeperNote) {
        match note {
            KeeperNote::News(run_id, news) => {
                let bytes = news.upgrade().map(|live| live.recording().bytes());
                if let Some(bytes) = bytes {
                    let at = Instant::now() + pause(bytes);
                    self.due.insert((at, run_id), news);
                }
            }
            KeeperNote::Gone => {
                self.gone_at.get_or_insert_with(|| Instant::now() + PAUSE);
            }
            KeeperNote::Flush(done) => {
                self.write_gone().await;
                // Whoever asked may have gone.
                let _ = done.send(());
            }
        }
    }

    async fn write_due(&mut self) {
        let now = Instant::now();
        if self.gone_at.is_some_and(|at| at <= now) {
            self.write_gone().await;
        }
        let mut records = Vec::new();
        while let Some(first) = self.due.first_entry().filter(|first| first.key().0 <= now) {
            let Some(live) = first.remove().upgrade() else {
                continue;
            };
            // Before it is looked at: what comes from now on is noted anew.
            live.is_noted_no_more();
            // What a run has done that has ended is kept with its end.
            let recording = live.recording();
            if live.is_executing() && !recording.is_empty() {
                records.push((live.claim(), recording.so_far(), recording.said()));
            }
        }
        if records.is_empty() {
            return;
        }
        let keeps_lines = self.keeps_lines;
        let packed = tokio::task::spawn_blocking(move || {
            let packed = records.into_iter().filter_map(|(claim, record, log)| {
                let record = packed(&record, log, keeps_lines)?;
                Some(RecordSoFar { claim, record })
            });
            packed.collect()
        });
        let records: Vec<RecordSoFar> = packed.await.unwrap_or_default();
        let count = records.len();
        told(self.store.keep_records(records).await);
        tracing::debug!(runs = count, "what runs have done so far is kept");
    }

    async fn write_gone(&mut self) {
        self.gone_at = None;
        let gone = self.gone.take();
        if !gone.is_empty() {
            told(self.store.keep_gone_runs(gone).await);
        }
    }
}

/// What cannot be written is not: the run is worth more than what is told of it.
fn packed(record: &RunRecord, log: RunLog, keeps_lines: bool) -> Option<Arc<PackedRecord>> {
    let log = if keeps_lines { log } else { RunLog::default() };
    PackedRecord::of(record, &log).ok().map(Arc::new)
}

fn pause(bytes: usize) -> Duration {
    let times = u32::try_from(bytes / BYTES_A_PAUSE).unwrap_or(u32::MAX);
    PAUSE.saturating_mul(times.saturating_add(1))
}

/// What runs did is worth less than the runs: where it cannot be kept, they go on.
fn told(result: Result<(), StoreError>) {
    match result {
        Ok(()) | Err(StoreError::Closed) => {}
        Err(error) => tracing::warn!("what runs have done could not be kept: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_there_is_of_a_run_the_later_it_is_written() {
        assert_eq!(pause(0), PAUSE);
        assert_eq!(pause(BYTES_A_PAUSE - 1), PAUSE);
        assert_eq!(pause(8 << 20), PAUSE * 33);
    }
}
