//! `lgx status`: the server of a project if one runs, and what the project keeps. It starts nothing and changes nothing.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::runtime::Builder;

use crate::client::trust::Trust;
use crate::client::{AgentClient, RequestError};
use crate::context::Context;
use crate::exit::Outcome;
use crate::project::located::locate;
use crate::server_file::{self, FoundServer};
use crate::settings::status::StatusSettings;
use crate::ui::{printer, style};

/// What there is to tell.
#[derive(Debug, Serialize)]
struct ProjectStatus {
    project: PathBuf,
    running: bool,
    /// Whether it says that its code is loaded; not there where nobody asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    ready: Option<bool>,
    #[serde(flatten)]
    server: Option<FoundServer>,
    state: KeptState,
    /// How many there are, if the server says so.
    threads: Option<ThreadCounts>,
}

/// The folder with all that is kept.
#[derive(Debug, Serialize)]
struct KeptState {
    path: PathBuf,
    /// None where there is no such folder.
    bytes: Option<u64>,
}

/// Threads by what they are doing.
#[derive(Debug, Serialize)]
struct ThreadCounts {
    all: u64,
    busy: u64,
    interrupted: u64,
    error: u64,
}

/// Runs the command.
pub(crate) fn run(settings: &StatusSettings, context: &Context) -> anyhow::Result<Outcome> {
    let project = locate(settings.named.as_deref(), "status", context)?.config;
    let path = server_file::state_dir_of(&project, settings.state_dir.as_deref());
    let server = server_file::find(&path).context("cannot look for the project's server")?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let ready = match &server {
        Some(server) if settings.ready => Some(runtime.block_on(is_ready(server, context))),
        None if settings.ready => Some(false),
        _ => None,
    };
    let threads = match &server {
        Some(server) => runtime.block_on(count(server, context)),
        None => None,
    };
    let status = ProjectStatus {
        running: server.is_some(),
        ready,
        state: KeptState {
            bytes: size_of(&path).context("cannot read the state folder")?,
            path,
        },
        project,
        server,
        threads,
    };
    if settings.json {
        printer::put(serde_json::to_string(&status)?)?;
    } else {
        printer::put(told(&status, context))?;
    }
    Ok(if status.running && status.ready != Some(false) {
        Outcome::Success
    } else {
        Outcome::Failure
    })
}

/// Whether a server takes requests: its code is loaded, and it is not about to end.
async fn is_ready(server: &FoundServer, context: &Context) -> bool {
    let client = AgentClient::new(&server.url, &[], &Trust::of_server(server, context));
    match client {
        Ok(client) => client.get_from_root("/ok?ready=1").await.is_ok(),
        Err(_) => false,
    }
}

/// The counts of a server; none where its auth does not let the developer in, or where it is just ending.
async fn count(server: &FoundServer, context: &Context) -> Option<ThreadCounts> {
    let client = AgentClient::new(&server.url, &[], &Trust::of_server(server, context)).ok()?;
    let with = async |body: Value| -> Result<Option<u64>, RequestError> {
        Ok(client.post("/threads/count", &body).await?.as_u64())
    };
    Some(ThreadCounts {
        all: with(json!({})).await.ok()??,
        busy: with(json!({"status": "busy"})).await.ok()??,
        interrupted: with(json!({"status": "interrupted"})).await.ok()??,
        error: with(json!({"status": "error"})).await.ok()??,
    })
}

/// What all files below a folder take; none where there is no such folder.
fn size_of(folder: &Path) -> io::Result<Option<u64>> {
    let entries = match fs_err::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = 0;
    for entry in entries {
        let entry = entry?;
        bytes += match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size_of(&entry.path())?.unwrap_or(0),
            Ok(metadata) => metadata.len(),
            // A server may just have removed it.
            Err(_) => 0,
        };
    }
    Ok(Some(bytes))
}

fn told(status: &ProjectStatus, context: &Context) -> String {
    let project = context.shown(&status.project);
    let server = match &status.server {
        Some(FoundServer {
            url, pid, version, ..
        }) => format!(
            "{} {} is served at {} by lgx {version}, process {pid}",
            style::success("running:"),
            project,
            style::place(url),
        ),
        None => format!(
            "{} {project} is not served; start with `lgx dev`",
            style::caution("not running:")
        ),
    };
    let folder = context.shown(&status.state.path);
    let state = match status.state.bytes {
        Some(bytes) => format!("  state    {folder}, {}", style::megabytes(bytes)),
        None => format!("  state    none yet; it will be in {folder}"),
    };
    let threads = status.threads.as_ref().map(|threads| {
        let ThreadCounts {
            all,
            busy,
            interrupted,
            error,
        } = threads;
        let parts = [
            (busy, "busy"),
            (interrupted, "waiting for an answer"),
            (error, "failed"),
        ];
        let parts = parts.into_iter().filter(|(count, _)| **count > 0);
        let parts: Vec<_> = parts
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        let more = if parts.is_empty() {
            String::new()
        } else {
            format!(" ({})", parts.join(", "))
        };
        format!("  threads  {all}{more}")
    });
    let unready = (status.running && status.ready == Some(false))
        .then(|| "  ready    not yet: it loads its code, or is about to end".to_owned());
    let lines = [server].into_iter().chain(unready).chain([state]);
    let lines: Vec<_> = lines.chain(threads).collect();
    lines.join("\n")
}
