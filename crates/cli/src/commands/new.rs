//! `lgx new`: makes a project from a template, and serves it if asked to.

use std::path::{Path, PathBuf};

use lgx_devserver::Listener;
use serde_json::json;

use super::dev;
use crate::context::Context;
use crate::exit::Outcome;
use crate::project_env;
use crate::scaffold::catalog::{self, Template};
use crate::scaffold::{names, render, write};
use crate::settings::new::{CreateSettings, NewSettings};
use crate::ui::error::Advised;
use crate::ui::{menu, printer, style};

/// Runs the command.
pub(crate) fn run(settings: NewSettings, context: &Context) -> anyhow::Result<Outcome> {
    match settings {
        NewSettings::List { json } => list(json),
        NewSettings::Create(settings) => create(*settings, context),
    }
}

fn list(json: bool) -> anyhow::Result<Outcome> {
    let templates = catalog::all()?;
    let text = if json {
        serde_json::to_string_pretty(&templates)?
    } else {
        lines(&templates).join("\n")
    };
    printer::put(text)?;
    Ok(Outcome::Success)
}

fn create(settings: CreateSettings, context: &Context) -> anyhow::Result<Outcome> {
    let CreateSettings {
        path,
        template,
        name,
        json,
        dev,
    } = settings;
    if let Some(serve) = &dev {
        dev::forget_earlier_server(serve)?;
    }
    let templates = catalog::all()?;
    let Some(template) = choose_template(&templates, template.as_deref(), context)? else {
        return Ok(Outcome::Interrupted);
    };
    let Some(path) = choose_path(path, context)? else {
        return Ok(Outcome::Interrupted);
    };
    // A directory that cannot be used is no place to look for a better name.
    write::check(&path).map_err(|error| advise(error, context))?;
    let name = project_name(name, &path)?;
    let dev = dev.map(|mut serve| {
        let python = serve.python.take();
        (project_env::plan(&path, python.as_deref(), context), serve)
    });
    // A port that is taken is told before anything is written and installed; from here on it is held.
    let held = match &dev {
        Some((Ok(_), serve)) => Some(Listener::bind(serve.host, serve.port)?),
        _ => None,
    };
    write::write(&render::plan(template, &name), &path).map_err(|error| advise(error, context))?;

    printer::say(format_args!(
        "{} {} in {} {}",
        style::success("Created"),
        style::strong(&name),
        style::place(context.shown(&path)),
        style::quiet(format_args!("from {}", template.id)),
    ));
    if json {
        printer::put(
            json!({ "event": "created", "path": path, "name": name, "template": template.id }),
        )?;
    }
    match dev {
        None => printer::say(next_steps(&path, context)),
        Some((plan, serve)) => {
            let python = plan?.carry_out(&path, context)?;
            return dev::serve_with(held, &path.join("langgraph.json"), &serve, &python, context);
        }
    }
    Ok(Outcome::Success)
}

/// The template that was named, or that a person chooses; `None` when the person would rather not.
fn choose_template<'a>(
    templates: &'a [Template],
    id: Option<&str>,
    context: &Context,
) -> anyhow::Result<Option<&'a Template>> {
    let known = || format!("the templates are:\n  {}", lines(templates).join("\n  "));
    if let Some(id) = id {
        let found = templates.iter().find(|template| template.id == id);
        return match (found, catalog::nearest(templates, id)) {
            (Some(template), _) => Ok(Some(template)),
            (None, Some(near)) => Err(Advised::new(
                format!("there is no template `{id}`; did you mean `{near}`?"),
                known(),
            )
            .into()),
            (None, None) => {
                Err(Advised::new(format!("there is no template `{id}`"), known()).into())
            }
        };
    }
    if !context.can_ask() {
        return Err(Advised::new("which template? Name one with --template", known()).into());
    }
    let chosen = menu::choose("Template", &lines(templates))?;
    Ok(chosen.and_then(|index| templates.get(index)))
}

/// The directory that was named, or that a person names; `None` when the person would rather not.
fn choose_path(path: Option<PathBuf>, context: &Context) -> anyhow::Result<Option<PathBuf>> {
    if path.is_some() {
        return Ok(path);
    }
    if !context.can_ask() {
        return Err(Advised::new(
            "where should the project go?",
            "name a directory: lgx new my-agent --template ID",
        )
        .into());
    }
    let typed = menu::ask("Directory", "my-agent")?;
    Ok(typed.map(|path| context.absolute(Path::new(&path))))
}

/// The name that was given, or the directory's.
fn project_name(name: Option<String>, path: &Path) -> anyhow::Result<String> {
    let from_directory = name.is_none();
    let name = match name {
        Some(name) => name,
        // `..` has no name of its own until it is looked up.
        None => path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .or_else(|| {
                Some(
                    fs_err::canonicalize(path)
                        .ok()?
                        .file_name()?
                        .to_string_lossy()
                        .into_owned(),
                )
            })
            .unwrap_or_default(),
    };
    if let Err(error) = names::check(&name) {
        let better = names::suggestion(&name).unwrap_or_else(|| "my-agent".to_owned());
        let advice = if from_directory {
            format!(
                "give the project another name than its directory's with --name {better}, or use another directory"
            )
        } else {
            format!("try --name {better}")
        };
        return Err(Advised::new(error.to_string(), advice).into());
    }
    Ok(name)
}

fn advise(error: write::WriteError, context: &Context) -> anyhow::Error {
    match &error {
        write::WriteError::IsAFile(_) | write::WriteError::NotEmpty(_) => Advised::new(
            error.to_string(),
            "choose a directory that is not there yet, or an empty one; nothing was written",
        )
        .into(),
        write::WriteError::Io(path, _) => {
            let advice = format!(
                "check that you may write to `{}`; nothing was left behind",
                context.shown(path)
            );
            Advised::caused_by(error, advice).into()
        }
    }
}

/// What to type to have the project served.
fn next_steps(path: &Path, context: &Context) -> String {
    let commands = project_env::commands_to_type(path, context);
    let lines: Vec<_> = commands
        .iter()
        .map(|command| format!("  {}", style::place(command)))
        .collect();
    format!("\nNext:\n{}", lines.join("\n"))
}

/// A line for each template.
fn lines(templates: &[Template]) -> Vec<String> {
    let width = templates
        .iter()
        .map(|template| template.id.len())
        .max()
        .unwrap_or_default();
    templates
        .iter()
        .map(|template| format!("{:width$}  {}", template.id, template.manifest.description))
        .collect()
}
