//! What a run's end means for the run, its thread and its readers; pure.

use lgx_model::{JsonObject, RawJson, RunError, RunStatus, ThreadStatus};
use lgx_store::runs::ThreadEnd;
use lgx_worker::{RunEnd, RunOutcome};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::outcome::Outcome;
use super::registry::{Stop, StopAction};

/// What a run's end means for the run, its thread and its readers.
pub(super) struct Verdict {
    /// What its readers are told.
    pub(super) outcome: Outcome,
    /// What becomes of its thread.
    pub(super) thread: ThreadEnd,
    /// Whether what it did is taken back.
    pub(super) rollback: bool,
}

/// Decides. Pure: a stop that was asked for wins over whatever the worker answered.
pub(super) fn verdict(end: Option<RunEnd>, values: Option<RawJson>, stop: Option<Stop>) -> Verdict {
    if let Some(stop) = stop {
        let (name, run_status, status) = match stop.action {
            StopAction::Rollback => ("UserRollback", RunStatus::Interrupted, ThreadStatus::Idle),
            StopAction::Interrupt => (
                "UserInterrupt",
                RunStatus::Interrupted,
                ThreadStatus::Interrupted,
            ),
            StopAction::TimeOut => ("TimeoutError", RunStatus::Timeout, ThreadStatus::Error),
            StopAction::StoreFailed => ("StoreError", RunStatus::Error, ThreadStatus::Error),
        };
        let rollback = stop.action == StopAction::Rollback;
        // Of a run whose checkpoints are not all saved the thread keeps what it had before.
        let kept = values
            .clone()
            .filter(|_| !rollback && stop.action != StopAction::StoreFailed);
        let error = Some(RunError::new(name, stop.reason));
        return Verdict {
            outcome: Outcome {
                status: run_status,
                shown: None,
                // Also of a run that is taken back: who waits is told how far it came.
                values,
                interrupts: Vec::new(),
                // Who cancels knows; who waits for a run that takes too long, or cannot be saved, does not.
                error: error
                    .clone()
                    .filter(|_| run_status != RunStatus::Interrupted),
            },
            thread: ThreadEnd {
                status,
                values: kept,
                error,
                interrupts: RawJson::empty_object(),
            },
            rollback,
        };
    }
    let Some(end) = end else {
        return Verdict {
            outcome: Outcome::cancelled(),
            thread: ThreadEnd {
                status: ThreadStatus::Interrupted,
                values: None,
                error: None,
                interrupts: RawJson::empty_object(),
            },
            rollback: false,
        };
    };
    let (for_thread, flat) = interrupts(&end.interrupts);
    let (run_status, thread_status, error) = match end.status {
        RunOutcome::Success if end.next.is_empty() && flat.is_empty() => {
            (RunStatus::Success, ThreadStatus::Idle, None)
        }
        RunOutcome::Success => (RunStatus::Success, ThreadStatus::Interrupted, None),
        RunOutcome::Error => {
            let error = end
                .error
                .unwrap_or_else(|| RunError::new("Error", "the run failed"));
            (RunStatus::Error, ThreadStatus::Error, Some(error))
        }
        RunOutcome::Cancelled => (RunStatus::Interrupted, ThreadStatus::Interrupted, None),
    };
    Verdict {
        outcome: Outcome {
            status: run_status,
            shown: None,
            values: values.clone(),
            interrupts: flat,
            error: error.clone(),
        },
        thread: ThreadEnd {
            status: thread_status,
            values,
            error,
            interrupts: for_thread,
        },
        rollback: false,
    }
}

/// Interrupts in the thread's form (no `response_schema` that is null) and flattened in task order as streams show them.
pub fn interrupts(raw: &RawJson) -> (RawJson, Vec<Box<RawValue>>) {
    let Ok(mut by_task) = raw.parse::<JsonObject>() else {
        return (RawJson::empty_object(), Vec::new());
    };
    let mut flat = Vec::new();
    for list in by_task.values_mut().filter_map(Value::as_array_mut) {
        for interrupt in list {
            if let Ok(raw) = serde_json::value::to_raw_value(&InStreams::of(interrupt)) {
                flat.push(raw);
            }
            if let Some(object) = interrupt.as_object_mut() {
                object.retain(|key, value| key != "response_schema" || !value.is_null());
            }
        }
    }
    (RawJson::of(&by_task), flat)
}

/// An interrupt as streams and waits show it.
#[derive(Serialize)]
struct InStreams<'a> {
    value: &'a Value,
    id: &'a Value,
    response_schema: &'a Value,
}

impl<'a> InStreams<'a> {
    fn of(interrupt: &'a Value) -> Self {
        Self {
            value: &interrupt["value"],
            id: &interrupt["id"],
            response_schema: &interrupt["response_schema"],
        }
    }
}

#[cfg(test)]
#[expect(clippy::unnecessary_wraps, reason = "as `verdict` takes them")]
mod tests {
    use super::*;

    fn end(status: RunOutcome, next: &[&str], interrupts: &str) -> Option<RunEnd> {
        Some(RunEnd {
            status,
            error: None,
            diagnostic: None,
            next: next.iter().map(ToString::to_string).collect(),
            interrupts: RawJson::from_text(interrupts.to_owned()).unwrap(),
            has_values: true,
        })
    }

    fn values() -> Option<RawJson> {
        Some(RawJson::from_text(r#"{"n":1}"#.into()).unwrap())
    }

    fn stop(action: StopAction) -> Option<Stop> {
        Some(Stop {
            action,
            reason: "asked".into(),
        })
    }

    #[test]
    fn a_graph_that_stops_with_work_left_leaves_its_thread_interrupted() {
        for (next, interrupts, thread) in [
            (&[][..], "{}", ThreadStatus::Idle),
            (&["b"][..], "{}", ThreadStatus::Interrupted),
            (
                &["b"][..],
                r#"{"t":[{"id":"i","value":1,"response_schema":null}]}"#,
                ThreadStatus::Interrupted,
            ),
        ] {
            let verdict = verdict(end(RunOutcome::Success, next, interrupts), values(), None);
            assert_eq!(
                (verdict.outcome.status, verdict.thread.status),
                (RunStatus::Success, thread)
            );
            assert_eq!(verdict.thread.values, values());
        }
    }

    #[test]
    fn a_stop_wins_over_what_the_worker_answers() {
        let interrupted = verdict(
            end(RunOutcome::Success, &[], "{}"),
            values(),
            stop(StopAction::Interrupt),
        );
        assert_eq!(
            (interrupted.outcome.status, interrupted.thread.status),
            (RunStatus::Interrupted, ThreadStatus::Interrupted)
        );
        assert_eq!(
            interrupted.thread.error,
            Some(RunError::new("UserInterrupt", "asked"))
        );
        assert!(
            interrupted.outcome.error.is_none(),
            "streams of cancelled runs close without an error"
        );
        let timed_out = verdict(None, values(), stop(StopAction::TimeOut));
        assert_eq!(
            (timed_out.outcome.status, timed_out.thread.status),
            (RunStatus::Timeout, ThreadStatus::Error)
        );
        assert_eq!(
            timed_out.outcome.error,
            Some(RunError::new("TimeoutError", "asked"))
        );
        assert_eq!(timed_out.thread.values, values());
        let unsaved = verdict(None, values(), stop(StopAction::StoreFailed));
        assert_eq!(
            (unsaved.outcome.status, unsaved.thread.status),
            (RunStatus::Error, ThreadStatus::Error)
        );
        assert_eq!(
            unsaved.outcome.error,
            Some(RunError::new("StoreError", "asked"))
        );
        assert_eq!(unsaved.thread.values, None);
        let rolled_back = verdict(None, values(), stop(StopAction::Rollback));
        assert!(rolled_back.rollback && rolled_back.thread.values.is_none());
        assert_eq!(rolled_back.thread.status, ThreadStatus::Idle);
    }

    #[test]
    fn interrupts_lose_a_null_schema_on_the_thread_and_keep_it_in_streams() {
        let raw = RawJson::from_text(r#"{"t":[{"id":"i","value":1,"response_schema":null}],"u":[{"id":"j","value":2,"response_schema":{}}]}"#.into()).unwrap();
        let (thread, flat) = interrupts(&raw);
        assert_eq!(
            thread.get(),
            r#"{"t":[{"id":"i","value":1}],"u":[{"id":"j","value":2,"response_schema":{}}]}"#
        );
        assert_eq!(
            flat[0].get(),
            r#"{"value":1,"id":"i","response_schema":null}"#
        );
        assert_eq!(flat.len(), 2);
    }
}
