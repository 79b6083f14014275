//! Runs whose home cannot be reached: what the state tells of them meanwhile.

use std::time::Duration;

use axum::response::Response;
use lgx_engine::events::event::Event;
use lgx_engine::events::kept_run::{KeptFrom, KeptRun};
use lgx_model::Run;
use lgx_store::{Store, StoreError};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::Found;
use crate::http::relay::home_is_away;
use crate::http::sse::{self, Chunks, Selection, Source, Then};
use crate::http::{ApiError, Call};

/// How often the state is looked at: nobody tells of what an instance writes that cannot be reached.
const LOOK: Duration = Duration::from_secs(1);

/// Streams what is kept of a run while it goes on elsewhere. There is nothing to stream of one whose events are not kept.
pub(super) async fn stream(
    call: &Call,
    found: &Found,
    run: &Run,
    from: KeptFrom,
    selection: Selection,
) -> Result<Response, ApiError> {
    if !run.kwargs.resumable {
        return Err(home_is_away("the run's events are not kept"));
    }
    let store = call.store().clone();
    let source = KeptStream {
        kept: KeptRun::open(store.clone(), run.run_id, from).await?,
        store,
        found: found.clone(),
        selection,
        looks: looks(),
    };
    Ok(sse::respond(source, ()))
}

/// Resolves when a run has ended, or is not there any more.
///
/// # Errors
/// When the state cannot be read.
pub(super) async fn ended(store: &Store, found: &Found) -> Result<(), StoreError> {
    let mut looks = looks();
    while !is_over(store, found).await? {
        looks.tick().await;
    }
    Ok(())
}

fn looks() -> Interval {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first one would be due at once.
    looks.reset();
    looks
}

async fn is_over(store: &Store, found: &Found) -> Result<bool, StoreError> {
    let run = store
        .get_run(found.thread_id, found.run_id, &found.scope)
        .await?;
    Ok(run.is_none_or(|run| run.status.is_final()))
}

/// The stream of a resumable run, from the state.
struct KeptStream {
    kept: KeptRun,
    store: Store,
    found: Found,
    selection: Selection,
    looks: Interval,
}

impl KeptStream {
    /// What there is by now, and whether nothing can follow.
    async fn look(&mut self) -> Result<(Vec<Event>, bool), StoreError> {
        // In this order: whatever a run has streamed is kept before its end is.
        let is_over = is_over(&self.store, &self.found).await?;
        let events = self.kept.more().await?;
        let is_complete = is_over && events.is_empty();
        Ok((events, is_complete))
    }
}

impl Source for KeptStream {
    async fn next(&mut self, out: &mut Chunks) -> Then {
        match self.look().await {
            Ok((_, true)) => Then::End,
            Ok((events, false)) => {
                for event in &events {
                    self.selection.encode(out, event);
                }
                if events.is_empty() {
                    self.looks.tick().await;
                }
                Then::More
            }
            Err(error) => {
                tracing::debug!("what is kept of a run cannot be read: {error}");
                Then::BreakOff
            }
        }
    }
}
