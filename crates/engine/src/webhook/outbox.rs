//! The outbox: stored reports are tried until they are delivered or given up, by one server after the other if need be.
//!
//! A try is counted before it is made, so that no report is tried more often than it may be, whoever ends while it is tried; the first one
//! is counted with the end of the run. The run has long ended for everybody when its report is on its way: nothing waits for it.

use std::sync::Arc;
use std::time::Duration;

use lgx_config::Config;
use lgx_model::Timestamp;
use lgx_store::reports::{Report, ReportId};
use lgx_store::{Store, StoreError, Unavailable};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::client::{Client, Failure};
use super::{ReportBody, check};
use crate::notice::{Notice, Observer};

/// Waits before the second and each further try.
const WAITS: [Duration; 4] = [
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(8),
    Duration::from_secs(30),
];
/// How long a try that is being made gets to come to its end when the server stops.
const STOP_GRACE: Duration = Duration::from_millis(500);
/// The pause before it is noted once more that a report is over, while the store takes nothing.
const PAUSE: Duration = Duration::from_secs(5);

/// Delivers reports.
#[derive(Clone)]
pub(crate) struct Outbox {
    store: Store,
    /// Whose rules hold when a try is made, not when the run was asked for.
    config: watch::Receiver<Arc<Config>>,
    /// Where URLs lead that name no host.
    own_url: String,
    observer: Arc<dyn Observer>,
    stopping: CancellationToken,
}

/// The server stops: what there is to do is the next one's.
struct Stops;

impl Outbox {
    pub(crate) const fn new(
        store: Store,
        config: watch::Receiver<Arc<Config>>,
        own_url: String,
        observer: Arc<dyn Observer>,
        stopping: CancellationToken,
    ) -> Self {
        Self {
            store,
            config,
            own_url,
            observer,
            stopping,
        }
    }

    /// Delivers the report of a run that has just ended.
    pub(crate) async fn deliver(self, report: Report) {
        // The next server goes on with it.
        let _ = self.try_from_now(report).await;
    }

    /// Goes on with a report that an earlier server has left.
    pub(crate) async fn take_up(self, report: Report) {
        let _ = self.go_on(report).await;
    }

    async fn go_on(&self, mut report: Report) -> Result<(), Stops> {
        let Some(wait) = wait_after(report.tries) else {
            let reason = format!(
                "the server ended during the last of {} tries",
                WAITS.len() + 1
            );
            return self.give_up(&report, reason).await;
        };
        let waited = Timestamp::now().until(report.tried_at);
        self.sleep(wait.saturating_sub(waited)).await?;
        if self.begin_try(&mut report).await {
            self.try_from_now(report).await?;
        }
        Ok(())
    }

    /// Makes the try that was counted last, and what tries there are left.
    async fn try_from_now(&self, mut report: Report) -> Result<(), Stops> {
        loop {
            let tried = tokio::select! {
                tried = self.post(&report) => tried,
                () = self.stopped() => return Err(Stops),
            };
            let (wait, reason) = match tried {
                Ok(()) => return self.forget(report.id).await,
                Err(Failure::Lasting(reason)) => (None, reason),
                Err(Failure::Passing(reason)) => (wait_after(report.tries), reason),
            };
            let Some(wait) = wait else {
                return self.give_up(&report, reason).await;
            };
            let run_id = report.run.run_id;
            tracing::debug!(%run_id, "the webhook failed, once more in {} s: {reason}", wait.as_secs_f32());
            self.sleep(wait).await?;
            if !self.begin_try(&mut report).await {
                return Ok(());
            }
        }
    }

    async fn post(&self, report: &Report) -> Result<(), Failure> {
        let rules = self.config.borrow().webhooks.clone();
        let url = report.run.kwargs.webhook.as_deref().unwrap_or_default();
        let url = check(&rules, url, &self.own_url).map_err(Failure::Lasting)?;
        let client = Client::new(&rules).map_err(Failure::Lasting)?;
        client
            .post(&url, &ReportBody::of(report, Timestamp::now()))
            .await
    }

    /// Counts one more try. False if the report was cleared.
    async fn begin_try(&self, report: &mut Report) -> bool {
        report.tries += 1;
        match self
            .store
            .begin_report_try(report.id, Timestamp::now())
            .await
        {
            Ok(is_there) => is_there,
            Err(StoreError::Closed) => false,
            // The receiver is not to wait for the disk.
            Err(error) => {
                tracing::debug!("a try to deliver a report was not noted: {error}");
                true
            }
        }
    }

    async fn give_up(&self, report: &Report, reason: String) -> Result<(), Stops> {
        let forgotten = self.forget(report.id).await;
        self.observer.notice(Notice::WebhookFailed {
            run_id: report.run.run_id.to_string(),
            reason,
        });
        forgotten
    }

    /// Forgets a report that is over. The next server would deliver it again, so this is done as soon as the store takes it.
    async fn forget(&self, id: ReportId) -> Result<(), Stops> {
        while let Err(error) = self.store.delete_report(id).await {
            match error {
                StoreError::Closed | StoreError::Unavailable(Unavailable::Gone(_)) => {
                    return Err(Stops);
                }
                error => tracing::debug!("that a report is over was not noted: {error}"),
            }
            self.sleep(PAUSE).await?;
        }
        Ok(())
    }

    async fn sleep(&self, wait: Duration) -> Result<(), Stops> {
        tokio::select! {
            () = self.stopping.cancelled() => Err(Stops),
            () = tokio::time::sleep(wait) => Ok(()),
        }
    }

    /// Resolves when the server has been stopping for a moment.
    async fn stopped(&self) {
        self.stopping.cancelled().await;
        tokio::time::sleep(STOP_GRACE).await;
    }
}

/// How long to wait after this many tries. None after the last.
fn wait_after(tries: u32) -> Option<Duration> {
    let past = usize::try_from(tries).unwrap_or(usize::MAX);
    WAITS.get(past.saturating_sub(1)).copied()
}
