//! The `env` section: variables for the user's code, written in place or in a file beside it.

use std::path::{Path, PathBuf};

use jsonc_parser::ast::{Object, StringLit, Value};

use crate::dotenv;
use crate::problem::{Problem, Severity};
use crate::report::Report;
use crate::section::{Section, wrong_type};
use crate::target::resolve;

/// Looks a variable up in the environment that `${NAME}` may refer to.
pub(crate) type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The variables, and the file they came from.
#[derive(Default)]
pub(crate) struct Environment {
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) file: Option<PathBuf>,
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

fn mapping(object: &Object<'_>, report: &mut Report<'_>) -> Vec<(String, String)> {
    let mut variables = Vec::with_capacity(object.properties.len());
    for property in &object.properties {
        let name = property.name.as_str();
        match &property.value {
            _ if name.is_empty() || name.contains(['=', '\0']) => {
                report.error(
                    &property.name,
                    format!("\"{name}\" cannot be the name of a variable"),
                );
            }
            Value::StringLit(literal) if literal.value.contains('\0') => {
                report.error(
                    literal,
                    format!("the value of variable {name} has a NUL character"),
                );
            }
            Value::StringLit(literal) => {
                dotenv::set(&mut variables, name, literal.value.to_string());
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
    let variables = match fs_err::read(&path) {
        Ok(bytes) => {
            if let Ok(text) = String::from_utf8(bytes) {
                parse(&text, &shown, lookup, report)
            } else {
                report.error(written, format!("env file {name} is not UTF-8 text"));
                Vec::new()
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            missing(written, &path, report);
            Vec::new()
        }
        Err(error) => {
            let what = if path.is_dir() {
                "is a directory".to_owned()
            } else {
                format!("cannot be read: {error}")
            };
            report.error(written, format!("env file {name} {what}"));
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
    let problem = report.warning(
        written,
        format!("env file {name} does not exist, no variables are set from it"),
    );
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
    // No excerpt: the line may hold a key.
    report.extend(parsed.bad_lines.into_iter().map(|bad| Problem {
        line: Some(bad.line),
        ..Problem::of_file(Severity::Warning, shown, format!("{}, ignored", bad.reason))
    }));
    parsed.variables
}
