//! The trace of a run: a span for the run, below it those of its tasks, and below these those of its calls.

use std::collections::{HashMap, HashSet};

use lgx_model::{RunStatus, RunStep, StepStatus, Timestamp, TokenUsage, TracedCall};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, SpanFlags, Status};

use crate::attributes::Attributes;
use crate::call_span;
use crate::conventions as names;
use crate::ended_run::EndedRun;
use crate::span_ids::SpanIds;

/// The spans of a run, what it was asked and answered among them only if that is wanted.
pub(crate) fn spans(run: &EndedRun, with_content: bool) -> Vec<Span> {
    let places = Places::of(run);
    let mut spans = Vec::with_capacity(run.spans());
    spans.push(of_run(run, &places));
    spans.extend(run.steps.iter().map(|step| of_step(run, step, &places)));
    let calls = run.calls.iter();
    spans.extend(calls.map(|call| call_span::of(run, call, &places, with_content)));
    spans
}

/// Where in the trace things are.
pub(crate) struct Places<'a> {
    pub(crate) ids: SpanIds,
    /// Each task, as every attempt executed it, in the order in which they started.
    tasks: HashMap<&'a str, Vec<&'a RunStep>>,
    /// The calls that are kept.
    calls: HashSet<&'a str>,
}

impl<'a> Places<'a> {
    fn of(run: &'a EndedRun) -> Self {
        let mut tasks: HashMap<&str, Vec<&RunStep>> = HashMap::new();
        for step in &run.steps {
            tasks.entry(&step.task_id).or_default().push(step);
        }
        let calls = run.calls.iter();
        Self {
            ids: SpanIds::of(run.run.run_id, run.parent),
            tasks,
            calls: calls.map(|call| call.call_id.as_str()).collect(),
        }
    }

    /// The span within which a task is executed that started in this namespace: the run's own, or that of the task whose subgraph it is of.
    fn above_step(&self, step: &RunStep) -> Vec<u8> {
        let outer = outer_task(&step.ns).filter(|task_id| *task_id != step.task_id);
        let outer = outer.and_then(|task_id| self.tasks.get(task_id));
        let outer = outer.and_then(|outer| {
            let of_attempt = outer.iter().rev().find(|task| task.attempt == step.attempt);
            of_attempt.or(outer.last())
        });
        outer.map_or_else(
            || self.ids.run(),
            |task| self.ids.task(task.attempt, &task.task_id),
        )
    }

    /// The span within which a call was made: another call, a task, or the run.
    pub(crate) fn above_call(&self, call: &TracedCall) -> Vec<u8> {
        let outer = call.parent_call_id.as_deref();
        let outer = outer.filter(|outer| self.calls.contains(outer) && *outer != call.call_id);
        if let Some(call_id) = outer {
            return self.ids.call(call_id);
        }
        let task_id = call.task_id.as_deref();
        let tasks = task_id.and_then(|task_id| self.tasks.get(task_id));
        let task = tasks.and_then(|tasks| {
            let mut latest_first = tasks.iter().rev();
            let within = latest_first.find(|task| task.started_at <= call.started_at);
            within.or(tasks.first())
        });
        task.map_or_else(
            || self.ids.run(),
            |task| self.ids.task(task.attempt, &task.task_id),
        )
    }
}

/// The task that a namespace names last: `agent:1f|child:2e` is within `2e`. A subgraph that is called twice has a number behind it.
fn outer_task(namespace: &str) -> Option<&str> {
    let mut innermost_first = namespace.rsplit('|');
    innermost_first.find_map(|part| Some(part.rsplit_once(':')?.1))
}

fn of_run(run: &EndedRun, places: &Places<'_>) -> Span {
    let asked = &run.run;
    let graph_id = asked.kwargs.graph_id().unwrap_or_default();
    let mut said = Attributes::default();
    said.text(names::OPERATION_NAME, names::operation::INVOKE_AGENT);
    said.text(names::PROVIDER_NAME, names::LANGGRAPH);
    said.text(names::AGENT_NAME, graph_id);
    said.text(names::AGENT_ID, asked.assistant_id.to_string());
    said.text(names::CONVERSATION_ID, asked.thread_id.to_string());
    if let Some(usage) = total_usage(run) {
        said.whole(names::USAGE_INPUT_TOKENS, usage.input_tokens);
        said.whole(names::USAGE_OUTPUT_TOKENS, usage.output_tokens);
    }
    said.text(names::run::ID, asked.run_id.to_string());
    said.text(names::run::STATUS, run.status.as_str());
    said.whole(names::run::ATTEMPT, run.attempt);
    if let Some(generation) = run.generation {
        said.whole(names::run::GENERATION, generation);
    }
    for (name, dropped) in [
        (names::run::STEPS_DROPPED, run.steps_dropped),
        (names::run::CALLS_DROPPED, run.calls_dropped),
    ] {
        if dropped > 0 {
            said.whole(name, dropped);
        }
    }
    let (kind, status) = match (&run.error, run.status) {
        (Some(error), _) => (Some(error.error.as_str()), failed(error_line(error))),
        (None, RunStatus::Timeout) => (Some("timeout"), failed("the run took too long")),
        (None, RunStatus::Error) => (Some("_OTHER"), failed("")),
        (None, _) => (None, None),
    };
    said.text_if(names::ERROR_TYPE, kind);
    Span {
        parent_span_id: places.ids.parent_of_run(),
        flags: flags(run.parent.is_some()),
        status,
        ..span(
            places,
            places.ids.run(),
            format!("{} {graph_id}", names::operation::INVOKE_AGENT),
            SpanKind::Internal,
            (run.began, run.ended),
            said,
        )
    }
}

fn error_line(error: &lgx_model::RunError) -> String {
    if error.message.is_empty() {
        error.error.clone()
    } else {
        format!("{}: {}", error.error, error.message)
    }
}

/// What all models of the run took together, if any says so.
fn total_usage(run: &EndedRun) -> Option<TokenUsage> {
    let all = run.calls.iter().filter_map(|call| call.usage);
    all.reduce(|sum, usage| TokenUsage {
        input_tokens: sum.input_tokens.saturating_add(usage.input_tokens),
        output_tokens: sum.output_tokens.saturating_add(usage.output_tokens),
        total_tokens: sum.total_tokens.saturating_add(usage.total_tokens),
    })
}

fn of_step(run: &EndedRun, step: &RunStep, places: &Places<'_>) -> Span {
    let mut said = Attributes::default();
    said.text(names::task::NODE, &step.node);
    said.whole(names::task::STEP, step.step);
    said.text(names::task::ID, &step.task_id);
    said.text(names::task::NAMESPACE, &step.ns);
    said.text(names::task::STATUS, status_word(step.status));
    said.whole(names::run::ATTEMPT, step.attempt);
    said.text_if(names::ERROR_TYPE, step.error.as_deref().map(error_type));
    let status = match step.status {
        StepStatus::Error => failed(step.error.clone().unwrap_or_default()),
        _ => None,
    };
    Span {
        parent_span_id: places.above_step(step),
        status,
        ..span(
            places,
            places.ids.task(step.attempt, &step.task_id),
            step.node.clone(),
            SpanKind::Internal,
            (step.started_at, step.ended_at.unwrap_or(run.ended)),
            said,
        )
    }
}

const fn status_word(status: StepStatus) -> &'static str {
    match status {
        StepStatus::Running => "running",
        StepStatus::Success => "success",
        StepStatus::Error => "error",
        StepStatus::Interrupted => "interrupted",
        StepStatus::Cancelled => "cancelled",
    }
}

/// What a span has in any case.
pub(crate) fn span(
    places: &Places<'_>,
    span_id: Vec<u8>,
    name: String,
    kind: SpanKind,
    (began, ended): (Timestamp, Timestamp),
    said: Attributes,
) -> Span {
    Span {
        trace_id: places.ids.trace(),
        span_id,
        flags: flags(false),
        name,
        kind: kind.into(),
        start_time_unix_nano: nanoseconds(began),
        // Clocks that are set back must not make spans that receivers refuse.
        end_time_unix_nano: nanoseconds(ended.max(began)),
        attributes: said.done(),
        ..Span::default()
    }
}

/// It is recorded, and it is known whether its parent is somebody else's.
fn flags(has_remote_parent: bool) -> u32 {
    let known = SpanFlags::ContextHasIsRemoteMask as u32;
    let remote = SpanFlags::ContextIsRemoteMask as u32;
    1 | known | if has_remote_parent { remote } else { 0 }
}

fn nanoseconds(time: Timestamp) -> u64 {
    u64::try_from(time.micros())
        .unwrap_or(0)
        .saturating_mul(1000)
}

/// The status of what failed.
#[expect(clippy::unnecessary_wraps, reason = "a span without a status has none")]
pub(crate) fn failed(message: impl Into<String>) -> Option<Status> {
    Some(Status {
        message: message.into(),
        code: StatusCode::Error.into(),
    })
}

/// The class in `ValueError: kaboom`.
pub(crate) fn error_type(line: &str) -> &str {
    let class = line.split(':').next().unwrap_or_default().trim();
    let is_name = |character: char| character.is_alphanumeric() || "._".contains(character);
    if !class.is_empty() && class.chars().all(is_name) {
        class
    } else {
        "_OTHER"
    }
}

#[cfg(test)]
mod tests;
