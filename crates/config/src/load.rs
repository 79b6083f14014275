//! From a path to a configuration that can be served, or to everything that stands in the way.

use std::fmt;
use std::path::Path;

use jsonc_parser::ast::Object;

use crate::config::Config;
use crate::environment::Lookup;
use crate::problem::{Lack, Problem, Severity};
use crate::report::Report;
use crate::section::Section;
use crate::{
    auth, checkpointer, dependencies, document, environment, graphs, http, keys, package_json,
    record, store, ui, webhooks,
};

/// A configuration that can be served.
#[derive(Debug)]
pub struct Loaded {
    /// What the file says.
    pub config: Config,
    /// What the user should know about it.
    pub warnings: Vec<Problem>,
}

impl Loaded {
    /// The same, if nothing is missing that the project asks for; else those warnings are the errors that they are for a strict start.
    ///
    /// # Errors
    /// All problems, when something is missing.
    pub fn complete(self) -> Result<Self, LoadError> {
        if !self.warnings.iter().any(|warning| warning.lack.is_some()) {
            return Ok(self);
        }
        let mut problems = self.warnings;
        for problem in problems.iter_mut().filter(|problem| problem.lack.is_some()) {
            problem.severity = Severity::Error;
        }
        Err(LoadError { problems })
    }

    /// The same where the file that `env` names may be left out, because variables come from whatever starts the server.
    #[must_use]
    pub fn without_env_file(mut self) -> Self {
        self.warnings
            .retain(|warning| warning.lack != Some(Lack::EnvFile));
        self
    }
}

/// A configuration that cannot be served: all errors, and the warnings among them, which often explain them.
#[derive(Debug, thiserror::Error)]
pub struct LoadError {
    /// In the order of the file; at least one is an error.
    pub problems: Vec<Problem>,
}

impl fmt::Display for LoadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n\n")?;
            }
            write!(formatter, "{}: {problem}", problem.severity)?;
        }
        Ok(())
    }
}

/// Reads a langgraph.json. Problems name the file as `path` does; `${NAME}` in a `.env` file refers to the environment.
pub fn load(
    path: &Path,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Loaded, LoadError> {
    let text = document::read(path).map_err(|problem| LoadError {
        problems: vec![*problem],
    })?;
    let mut report = Report::new(path, &text);
    let config = document::object(&text, &mut report)
        .and_then(|object| resolve(&object, &mut report, path, environment));
    let problems = report.finish();
    match config {
        Some(config)
            if problems
                .iter()
                .all(|problem| problem.severity == Severity::Warning) =>
        {
            Ok(Loaded {
                config,
                warnings: problems,
            })
        }
        _ => Err(LoadError { problems }),
    }
}

fn resolve(
    object: &Object<'_>,
    report: &mut Report<'_>,
    path: &Path,
    lookup: Lookup<'_>,
) -> Option<Config> {
    let path = std::path::absolute(path).ok()?;
    let root = path.parent()?.to_path_buf();
    let file = Section::new("", object);
    keys::check(object, report);
    let environment = environment::read(file, &root, lookup, report);
    let webhooks = webhooks::read(file, &environment, lookup, report);
    let prefix = environment.value_of("MOUNT_PREFIX", lookup);
    let node_loader = environment.value_of("LANGGRAPH_NODE_LOADER", lookup);
    Some(Config {
        webhooks,
        graphs: graphs::read(file, &root, report),
        sys_path: dependencies::read(file, &root, report),
        env: environment.variables,
        env_file: environment.file,
        auth: auth::read(file, &root, report),
        http: http::read(file, &root, prefix.as_deref(), report),
        ui: ui::read(file, &root, report),
        record: record::read(file, report),
        python_version: version(file, "python_version", PYTHON, report),
        node_version: version(file, "node_version", NODE, report),
        node_range: package_json::node_range(&root),
        node_loader: loader(file.string("node_loader", report).or(node_loader), &root),
        store: store::read(file, &root, report),
        thread_ttl: checkpointer::read_ttl(file, report),
        path,
        root,
    })
}

/// How many numbers a version has that is asked for, what they are, and one that could be.
#[derive(Clone, Copy)]
struct Versions {
    numbers: usize,
    form: &'static str,
    example: &'static str,
}

const PYTHON: Versions = Versions {
    numbers: 2,
    form: "of the form major.minor",
    example: "3.12",
};
const NODE: Versions = Versions {
    numbers: 1,
    form: "a major version",
    example: "22",
};

/// `3.12`, also `3.12-distro`; only images are built from it, so a bad one does not stand in the way.
fn version(
    file: Section<'_>,
    key: &str,
    versions: Versions,
    report: &mut Report<'_>,
) -> Option<String> {
    let written = file.literal(key, report)?;
    let version = written.value.split('-').next().unwrap_or_default();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if version.split('.').count() != versions.numbers || !version.split('.').all(is_number) {
        let (form, written_as) = (versions.form, &written.value);
        report
            .warning(
                written,
                format!("`{key}` \"{written_as}\" is not {form}, ignored"),
            )
            .hint(format!("write \"{}\", for example", versions.example));
        return None;
    }
    Some(version.to_owned())
}

/// The official server has tsx of its own, which is its default: without one in the project, that name stands for lgx itself.
fn loader(named: Option<String>, root: &Path) -> Option<String> {
    const TSX: &str = "tsx";
    let is_installed = || {
        let mut above = root.ancestors();
        above.any(|directory| directory.join("node_modules").join(TSX).is_dir())
    };
    named.filter(|name| !name.is_empty() && (name != TSX || is_installed()))
}
