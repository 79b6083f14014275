//! `./file.py:attribute`, `package.module:attribute` and `./file.ts:export`: where in the user's code something is.

use std::path::{Path, PathBuf};

use jsonc_parser::ast::StringLit;
use lgx_model::Runtime;

use crate::config::{Source, Target};
use crate::plain_file::special_kind;
use crate::report::Report;
use crate::suggest;

/// What a module of JavaScript exports that says no name.
const DEFAULT_EXPORT: &str = "default";

/// What is looked for, in the words of messages.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// What the user calls it: "graph 'agent'".
    pub(crate) what: &'a str,
    /// What the attribute holds: "graph".
    pub(crate) holds: &'static str,
    /// The attribute's usual name.
    pub(crate) usual: &'static str,
}

/// Reads a target and checks as much as can be without running user code.
pub(crate) fn read(
    written: &StringLit<'_>,
    wanted: Wanted<'_>,
    root: &Path,
    report: &mut Report<'_>,
) -> Option<Target> {
    let Wanted { what, holds, usual } = wanted;
    let text = written.value.trim();
    let Some((place, attribute)) = text
        .split_once(':')
        .or_else(|| (runtime_of(text) == Some(Runtime::Node)).then_some((text, "")))
    else {
        let example = if text.is_empty() {
            "./src/agent.py"
        } else {
            text
        };
        report
            .error(
                written,
                format!("{what} does not name an attribute: there is no ':' in \"{text}\""),
            )
            .hint(format!(
                "write \"{example}:{usual}\", with the name of the variable that holds the {holds}"
            ));
        return None;
    };
    if attribute.contains(':') {
        report
            .error(
                written,
                format!("{what} has more than one ':' in \"{text}\""),
            )
            .hint(format!(
                "write \"path/to/file.py:{usual}\" or \"package.module:{usual}\""
            ));
        return None;
    }
    if place.is_empty() {
        report
            .error(
                written,
                format!("{what} does not name a file: nothing stands before the ':' in \"{text}\""),
            )
            .hint(format!("write \"path/to/file.py:{attribute}\""));
        return None;
    }
    // A module that is named without its file is one of Python's.
    let runtime = runtime_of(place).unwrap_or(Runtime::Python);
    let attribute = match (runtime, attribute) {
        (Runtime::Node, "") => DEFAULT_EXPORT,
        (_, attribute) => attribute,
    };
    if !is_name(runtime, attribute) {
        let message = if attribute.is_empty() {
            format!("{what} does not name an attribute: nothing stands after the ':' in \"{text}\"")
        } else {
            format!("{what} names the attribute \"{attribute}\", which is not a {runtime} name")
        };
        report.error(written, message).hint(format!(
            "write \"{place}:{usual}\", with the name of the variable that holds the {holds}"
        ));
        return None;
    }
    let source = if place.contains(['/', '\\']) || runtime_of(place).is_some() {
        Source::File(file(written, what, place, root, report)?)
    } else if place.split('.').all(is_identifier) {
        Source::Module(place.to_owned())
    } else {
        report
            .error(
                written,
                format!(
                    "{what}: \"{place}\" is neither a path to a file of code nor the name of a module"
                ),
            )
            .hint("a path has a '/' in it, a module is written `package.module`");
        return None;
    };
    Some(Target {
        runtime,
        source,
        attribute: attribute.to_owned(),
    })
}

/// The file of code that a path leads to.
fn file(
    written: &StringLit<'_>,
    what: &str,
    place: &str,
    root: &Path,
    report: &mut Report<'_>,
) -> Option<PathBuf> {
    let path = resolve(root, place);
    if path.is_file() {
        if runtime_of(place).is_some() {
            return Some(path);
        }
        report.error(
            written,
            format!(
                "{what}: {place} is not a file of Python, JavaScript or TypeScript; the end of its name says what it is, such as .py or .ts"
            ),
        );
        return None;
    }
    let special = fs_err::metadata(&path)
        .ok()
        .and_then(|metadata| special_kind(metadata.file_type()));
    if let Some(kind) = special.filter(|kind| *kind != "a directory") {
        report.error(
            written,
            format!("{what}: {place} is {kind}, not a file of code"),
        );
        return None;
    }
    if path.is_dir() {
        let problem = report.error(
            written,
            format!("{what}: {place} is a directory, not a file of code"),
        );
        if path.join("__init__.py").is_file() {
            problem.hint(format!(
                "for the package itself write \"{}/__init__.py:…\"",
                place.trim_end_matches('/')
            ));
        }
        return None;
    }
    let near = suggest::nearest_file(root, &path);
    let problem = report.error(written, format!("{what}: there is no file {place}"));
    match near {
        Some(near) => problem.hint(format!("did you mean ./{}?", near.display())),
        None => problem.hint(format!(
            "paths are relative to the configuration file; looked for {}",
            path.display()
        )),
    }
    None
}

/// The absolute path of something written in the file.
pub(crate) fn resolve(root: &Path, written: &str) -> PathBuf {
    let joined = root.join(written);
    let absolute = std::path::absolute(&joined).unwrap_or(joined);
    if absolute
        .components()
        .any(|component| component == std::path::Component::ParentDir)
    {
        // `..` is resolved by the file system, because taking it off the text is wrong behind a symbolic link.
        return fs_err::canonicalize(&absolute).unwrap_or(absolute);
    }
    absolute
}

/// What a file is written in, told by its suffix.
pub(crate) fn runtime_of(file: &str) -> Option<Runtime> {
    let suffix = Path::new(file).extension()?;
    Runtime::of_suffix(suffix.to_str()?)
}

/// Whether something may be called so.
fn is_name(runtime: Runtime, text: &str) -> bool {
    match runtime {
        Runtime::Python => is_identifier(text),
        Runtime::Node => is_identifier(&text.replace('$', "_")),
    }
}

fn is_identifier(text: &str) -> bool {
    let mut characters = text.chars();
    characters
        .next()
        .is_some_and(|first| first == '_' || first.is_alphabetic())
        && characters.all(|c| c == '_' || c.is_alphanumeric())
}
