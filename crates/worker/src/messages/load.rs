//! The call `load`: everything that a worker is to load of the project.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{AppSpec, Secret};

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
    /// The project's own HTTP app, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<AppSpec>,
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
    /// Whether the calls of models, tools and retrievers that runs make are recorded.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub traces: bool,
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
