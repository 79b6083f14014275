//! `lgx new`: makes a project from a template, and serves it if asked to.

use std::path::{Path, PathBuf};

use lgx_devserver::Listener;
use serde_json::json;

use super::dev;
use crate::context::Context;
use crate::env_names;
use crate::exit::Outcome;
use crate::interpreter::{self, AskedFor, Interpreters};
use crate::project_env;
use crate::scaffold::catalog::{self, Template};
use crate::scaffold::names::{self, BadName};
use crate::scaffold::{render, write};
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
    let destination = match path {
        Some(path) => {
            let usable = Destination::of(path, name);
            Some(usable.map_err(|unusable| unusable.advised(context))?)
        }
        None => choose_destination(name.as_deref(), context)?,
    };
    let Some(Destination { path, name }) = destination else {
        return Ok(Outcome::Interrupted);
    };
    let dev = dev.map(|mut serve| {
        let python = serve.python.take();
        (project_env::plan(&path, python.as_deref(), context), serve)
    });
    // A port that is taken is told before anything is written and installed; from here on it is held.
    let held = match &dev {
        Some((Ok(_), serve)) => Some(Listener::bind(serve.host, serve.port)?),
        _ => None,
    };
    let plan = render::plan(template, &name);
    write::write(&plan, &path).map_err(|error| Unusable::Place(error).advised(context))?;

    let shown = context.shown(&path);
    let place = match shown.as_str() {
        "." => " here".to_owned(),
        same if same == name => String::new(),
        other => format!(" in {}", style::place(other)),
    };
    printer::say(format_args!(
        "{} {}{place} {}",
        style::success("Created"),
        style::strong(&name),
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
            let asked_for = AskedFor {
                python: None,
                node: serve.node.as_deref(),
            };
            let found = interpreter::for_project(&path, asked_for, context)?;
            let interpreters = Interpreters {
                python: Ok(python),
                ..found
            };
            let config = path.join("langgraph.json");
            return dev::serve_with(held, &config, &serve, &interpreters, context);
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

/// Where a project goes, and what it is called.
struct Destination {
    path: PathBuf,
    name: String,
}

/// Why no project of that name can go there.
enum Unusable {
    /// The directory cannot be used.
    Place(write::WriteError),
    /// The name that was given cannot be had.
    Name(BadName),
    /// The directory's name cannot be the project's.
    DirectoryName(BadName),
}

impl Destination {
    /// The directory, with the name that was given or else its own.
    fn of(path: PathBuf, name: Option<String>) -> Result<Self, Unusable> {
        // A directory that cannot be used is no place to look for a better name.
        write::check(&path).map_err(Unusable::Place)?;
        let (name, refusal): (_, fn(BadName) -> Unusable) = match name {
            Some(name) => (name, Unusable::Name),
            None => (name_of(&path), Unusable::DirectoryName),
        };
        names::check(&name).map_err(refusal)?;
        Ok(Self { path, name })
    }
}

impl Unusable {
    /// The error that ends the command.
    fn advised(self, context: &Context) -> anyhow::Error {
        let advised = match self {
            Self::Place(error) => match &error {
                write::WriteError::IsAFile(_) | write::WriteError::NotEmpty { .. } => Advised::new(
                    error.to_string(),
                    "choose a directory that is not there yet, or an empty one; nothing was written",
                ),
                write::WriteError::Io(path, _) => {
                    let advice = format!(
                        "check that you may write to `{}`; nothing was left behind",
                        context.shown(path)
                    );
                    Advised::caused_by(error, advice)
                }
            },
            Self::Name(error) => {
                let advice = format!("try --name {}", better_name(error.name()));
                Advised::new(error.to_string(), advice)
            }
            Self::DirectoryName(error) => {
                let advice = format!(
                    "give the project another name than its directory's with --name {}, or use another directory",
                    better_name(error.name())
                );
                Advised::new(error.to_string(), advice)
            }
        };
        advised.into()
    }
}

fn better_name(name: &str) -> String {
    names::suggestion(name).unwrap_or_else(|| "my-agent".to_owned())
}

/// The name of a directory.
fn name_of(path: &Path) -> String {
    // `..` has no name of its own until it is looked up.
    let looked_up = || Some(fs_err::canonicalize(path).ok()?.file_name()?.to_owned());
    path.file_name()
        .map(std::ffi::OsStr::to_owned)
        .or_else(looked_up)
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// Asks for the directory until one can be used; `None` when the person would rather not.
fn choose_destination(
    name: Option<&str>,
    context: &Context,
) -> anyhow::Result<Option<Destination>> {
    if !context.can_ask() {
        return Err(Advised::new(
            "where should the project go?",
            "name a directory: lgx new my-agent --template ID",
        )
        .into());
    }
    // No directory would do for a name that cannot be had.
    if let Some(error) = name.and_then(|name| names::check(name).err()) {
        return Err(Unusable::Name(error).advised(context));
    }
    let mut proposed = name.unwrap_or("my-agent").to_owned();
    loop {
        let Some(typed) = menu::ask("Directory", &proposed)? else {
            return Ok(None);
        };
        let path = context.absolute(&from_home(&typed, context));
        let refused = match Destination::of(path, name.map(str::to_owned)) {
            Ok(destination) => return Ok(Some(destination)),
            Err(Unusable::Place(error)) => error.to_string(),
            Err(Unusable::Name(error) | Unusable::DirectoryName(error)) => {
                let better = Path::new(&typed).with_file_name(better_name(error.name()));
                proposed = better.display().to_string();
                error.to_string()
            }
        };
        printer::say(format_args!("{} {refused}", style::error()));
    }
}

/// What was typed, with the home directory for `~` as a shell would have it.
fn from_home(typed: &str, context: &Context) -> PathBuf {
    match (typed.strip_prefix("~/"), context.env.get(env_names::HOME)) {
        (Some(inside), Some(home)) => Path::new(home).join(inside),
        _ => PathBuf::from(typed),
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
