//! `GET /lgx/project`: what is served, how its code does, and what the page needs to know before it asks for anything else.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::response::Response;
use lgx_config::{Config, Graph};
use lgx_engine::workers::{CodeState, Generation, NewestCode};
use lgx_model::{Runtime, Timestamp};
use lgx_worker::{LoadedGraph, Unrecorded};
use schemars::JsonSchema;
use serde::Serialize;

use super::diagnostic::{DiagnosticView, ProblemView, from_root};
use super::graph_place;
use super::reload_failure::ReloadFailureView;
use crate::app::App;
use crate::http::{ApiError, Call, reply, studio};

/// The project and its server.
#[derive(Debug, Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "the wire's names")]
pub(super) struct Project {
    /// Fresh with every start of the server.
    server_id: String,
    /// Of the folder.
    project_id: String,
    /// The folder's name.
    name: String,
    /// Absolute; null, as everything else but the ids, the name, the version, `auth` and `api_prefix`, for who is not let in.
    root: Option<String>,
    /// The langgraph.json file, from the folder.
    config: Option<String>,
    version: &'static str,
    /// Before every path of the Agent Server API.
    api_prefix: String,
    state: ProjectState,
    /// Which generation of the code serves, from 1.
    generation: Option<u64>,
    /// What runs its Python, once that has said so.
    python: Option<ProjectInterpreter>,
    /// What runs its JavaScript, once that has said so.
    node: Option<ProjectInterpreter>,
    /// Of langgraph and what belongs to it.
    versions: BTreeMap<String, String>,
    graphs: Vec<ProjectGraph>,
    /// What is odd in langgraph.json.
    problems: Vec<ProblemView>,
    /// Why what was saved last does not serve.
    failed_reload: Option<ReloadFailureView>,
    auth: ProjectAuth,
    slots: ProjectSlots,
    /// Whether `POST /lgx/open` knows an editor.
    editor: bool,
    /// Whether model and tool calls are recorded.
    traces: bool,
    /// What is not recorded of runs because the installed packages lack what that takes.
    unrecorded: NotRecorded,
}

/// Why something is not recorded: `langgraph 2.0.0 has no PregelLoop._emit`; null where it is.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct NotRecorded {
    steps: Option<String>,
    calls: Option<String>,
}

/// How the code does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ProjectState {
    Loading,
    Serving,
    Failed,
}

/// What runs the code of one language.
#[derive(Debug, Serialize, JsonSchema)]
struct ProjectInterpreter {
    executable: String,
    version: String,
    /// Why this one: completes "because of".
    why: String,
}

/// One graph of langgraph.json.
#[derive(Debug, Serialize, JsonSchema)]
struct ProjectGraph {
    id: String,
    description: Option<String>,
    /// Where langgraph.json says it is: relative to the project, or a module.
    target: String,
    file: Option<String>,
    line: Option<u32>,
    loaded: bool,
    error: Option<DiagnosticView>,
    /// What there is to know about it.
    notices: Vec<String>,
}

/// What decides who may do what.
#[derive(Debug, Serialize, JsonSchema)]
struct ProjectAuth {
    configured: bool,
    /// Whether the page is let in without a token.
    studio_user: bool,
    /// Where it is in the code.
    target: Option<String>,
}

/// Room for runs.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct ProjectSlots {
    used: usize,
    total: usize,
    /// How many runs wait.
    queued: usize,
}

/// Anybody who comes through the gate hears whether auth is needed; the rest only who is let in.
pub(super) async fn get(call: Call) -> Result<Response, ApiError> {
    let mut project = Project::as_strangers_see_it(&call.app);
    if is_let_in(&call).await {
        project.tell_all(&call).await?;
    }
    Ok(reply::json(&project))
}

/// Before the code is loaded nobody can be asked who it is, and this does not wait: the page wants to show why there is nothing to show.
async fn is_let_in(call: &Call) -> bool {
    let workers = &call.app.engine.workers;
    let Some(auth) = &workers.config().auth else {
        return true;
    };
    if !auth.disable_studio_auth && studio::is_studio(call) {
        return true;
    }
    workers.is_ready() && call.authenticate().await.is_ok()
}

impl Project {
    fn as_strangers_see_it(app: &App) -> Self {
        let config = app.engine.workers.config();
        let name = config.root.file_name();
        Self {
            server_id: app.ids.server.to_string(),
            project_id: app.ids.project.to_string(),
            name: name.map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            root: None,
            config: None,
            version: app.options.engine.version,
            api_prefix: config.http.mount_prefix.clone(),
            state: state(app),
            generation: None,
            python: None,
            node: None,
            versions: BTreeMap::new(),
            graphs: Vec::new(),
            problems: Vec::new(),
            failed_reload: None,
            auth: ProjectAuth {
                configured: config.auth.is_some(),
                studio_user: config
                    .auth
                    .as_ref()
                    .is_some_and(|auth| !auth.disable_studio_auth),
                target: None,
            },
            slots: ProjectSlots::default(),
            editor: false,
            traces: app.options.engine.traces,
            unrecorded: NotRecorded::default(),
        }
    }

    async fn tell_all(&mut self, call: &Call) -> Result<(), ApiError> {
        let app = &*call.app;
        let workers = &app.engine.workers;
        let generation = workers.serving_generation();
        let config = workers.config();
        let slots = app.engine.runs.slots();
        let queue = call.store().run_queue(Timestamp::now()).await?;
        self.root = Some(config.root.display().to_string());
        self.config = Some(from_root(&config.path, &config.root));
        self.generation = generation.as_ref().map(|generation| generation.number());
        self.python = interpreter(app, Runtime::Python);
        self.node = interpreter(app, Runtime::Node);
        if let Some(generation) = &generation {
            let Unrecorded { steps, calls } = generation.loaded().unrecorded.clone();
            self.unrecorded = NotRecorded { steps, calls };
        }
        self.versions = workers.versions().unwrap_or_default();
        self.graphs = graphs(app, config.clone(), generation).await?;
        self.problems = workers
            .config_warnings()
            .iter()
            .map(|problem| ProblemView::of(problem, &config.root))
            .collect();
        self.failed_reload = failed_reload(app);
        let studio = app.options.studio.as_ref();
        self.editor = studio.is_some_and(|studio| studio.editor.is_some());
        self.auth.target = config.auth_as_written();
        self.slots = ProjectSlots {
            used: slots.active,
            total: slots.max,
            queued: queue.pending,
        };
        Ok(())
    }
}

fn state(app: &App) -> ProjectState {
    match app.engine.workers.code_state() {
        CodeState::Loading => ProjectState::Loading,
        CodeState::Serves => ProjectState::Serving,
        CodeState::Failed(_) => ProjectState::Failed,
    }
}

/// What runs the project's code of this runtime.
fn interpreter(app: &App, runtime: Runtime) -> Option<ProjectInterpreter> {
    let version = app.engine.workers.runtime_version(runtime)?;
    let executable = app.options.engine.interpreters.of(runtime)?;
    let reasons = app.options.studio.iter().flat_map(|studio| &studio.reasons);
    let mut reasons = reasons.filter(|(of, _)| *of == runtime);
    Some(ProjectInterpreter {
        executable: executable.display().to_string(),
        version,
        why: reasons
            .next()
            .map_or_else(String::new, |(_, why)| why.clone()),
    })
}

/// What was saved last and does not load; of a start, what keeps it from serving.
fn failed_reload(app: &App) -> Option<ReloadFailureView> {
    let workers = &app.engine.workers;
    let ((NewestCode::Failed(failure), _) | (_, CodeState::Failed(failure))) =
        (workers.newest_code(), workers.code_state())
    else {
        return None;
    };
    Some(ReloadFailureView::of(&failure, app))
}

/// The graphs as langgraph.json orders them. Their files are read, which is not for a thread that others wait for.
async fn graphs(
    app: &App,
    config: Arc<Config>,
    generation: Option<Arc<Generation>>,
) -> Result<Vec<ProjectGraph>, ApiError> {
    let looked_for = tokio::task::spawn_blocking({
        let config = Arc::clone(&config);
        move || {
            let targets = config.graphs.iter().map(|graph| &graph.target);
            targets
                .map(|target| graph_place::find(target, &config))
                .collect::<Vec<_>>()
        }
    });
    let places = looked_for
        .await
        .map_err(|error| ApiError::internal(format!("graphs could not be looked for: {error}")))?;
    let loaded = |id: &str| generation.as_ref()?.loaded().graphs.get(id);
    let graphs = config.graphs.iter().zip(places);
    Ok(graphs
        .map(|(graph, (file, line))| {
            let file = file.map(|file| from_root(&file, &config.root));
            of_graph(app, graph, &config, (file, line), loaded(&graph.id))
        })
        .collect())
}

fn of_graph(
    app: &App,
    graph: &Graph,
    config: &Config,
    (file, line): (Option<String>, Option<u32>),
    loaded: Option<&LoadedGraph>,
) -> ProjectGraph {
    let (is_loaded, error, notices) = match loaded {
        Some(LoadedGraph::Ready { notices, .. }) => (true, None, notices.clone()),
        Some(LoadedGraph::Failed { error }) => {
            (false, Some(DiagnosticView::of(error, app)), Vec::new())
        }
        None => (false, None, Vec::new()),
    };
    ProjectGraph {
        id: graph.id.clone(),
        description: graph.description.clone(),
        target: graph.target.named_from(&config.root),
        file,
        line,
        loaded: is_loaded,
        error,
        notices,
    }
}
