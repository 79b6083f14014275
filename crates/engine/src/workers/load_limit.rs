//! How long the project may take to load, and what becomes of a load that takes longer.
//!
//! New code that hangs must not keep the last save from being told as what it is, a failure, while other code serves. Where none does,
//! a load that takes long is most likely one of large models: it is told where it is, and waited for. A save ends either.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lgx_worker::{Diagnostic, Worker};
use tokio::sync::Notify;
use tokio::time::Instant;

/// What a worker may be late with saying where it is, before it is said without it.
const LAST_WORD: Duration = Duration::from_secs(3);
/// What a worker has at least for what comes before the project: it imports langgraph, from a cold disk perhaps.
const BEFORE_THE_PROJECT: Duration = Duration::from_secs(60);
/// So many times what code has taken that serves, the next may take in any case: an edit of large models is no hang.
const SLOWER_THAN_BEFORE: u32 = 2;

/// What becomes of a load that takes longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overdue {
    /// It is given up.
    GiveUp,
    /// It is told, and waited for.
    WaitOn,
}

/// How long loading may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct LoadLimit {
    /// None: whatever it takes.
    pub(super) after: Option<Duration>,
    pub(super) overdue: Overdue,
}

impl LoadLimit {
    /// The one that is set, or twice as long as the code has taken `before`, if that is longer.
    pub(super) fn of(set: Option<Duration>, before: Duration, overdue: Overdue) -> Self {
        let known = Duration::from_secs((before * SLOWER_THAN_BEFORE).as_secs());
        Self {
            after: set.map(|set| set.max(known)),
            overdue,
        }
    }
}

/// Watches one load.
pub(super) struct LoadWatch {
    limit: LoadLimit,
    seen: Mutex<Seen>,
    news: Notify,
}

/// What the worker has said.
struct Seen {
    /// When it began, or since when it is at the project's code.
    since: Instant,
    /// What it is at: `the graph agent`.
    loading: Option<String>,
    still_at: Option<Diagnostic>,
}

impl LoadWatch {
    pub(super) fn begin(limit: LoadLimit) -> Self {
        Self {
            limit,
            seen: Mutex::new(Seen {
                since: Instant::now(),
                loading: None,
                still_at: None,
            }),
            news: Notify::new(),
        }
    }

    /// The worker is about to import this.
    pub(super) fn begins(&self, loading: &str) {
        self.see(|seen| {
            // Until then it was at what every project needs.
            if seen.loading.is_none() {
                seen.since = Instant::now();
            }
            seen.loading = Some(loading.to_owned());
        });
    }

    /// The worker says that its time is up, and where it is.
    pub(super) fn still_at(&self, place: Diagnostic) {
        self.see(|seen| seen.still_at = Some(place));
    }

    fn see(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        self.news.notify_one();
    }

    /// Resolves when the load of this worker is to be given up, with where it hangs. One that is waited for is told once.
    pub(super) async fn given_up<Told: Future<Output = ()>>(
        &self,
        worker: &Worker,
        tell: impl FnOnce(Diagnostic, Duration) -> Told,
    ) -> Diagnostic {
        let Some(after) = self.limit.after else {
            return std::future::pending().await;
        };
        let place = self.overdue(after).await;
        let place = place.unwrap_or_else(|| self.without_the_interpreter(worker, after));
        match self.limit.overdue {
            Overdue::GiveUp => Diagnostic {
                hint: Some("what takes long can be done when a run needs it first; --load-timeout SECONDS allows more for loading".to_owned()),
                ..place
            },
            Overdue::WaitOn => {
                tell(place, after).await;
                std::future::pending().await
            }
        }
    }

    /// Waits until the load has taken too long; where it is, if the worker has said so.
    async fn overdue(&self, after: Duration) -> Option<Diagnostic> {
        loop {
            let until = {
                let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(place) = seen.still_at.take() {
                    return Some(place);
                }
                let allowed = match seen.loading {
                    Some(_) => after,
                    None => after.max(BEFORE_THE_PROJECT),
                };
                seen.since + allowed + LAST_WORD
            };
            tokio::select! {
                () = self.news.notified() => {}
                () = tokio::time::sleep_until(until) => return None,
            }
        }
    }

    /// Where a worker is that cannot say it.
    fn without_the_interpreter(&self, worker: &Worker, after: Duration) -> Diagnostic {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let seconds = after.as_secs_f64();
        let found = worker.hang();
        let message = match (&seen.loading, &found) {
            (Some(loading), Some(_)) => {
                format!(
                    "{loading}: not loaded after {seconds} s; C code keeps the interpreter to itself"
                )
            }
            (Some(loading), None) => format!("{loading}: not loaded after {seconds} s"),
            (None, _) => "langgraph is still being imported".to_owned(),
        };
        Diagnostic {
            message,
            ..found.unwrap_or_else(|| Diagnostic::without_line("LoadTimeout", ""))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THIRTY: Duration = Duration::from_secs(30);

    fn limit(before: u64) -> Option<Duration> {
        LoadLimit::of(Some(THIRTY), Duration::from_secs(before), Overdue::GiveUp).after
    }

    #[test]
    fn code_that_has_taken_long_before_may_take_twice_as_long() {
        assert_eq!(limit(2), Some(THIRTY));
        assert_eq!(limit(40), Some(Duration::from_secs(80)));
        assert_eq!(LoadLimit::of(None, THIRTY, Overdue::GiveUp).after, None);
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_counts_from_the_first_code_of_the_project() {
        let watch = LoadWatch::begin(LoadLimit::of(Some(THIRTY), Duration::ZERO, Overdue::GiveUp));
        let began = Instant::now();
        let (overdue, ()) = tokio::join!(watch.overdue(THIRTY), async {
            tokio::time::advance(Duration::from_secs(10)).await;
            watch.begins("auth");
            tokio::time::advance(Duration::from_secs(10)).await;
            watch.begins("the graph agent");
        });
        assert_eq!(overdue, None);
        let elapsed = began.elapsed();
        assert!(
            elapsed >= Duration::from_secs(43) && elapsed < Duration::from_secs(44),
            "{elapsed:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_before_the_project_has_a_minute() {
        let short = Duration::from_secs(1);
        let watch = LoadWatch::begin(LoadLimit::of(Some(short), Duration::ZERO, Overdue::GiveUp));
        let began = Instant::now();
        assert_eq!(watch.overdue(short).await, None);
        assert!(began.elapsed() >= BEFORE_THE_PROJECT);
    }
}
