//! What a run did, as it is kept beside it.

use lgx_model::{RawJson, Run, RunStep, Timestamp, TracedCall};
use serde::Serialize;

use crate::Result;
use crate::sqlite::packing::pack;

/// From this size on, text is packed.
const PACKED_FROM: usize = 4 << 10;

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunRecord {
    /// The tasks that it executed, in the order in which they started.
    pub steps: Vec<RunStep>,
    /// How many are left out, because there were too many.
    pub steps_dropped: u64,
    /// The calls of models, tools and retrievers that it made.
    pub calls: Vec<TracedCall>,
    /// How many are left out, because there were too many.
    pub calls_dropped: u64,
    /// What was raised, if it failed; what that looks like is for others to know.
    pub error: Option<RawJson>,
    /// The code that executed it last.
    pub generation: Option<CodeGeneration>,
}

/// A generation of code, which counts anew in each life of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeGeneration {
    /// The generation.
    pub number: u64,
    /// The life of the server that counted it.
    pub life: i64,
}

/// A run with what it did.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedRun {
    /// The run.
    pub run: Run,
    /// How often its execution has begun.
    pub attempts: u32,
    /// What it did, as far as that is stored.
    pub record: RunRecord,
}

impl RunRecord {
    /// When the first task started that is kept.
    pub fn started_at(&self) -> Option<Timestamp> {
        self.steps.iter().map(|step| step.started_at).min()
    }
}

/// A run that was searched for, with what its record says at a glance.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundRun {
    /// The run.
    pub run: Run,
    /// When its first task started, as far as that is stored.
    pub started_at: Option<Timestamp>,
    /// How often its execution has begun.
    pub attempts: u32,
    /// The code that executed it last, as far as that is stored.
    pub generation: Option<CodeGeneration>,
}

/// A record made ready to be written, which is not for the writer to do.
#[derive(Debug, Clone)]
pub struct PackedRecord {
    pub(crate) steps: Vec<u8>,
    pub(crate) steps_dropped: u64,
    pub(crate) calls: Vec<u8>,
    pub(crate) calls_dropped: u64,
    pub(crate) error: Option<RawJson>,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) generation: Option<CodeGeneration>,
}

impl PackedRecord {
    /// Packs a record.
    ///
    /// # Errors
    /// Never for what records are made of.
    pub fn of(record: &RunRecord) -> Result<Self> {
        Ok(Self {
            steps: packed(&record.steps)?,
            steps_dropped: record.steps_dropped,
            calls: packed(&record.calls)?,
            calls_dropped: record.calls_dropped,
            error: record.error.clone(),
            started_at: record.started_at(),
            generation: record.generation,
        })
    }
}

/// JSON, as text or packed: the first byte tells.
fn packed<T: Serialize>(list: &[T]) -> Result<Vec<u8>> {
    let text = serde_json::to_vec(list)?;
    if text.len() < PACKED_FROM {
        return Ok(text);
    }
    Ok(pack(&text, None).unwrap_or(text))
}
