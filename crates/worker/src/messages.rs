//! What the frames say: the bodies of calls, replies, events and logs as types.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bytes::Bytes;
use lgx_model::{JsonObject, RawJson, RunError, RunId, Runtime, ThreadId};
use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// The body of a reply: JSON text, then binary sections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// A JSON object.
    pub meta: Bytes,
    /// Raw bytes; what they are is the method's business.
    pub sections: Vec<Bytes>,
}

/// `value` as JSON bytes.
#[expect(
    clippy::expect_used,
    reason = "serializing plain data to JSON cannot fail"
)]
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> Bytes {
    serde_json::to_vec(value)
        .expect("plain data serializes")
        .into()
}

/// How a worker introduces itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The protocol version it speaks.
    pub protocol: u32,
    /// Its process id.
    pub pid: u32,
    /// What it runs on.
    pub runtime: RuntimeVersion,
    /// The interpreter's path.
    pub executable: String,
    /// Required packages that cannot be found.
    pub missing: Vec<String>,
    /// The directories that packages are installed in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<PathBuf>,
}

/// A runtime of some version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuntimeVersion {
    /// Which.
    pub name: Runtime,
    /// Its version: `3.11.7`.
    pub version: String,
}

/// Where a graph or auth object is found: an attribute of a file or of an importable module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Target {
    /// In a file, by absolute path.
    File {
        /// The file.
        file: String,
        /// The module-level name.
        attribute: String,
    },
    /// In a module, by dotted name.
    Module {
        /// The module.
        module: String,
        /// The module-level name.
        attribute: String,
    },
}

/// A graph to load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GraphSpec {
    /// Where it is found.
    #[serde(flatten)]
    pub target: Target,
    /// What langgraph.json says about it.
    pub description: Option<String>,
}

/// How items of long-term memory are kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StoreSpec {
    /// How they are found by meaning, if at all.
    pub index: Option<IndexSpec>,
    /// How long they live.
    pub ttl: Option<TtlSpec>,
}

/// How items are found by meaning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IndexSpec {
    /// What makes vectors of texts.
    pub embed: EmbedSpec,
    /// How wide they are.
    pub dims: u32,
    /// Paths of the texts in an item's value; `$` is all of it.
    pub fields: Vec<String>,
}

/// What makes vectors of texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum EmbedSpec {
    /// A function or an `Embeddings` object of the project.
    Code(Target),
    /// A model that langchain knows, `provider:model`.
    Model {
        /// Its name.
        model: String,
    },
}

/// How long items live.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TtlSpec {
    /// Minutes, where nothing else is said.
    pub default_ttl: Option<f64>,
    /// Whether being read puts the end off, where nothing else is said.
    pub refresh_on_read: bool,
}

/// Everything a worker has to load, once.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoadRequest {
    /// The directory of langgraph.json.
    pub root: String,
    /// Directories to append to `sys.path`, `root` first.
    pub sys_path: Vec<String>,
    /// The graphs by id.
    pub graphs: BTreeMap<String, GraphSpec>,
    /// The auth object, when there is one.
    pub auth: Option<Target>,
    /// How items of long-term memory are indexed and how long they live, when langgraph.json says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreSpec>,
    /// How many runs may execute at once.
    pub jobs: u32,
    /// The server's own address, for user code that calls back.
    pub api_url: String,
    /// The version that user agents name.
    pub user_agent_version: String,
    /// Whether clients are not told the messages of unexpected exceptions.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub redact_errors: bool,
    /// What becomes of code that blocks the event loop.
    #[serde(skip_serializing_if = "Blocking::is_warning")]
    pub blocking: Blocking,
    /// What files end in that are to be named if they are read while code is loaded. Without any, nothing is named but modules.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub data_suffixes: Vec<String>,
    /// What shows that a request to the server was made by a graph of this worker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<Secret>,
    /// After how many milliseconds it is told where loading is, if that is of interest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patience_ms: Option<u64>,
}

/// What becomes of code of the project that blocks its event loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Blocking {
    /// It is told where it happens, and the run goes on.
    #[default]
    Warn,
    /// It is told at level debug only.
    Allow,
    /// Its run ends as an error.
    Forbid,
}

impl Blocking {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
    const fn is_warning(&self) -> bool {
        matches!(self, Self::Warn)
    }
}

/// Where and why user code failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// The exception's class.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its text.
    pub message: String,
    /// The user's file.
    #[serde(default)]
    pub file: Option<String>,
    /// The line in it, from 1.
    #[serde(default)]
    pub line: Option<u32>,
    /// The column in it.
    #[serde(default)]
    pub column: Option<u32>,
    /// The text of that line.
    #[serde(default)]
    pub source: Option<String>,
    /// The function it belongs to.
    #[serde(default)]
    pub function: Option<String>,
    /// The whole traceback.
    #[serde(default)]
    pub traceback: String,
    /// What to do about it.
    #[serde(default)]
    pub hint: Option<String>,
}

/// What a worker loaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Loaded {
    /// How long it took.
    pub load_ms: f64,
    /// Versions of the packages that matter, by name.
    pub versions: BTreeMap<String, String>,
    /// Each graph asked for, loaded or not.
    pub graphs: BTreeMap<String, LoadedGraph>,
    /// The auth handlers, when auth was asked for.
    pub auth: Option<AuthStatus>,
    /// Where it was loaded from.
    #[serde(flatten)]
    pub sources: LoadedSources,
    /// What it uses of what is installed.
    #[serde(default)]
    pub uses: Uses,
    /// Variables that the project sets after packages that were imported ahead have read them.
    #[serde(default)]
    pub set_too_late: Vec<String>,
    /// Whether what does not load failed outside of the project's own lines.
    #[serde(default)]
    pub failed_elsewhere: bool,
    /// The files of the project that took the longest to import, with milliseconds, the longest first.
    #[serde(default)]
    pub slowest: Vec<(String, f64)>,
}

/// What a project uses of what is installed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uses {
    /// The modules that are asked for when it is loaded, in this order.
    pub modules: Vec<String>,
    /// The packages that its own lines import, in order.
    pub packages: Vec<String>,
}

/// What a worker has looked at in the user's own directories while it loaded code.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LoadedSources {
    /// The modules, also those that failed, and files of data that were read or looked for.
    pub files: Vec<PathBuf>,
    /// Directories in which files of data were looked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listed: Vec<PathBuf>,
}

/// What a worker tells while it loads.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum LoadProgress {
    /// This is about to be imported: `the graph agent`, `auth`, …
    Begins {
        /// What it is.
        loading: String,
    },
    /// It has taken as long as the request said that it may, and this is where it is.
    StillAt {
        /// The line.
        still_at: Box<Diagnostic>,
    },
    /// All of it fails; this is what it has looked at until then.
    Looked(LoadedSources),
}

impl Loaded {
    /// Adds what another worker has loaded of the same project.
    pub fn add(&mut self, other: Self) {
        self.load_ms += other.load_ms;
        self.versions.extend(other.versions);
        self.graphs.extend(other.graphs);
        self.auth = self.auth.take().or(other.auth);
        self.sources.files.extend(other.sources.files);
        self.sources.listed.extend(other.sources.listed);
        self.slowest.extend(other.slowest);
    }
}

/// What became of a graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LoadedGraph {
    /// It cannot be loaded; the others still serve.
    Failed {
        /// Why.
        error: Diagnostic,
    },
    /// It serves.
    Ready {
        /// The compiled graph's own name, or the graph id.
        name: String,
        /// Whether it is made anew for each run.
        #[serde(default)]
        factory: bool,
        /// What the user should know about it.
        #[serde(default)]
        notices: Vec<String>,
    },
}

/// Which `@auth.on` handlers there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthStatus {
    /// Pairs of resource and action, `*` for any.
    pub handlers: Vec<(String, String)>,
}

/// A run to execute.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "the wire's shape")]
pub struct RunRequest {
    /// The run.
    pub run_id: RunId,
    /// Its thread.
    pub thread_id: ThreadId,
    /// The graph to run.
    pub graph_id: String,
    /// The input, as given.
    pub input: RawJson,
    /// The command, or null.
    pub command: RawJson,
    /// The whole runnable config, with `configurable`.
    pub config: JsonObject,
    /// The runtime context.
    pub context: Option<JsonObject>,
    /// The user object of auth.
    pub user: Option<RawJson>,
    /// The stream modes.
    pub stream_mode: Vec<String>,
    /// Whether it is a run of the event protocol, which has modes of its own.
    pub event_streaming: bool,
    /// Whether subgraph events are wanted.
    pub subgraphs: bool,
    /// Nodes to stop before: `"*"`, a list, or null.
    pub interrupt_before: RawJson,
    /// Nodes to stop after: `"*"`, a list, or null.
    pub interrupt_after: RawJson,
    /// When checkpoints are written: `sync`, `async` or `exit`.
    pub durability: String,
    /// Whether the tuple given beside this request (or its absence) is the newest root checkpoint of the thread.
    pub prefetched: bool,
    /// Whether nobody needs its checkpoints once it is over.
    pub temporary: bool,
    /// How many workers it has been taken back from before they began on it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub moves: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunOutcome {
    /// The graph finished or paused itself.
    Success,
    /// User code raised.
    Error,
    /// It was told to stop.
    Cancelled,
}

/// The end of a run. Its root values travel beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunEnd {
    /// How it ended.
    pub status: RunOutcome,
    /// What was raised, as clients see it.
    #[serde(default)]
    pub error: Option<RunError>,
    /// What was raised, as the developer sees it.
    #[serde(default)]
    pub diagnostic: Option<Diagnostic>,
    /// The nodes left to run; not empty when the graph stopped with work left.
    pub next: Vec<String>,
    /// Pending interrupts by task id.
    pub interrupts: RawJson,
    /// Whether root values come along.
    pub has_values: bool,
}

/// A request to authenticate and authorize.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuthCall {
    /// Whether the authenticate handler is to be run.
    pub authenticate: bool,
    /// Whether the caller is the Studio user.
    pub studio: bool,
    /// The caller, when known already.
    pub user: Option<RawJson>,
    /// The HTTP request.
    pub request: AuthRequest,
    /// Its body, or null.
    pub body: RawJson,
    /// What the caller wants to do.
    pub checks: Vec<AuthCheck>,
}

/// The HTTP request as auth handlers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuthRequest {
    /// The HTTP method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The query, without `?`.
    pub query: String,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The parameters in the path.
    pub path_params: JsonObject,
    /// The peer's address and port.
    pub client: Option<(String, u16)>,
}

/// One thing the caller wants to do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuthCheck {
    /// `threads`, `assistants`, …
    pub resource: String,
    /// `create`, `read`, …
    pub action: String,
    /// What the handler may look at and change.
    pub value: RawJson,
}

/// Who the caller is and what of the wish remains.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct AuthReply {
    /// The user object.
    pub user: RawJson,
    /// The answer to each check, in order.
    pub checks: Vec<AuthCheckReply>,
}

/// The answer to one check.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct AuthCheckReply {
    /// The filter on metadata, when the handler gave one.
    pub filter: Option<JsonObject>,
    /// The value, which the handler may have changed.
    pub value: RawJson,
}

/// Where output came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogStream {
    /// `print`.
    Stdout,
    /// The error stream.
    Stderr,
    /// Python's logging.
    Logging,
    /// A debugger, to the person at its prompt.
    Terminal,
}

/// A line of output, or a block that belongs together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// The run that wrote it, when known.
    #[serde(default)]
    pub run_id: Option<String>,
    /// Where it came from.
    pub stream: LogStream,
    /// `debug`, `info`, `warning`, `error`, …
    pub level: String,
    /// The logger's name.
    #[serde(default)]
    pub logger: Option<String>,
    /// The text.
    pub text: String,
    /// Whether the last line of the text is not over: what the run writes to this stream next goes on with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub open: bool,
}
