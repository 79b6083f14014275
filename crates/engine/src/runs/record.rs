//! What a run that has not ended has done so far: the tasks that it executed, as its workers tell of them.

use std::collections::HashMap;
use std::sync::Arc;

use lgx_model::{RawJson, RunStep, StepStatus, Timestamp};
use lgx_store::runs::{PackedRecord, RunRecord};
use lgx_worker::{StepEnd, StepNews, StepStart};

/// How many tasks of a run are kept; further ones are counted.
const MOST_STEPS: usize = 2_000;

/// What a run has done so far. Bounded.
#[derive(Debug, Default)]
pub(crate) struct Recording {
    record: RunRecord,
    /// Where each task is, the last time that it was executed.
    steps: HashMap<String, usize>,
}

impl Recording {
    /// What it did in an earlier life of the server.
    pub(super) fn take_up(&mut self, record: RunRecord) {
        let steps = record.steps.iter().enumerate();
        self.steps = steps
            .map(|(index, step)| (step.task_id.clone(), index))
            .collect();
        self.record = record;
    }

    /// What it has done.
    pub(crate) fn so_far(&self) -> RunRecord {
        self.record.clone()
    }

    /// Adds what a worker tells, in this attempt at the run, and tells it on.
    pub(super) fn add_steps(
        &mut self,
        news: StepNews,
        attempt: u32,
        mut tell: impl FnMut(&RunStep),
    ) {
        self.record.steps_dropped += news.dropped;
        for start in news.started {
            if let Some(step) = self.start(start, attempt) {
                tell(step);
            }
        }
        for end in news.ended {
            if let Some(step) = self.end(end) {
                tell(step);
            }
        }
    }

    fn start(&mut self, start: StepStart, attempt: u32) -> Option<&RunStep> {
        let steps = &mut self.record.steps;
        // A worker that took the run over from a dead one within the same attempt executes the same tasks.
        let same = self.steps.get(&start.task_id).copied();
        let same =
            same.filter(|&index| steps.get(index).is_some_and(|step| step.attempt == attempt));
        if same.is_none() && steps.len() >= MOST_STEPS {
            self.record.steps_dropped += 1;
            return None;
        }
        let index = same.unwrap_or(steps.len());
        self.steps.insert(start.task_id.clone(), index);
        let step = RunStep {
            task_id: start.task_id,
            node: start.node,
            ns: start.ns,
            step: start.step,
            started_at: Timestamp::from_micros(start.at),
            ended_at: None,
            status: StepStatus::Running,
            error: None,
            attempt,
        };
        match steps.get_mut(index) {
            Some(present) => *present = step,
            None => steps.push(step),
        }
        steps.get(index)
    }

    fn end(&mut self, end: StepEnd) -> Option<&RunStep> {
        let index = *self.steps.get(&end.task_id)?;
        let step = self.record.steps.get_mut(index)?;
        step.ended_at = Some(Timestamp::from_micros(end.at));
        step.status = end.status;
        step.error = end.error;
        Some(step)
    }

    /// The attempt is over: what has not ended by now is not brought to an end any more.
    pub(super) fn end_attempt(&mut self, now: Timestamp, mut tell: impl FnMut(&RunStep)) {
        let steps = self.record.steps.iter_mut();
        for step in steps.filter(|step| step.status == StepStatus::Running) {
            step.status = StepStatus::Cancelled;
            step.ended_at = Some(now);
            tell(step);
        }
    }

    /// The run failed with this.
    pub(super) fn failed(&mut self, error: RawJson) {
        self.record.error = Some(error);
    }

    /// What there is to be kept, if anything. What cannot be written is not: the run is worth more than what is told of it.
    pub(super) fn packed(&self) -> Option<Arc<PackedRecord>> {
        if self.record == RunRecord::default() {
            return None;
        }
        PackedRecord::of(&self.record).ok().map(Arc::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(task_id: &str) -> StepStart {
        StepStart {
            task_id: task_id.to_owned(),
            node: "node".to_owned(),
            ns: String::new(),
            step: 1,
            at: 1,
        }
    }

    fn end(task_id: &str) -> StepEnd {
        StepEnd {
            task_id: task_id.to_owned(),
            at: 2,
            status: StepStatus::Success,
            error: None,
        }
    }

    fn news(started: &[&str], ended: &[&str]) -> StepNews {
        StepNews {
            started: started.iter().map(|task| start(task)).collect(),
            ended: ended.iter().map(|task| end(task)).collect(),
            dropped: 0,
        }
    }

    fn seen(recording: &Recording) -> Vec<(&str, StepStatus, u32)> {
        let steps = recording.record.steps.iter();
        steps
            .map(|step| (step.task_id.as_str(), step.status, step.attempt))
            .collect()
    }

    #[test]
    fn a_task_that_did_not_end_in_its_attempt_is_cancelled_and_executed_again_in_the_next() {
        let mut recording = Recording::default();
        let mut told = Vec::new();
        recording.add_steps(news(&["a", "b"], &["a"]), 1, |step| told.push(step.status));
        assert_eq!(
            told,
            [
                StepStatus::Running,
                StepStatus::Running,
                StepStatus::Success
            ]
        );
        recording.end_attempt(Timestamp::from_micros(5), |step| told.push(step.status));
        assert_eq!(told.last(), Some(&StepStatus::Cancelled));
        recording.add_steps(news(&["b"], &["b"]), 2, |_| ());
        let expected = [
            ("a", StepStatus::Success, 1),
            ("b", StepStatus::Cancelled, 1),
            ("b", StepStatus::Success, 2),
        ];
        assert_eq!(seen(&recording), expected);
    }

    #[test]
    fn a_task_that_another_worker_executes_in_the_same_attempt_takes_the_place_of_itself() {
        let mut recording = Recording::default();
        recording.add_steps(news(&["a"], &[]), 1, |_| ());
        recording.end_attempt(Timestamp::from_micros(5), |_| ());
        recording.add_steps(news(&["a"], &["a"]), 1, |_| ());
        assert_eq!(seen(&recording), [("a", StepStatus::Success, 1)]);
    }

    #[test]
    fn what_was_done_before_a_restart_is_told_with_what_follows() {
        let mut before = Recording::default();
        before.add_steps(news(&["a"], &["a"]), 1, |_| ());
        let mut recording = Recording::default();
        recording.take_up(before.so_far());
        recording.add_steps(news(&["b"], &[]), 2, |_| ());
        let expected = [("a", StepStatus::Success, 1), ("b", StepStatus::Running, 2)];
        assert_eq!(seen(&recording), expected);
    }

    #[test]
    fn so_many_tasks_are_kept_and_the_rest_is_counted() {
        let mut recording = Recording::default();
        let names: Vec<String> = (0..MOST_STEPS + 3).map(|n| n.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        recording.add_steps(news(&names, &names), 1, |_| ());
        let record = recording.so_far();
        assert_eq!((record.steps.len(), record.steps_dropped), (MOST_STEPS, 3));
    }
}
