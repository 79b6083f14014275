//! From a path to the object that langgraph.json holds, before anybody asks what its keys say.

use std::path::Path;

use jsonc_parser::ast::{Object, Value};
use jsonc_parser::errors::ParseErrorKind;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::depth::{DEEPEST, too_deep};
use crate::plain_file::{Unreadable, read_plain_file};
use crate::problem::{Problem, Severity};
use crate::report::Report;
use crate::section::kind;

/// The text of the file, without the mark that some editors begin it with.
pub(crate) fn read(path: &Path) -> Result<String, Box<Problem>> {
    let fail = |message: String, hint: &str| {
        let mut problem = Problem::of_file(Severity::Error, path, message);
        problem.hint(hint);
        Box::new(problem)
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

/// The object that the text holds; that it holds none is reported.
pub(crate) fn object<'t>(text: &'t str, report: &mut Report<'_>) -> Option<Object<'t>> {
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
            Some(Value::Object(object)) => Some(object),
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

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map(|first| first.to_lowercase().chain(characters).collect())
        .unwrap_or_default()
}
