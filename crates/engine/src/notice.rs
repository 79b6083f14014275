//! What the server has to tell the person who started it; how it looks on a terminal is the caller's business.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use lgx_config::Problem;
use lgx_model::Runtime;
use lgx_store::Unavailable;
use lgx_worker::{Death, Diagnostic, ExecutingRun, LogLine};

use crate::question::Question;
use crate::workers::Timeline;

/// What says on which version of its runtime a project is to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WantedBy {
    /// `python_version` or `node_version` of langgraph.json.
    Configuration,
    /// `engines.node` of package.json.
    Engines,
}

/// What there is to tell of debuggers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DebuggerNotice {
    /// The project's code is not loaded before a debugger is attached.
    Awaited {
        /// Of what it is to be one.
        runtime: Runtime,
        /// Where.
        address: SocketAddr,
    },
    /// The debugger of the code before has not come back, so the new code is loaded without.
    StaysAway,
    /// One has attached.
    Attached {
        /// To the code of this runtime.
        runtime: Runtime,
    },
    /// It has left.
    Left {
        /// The code of this runtime.
        runtime: Runtime,
    },
}

/// Something a person would want to know.
#[derive(Debug, Clone)]
pub enum Notice {
    /// langgraph.json has something odd in it; the server goes on.
    Config(Problem),
    /// The project runs on another version of its runtime than it asks for.
    OtherRuntime {
        /// Which.
        runtime: Runtime,
        /// Where it asks.
        wanted_by: WantedBy,
        /// What it asks for: `3.12`.
        wanted: String,
        /// What it runs on: `3.11.7`.
        found: String,
    },
    /// A graph could not be loaded; the others serve.
    GraphFailed {
        /// The graph's id.
        graph_id: String,
        /// What went wrong, and where.
        diagnostic: Diagnostic,
    },
    /// A graph was loaded, with something the user should know about it.
    GraphNotice {
        /// The graph's id.
        graph_id: String,
        /// One sentence.
        text: String,
    },
    /// Something of runs cannot be recorded; they are executed all the same.
    NotRecorded {
        /// `steps` or `calls`.
        what: &'static str,
        /// What the installed packages lack: `langgraph 2.0.0 has no PregelLoop._emit`.
        lack: String,
    },
    /// A part of the project is about to be imported.
    Loading {
        /// `the graph agent`, `auth`, …
        what: String,
    },
    /// Loading has taken longer than it may, and goes on, as nothing else serves: where it is.
    LoadsLong(Diagnostic),
    /// A debugger attaches to the project's code, or is to.
    Debugger(DebuggerNotice),
    /// Nothing is imported any more, whatever came of it.
    LoadingEnded,
    /// The new code listens on a port when it is imported, which the code that serves holds. That leaves first, with its last run.
    MakesRoom {
        /// The runs that are waited for.
        runs: Vec<ExecutingRun>,
    },
    /// Changes of the project are looked for once a second, because not all of them are told by the operating system.
    Polling(PollReason),
    /// Files changed and a new generation of the user's code is being brought up.
    Reloading {
        /// What changed; empty when a person asked for it.
        changed: Vec<PathBuf>,
    },
    /// The new generation serves.
    Reloaded {
        /// When what happened.
        timeline: Timeline,
        /// Its number, from 1.
        generation: u64,
        /// The runs that go on with the old code.
        old_runs: Vec<ExecutingRun>,
    },
    /// The new code does not load; the old code keeps serving.
    ReloadFailed(ReloadFailure),
    /// A worker process ended, by itself or because the server ended it.
    WorkerDied {
        /// How, with its last words and the runs that ended with it.
        death: Death,
        /// How long it takes until the next one is started; none if another one serves already.
        pause: Option<Duration>,
    },
    /// The project's code blocks the event loop of the worker that serves, while others wait; another worker is brought up to take over.
    WorkerBlocked {
        /// For how long.
        time: Duration,
        /// The runs that it executes: one of them blocks it.
        runs: Vec<ExecutingRun>,
    },
    /// Another worker serves instead of the one that is blocked.
    WorkerRelieved {
        /// From bringing it up to serving.
        took: Duration,
        /// The runs that go on where they were.
        old_runs: Vec<ExecutingRun>,
    },
    /// The worker that was to replace one that ended did not come up.
    RestartFailed(ReloadFailure),
    /// The worker that was to take over from one that is blocked did not come up. The next change tries again.
    ReliefFailed(ReloadFailure),
    /// The worker that was to take the place of one of several did not come up; the others serve.
    ReinforcementFailed(ReloadFailure),
    /// The worker that was to take the place of one of several has loaded other code than they have, so others take the place of all.
    OtherCode {
        /// What has changed since they were loaded.
        changed: Vec<PathBuf>,
    },
    /// A line that user code printed or logged.
    Log(LogLine),
    /// A run goes to one of several workers.
    RunPlaced {
        /// The run.
        run_id: String,
        /// The process id of the worker.
        pid: u32,
    },
    /// A run is over that did not fail with an exception of user code.
    RunEnded {
        /// The run.
        run_id: String,
        /// What it ran.
        graph_id: String,
        /// The status it ended with, as the API shows it.
        status: &'static str,
        /// Since it began to execute.
        took: Duration,
    },
    /// A run failed with an exception of user code.
    RunFailed {
        /// The run.
        run_id: String,
        /// What was raised, and where.
        diagnostic: Diagnostic,
    },
    /// A run ends as an error because its worker died, and is not executed again.
    RunLost {
        /// The run.
        run_id: String,
        /// What happened, why that is the end, and which run is the likely cause.
        reason: String,
    },
    /// The state cannot be saved, or can be again.
    State(StateNotice),
    /// A handler of user code failed while it answered a request.
    RequestFailed {
        /// `POST /threads`
        request: String,
        /// What was raised, and where.
        diagnostic: Diagnostic,
    },
    /// UI components cannot be bundled, because something is missing that bundles.
    UiUnavailable {
        /// What, and what to do about it.
        reason: String,
    },
    /// The UI components of a graph cannot be bundled as they are.
    UiFailed {
        /// The graph.
        name: String,
        /// What is wrong with them.
        errors: Vec<UiError>,
        /// Whether there is a bundle from before, which is served on.
        serves_last: bool,
    },
    /// The UI components of a graph have changed.
    UiBuilt {
        /// The graph.
        name: String,
        /// How long bundling them took.
        took: Duration,
    },
    /// A run's webhook does not hear of its end.
    WebhookFailed {
        /// The run.
        run_id: String,
        /// Why not, and what the receiver answered last.
        reason: String,
    },
    /// Runs are sent as traces, or cannot be.
    Traces(TraceNotice),
    /// A reload brought other auth into effect.
    AuthChanged {
        /// What langgraph.json names now, from its directory: `src/auth.py:auth`. None: every request is let in.
        auth: Option<String>,
    },
    /// A request was answered.
    Request {
        /// The method.
        method: String,
        /// The path, without the query.
        path: String,
        /// The status answered.
        status: u16,
        /// Until the response's head was ready.
        took: Duration,
        /// For failures the client only hears of in general terms: what really happened. For a refusal, its reason.
        detail: Option<String>,
        /// What failed has been told by a notice of its own.
        told: bool,
        /// The headers of it that `http.logging_headers` names, none of them a credential.
        headers: Vec<(String, String)>,
    },
    /// New connections are not accepted before others end: the process may open no more files.
    OutOfDescriptors {
        /// How many it may have open, if there is a limit.
        limit: Option<u64>,
    },
    /// A browser origin was refused.
    OriginRefused {
        /// The origin.
        origin: String,
    },
    /// A request for a host name this server does not go by was refused.
    HostRefused {
        /// The host.
        host: String,
    },
}

/// Why UI components cannot be bundled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UiError {
    /// In the words of what bundles.
    pub text: String,
    /// The file, absolute.
    pub file: Option<PathBuf>,
    /// The line in it, from 1.
    pub line: Option<u32>,
    /// The column, from 1.
    pub column: Option<u32>,
    /// What stands on the line.
    pub source: Option<String>,
}

/// What there is to say about saving the state.
#[derive(Debug, Clone)]
pub enum StateNotice {
    /// Something keeps the state from being saved or read. Requests are refused and runs fail for as long as it lasts.
    Unavailable(Unavailable),
    /// The end of a run could not be saved; it is tried again unless the state database is gone.
    RunEndUnsaved {
        /// The run.
        run_id: String,
        /// Why not.
        reason: String,
    },
    /// The end of a run is saved that could not be saved before.
    RunEndSaved {
        /// The run.
        run_id: String,
        /// Since it ended.
        after: Duration,
    },
}

/// What there is to say about sending runs as traces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TraceNotice {
    /// From now on each run that ends is sent.
    Sends {
        /// Where to, without credentials.
        endpoint: String,
        /// Whether with what models and tools are asked and answer.
        with_content: bool,
    },
    /// A variable does not say what it should; the sentence says what follows from that.
    Setting {
        /// One sentence.
        problem: String,
    },
    /// The receiver does not take them. It is told once, until it does.
    Undelivered {
        /// Where they go.
        endpoint: String,
        /// Why not.
        reason: String,
    },
}

/// Why the operating system does not tell of all changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PollReason {
    /// Its limit for watched directories is reached.
    TooManyDirectories,
    /// Its limit for programs that watch is reached.
    TooManyWatchers,
    /// A directory of the project is on a file system that may be changed from elsewhere.
    SharedFolder {
        /// The directory.
        directory: PathBuf,
        /// The kind of the file system: `9p`.
        kind: &'static str,
    },
    /// It has no events to tell.
    NoEvents(String),
}

/// Why a reload did not take.
#[derive(Debug, Clone)]
pub enum ReloadFailure {
    /// langgraph.json is broken.
    Config(Vec<Problem>),
    /// User code does not load.
    Code(Diagnostic),
    /// The worker ended while it loaded user code.
    Died(Box<Death>),
    /// The worker did not come up.
    Worker(String),
}

/// Receives notices. Called from the server's tasks: must not block for long.
pub trait Observer: Send + Sync + 'static {
    /// Takes note.
    fn notice(&self, notice: Notice);

    /// Takes a question to the person. Without anybody to ask it is dropped, and the code that asks is told so.
    fn ask(&self, question: Question) {
        drop(question);
    }

    /// Of the questions asked, some may have been answered or withdrawn: their `answer` is closed.
    fn questions_closed(&self) {}
}
