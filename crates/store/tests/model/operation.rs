//! The operations that the test performs, with all they are told.

use std::collections::BTreeSet;

use lgx_model::checkpoint::ChannelBlob;
use lgx_model::query::{AssistantQuery, CronQuery, Page, RunQuery, RunSearch, ThreadQuery};
use lgx_model::{
    Assistant, AssistantId, CheckpointRow, CronId, JsonObject, PruneStrategy, RunId, ThreadId,
    TimeToLive, Timestamp,
};
use lgx_store::assistants::DefaultAssistant;
use lgx_store::checkpoints::{ListQuery, NewWrites};
use lgx_store::crons::StoredCron;
use lgx_store::items::{ItemOperation, SearchItems};
use lgx_store::runs::{AssistantRuns, CancelTarget, Finish, Firing, NewRun};
use lgx_store::threads::{NewThread, ThreadCopy, ThreadState};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Somebody who may see everything.
    Server,
    /// Somebody who may see what Alice owns.
    Alice,
}

/// What is asked, when and by whom.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) now: Timestamp,
    pub(crate) caller: Caller,
    pub(crate) operation: Operation,
}

/// One operation of the store.
#[derive(Debug, Clone)]
pub(crate) enum Operation {
    SyncDefaultAssistants(Vec<DefaultAssistant>),
    CreateAssistant(Assistant),
    GetAssistant(AssistantId),
    GetRunnableAssistant(AssistantId),
    /// Has this name and merges this metadata.
    ChangeAssistant(AssistantId, String, JsonObject),
    ListAssistantVersions(AssistantId, JsonObject, Page),
    RestoreAssistantVersion(AssistantId, i64),
    SearchAssistants(AssistantQuery, Page),
    CountAssistants(AssistantQuery),
    /// With the caller's threads of it, or without.
    DeleteAssistant(AssistantId, bool),

    CreateThread(NewThread),
    GetThread(ThreadId),
    GetThreadTtl(ThreadId),
    PatchThread(ThreadId, JsonObject, Option<TimeToLive>),
    SetThreadState(ThreadId, ThreadState),
    CopyThread(ThreadCopy),
    SearchThreads(ThreadQuery, Page),
    CountThreads(ThreadQuery),
    DeleteThread(ThreadId),
    PruneThreads(BTreeSet<ThreadId>, PruneStrategy),
    ExpireThreads,
    NextThreadExpiry,
    ThreadsBehind,
    CatchUp(ThreadId, String, ThreadState),

    Admit(Box<NewRun>),
    Claim,
    Finish(ThreadId, RunId, Box<Finish>),
    ExecuteAgain(ThreadId, RunId),
    /// Taken back, if so.
    CancelRuns(CancelTarget, bool),
    DeleteRun(ThreadId, RunId),
    GetRun(ThreadId, RunId),
    ListRuns(ThreadId, RunQuery, Page),
    SearchRuns(RunSearch, Page),
    ListActiveRuns(ThreadId),
    ListThreadsOfAssistant(AssistantRuns),
    GetThreadToAnswer(ThreadId),
    RunQueue,
    NextDueRun,
    RecoverRuns,

    PutCheckpoint(Box<CheckpointRow>, Vec<ChannelBlob>),
    PutWrites(NewWrites),
    GetCheckpoint(ThreadId, String, Option<String>),
    ListCheckpoints(ListQuery),
    ListCheckpointSummaries(ThreadId, Option<String>, Page),
    DeleteCheckpoints(ThreadId),
    DeleteCheckpointsOfRuns(Vec<RunId>),
    CopyCheckpoints(ThreadId, ThreadId),
    PruneCheckpoints(Vec<ThreadId>, PruneStrategy),

    PerformItems(Vec<ItemOperation>),
    SearchItems(SearchItems, bool),
    ExpireItems,
    NextItemExpiry,

    CreateCron(StoredCron),
    GetCron(CronId),
    /// Has it enabled or not, and due then.
    ChangeCron(CronId, bool, Option<Timestamp>),
    DeleteCron(CronId),
    SearchCrons(CronQuery, Page),
    CountCrons(CronQuery),
    ListDueCrons,
    ListCronsAhead,
    NextDueCron,
    AdvanceCron(Firing),
    AdmitForCron(Box<NewRun>, Firing),
}
