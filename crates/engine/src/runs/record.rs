//! What a run that has not ended has done so far: the tasks that it executed and the calls that it made, as its workers tell of them.

use std::collections::HashMap;

use lgx_model::{CallStatus, LogEntry, RawJson, RunStep, StepStatus, Timestamp, TracedCall};
use lgx_store::runs::{CodeGeneration, RunLog, RunRecord};
use lgx_worker::{CallChange, CallNews, CallStart, StepEnd, StepNews, StepStart};

use super::run_lines::RunLines;

/// How many tasks of a run are kept: how it began, and the newest; those between are counted.
const MOST_STEPS: usize = 2_000;
/// The places from here on go round.
const OF_THE_BEGINNING: usize = MOST_STEPS / 2;
/// How many calls of a run are kept; further ones are counted.
const MOST_CALLS: usize = 500;
/// What a task takes, more or less, in bytes.
const STEP_BYTES: usize = 256;
/// How much of what they were asked with and answered is kept, in bytes.
const MOST_OF_CALLS: usize = 8 << 20;

/// What a run has done so far. Bounded.
#[derive(Debug, Default)]
pub(crate) struct Recording {
    record: RunRecord,
    lines: RunLines,
    /// Where each task is, the last time that it was executed.
    steps: HashMap<String, usize>,
    /// How many have taken the place of another one.
    gone_round: usize,
    /// Where each call is that has not ended, and what is known of its answer.
    calls: HashMap<String, (usize, String)>,
    /// How much is kept of all calls, in bytes.
    bytes: usize,
}

impl Recording {
    /// What it did and said in an earlier life of the server.
    pub(super) fn take_up(&mut self, record: RunRecord, log: RunLog) {
        self.lines.take_up(log);
        let steps = record.steps.iter().enumerate();
        self.steps = steps
            .map(|(index, step)| (step.task_id.clone(), index))
            .collect();
        let calls = record.calls.iter();
        self.bytes = calls
            .map(|call| call.input.get().len() + call.output.get().len())
            .sum();
        self.record = record;
        self.gone_round = 0;
    }

    /// What it has done, in the order in which it began.
    pub(crate) fn so_far(&self) -> RunRecord {
        let mut record = self.record.clone();
        if self.gone_round > 0 {
            record.steps.sort_by_key(|step| step.started_at);
        }
        record
    }

    /// What it has said.
    pub(super) fn said(&self) -> RunLog {
        self.lines.so_far()
    }

    /// It says this.
    pub(crate) fn say(&mut self, line: LogEntry) {
        self.lines.push(line);
    }

    /// How much there is of it, in bytes, more or less.
    pub(super) fn bytes(&self) -> usize {
        self.bytes + STEP_BYTES * self.record.steps.len() + self.lines.bytes()
    }

    /// This code executes it from now on.
    pub(super) const fn execute_on(&mut self, generation: CodeGeneration) {
        self.record.generation = Some(generation);
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
        let index = match same {
            Some(index) => index,
            None if steps.len() < MOST_STEPS => steps.len(),
            None => {
                self.record.steps_dropped += 1;
                self.place_of_an_older_one()?
            }
        };
        let steps = &mut self.record.steps;
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

    /// The place of the oldest task that has ended and is not of the beginning; none if all go on.
    fn place_of_an_older_one(&mut self) -> Option<usize> {
        let round = MOST_STEPS - OF_THE_BEGINNING;
        for _ in 0..round {
            let index = OF_THE_BEGINNING + self.gone_round % round;
            self.gone_round += 1;
            let older = self.record.steps.get(index)?;
            if older.status != StepStatus::Running {
                if self.steps.get(&older.task_id) == Some(&index) {
                    self.steps.remove(&older.task_id);
                }
                return Some(index);
            }
        }
        None
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

    /// Adds what a worker tells of calls, and tells it on.
    pub(super) fn add_calls(&mut self, news: CallNews, mut tell: impl FnMut(&TracedCall)) {
        self.record.calls_dropped += news.dropped;
        for change in news.changes {
            if let Some(call) = self.change(change) {
                tell(call);
            }
        }
    }

    fn change(&mut self, change: CallChange) -> Option<&TracedCall> {
        if let Some(start) = change.start {
            let size = start.input.get().len() + start.tools.get().len();
            if self.record.calls.len() >= MOST_CALLS || self.bytes + size > MOST_OF_CALLS {
                self.record.calls_dropped += 1;
                return None;
            }
            self.bytes += size;
            let index = self.record.calls.len();
            self.record.calls.push(begun(&change.call_id, start));
            self.calls
                .insert(change.call_id.clone(), (index, String::new()));
        }
        let (index, text) = self.calls.get_mut(&change.call_id)?;
        let index = *index;
        let call = self.record.calls.get_mut(index)?;
        if let Some(at) = change.first_token_at {
            call.first_token_at = Some(Timestamp::from_micros(at));
        }
        if let Some(more) = change.text {
            text.push_str(&more);
            // The form of a message, which the whole answer has too.
            call.output = RawJson::of(&serde_json::json!({"type": "ai", "content": text}));
        }
        if let Some(end) = change.end {
            call.ended_at = Some(Timestamp::from_micros(end.at));
            call.status = if end.error.is_some() {
                CallStatus::Error
            } else {
                CallStatus::Success
            };
            call.error = end.error;
            call.usage = end.usage;
            call.cut |= end.cut;
            if !end.output.is_null() || call.error.is_none() {
                call.output = end.output;
            }
            self.bytes += call.output.get().len();
            self.calls.remove(&change.call_id);
        }
        self.record.calls.get(index)
    }

    /// The attempt is over: calls that have not ended were not brought to an end.
    pub(super) fn end_calls(&mut self, now: Timestamp, mut tell: impl FnMut(&TracedCall)) {
        self.calls.clear();
        let calls = self.record.calls.iter_mut();
        for call in calls.filter(|call| call.status == CallStatus::Running) {
            call.status = CallStatus::Error;
            call.error = Some("cancelled".to_owned());
            call.ended_at = Some(now);
            tell(call);
        }
    }

    /// The run failed with this.
    pub(super) fn failed(&mut self, error: RawJson) {
        self.record.error = Some(error);
    }

    /// Whether there is nothing to be kept.
    pub(super) fn is_empty(&self) -> bool {
        self.record == RunRecord::default() && self.lines.is_empty()
    }
}

/// What had not ended in what is stored of a run was cut off: at the last instant of which something is known.
pub(super) fn cut_off(record: &mut RunRecord) {
    let of_steps = record.steps.iter();
    let of_steps = of_steps.map(|step| step.ended_at.unwrap_or(step.started_at));
    let of_calls = record.calls.iter();
    let of_calls = of_calls.map(|call| call.ended_at.unwrap_or(call.started_at));
    let Some(last) = of_steps.chain(of_calls).max() else {
        return;
    };
    for step in &mut record.steps {
        if step.status == StepStatus::Running {
            step.status = StepStatus::Cancelled;
            step.ended_at = Some(last);
        }
    }
    for call in &mut record.calls {
        if call.status == CallStatus::Running {
            call.status = CallStatus::Error;
            call.error = Some("cancelled".to_owned());
            call.ended_at = Some(last);
        }
    }
}

/// A call that has begun.
fn begun(call_id: &str, start: CallStart) -> TracedCall {
    TracedCall {
        call_id: call_id.to_owned(),
        parent_call_id: start.parent_call_id,
        task_id: start.task_id,
        node: start.node,
        ns: start.ns,
        kind: start.kind,
        name: start.name,
        model: start.model,
        provider: start.provider,
        started_at: Timestamp::from_micros(start.at),
        first_token_at: None,
        ended_at: None,
        status: CallStatus::Running,
        input: start.input,
        output: RawJson::null(),
        tools: start.tools.parse().unwrap_or_default(),
        parameters: start.parameters,
        usage: None,
        error: None,
        cut: start.cut,
    }
}

#[cfg(test)]
mod tests {
    use lgx_model::CallKind;
    use lgx_worker::CallEnd;

    use super::*;

    fn call(call_id: &str) -> CallChange {
        CallChange {
            call_id: call_id.to_owned(),
            start: Some(CallStart {
                parent_call_id: None,
                task_id: None,
                node: None,
                ns: String::new(),
                kind: CallKind::Model,
                name: "Model".to_owned(),
                model: None,
                provider: None,
                at: 1,
                input: RawJson::of("hi"),
                tools: RawJson::of(&[1, 2]),
                parameters: RawJson::empty_object(),
                cut: false,
            }),
            first_token_at: None,
            text: None,
            end: None,
        }
    }

    fn goes_on(call_id: &str, text: &str) -> CallChange {
        CallChange {
            start: None,
            text: Some(text.to_owned()),
            ..call(call_id)
        }
    }

    fn calls(changes: Vec<CallChange>) -> CallNews {
        CallNews {
            changes,
            dropped: 0,
        }
    }

    #[test]
    fn an_answer_is_told_as_it_comes_and_what_is_left_of_one_is_kept() {
        let mut recording = Recording::default();
        let mut outputs = Vec::new();
        let changes = calls(vec![call("a"), goes_on("a", "He"), goes_on("a", "llo")]);
        recording.add_calls(changes, |call| outputs.push(call.output.get().to_owned()));
        let whole = r#"{"content":"Hello","type":"ai"}"#;
        assert_eq!(outputs[0], "null");
        assert_eq!(outputs.len(), 3);
        recording.end_calls(Timestamp::from_micros(7), |_| ());
        let record = recording.so_far();
        let call = &record.calls[0];
        let kept: serde_json::Value = call.output.parse().unwrap();
        assert_eq!(
            kept,
            serde_json::from_str::<serde_json::Value>(whole).unwrap()
        );
        assert_eq!((call.status, call.tools.len()), (CallStatus::Error, 2));
    }

    #[test]
    fn a_call_has_its_whole_answer_when_it_has_ended() {
        let mut recording = Recording::default();
        let end = CallChange {
            start: None,
            end: Some(CallEnd {
                at: 5,
                output: RawJson::of("bye"),
                usage: None,
                error: None,
                cut: true,
            }),
            ..call("a")
        };
        recording.add_calls(calls(vec![call("a"), goes_on("a", "b"), end]), |_| ());
        let call = &recording.so_far().calls[0];
        assert_eq!(
            (call.output.get(), call.status, call.cut),
            ("\"bye\"", CallStatus::Success, true)
        );
    }

    #[test]
    fn so_many_calls_are_kept_and_the_rest_is_counted() {
        let mut recording = Recording::default();
        let names = (0..MOST_CALLS + 2).map(|n| call(&n.to_string()));
        recording.add_calls(calls(names.collect()), |_| ());
        let record = recording.so_far();
        assert_eq!((record.calls.len(), record.calls_dropped), (MOST_CALLS, 2));
    }

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
        recording.take_up(before.so_far(), RunLog::default());
        recording.add_steps(news(&["b"], &[]), 2, |_| ());
        let expected = [("a", StepStatus::Success, 1), ("b", StepStatus::Running, 2)];
        assert_eq!(seen(&recording), expected);
    }

    #[test]
    fn what_was_going_on_when_the_server_was_killed_was_cut_off_then() {
        let mut before = Recording::default();
        before.add_steps(news(&["a", "b"], &["a"]), 1, |_| ());
        before.add_calls(calls(vec![call("c")]), |_| ());
        let mut record = before.so_far();
        cut_off(&mut record);
        let ends = record.steps.iter().map(|step| (step.status, step.ended_at));
        let at = Some(Timestamp::from_micros(2));
        let expected = [(StepStatus::Success, at), (StepStatus::Cancelled, at)];
        assert_eq!(ends.collect::<Vec<_>>(), expected);
        let call = &record.calls[0];
        assert_eq!((call.status, call.ended_at), (CallStatus::Error, at));
    }

    #[test]
    fn the_first_tasks_and_the_newest_are_kept_and_those_between_are_counted() {
        let mut recording = Recording::default();
        // One that goes on all the while has no end to be forgotten with.
        recording.add_steps(news(&["long"], &[]), 1, |_| ());
        let count = 3 * MOST_STEPS;
        let mut told = 0;
        for at in 0..count {
            let (name, at) = (at.to_string(), i64::try_from(at).unwrap());
            let start = StepStart {
                at: 10 + at,
                ..start(&name)
            };
            let end = StepEnd {
                at: 11 + at,
                ..end(&name)
            };
            let news = StepNews {
                started: vec![start],
                ended: vec![end],
                dropped: 0,
            };
            recording.add_steps(news, 1, |_| told += 1);
        }
        assert_eq!(told, 2 * count, "the newest is always told of");
        let record = recording.so_far();
        assert_eq!(record.steps.len(), MOST_STEPS);
        assert_eq!(record.steps_dropped, (count + 1 - MOST_STEPS) as u64);
        let ids: Vec<_> = record
            .steps
            .iter()
            .map(|step| step.task_id.as_str())
            .collect();
        assert_eq!(ids[..3], ["long", "0", "1"]);
        assert_eq!(ids.last(), Some(&(count - 1).to_string().as_str()));
        assert_eq!(ids[OF_THE_BEGINNING], (count - MOST_STEPS / 2).to_string());
        assert_eq!(
            recording.steps.len(),
            MOST_STEPS,
            "what is gone is forgotten"
        );
        recording.add_steps(news(&[], &["long"]), 1, |step| {
            assert_eq!(step.task_id, "long");
        });
    }

    #[test]
    fn a_task_that_goes_on_keeps_its_place() {
        let mut recording = Recording::default();
        let names: Vec<String> = (0..MOST_STEPS).map(|n| n.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        recording.add_steps(news(&names, &[]), 1, |_| ());
        recording.add_steps(news(&["late"], &[]), 1, |_| panic!("there is no place"));
        recording.add_steps(news(&["later"], &[]), 1, |_| panic!("there is no place"));
        recording.add_steps(news(&[], &["1500"]), 1, |_| ());
        recording.add_steps(news(&["latest"], &[]), 1, |step| {
            assert_eq!(step.task_id, "latest");
        });
        assert_eq!(recording.record.steps[1500].task_id, "latest");
    }
}
