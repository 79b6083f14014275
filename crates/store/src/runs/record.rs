//! What a run did and said, as it is kept beside it.

use std::sync::Arc;

use lgx_model::{JsonObject, LogEntry, RawJson, Run, RunStep, Timestamp, TracedCall};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Claim;
use crate::Result;
use crate::packing::{pack, unpack};

/// How many runs are kept that went with their threads.
pub(crate) const MOST_GONE: u32 = 1_000;
/// How many bytes of them with their records, as they are stored.
pub(crate) const MOST_GONE_BYTES: i64 = 64 << 20;
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

/// What a run printed and logged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunLog {
    /// The last lines, the oldest first.
    pub lines: Vec<LogEntry>,
    /// How many came before these and are not kept.
    pub dropped: u64,
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

/// A run that went with its thread when it ended.
#[derive(Debug, Clone)]
pub struct GoneRun {
    /// The run as it ended.
    pub run: Run,
    /// How often its execution had begun.
    pub attempts: u32,
    /// The metadata of its thread, which says who may see it.
    pub thread_metadata: JsonObject,
    /// What it did, if anything is known of that.
    pub record: Option<Arc<PackedRecord>>,
}

impl GoneRun {
    /// How much it takes with its record, if its kwargs take so much, in bytes.
    pub(crate) fn bytes(&self, of_kwargs: usize) -> i64 {
        let of_record = self.record.as_ref().map_or(0, |record| record.bytes());
        i64::try_from(of_kwargs + of_record).unwrap_or(i64::MAX)
    }
}

/// What a run has done that goes on.
#[derive(Debug, Clone)]
pub struct RecordSoFar {
    /// The run, and by what right it is written to.
    pub claim: Claim,
    /// What it did.
    pub record: Arc<PackedRecord>,
}

/// A log made ready to be written.
#[derive(Debug, Clone)]
pub(crate) struct PackedLog {
    pub(crate) lines: Vec<u8>,
    pub(crate) count: u64,
    pub(crate) dropped: u64,
}

/// A record made ready to be written, which is not for the writer to do.
#[derive(Debug, Clone)]
pub struct PackedRecord {
    /// Nothing where nothing was said.
    pub(crate) log: Option<PackedLog>,
    pub(crate) steps: Vec<u8>,
    pub(crate) steps_dropped: u64,
    pub(crate) calls: Vec<u8>,
    pub(crate) calls_dropped: u64,
    pub(crate) error: Option<RawJson>,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) generation: Option<CodeGeneration>,
}

impl PackedRecord {
    /// How much it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let of_log = self.log.as_ref().map_or(0, |log| log.lines.len());
        self.steps.len() + self.calls.len() + of_log
    }

    /// Packs a record, and what the run said.
    ///
    /// # Errors
    /// Never for what records are made of.
    pub fn of(record: &RunRecord, log: &RunLog) -> Result<Self> {
        Ok(Self {
            log: packed_log(log)?,
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

fn packed_log(log: &RunLog) -> Result<Option<PackedLog>> {
    if log.lines.is_empty() {
        return Ok(None);
    }
    Ok(Some(PackedLog {
        lines: packed(&log.lines)?,
        count: u64::try_from(log.lines.len()).unwrap_or(u64::MAX),
        dropped: log.dropped,
    }))
}

/// JSON, as text or packed: the first byte tells.
fn packed<T: Serialize>(list: &[T]) -> Result<Vec<u8>> {
    let text = serde_json::to_vec(list)?;
    if text.len() < PACKED_FROM {
        return Ok(text);
    }
    Ok(pack(&text, None).unwrap_or(text))
}

/// A list that was packed; nothing is an empty one.
pub(crate) fn unpacked<T: DeserializeOwned>(bytes: Option<&[u8]>) -> Result<Vec<T>> {
    Ok(match bytes {
        None => Vec::new(),
        Some(text) if text.first() == Some(&b'[') => serde_json::from_slice(text)?,
        Some(packed) => serde_json::from_slice(&unpack(packed, None)?)?,
    })
}

/// A count as it is stored.
pub(crate) fn stored_count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
