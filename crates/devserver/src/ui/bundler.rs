//! Has the project's own esbuild bundle the components of one graph, in a process of the project's Node.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use bytes::Bytes;
use lgx_config::{Config, UiComponents};
use lgx_engine::notice::UiError;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::global_name;

/// What Node runs.
const SCRIPT: &str = include_str!("bundle.mjs");
/// A bundle of hundreds of files takes a second; one that takes so long is not coming.
const LONGEST: Duration = Duration::from_secs(120);

/// The files of the components of one graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bundle {
    /// `entrypoint.js`, and `entrypoint.css` if there are styles.
    pub files: Vec<BundleFile>,
    /// What they were made of, of the project's own.
    pub(super) inputs: Vec<PathBuf>,
}

/// One file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct BundleFile {
    /// Its name.
    pub name: String,
    /// What it holds.
    #[serde(rename = "text", deserialize_with = "text")]
    pub content: Bytes,
}

/// Why there is no bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BundleError {
    /// Something is missing that bundles; what, and what to do about it.
    Unavailable(String),
    /// The components cannot be bundled as they are.
    Failed(Vec<UiError>),
}

impl fmt::Display for BundleError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(reason) => formatter.write_str(reason),
            Self::Failed(errors) => {
                formatter.write_str("The UI components cannot be bundled")?;
                match errors.first() {
                    Some(first) => write!(formatter, ": {}", first.text),
                    None => Ok(()),
                }
            }
        }
    }
}

#[derive(Serialize)]
struct Job<'a> {
    entry: &'a Path,
    root: &'a Path,
    shared: &'a [String],
    global: String,
}

#[derive(Default, Deserialize)]
struct Outcome {
    #[serde(default)]
    missing: bool,
    #[serde(default)]
    files: Vec<BundleFile>,
    #[serde(default)]
    inputs: Vec<PathBuf>,
    #[serde(default)]
    errors: Vec<Location>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    text: String,
    file: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
    line_text: Option<String>,
}

impl BundleError {
    /// There is nothing to bundle with.
    pub(super) fn no_node() -> Self {
        Self::Unavailable(
            "UI components are bundled by Node, which is not on the PATH: install it, then esbuild in the project with `npm install --save-dev esbuild`".to_owned(),
        )
    }
}

/// Bundles the components of one graph of the project.
pub(super) async fn bundle(
    node: &Path,
    components: &UiComponents,
    config: &Config,
    environment: &[(OsString, OsString)],
) -> Result<Bundle, BundleError> {
    let root = &config.root;
    let job = Job {
        entry: &components.file,
        root,
        shared: &config.ui.shared,
        global: global_name(&components.name),
    };
    let outcome = tokio::time::timeout(LONGEST, run(node, &job, environment)).await;
    let outcome =
        outcome.unwrap_or_else(|_| Err(format!("not done after {} s", LONGEST.as_secs())));
    let outcome = outcome.map_err(|text| {
        BundleError::Failed(vec![UiError {
            text,
            file: None,
            line: None,
            column: None,
            source: None,
        }])
    })?;
    if outcome.missing {
        return Err(BundleError::Unavailable(
            "the project has no esbuild to bundle UI components with: `npm install --save-dev esbuild`"
                .to_owned(),
        ));
    }
    if !outcome.errors.is_empty() {
        let errors = outcome.errors.into_iter().map(|error| UiError {
            text: error.text,
            file: error.file.map(|file| root.join(file)),
            line: error.line,
            column: error.column,
            source: error.line_text,
        });
        return Err(BundleError::Failed(errors.collect()));
    }
    Ok(Bundle {
        files: outcome.files,
        inputs: outcome.inputs,
    })
}

async fn run(
    node: &Path,
    job: &Job<'_>,
    environment: &[(OsString, OsString)],
) -> Result<Outcome, String> {
    let told = |what: &str, error: &dyn std::fmt::Display| format!("{what}: {error}");
    let mut child = Command::new(node)
        .args(["--input-type=module", "--eval", SCRIPT])
        .current_dir(job.root)
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| told("Node does not start", &error))?;
    if let Some(mut stdin) = child.stdin.take() {
        let job = serde_json::to_vec(job).map_err(|error| told("the job", &error))?;
        // Where it does not read, it says why in its last words.
        let _ = stdin.write_all(&job).await;
    }
    let output = child.wait_with_output().await;
    let output = output.map_err(|error| told("Node", &error))?;
    serde_json::from_slice(&output.stdout).map_err(|_| {
        let words = String::from_utf8_lossy(&output.stderr);
        format!("Node ended with {}: {}", output.status, words.trim())
    })
}

/// The Node on the PATH.
pub(super) fn find_node(environment: &[(OsString, OsString)]) -> Option<PathBuf> {
    let (_, path) = environment
        .iter()
        .find(|(name, _)| name == OsStr::new("PATH"))?;
    std::env::split_paths(path)
        .map(|directory| directory.join("node"))
        .find(|program| program.is_file())
}

fn text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
    String::deserialize(deserializer).map(Bytes::from)
}
