//! `lgx new`: makes a project from a template, and serves it if asked to.

use std::path::{Path, PathBuf};

use lgx_devserver::Listener;
use serde_json::json;

use super::dev;
use crate::context::Context;
use crate::env_names;
use crate::exit::Outcome;
use crate::installation;
use crate::interpreter::AskedFor;
use crate::scaffold::catalog::{self, Template};
use crate::scaffold::language::Language;
use crate::scaffold::names::{self, BadName};
use crate::scaffold::{render, write};
use crate::settings::new::{CreateSettings, NewSettings};
use crate::settings::server::ServerSettings;
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
    let language = template.manifest.language;
    let destination = match path {
        Some(path) => {
            let usable = Destination::of(path, name, language);
            Some(usable.map_err(|unusable| unusable.advised(language, context))?)
        }
        None => choose_destination(name.as_deref(), language, context)?,
    };
    let Some(Destination { path, name }) = destination else {
        return Ok(Outcome::Interrupted);
    };
    let dev = dev.map(|serve| {
        let plan = installation::plan(language, &path, asked_for(&serve), context);
        (plan, serve)
    });
    // A port that is taken is told before anything is written and installed; from here on it is held.
    let held = match &dev {
        Some((Ok(_), serve)) => Some(Listener::bind(serve.host, serve.port)?),
        _ => None,
    };
    let plan = render::plan(template, &name);
    write::write(&plan, &path)
        .map_err(|error| Unusable::Place(error).advised(language, context))?;

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
        None => printer::say(next_steps(language, &path, context)),
        Some((plan, serve)) => {
            let plan =
                plan.map_err(|error| installation::to_do(error, language, &path, context))?;
            let interpreters = plan.carry_out(&path, asked_for(&serve), context)?;
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
        let unknown = || match catalog::nearest(templates, id) {
            _ if catalog::is_official(id) => {
                format!("lgx does not bring `{id}`, which the official command downloads")
            }
            Some(near) => format!("there is no template `{id}`; did you mean `{near}`?"),
            None => format!("there is no template `{id}`"),
        };
        return match found {
            Some(template) => Ok(Some(template)),
            None => Err(Advised::new(unknown(), known()).into()),
        };
    }
    if !context.can_ask() {
        return Err(Advised::new("which template? Name one with --template", known()).into());
    }
    let chosen = menu::choose("Template", &lines(templates))?;
    let chosen = chosen.and_then(|index| templates.get(index));
    if let Some(template) = chosen {
        printer::say(format_args!("Template: {}", template.id));
    }
    Ok(chosen)
}

/// The interpreters that were named.
fn asked_for(serve: &ServerSettings) -> AskedFor<'_> {
    AskedFor {
        python: serve.python.as_deref(),
        node: serve.node.as_deref(),
    }
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
    fn of(path: PathBuf, name: Option<String>, language: Language) -> Result<Self, Unusable> {
        // A directory that cannot be used is no place to look for a better name.
        write::check(&path).map_err(Unusable::Place)?;
        let (name, refusal): (_, fn(BadName) -> Unusable) = match name {
            Some(name) => (name, Unusable::Name),
            None => (name_of(&path), Unusable::DirectoryName),
        };
        names::check(&name, language).map_err(refusal)?;
        Ok(Self { path, name })
    }
}

impl Unusable {
    /// The error that ends the command.
    fn advised(self, language: Language, context: &Context) -> anyhow::Error {
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
                let advice = format!("try --name {}", better_name(error.name(), language));
                Advised::new(error.to_string(), advice)
            }
            Self::DirectoryName(error) => {
                let advice = format!(
                    "give the project another name than its directory's with --name {}, or use another directory",
                    better_name(error.name(), language)
                );
                Advised::new(error.to_string(), advice)
            }
        };
        advised.into()
    }
}

fn better_name(name: &str, language: Language) -> String {
    names::suggestion(name, language).unwrap_or_else(|| "my-agent".to_owned())
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
    language: Language,
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
    if let Some(error) = name.and_then(|name| names::check(name, language).err()) {
        return Err(Unusable::Name(error).advised(language, context));
    }
    let mut proposed = name.unwrap_or("my-agent").to_owned();
    loop {
        let Some(typed) = menu::ask("Directory", &proposed)? else {
            return Ok(None);
        };
        let path = context.absolute(&from_home(&typed, context));
        let refused = match Destination::of(path, name.map(str::to_owned), language) {
            Ok(destination) => return Ok(Some(destination)),
            Err(Unusable::Place(error)) => error.to_string(),
            Err(Unusable::Name(error) | Unusable::DirectoryName(error)) => {
                let better = Path::new(&typed).with_file_name(better_name(error.name(), language));
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
fn next_steps(language: Language, path: &Path, context: &Context) -> String {
    let commands = installation::commands_to_type(language, path, context);
    let lines: Vec<_> = commands
        .iter()
        .map(|command| format!("  {}", style::place(command)))
        .collect();
    format!("\nNext:\n{}", lines.join("\n"))
}

/// A line for each template.
fn lines(templates: &[Template]) -> Vec<String> {
    let width = |of: fn(&Template) -> usize| templates.iter().map(of).max().unwrap_or_default();
    let id = width(|template| template.id.len());
    let language = width(|template| template.manifest.language.name().len());
    templates
        .iter()
        .map(|template| {
            let manifest = &template.manifest;
            format!(
                "{:id$}  {:language$}  {}",
                template.id, manifest.language, manifest.description
            )
        })
        .collect()
}
