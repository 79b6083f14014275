//! What a langgraph.json means once it is read: absolute paths, resolved environment, nothing left to look up.

use std::path::{Path, PathBuf};
use std::time::Duration;

use lgx_model::Runtime;
use serde_json::Value;

use crate::allowed_host::AllowedHost;
use crate::header_patterns::HeaderPatterns;
use crate::node_range::NodeRange;

/// One project, as its langgraph.json describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The file itself, absolute.
    pub path: PathBuf,
    /// The directory of the file; every path in it is relative to this.
    pub root: PathBuf,
    /// The graphs, in the order written; at least one.
    pub graphs: Vec<Graph>,
    /// Directories to import from: the root, then the local dependencies that exist, each followed by its `src/` if it has that layout.
    pub sys_path: Vec<PathBuf>,
    /// Variables to lay over the environment of the user's code; they win over what is set there.
    pub env: Vec<(String, String)>,
    /// The file that `env` names, even if it does not exist yet (so that its arrival can be noticed).
    pub env_file: Option<PathBuf>,
    /// Custom authentication; `None` only when the file has no `auth`.
    pub auth: Option<Auth>,
    /// How the HTTP API is served.
    pub http: Http,
    /// Components that clients show beside what graphs say.
    pub ui: Ui,
    /// How calls of models are recorded, where that is asked for.
    pub record: Record,
    /// Where runs may report their end to, and how.
    pub webhooks: Webhooks,
    /// The `major.minor` Python version the project says it wants.
    pub python_version: Option<String>,
    /// The major version of Node.js that the project says it wants.
    pub node_version: Option<String>,
    /// The versions of Node.js that `engines` of its package.json allows.
    pub node_range: Option<NodeRange>,
    /// The module that makes of the project's TypeScript what Node.js runs, where lgx is not to do that itself.
    pub node_loader: Option<String>,
    /// How items of long-term memory are found and how long they live.
    pub store: Store,
    /// `checkpointer.ttl`: how long new threads live; for ever when not said.
    pub thread_ttl: Option<ThreadTtl>,
}

impl Config {
    /// The graph that clients know by this id.
    pub fn graph(&self, id: &str) -> Option<&Graph> {
        self.graphs.iter().find(|graph| graph.id == id)
    }

    /// What the graph of this id is written in.
    pub fn runtime_of_graph(&self, id: &str) -> Option<Runtime> {
        Some(self.graph(id)?.target.runtime)
    }

    /// What `auth` is written in.
    pub fn runtime_of_auth(&self) -> Option<Runtime> {
        Some(self.auth.as_ref()?.target.runtime)
    }

    /// What the project's own HTTP app is written in.
    pub fn runtime_of_app(&self) -> Option<Runtime> {
        Some(self.http.app.as_ref()?.target.runtime)
    }

    /// What makes vectors of texts runs on.
    pub fn runtime_of_embeddings(&self) -> Option<Runtime> {
        Some(match &self.store.index.as_ref()?.embed {
            Embed::Code(target) => target.runtime,
            // It is langchain's Python packages that know models by name.
            Embed::Model(_) => Runtime::Python,
        })
    }

    /// What the project is written in; that of its first graph comes first.
    pub fn runtimes(&self) -> Vec<Runtime> {
        let graphs = self.graphs.iter().map(|graph| graph.target.runtime);
        let others = [
            self.runtime_of_auth(),
            self.runtime_of_app(),
            self.runtime_of_embeddings(),
        ];
        let mut runtimes = Vec::new();
        for runtime in graphs.chain(others.into_iter().flatten()) {
            if !runtimes.contains(&runtime) {
                runtimes.push(runtime);
            }
        }
        runtimes
    }

    /// Forgets what is written for a runtime. Nobody may be served what is left, which may lack its auth.
    pub fn leave_out_runtime(&mut self, runtime: Runtime) {
        if self.runtime_of_auth() == Some(runtime) {
            self.auth = None;
        }
        if self.runtime_of_app() == Some(runtime) {
            self.http.app = None;
        }
        if self.runtime_of_embeddings() == Some(runtime) {
            self.store.index = None;
        }
        self.graphs.retain(|graph| graph.target.runtime != runtime);
    }

    /// Where the server keeps threads, runs and items unless `--state-dir` says otherwise.
    pub fn default_state_dir(&self) -> PathBuf {
        self.root.join(".lgx")
    }

    /// What `auth` names, as a person would write it; none without auth.
    pub fn auth_as_written(&self) -> Option<String> {
        let auth = self.auth.as_ref()?;
        Some(auth.target.named_from(&self.root))
    }
}

/// The `ui` and `ui_config` sections.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ui {
    /// The components of graphs, in the order written.
    pub components: Vec<UiComponents>,
    /// Modules that the page which shows them brings along, beside React and the SDK.
    pub shared: Vec<String>,
}

/// The components that one graph brings along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UiComponents {
    /// The name that clients ask for, which is the graph's.
    pub name: String,
    /// The file that exports them, absolute.
    pub file: PathBuf,
}

/// The `store` section.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Store {
    /// How items are found by meaning; only by their fields when not said.
    pub index: Option<StoreIndex>,
    /// How long items live; for ever when not said.
    pub ttl: Option<ItemTtl>,
}

/// How items are found by meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreIndex {
    /// What makes vectors of texts.
    pub embed: Embed,
    /// How many numbers a vector has.
    pub dims: u32,
    /// Paths of the texts in an item's value; `$` is all of it.
    pub fields: Vec<String>,
}

/// What makes vectors of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Embed {
    /// Something in the user's code.
    Code(Target),
    /// A model by its provider's name, `provider:model`.
    Model(String),
}

/// How long items live.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ItemTtl {
    /// How long, where nothing else is said; for ever when absent.
    pub default_minutes: Option<f64>,
    /// Whether an item that is read lives for its whole time again, where nothing else is said.
    pub refresh_on_read: bool,
}

/// How long threads live after their last change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThreadTtl {
    /// What becomes of a thread then.
    pub strategy: TtlStrategy,
    /// How long.
    pub minutes: f64,
}

/// What becomes of a thread whose time has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TtlStrategy {
    /// It goes.
    Delete,
    /// It stays with its latest state.
    KeepLatest,
}

/// A graph to serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    /// The name clients use.
    pub id: String,
    /// Where the graph is in the user's code.
    pub target: Target,
    /// What the graph is for, in the user's words.
    pub description: Option<String>,
}

/// An attribute of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// What it is written in.
    pub runtime: Runtime,
    /// The module that holds it.
    pub source: Source,
    /// The name of the variable or function in it.
    pub attribute: String,
}

impl Target {
    /// `src/auth.py:auth`, `src/auth.ts:auth` or `package.module:auth`, a file named from `root`.
    pub fn named_from(&self, root: &Path) -> String {
        let attribute = &self.attribute;
        match &self.source {
            Source::File(file) => {
                let file = file.strip_prefix(root).unwrap_or(file);
                format!("{}:{attribute}", file.display())
            }
            Source::Module(module) => format!("{module}:{attribute}"),
        }
    }
}

/// How a module is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// By file, absolute.
    File(PathBuf),
    /// By dotted name, looked up on `sys.path`.
    Module(String),
}

/// The `auth` section.
#[derive(Debug, Clone, PartialEq)]
pub struct Auth {
    /// The `Auth` object in the user's code.
    pub target: Target,
    /// Whether requests that say they come from Studio are authenticated like all others.
    pub disable_studio_auth: bool,
    /// Security declarations for the `OpenAPI` document, as written.
    pub openapi: Option<Value>,
    /// For how long its authenticate handler is not asked anew; it is each time when not said.
    pub cache: Option<AuthCache>,
}

/// The `auth.cache` section: how long whoever was let in is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthCache {
    /// The headers, in lower case, that tell one user from another beside those that hold credentials; at least one.
    pub keys: Vec<String>,
    /// How long.
    pub ttl: Duration,
    /// How many users at most.
    pub max_size: u32,
}

/// The `http` section.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Http {
    /// Names that the server answers to, besides those of this machine.
    pub allow_hosts: Vec<AllowedHost>,
    /// Origins besides Studio and those of this machine whose pages may use the server, and further rules for pages.
    pub cors: Option<Cors>,
    /// Which request headers reach a run's `configurable`.
    pub configurable_headers: HeaderPatterns,
    /// Which request headers the log of requests shows.
    pub logging_headers: HeaderPatterns,
    /// The project's own app.
    pub app: Option<HttpApp>,
    /// What all paths begin with: empty, or `/pre` without a slash at its end.
    pub mount_prefix: String,
    /// Which routes there are not.
    pub disabled: DisabledRoutes,
}

/// The project's own HTTP app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpApp {
    /// The app in the user's code.
    pub target: Target,
    /// Whether its routes ask the project's auth.
    pub enable_custom_route_auth: bool,
    /// Whether auth comes before its middleware; else behind it.
    pub auth_first: bool,
}

/// Routes that the project switches off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of its own")]
pub struct DisabledRoutes {
    /// `/assistants`.
    pub assistants: bool,
    /// `/threads`, without their runs.
    pub threads: bool,
    /// Runs, with threads or without, and crons.
    pub runs: bool,
    /// `/store`.
    pub store: bool,
    /// `/`, `/info`, `/docs`, `/openapi.json` and `/metrics`.
    pub meta: bool,
    /// `/mcp`.
    pub mcp: bool,
    /// `/a2a`, and the agent cards.
    pub a2a: bool,
    /// `/ui`.
    pub ui: bool,
}

/// The `http.cors` section; a field is `None` when the file does not have it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cors {
    /// Origins that may call the API.
    pub allow_origins: Option<Vec<String>>,
    /// Methods they may use.
    pub allow_methods: Option<Vec<String>>,
    /// Request headers they may send.
    pub allow_headers: Option<Vec<String>>,
    /// Whether they may send credentials.
    pub allow_credentials: Option<bool>,
    /// A pattern for further origins.
    pub allow_origin_regex: Option<String>,
    /// Response headers they may read.
    pub expose_headers: Option<Vec<String>>,
    /// Seconds a preflight answer may be kept.
    pub max_age: Option<u32>,
}

/// Reports of finished runs: to which URLs, with which headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhooks {
    /// Whether runs may ask for a report at all.
    pub enabled: bool,
    /// Headers of each report, their templates filled. The values may be secrets.
    pub headers: Vec<(String, String)>,
    /// Which URLs are allowed.
    pub url: UrlPolicy,
}

impl Default for Webhooks {
    fn default() -> Self {
        Self {
            enabled: true,
            headers: Vec::new(),
            url: UrlPolicy::default(),
        }
    }
}

/// Which URLs runs may report to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlPolicy {
    /// Only these hosts, `*.example.com` for any below; a host named here may have a private address.
    pub allowed_domains: Option<Vec<String>>,
    /// Only these ports.
    pub allowed_ports: Option<Vec<u16>>,
    /// Whether addresses of this machine, and relative URLs, are refused.
    pub disable_loopback: bool,
    /// The longest URL, in characters.
    pub max_url_length: Option<u32>,
    /// Whether `http:` is refused.
    pub require_https: bool,
}

impl Default for UrlPolicy {
    fn default() -> Self {
        Self {
            allowed_domains: None,
            allowed_ports: None,
            disable_loopback: true,
            max_url_length: None,
            require_https: false,
        }
    }
}

/// How calls of models are recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// Hosts that serve models, beside those that are known.
    pub hosts: Vec<String>,
    /// Digests of texts that look like secrets and are none.
    pub allow: Vec<String>,
    /// Whether requests that differ in dates and times alone are the same.
    pub ignores_dates: bool,
}
