//! The `env` section: variables for the user's code, written in place or in a file beside it.

use std::path::{Path, PathBuf};

use jsonc_parser::ast::{Object, StringLit, Value};

use crate::dotenv::{self, Reason};
use crate::plain_file::{Unreadable, read_plain_file};
use crate::problem::{Lack, Problem, Severity};
use crate::report::Report;
use crate::section::{Section, wrong_type};
use crate::target::resolve;

/// How many lines of one file are reported: a file of another kind is wrong in all of them.
const MOST_TOLD: usize = 20;

/// Looks a variable up in the environment that `${NAME}` may refer to.
pub(crate) type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The variables, and the file they came from.
#[derive(Default)]
pub(crate) struct Environment {
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) file: Option<PathBuf>,
}

impl Environment {
    /// What a variable of this name holds for the project's code: what the file or the table says, else what the shell says.
    pub(crate) fn value_of(&self, name: &str, lookup: Lookup<'_>) -> Option<String> {
        let mut latest_first = self.variables.iter().rev();
        let own = latest_first.find(|(present, _)| present == name);
        own.map(|(_, value)| value.clone()).or_else(|| lookup(name))
    }
}

/// The variables; what is wrong with them never includes their values, which tend to be secrets.
pub(crate) fn read(
    file: Section<'_>,
    root: &Path,
    lookup: Lookup<'_>,
    report: &mut Report<'_>,
) -> Environment {
    match file.value("env") {
        None => Environment::default(),
        Some(Value::Object(object)) => Environment {
            variables: mapping(object, report),
            file: None,
        },
        Some(Value::StringLit(written)) if written.value.is_empty() => Environment::default(),
        Some(Value::StringLit(written)) => from_file(written, root, lookup, report),
        Some(Value::Array(_)) => {
            names(file, lookup, report);
            Environment::default()
        }
        Some(other) => {
            wrong_type(
                report,
                other,
                "`env`",
                "the path of a file like \".env\" or an object of strings",
            );
            Environment::default()
        }
    }
}

/// A list of names, as LangGraph Studio wrote it: the variables are those of the environment, which user code has anyway.
fn names(file: Section<'_>, lookup: Lookup<'_>, report: &mut Report<'_>) {
    let Some(property) = file.property("env") else {
        return;
    };
    let names = file.literals("env", report).unwrap_or_default();
    let missing: Vec<_> = names
        .iter()
        .map(|name| &*name.value)
        .filter(|name| lookup(name).is_none())
        .collect();
    let unset = match &missing[..] {
        [] => String::new(),
        [one] => format!("; {one} is not set there"),
        several => format!("; {} are not set there", several.join(", ")),
    };
    let message = format!(
        "`env` is a list, so its variables come from the environment in which lgx was started{unset}"
    );
    report
        .warning(&property.value, message)
        .hint("name a file, \"env\": \".env\", or write values, \"env\": {\"NAME\": \"value\"}");
}

fn mapping(object: &Object<'_>, report: &mut Report<'_>) -> Vec<(String, String)> {
    let mut variables = Vec::with_capacity(object.properties.len());
    for property in &object.properties {
        let name = property.name.as_str();
        match &property.value {
            Value::StringLit(literal) => {
                if let Some(reason) = dotenv::impossible(name, &literal.value) {
                    report.error(property, reason);
                    continue;
                }
                // Of a variable given twice the last value counts, as in every JSON parser.
                variables.retain(|(other, _)| other != name);
                variables.push((name.to_owned(), literal.value.to_string()));
            }
            other => wrong_type(
                report,
                other,
                &format!("variable {name}"),
                "a string (put it in quotes)",
            ),
        }
    }
    variables
}

fn from_file(
    written: &StringLit<'_>,
    root: &Path,
    lookup: Lookup<'_>,
    report: &mut Report<'_>,
) -> Environment {
    let name = &*written.value;
    let path = resolve(root, name);
    let shown = report
        .file()
        .parent()
        .unwrap_or(Path::new(""))
        .join(name.strip_prefix("./").unwrap_or(name));
    let variables = match read_plain_file(&path) {
        Ok(bytes) => {
            if let Ok(text) = String::from_utf8(bytes) {
                parse(&text, &shown, lookup, report)
            } else {
                report
                    .error(written, format!("env file {name} is not UTF-8 text"))
                    .hint("save it as UTF-8");
                Vec::new()
            }
        }
        Err(Unreadable::Missing) => {
            missing(written, &path, report);
            Vec::new()
        }
        Err(error) => {
            report.error(written, format!("env file {name} {error}"));
            Vec::new()
        }
    };
    Environment {
        variables,
        file: Some(path),
    }
}

fn missing(written: &StringLit<'_>, path: &Path, report: &mut Report<'_>) {
    let name = &*written.value;
    let problem = report
        .warning(
            written,
            format!("env file {name} does not exist, no variables are set from it"),
        )
        .lacks(Lack::EnvFile);
    let example = format!("{name}.example");
    if path.with_file_name(example_name(path)).is_file() {
        problem.hint(format!("make it from the example: cp {example} {name}"));
    } else {
        problem.hint(format!(
            "create {name}, or remove `env` if there is nothing to set"
        ));
    }
}

fn example_name(path: &Path) -> String {
    format!(
        "{}.example",
        path.file_name().unwrap_or_default().to_string_lossy()
    )
}

fn parse(
    text: &str,
    shown: &Path,
    lookup: Lookup<'_>,
    report: &mut Report<'_>,
) -> Vec<(String, String)> {
    let parsed = dotenv::parse(text, lookup);
    let untold = parsed.bad_lines.len().saturating_sub(MOST_TOLD);
    // No excerpt: the line may hold a key.
    report.extend(parsed.bad_lines.into_iter().take(MOST_TOLD).map(|bad| {
        let (severity, message) = match bad.reason {
            Reason::Unclear(what) => (Severity::Warning, format!("{what}, ignored")),
            Reason::Impossible(what) => (Severity::Error, what),
        };
        Problem {
            line: Some(bad.line),
            lack: Some(Lack::EnvLine),
            ..Problem::of_file(severity, shown, message)
        }
    }));
    if untold > 0 {
        let message = format!("{untold} more lines are not understood, ignored");
        report.extend([Problem::of_file(Severity::Warning, shown, message)]);
    }
    parsed.variables
}
