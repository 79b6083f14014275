//! A run that has ended, with all that goes into its trace.

use lgx_model::{Run, RunError, RunStatus, RunStep, Timestamp, TracedCall};

use crate::trace_parent::TraceParent;

/// A run that has ended.
#[derive(Debug, Clone)]
pub struct EndedRun {
    /// The run, as it was when it began.
    pub run: Run,
    /// How it ended.
    pub status: RunStatus,
    /// What was raised, as far as clients may see it.
    pub error: Option<RunError>,
    /// When it began to execute.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// Which attempt at it was the last.
    pub attempt: u32,
    /// The generation of the code that executed it, if that is known.
    pub generation: Option<u64>,
    /// The span within which it was asked for.
    pub parent: Option<TraceParent>,
    /// The tasks that it executed.
    pub steps: Vec<RunStep>,
    /// How many more there were.
    pub steps_dropped: u64,
    /// The calls that it made.
    pub calls: Vec<TracedCall>,
    /// How many more there were.
    pub calls_dropped: u64,
}

impl EndedRun {
    /// How many spans it comes to.
    pub(crate) fn spans(&self) -> usize {
        1 + self.steps.len() + self.calls.len()
    }

    /// How much memory it takes while it waits, more or less.
    pub(crate) fn bytes(&self) -> usize {
        let calls = self.calls.iter();
        let of_calls: usize = calls
            .map(|call| {
                let tools = call.tools.iter().map(|tool| tool.get().len());
                512 + call.input.get().len() + call.output.get().len() + tools.sum::<usize>()
            })
            .sum();
        let of_run = self.run.kwargs.input.get().len() + self.run.kwargs.command.get().len();
        4096 + of_run + of_calls + 512 * self.steps.len()
    }
}
