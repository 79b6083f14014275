//! Cancelling a task: its run is stopped; one that waits for an answer does not wait any more.

use lgx_engine::runs::CancelTarget;
use lgx_engine::runs::registry::StopAction;
use lgx_model::Timestamp;

use super::failure::AgentFailure;
use super::task::{FoundTask, ShownTask};
use super::view::TaskView;

/// `tasks/cancel`, by a caller who may change the task's context. Answers when the run has stopped.
pub(super) async fn cancel(view: &TaskView, found: FoundTask) -> Result<ShownTask, AgentFailure> {
    let (thread_id, run_id) = (found.id.thread_id, found.run.run_id);
    let id = found.id;
    if found.state().is_terminal() {
        return Err(not_cancelable());
    }
    if found.state().is_under_way() {
        view.call.take_home(thread_id).await?;
        let target = CancelTarget::Runs(thread_id, vec![run_id]);
        let runs = &view.call.app.engine.runs;
        let reason = "interrupt requested via A2A".to_owned();
        let cancelled = runs
            .cancel(target, StopAction::Interrupt, reason, view.scope.clone())
            .await?;
        if !cancelled.any() {
            return Err(not_cancelable());
        }
        runs.stopped(cancelled).await?;
    } else {
        let (metadata, now) = (found.as_canceled(), Timestamp::now());
        let store = view.call.store();
        store
            .patch_thread(thread_id, metadata, None, now, &view.scope)
            .await?;
    }
    view.show(id).await
}

fn not_cancelable() -> AgentFailure {
    AgentFailure::new(
        AgentFailure::TASK_NOT_CANCELABLE,
        "Task is not cancelable in its current state",
    )
}
