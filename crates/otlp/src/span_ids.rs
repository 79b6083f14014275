//! The ids of a run's spans. They follow from what is known of the run, so that a run that is sent twice is there once.

use lgx_model::RunId;
use sha2::{Digest as _, Sha256};

use crate::trace_parent::TraceParent;

/// The ids of the spans of one run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SpanIds {
    run_id: RunId,
    parent: Option<TraceParent>,
}

impl SpanIds {
    /// Those of a run that was asked for within `parent`.
    pub(crate) const fn of(run_id: RunId, parent: Option<TraceParent>) -> Self {
        Self { run_id, parent }
    }

    /// The trace: the parent's, else the id of the run itself, under which a person finds it.
    pub(crate) fn trace(&self) -> Vec<u8> {
        match self.parent {
            Some(parent) => parent.trace_id.to_vec(),
            None => self.run_id.uuid().as_bytes().to_vec(),
        }
    }

    /// The span of the run.
    pub(crate) fn run(&self) -> Vec<u8> {
        self.hashed(&["run"])
    }

    /// The span that the run's is within; empty if there is none.
    pub(crate) fn parent_of_run(&self) -> Vec<u8> {
        self.parent
            .map(|parent| parent.span_id.to_vec())
            .unwrap_or_default()
    }

    /// The span of a task, as an attempt at the run executed it.
    pub(crate) fn task(&self, attempt: u32, task_id: &str) -> Vec<u8> {
        self.hashed(&["task", &attempt.to_string(), task_id])
    }

    /// The span of a call.
    pub(crate) fn call(&self, call_id: &str) -> Vec<u8> {
        self.hashed(&["call", call_id])
    }

    fn hashed(&self, parts: &[&str]) -> Vec<u8> {
        let mut hash = Sha256::new();
        hash.update(self.run_id.uuid().as_bytes());
        for part in parts {
            hash.update([0]);
            hash.update(part.as_bytes());
        }
        let mut id = hash.finalize()[..8].to_vec();
        // All zeros would be no id.
        id[0] |= 1;
        id
    }
}
