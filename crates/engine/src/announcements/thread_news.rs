//! Steps and calls of the runs of a thread, for those who watch it; nothing is made or kept of them here where nobody does.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lgx_model::{RunId, RunStep, ThreadId, TracedCall};
use tokio::sync::broadcast;

/// How much may wait for one who watches; who is further behind has missed some.
const MOST_WAITING: usize = 1_024;

/// What happens within a run.
#[derive(Debug, Clone)]
pub enum ThreadNews {
    /// A step began or ended.
    Step {
        /// The run.
        run_id: RunId,
        /// As it is now.
        step: Arc<RunStep>,
    },
    /// A call began, went on or ended.
    Call {
        /// The run.
        run_id: RunId,
        /// As it is now.
        call: Arc<TracedCall>,
    },
}

/// The threads that somebody watches.
#[derive(Default)]
pub(super) struct WatchedThreads {
    by_thread: Arc<Mutex<HashMap<ThreadId, broadcast::Sender<ThreadNews>>>>,
    /// How many there are, for a look without the lock.
    count: Arc<AtomicUsize>,
}

impl WatchedThreads {
    pub(super) fn watch(&self, thread_id: ThreadId) -> NewsReader {
        let mut threads = lock(&self.by_thread);
        let news = threads
            .entry(thread_id)
            .or_insert_with(|| broadcast::Sender::new(MOST_WAITING))
            .subscribe();
        self.count.store(threads.len(), Ordering::Release);
        NewsReader {
            thread_id,
            news: Some(news),
            by_thread: Arc::clone(&self.by_thread),
            count: Arc::clone(&self.count),
        }
    }

    pub(super) fn tell(&self, thread_id: ThreadId, news: impl FnOnce() -> ThreadNews) {
        if self.count.load(Ordering::Acquire) == 0 {
            return;
        }
        let sender = lock(&self.by_thread).get(&thread_id).cloned();
        if let Some(sender) = sender {
            // The last who watched may have left just now.
            let _ = sender.send(news());
        }
    }
}

/// One who watches a thread.
pub struct NewsReader {
    thread_id: ThreadId,
    /// There until it is dropped.
    news: Option<broadcast::Receiver<ThreadNews>>,
    by_thread: Arc<Mutex<HashMap<ThreadId, broadcast::Sender<ThreadNews>>>>,
    count: Arc<AtomicUsize>,
}

impl NewsReader {
    /// What happens next; waits for it. None when some of it was missed. Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<ThreadNews> {
        let Some(news) = &mut self.news else {
            return std::future::pending().await;
        };
        match news.recv().await {
            Ok(news) => Some(news),
            Err(broadcast::error::RecvError::Lagged(_)) => None,
            // The sender stays for as long as somebody watches.
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}

impl Drop for NewsReader {
    fn drop(&mut self) {
        self.news = None;
        let mut threads = lock(&self.by_thread);
        let is_watched = threads
            .get(&self.thread_id)
            .is_some_and(|sender| sender.receiver_count() > 0);
        if !is_watched {
            threads.remove(&self.thread_id);
        }
        self.count.store(threads.len(), Ordering::Release);
    }
}

fn lock<T>(threads: &Mutex<T>) -> MutexGuard<'_, T> {
    // Changed by code alone that cannot panic half-way.
    threads.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use lgx_model::{StepStatus, Timestamp};

    use super::*;

    fn step() -> ThreadNews {
        let step = RunStep {
            task_id: "t".to_owned(),
            node: "n".to_owned(),
            ns: String::new(),
            step: 1,
            started_at: Timestamp::now(),
            ended_at: None,
            status: StepStatus::Running,
            error: None,
            attempt: 1,
        };
        ThreadNews::Step {
            run_id: RunId::fresh(),
            step: Arc::new(step),
        }
    }

    #[tokio::test]
    async fn only_who_watches_hears_and_nothing_is_made_for_nobody() {
        let (threads, thread_id) = (WatchedThreads::default(), ThreadId::fresh());
        threads.tell(thread_id, || panic!("nobody watches"));
        let mut reader = threads.watch(thread_id);
        threads.tell(ThreadId::fresh(), || panic!("nobody watches that one"));
        threads.tell(thread_id, step);
        assert!(matches!(reader.next().await, Some(ThreadNews::Step { .. })));
        let other = threads.watch(thread_id);
        drop(other);
        threads.tell(thread_id, step);
        assert!(reader.next().await.is_some());
        drop(reader);
        threads.tell(thread_id, || panic!("nobody watches any more"));
    }

    #[tokio::test]
    async fn who_is_too_slow_hears_that_it_missed_some() {
        let (threads, thread_id) = (WatchedThreads::default(), ThreadId::fresh());
        let mut reader = threads.watch(thread_id);
        for _ in 0..=MOST_WAITING {
            threads.tell(thread_id, step);
        }
        assert!(reader.next().await.is_none());
        assert!(reader.next().await.is_some());
    }
}
