//! The trace of a run that has ended: what there is of it in one place, for whoever sends it on.

use std::sync::Arc;

use lgx_model::{Run, RunError, RunStatus, Timestamp};
use lgx_otlp::{EndedRun, TraceParent};
use lgx_store::runs::RunRecord;

use super::Runs;
use super::registry::Live;
use crate::announcements::run_state::RunState;

/// Where a run keeps the span within which it was asked for. Only the server writes it.
pub(super) const PARENT_KEY: &str = "__traceparent__";

/// How a run ended.
pub(super) struct TracedEnd<'a> {
    pub(super) status: RunStatus,
    pub(super) error: Option<&'a RunError>,
    pub(super) began: Timestamp,
    pub(super) ended: Timestamp,
}

/// A run that executed has ended, and its end is stored.
pub(super) fn ended(runs: &Runs, run: &Run, live: &Arc<Live>, end: &TracedEnd<'_>) {
    runs.traces.ended(&runs.workers.config(), || {
        let record = live.recording().so_far();
        let generation = live.told().as_ref().and_then(RunState::generation);
        let attempt = live.standing().attempt;
        ended_run(run, record, end, attempt, generation)
    });
}

/// A run has ended that an earlier server executed. Of one that never executed there is nothing to tell.
pub(super) async fn left(runs: &Runs, run: &Run, status: RunStatus, error: Option<&RunError>) {
    let Ok(Some((record, _))) = runs.store.get_record_of_own_run(run.run_id).await else {
        return;
    };
    runs.traces.ended(&runs.workers.config(), || {
        let end = TracedEnd {
            status,
            error,
            began: record.started_at().unwrap_or(run.created_at),
            ended: run.updated_at,
        };
        let attempts = record.steps.iter().map(|step| step.attempt);
        let attempt = attempts.max().unwrap_or(1);
        ended_run(run, record, &end, attempt, None)
    });
}

fn ended_run(
    run: &Run,
    record: RunRecord,
    end: &TracedEnd<'_>,
    attempt: u32,
    generation: Option<u64>,
) -> EndedRun {
    let first = record.started_at().unwrap_or(end.began);
    EndedRun {
        run: run.clone(),
        status: end.status,
        error: end.error.cloned(),
        began: end.began.min(first),
        ended: end.ended,
        attempt,
        generation,
        parent: parent(run),
        steps: record.steps,
        steps_dropped: record.steps_dropped,
        calls: record.calls,
        calls_dropped: record.calls_dropped,
    }
}

fn parent(run: &Run) -> Option<TraceParent> {
    let configurable = run.kwargs.config.get("configurable")?;
    configurable.get(PARENT_KEY)?.as_str()?.parse().ok()
}
