//! From a path to a configuration that can be served, or to everything that stands in the way.

use std::fmt;
use std::path::Path;

use jsonc_parser::ast::{Object, Value};
use jsonc_parser::errors::ParseErrorKind;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::config::Config;
use crate::depth::{DEEPEST, too_deep};
use crate::environment::Lookup;
use crate::plain_file::{Unreadable, read_plain_file};
use crate::problem::{Problem, Severity};
use crate::report::Report;
use crate::section::{Section, kind};
use crate::{
    auth, checkpointer, dependencies, environment, graphs, http, keys, package_json, record, store,
    ui, webhooks,
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
        if !self.warnings.iter().any(|warning| warning.incomplete) {
            return Ok(self);
        }
        let mut problems = self.warnings;
        for problem in problems.iter_mut().filter(|problem| problem.incomplete) {
            problem.severity = Severity::Error;
        }
        Err(LoadError { problems })
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
    let text = read_text(path)?;
    let mut report = Report::new(path, &text);
    let config = parse(&text, &mut report, path, environment);
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

fn read_text(path: &Path) -> Result<String, LoadError> {
    let fail = |message: String, hint: &str| {
        let mut problem = Problem::of_file(Severity::Error, path, message);
        problem.hint(hint);
        LoadError {
            problems: vec![problem],
        }
    };
    let bytes = read_plain_file(path).map_err(|error| {
        let hint = match &error {
            Unreadable::Missing => {
                "`lgx new` makes a project; `--config PATH` names a file that is elsewhere"
            }
            Unreadable::NotPlain("a directory") => "name the langgraph.json in it",
            Unreadable::NotPlain(_) => "put a plain file in its place",
            Unreadable::TooLarge => "a configuration needs a few lines; is this the right file?",
            Unreadable::Refused(_) => "check its permissions",
        };
        let message = match &error {
            Unreadable::NotPlain(kind) => format!("this is {kind}"),
            other => format!("this file {other}"),
        };
        fail(message, hint)
    })?;
    let text = String::from_utf8(bytes)
        .map_err(|_| fail("this file is not UTF-8 text".to_owned(), "save it as UTF-8"))?;
    Ok(text
        .strip_prefix('\u{feff}')
        .map(str::to_owned)
        .unwrap_or(text))
}

fn parse(
    text: &str,
    report: &mut Report<'_>,
    path: &Path,
    environment: Lookup<'_>,
) -> Option<Config> {
    let options = ParseOptions {
        allow_loose_object_property_names: false,
        ..ParseOptions::default()
    };
    if let Some(bracket) = too_deep(text) {
        let message = format!("lists and objects lie more than {DEEPEST} deep in each other");
        report
            .error(&bracket, message)
            .hint("no key of this file needs that; is it the right file?");
        return None;
    }
    match parse_to_ast(text, &CollectOptions::default(), &options) {
        Err(error) => {
            let reason = lower_first(&error.kind().to_string());
            let problem = report.error(&error.range(), format!("not valid JSON: {reason}"));
            if *error.kind() == ParseErrorKind::ExpectedStringObjectProperty {
                problem.hint("names are written in double quotes");
            }
            None
        }
        Ok(parsed) => match parsed.value {
            Some(Value::Object(object)) => resolve(&object, report, path, environment),
            Some(other) => {
                report.error(
                    &other,
                    format!("the file must hold an object, not {}", kind(&other)),
                );
                None
            }
            None => {
                let start = jsonc_parser::common::Range::new(0, 0);
                report
                    .error(&start, "the file is empty")
                    .hint("`lgx new` makes a project");
                None
            }
        },
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

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map(|first| first.to_lowercase().chain(characters).collect())
        .unwrap_or_default()
}
