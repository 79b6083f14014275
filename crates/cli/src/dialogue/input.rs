//! What goes into a graph from the command line: JSON as it is, in a file or from stdin, a message, or an answer.

use std::io::Read as _;

use fs_err as fs;
use serde_json::{Value, json};

use crate::context::Context;
use crate::exit::Outcome;
use crate::shell;
use crate::ui::error::{self, Advised};
use crate::ui::printer;

/// No input is longer: the server would not take it.
const MOST: u64 = 256 * 1024 * 1024;

/// What a run is given.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Given {
    /// The graph's input.
    Input(Value),
    /// The answer to what its thread waits for.
    Resume(Value),
    /// Nothing: a thread goes on where it stopped.
    Nothing,
}

impl Given {
    /// A message of the user.
    pub(crate) fn message(text: &str) -> Self {
        Self::Input(json!({"messages": [{"role": "user", "content": text}]}))
    }
}

/// What cannot be used, and why.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WrongInput {
    /// It is not JSON.
    #[error("{place} is not JSON: {why}")]
    NotJson {
        /// What it is, with line and column.
        place: String,
        /// Why not.
        why: String,
        /// Whether it looks like something that somebody wanted to say.
        is_text: bool,
    },
    /// It is no id of a thread.
    #[error("`{0}` is no id of a thread")]
    NoThread(String),
    /// It cannot be read.
    #[error("cannot read the input: {0}")]
    Unreadable(#[from] std::io::Error),
}

impl WrongInput {
    /// Says it to the person, with what to do about it.
    pub(crate) fn tell(self, graph: &str) -> Outcome {
        let advice = match &self {
            Self::NotJson { is_text: true, .. } => {
                let command = shell::command(["lgx", "run", graph, "--message"]);
                Some(format!(
                    "a text for the graph is a message: {command} 'TEXT'"
                ))
            }
            Self::NoThread(_) => Some("threads are named by UUIDs".to_owned()),
            Self::NotJson { .. } | Self::Unreadable(_) => None,
        };
        let error = match advice {
            Some(advice) => Advised::new(self.to_string(), advice).into(),
            None => anyhow::Error::from(self),
        };
        printer::say(error::render(&error));
        Outcome::Usage
    }
}

/// The input that an argument names or is.
pub(crate) fn read(argument: &str, context: &Context) -> Result<Value, WrongInput> {
    if argument == "-" {
        let text = whole(std::io::stdin())?;
        return parse("stdin", &text);
    }
    if let Some(file) = argument.strip_prefix('@') {
        let text = whole(fs::File::open(context.absolute(file.as_ref()))?)?;
        return parse(file, &text);
    }
    parse("the input", argument)
}

fn whole(from: impl std::io::Read) -> std::io::Result<String> {
    let mut text = String::new();
    from.take(MOST).read_to_string(&mut text)?;
    Ok(text)
}

/// JSON that is called so.
pub(crate) fn parse(name: &str, text: &str) -> Result<Value, WrongInput> {
    serde_json::from_str(text).map_err(|error| {
        let why = error.to_string();
        let suffix = format!(" at line {} column {}", error.line(), error.column());
        WrongInput::NotJson {
            place: format!("{name}:{}:{}", error.line(), error.column()),
            why: why.strip_suffix(&suffix).unwrap_or(&why).to_owned(),
            is_text: !text.trim_start().starts_with(['{', '[', '"']),
        }
    })
}

/// An answer: JSON where it is some, else a text. What begins like JSON was meant to be.
pub(crate) fn answer(name: &str, text: &str) -> Result<Value, WrongInput> {
    match parse(name, text) {
        Err(WrongInput::NotJson { is_text: true, .. }) => Ok(Value::String(text.to_owned())),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{Env, Terminal};

    fn context(cwd: &std::path::Path) -> Context {
        Context {
            env: Env::default(),
            cwd: cwd.to_owned(),
            terminal: Terminal::default(),
        }
    }

    #[test]
    fn json_is_taken_as_it_is_or_from_a_file() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("in.json"), "{\"a\": 1.50}").unwrap();
        let context = context(home.path());

        assert_eq!(read("[1]", &context).unwrap(), json!([1]));
        let from_file = read("@in.json", &context).unwrap();
        assert_eq!(from_file.to_string(), r#"{"a":1.50}"#);
        let missing = read("@gone.json", &context).unwrap_err();
        assert!(missing.to_string().contains("gone.json"), "{missing}");
    }

    #[test]
    fn what_is_not_json_is_told_with_line_and_column() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("in.json"), "{\n  \"a\": nope\n}").unwrap();

        let error = read("@in.json", &context(home.path())).unwrap_err();
        assert_eq!(error.to_string(), "in.json:2:9 is not JSON: expected ident");
        let error = parse("the input", "hello there").unwrap_err();
        assert!(matches!(error, WrongInput::NotJson { is_text: true, .. }));
    }

    #[test]
    fn an_answer_is_json_where_it_is_some_and_else_a_text() {
        let of = |text: &str| answer("--resume", text);
        assert_eq!(of("true").unwrap(), json!(true));
        assert_eq!(of("{\"a\": 1}").unwrap(), json!({"a": 1}));
        assert_eq!(of("yes, please").unwrap(), json!("yes, please"));
        assert_eq!(of("").unwrap(), json!(""));
        for broken in ["{\"a\": 1", "[1,", "\"a"] {
            of(broken).unwrap_err();
        }
    }
}
