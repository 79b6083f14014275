//! What a run's end means for the run, its thread and its readers; pure.

use lgx_model::{Interrupts, RawJson, RunError, RunStatus, ThreadStatus};
use lgx_store::runs::ThreadEnd;
use lgx_worker::{RunEnd, RunOutcome};

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
        let is_behind = values.is_none() && stop.action != StopAction::StoreFailed;
        let error = Some(RunError::new(name, stop.reason));
        return Verdict {
            outcome: Outcome {
                status: run_status,
                shown: None,
                // Also of a run that is taken back: who waits is told how far it came.
                values,
                interrupts: Vec::new(),
                next: Vec::new(),
                // Who cancels knows; who waits for a run that takes too long, or cannot be saved, does not.
                error: error
                    .clone()
                    .filter(|_| run_status != RunStatus::Interrupted),
            },
            thread: ThreadEnd {
                status,
                values: kept,
                is_behind,
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
                is_behind: true,
                error: None,
                interrupts: RawJson::empty_object(),
            },
            rollback: false,
        };
    };
    let interrupts = Interrupts::of(&end.interrupts);
    let (run_status, thread_status, error) = match end.status {
        RunOutcome::Success => {
            let thread = ThreadStatus::at_rest(&end.next, !interrupts.is_empty());
            (RunStatus::Success, thread, None)
        }
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
            interrupts: interrupts.in_streams(),
            next: end.next,
            error: error.clone(),
        },
        thread: ThreadEnd {
            status: thread_status,
            is_behind: values.is_none(),
            values,
            error,
            interrupts: interrupts.on_thread(),
        },
        rollback: false,
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
}
