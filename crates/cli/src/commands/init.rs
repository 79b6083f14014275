//! `lgx init`: writes langgraph.json for a project that has graphs and no configuration yet.

use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Context as _;
use fs_err::OpenOptions;
use serde_json::{Map, Value, json};

use crate::args::init::InitArgs;
use crate::check::{self, Level};
use crate::context::Context;
use crate::discovery::{self, CodeFile, FoundGraph, GraphKind, Reach, ReadVariable};
use crate::disk::Disk;
use crate::exit::Outcome;
use crate::project::FILE;
use crate::project::unconfigured::nothing_found;
use crate::shell;
use crate::ui::error::Advised;
use crate::ui::{printer, style};

const ENV: &str = ".env";
const EXAMPLE: &str = ".env.example";

/// Runs the command.
pub(crate) fn run(args: &InitArgs, context: &Context) -> anyhow::Result<Outcome> {
    let root = match &args.path {
        Some(path) => context.absolute(path),
        None => context.cwd.clone(),
    };
    let config = root.join(FILE);
    if config.symlink_metadata().is_ok() {
        return Err(Advised::new(
            format!(
                "there is a {} already; nothing was written",
                context.shown(&config)
            ),
            "`lgx check` says whether it is right",
        )
        .into());
    }
    let files = discovery::files(&root, Reach::WHOLE, &Disk);
    let code = discovery::code(&files, &Disk);
    let graphs = discovery::with_ids(&discovery::graphs(&code), &root);
    if graphs.is_empty() {
        return Err(nothing_found(&root, &files, code.len(), context).into());
    }
    let found: Vec<FoundGraph> = graphs.iter().map(|(_, graph)| graph.clone()).collect();
    let dependencies = discovery::dependencies(&found, &code, &files, &root);
    let written = configuration(&graphs, &dependencies, &root);
    write_new(&config, &format!("{written:#}\n"))?;
    printer::say(format_args!(
        "{} {}",
        style::success("Wrote"),
        context.shown(&config)
    ));
    printer::say(lines(&graphs, context));
    write_example(&root, &code, context)?;

    let (report, _) = check::read(&config, Level::Note, context);
    if let Some(error) = report.findings.iter().find(|it| it.level == Level::Error) {
        return Err(Advised::new(
            format!("it cannot be served as it is: {}", error.message),
            "mend it; `lgx check` tells all that is wrong",
        )
        .into());
    }
    printer::say(next_steps(&root, context));
    Ok(Outcome::Success)
}

/// What langgraph.json says.
fn configuration(graphs: &[(String, FoundGraph)], dependencies: &[String], root: &Path) -> Value {
    let mut written = Map::new();
    if !dependencies.is_empty() {
        written.insert("dependencies".to_owned(), json!(dependencies));
    }
    let graphs = graphs.iter();
    let graphs: Map<String, Value> = graphs
        .map(|(id, graph)| (id.clone(), json!(graph.target_from(root))))
        .collect();
    written.insert("graphs".to_owned(), Value::Object(graphs));
    if root.join(ENV).is_file() {
        written.insert("env".to_owned(), json!(ENV));
    }
    Value::Object(written)
}

/// Writes a file that must not be there.
fn write_new(file: &Path, text: &str) -> anyhow::Result<()> {
    let mut written = OpenOptions::new().write(true).create_new(true).open(file)?;
    written
        .write_all(text.as_bytes())
        .with_context(|| format!("cannot write {}", file.display()))
}

/// A line for each graph: its id, and where it is.
fn lines(graphs: &[(String, FoundGraph)], context: &Context) -> String {
    let width = graphs.iter().map(|(id, _)| id.len()).max();
    let width = width.unwrap_or_default();
    let lines = graphs.iter().map(|(id, graph)| {
        let place = format!("{}:{}", context.shown(&graph.file), graph.line);
        let what = match graph.kind {
            GraphKind::Compiled => String::new(),
            GraphKind::Factory => style::quiet(", a function that makes it"),
        };
        format!(
            "  {id:width$}  {} at {}{what}",
            graph.name,
            style::place(place)
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Writes the example of the variables, if the code reads some and there is none; says how they are set.
fn write_example(root: &Path, code: &[CodeFile], context: &Context) -> anyhow::Result<()> {
    let variables = discovery::variables_of(code);
    let example = root.join(EXAMPLE);
    if variables.is_empty() {
        return Ok(());
    }
    match write_new(&example, &example_text(&variables, root)) {
        Ok(()) => {}
        Err(error) if is_there(&error) => return Ok(()),
        Err(error) => return Err(error),
    }
    let needed = variables.iter().filter(|variable| !variable.is_optional);
    let names: Vec<_> = needed.map(|variable| variable.name.as_str()).collect();
    let names = match names.as_slice() {
        [] => "the code does without all of them".to_owned(),
        names => names.join(", "),
    };
    printer::say(format_args!(
        "{} {}: {names}",
        style::success("Wrote"),
        context.shown(&example)
    ));
    if !root.join(ENV).is_file() {
        printer::say(format_args!(
            "  to set them, copy it to {ENV} and add \"env\": \"{ENV}\" to {FILE}"
        ));
    }
    Ok(())
}

fn is_there(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::AlreadyExists)
}

/// The variables, without values; those that the code does without are comments.
fn example_text(variables: &[ReadVariable], root: &Path) -> String {
    let line = |variable: &ReadVariable| {
        let file = variable.file.strip_prefix(root).unwrap_or(&variable.file);
        let mark = if variable.is_optional { "# " } else { "" };
        format!("# {}\n{mark}{}=\n", file.display(), variable.name)
    };
    variables.iter().map(line).collect()
}

/// What to type to have the project served.
fn next_steps(root: &Path, context: &Context) -> String {
    let shown = context.shown(root);
    let named = match shown.as_str() {
        "." => String::new(),
        shown => format!(" {}", shell::quoted(shown)),
    };
    format!(
        "\nNext:\n  {}\n  {}",
        style::place(format_args!("lgx check{named}")),
        style::place(format_args!("lgx dev{named}")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_has_names_and_places_and_no_values() {
        let variable = |name: &str, is_optional| ReadVariable {
            name: name.to_owned(),
            file: "/p/src/a.py".into(),
            is_optional,
        };
        let variables = [variable("A_KEY", false), variable("B_URL", true)];
        assert_eq!(
            example_text(&variables, Path::new("/p")),
            "# src/a.py\nA_KEY=\n# src/a.py\n# B_URL=\n"
        );
    }
}
