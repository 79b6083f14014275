//! `lgx graph`: draws the graphs of a project, or says what is other in a file that has a drawing.

use std::path::Path;

use lgx_config::Config;
use lgx_devserver::{Inquiry, Trial, TrialPart, TriedPart};

use crate::args::graph::GraphFormat;
use crate::commands::fatal;
use crate::context::Context;
use crate::descriptors;
use crate::exit::Outcome;
use crate::graph::{self, Drawing};
use crate::interpreter::{self, AskedFor, Interpreters};
use crate::line_diff;
use crate::project::{self, located::locate};
use crate::settings::graph::GraphSettings;
use crate::shell;
use crate::signals;
use crate::trial::Ground;
use crate::ui::error::{self, Advised};
use crate::ui::{diagnostic, printer, style};

/// A graph as it is printed.
struct Drawn {
    id: String,
    text: String,
}

/// Runs the command.
pub(crate) fn run(settings: &GraphSettings, context: &Context) -> anyhow::Result<Outcome> {
    let file = locate(settings.named.as_deref(), "graph", context)?.config;
    let lookup = |name: &str| Some(context.env.get(name)?.to_str()?.to_owned());
    let config = wanted(lgx_config::load(&file, &lookup)?.config, settings)?;
    let asked_for = AskedFor {
        python: settings.python.as_deref(),
        node: settings.node.as_deref(),
    };
    let interpreters = interpreter::for_project(project::directory_of(&file), asked_for, context)?;
    descriptors::raise_limit();
    let work = draw(&config, &interpreters, settings, context);
    let (drawn, failed) = match signals::unless_stopped(work)? {
        Ok(done) => done,
        Err(stopped) => return Ok(stopped),
    };
    if failed {
        // What is whole is of use all the same, but not to compare.
        if settings.check.is_none() {
            print(&drawn, settings)?;
        }
        return Ok(Outcome::Failure);
    }
    if let (Some(file), Some(drawn)) = (&settings.check, drawn.first()) {
        return compare(file, drawn, settings, context);
    }
    print(&drawn, settings)?;
    Ok(Outcome::Success)
}

/// The project with nothing but the graphs that are to be drawn.
fn wanted(mut config: Config, settings: &GraphSettings) -> anyhow::Result<Config> {
    let ids: Vec<_> = config.graphs.iter().map(|graph| graph.id.clone()).collect();
    if let Some(wanted) = &settings.graph {
        if !ids.contains(wanted) {
            let message = format!("there is no graph `{wanted}` in this project");
            let advice = format!("its graphs are: {}", ids.join(", "));
            return Err(Advised::new(message, advice).into());
        }
        config.graphs.retain(|graph| graph.id == *wanted);
    } else if ids.len() > 1 {
        let is_one_file = settings.check.is_some() || settings.format == GraphFormat::Svg;
        if is_one_file {
            let message = "the project has several graphs, and a file has one";
            let advice = format!("name one of them: {}", ids.join(", "));
            return Err(Advised::new(message, advice).into());
        }
    }
    config.auth = None;
    config.store.index = None;
    config.http.app = None;
    Ok(config)
}

/// The graphs that can be drawn, and whether there are others.
async fn draw(
    config: &Config,
    interpreters: &Interpreters,
    settings: &GraphSettings,
    context: &Context,
) -> anyhow::Result<(Vec<Drawn>, bool)> {
    let ground = Ground {
        config,
        interpreters,
        load_timeout: settings.load_timeout,
        context,
    };
    let (trial, _) = ground.try_out(Inquiry::Drawing(settings.xray)).await?;
    for reason in &trial.fatal {
        let explained = fatal::explain(reason, &config.path, interpreters, context).await;
        printer::say(error::render(&explained));
    }
    let mut failed = !trial.fatal.is_empty();
    let mut drawn = Vec::new();
    for id in config.graphs.iter().map(|graph| &graph.id) {
        let Some(tried) = of_graph(&trial, id) else {
            continue;
        };
        match (&tried.failure, &tried.answer) {
            (None, Some(Ok(answer))) => drawn.push(Drawn {
                id: id.clone(),
                text: written(id, answer, settings.format)?,
            }),
            (Some(why), _) | (None, Some(Err(why))) => {
                failed = true;
                let why = diagnostic::render(why, &context.cwd);
                let error = style::error();
                printer::say(format_args!(
                    "{error} the graph `{id}` cannot be drawn\n{why}"
                ));
            }
            (None, None) => {}
        }
    }
    Ok((drawn, failed))
}

fn of_graph<'a>(trial: &'a Trial, id: &str) -> Option<&'a TriedPart> {
    trial.of(&TrialPart::Graph(id.to_owned()))
}

/// A drawing in its form, with a line break at its end.
fn written(id: &str, answer: &[u8], format: GraphFormat) -> anyhow::Result<String> {
    if format == GraphFormat::Json {
        let value: serde_json::Value = serde_json::from_slice(answer)?;
        return Ok(serde_json::to_string_pretty(&value)? + "\n");
    }
    let drawing = Drawing::read(answer)?;
    Ok(match format {
        GraphFormat::Mermaid => graph::mermaid(&drawing),
        GraphFormat::Ascii => graph::text(&drawing, &graph::ASCII),
        GraphFormat::Unicode => graph::text(&drawing, &graph::UNICODE),
        GraphFormat::Svg => graph::svg(&drawing, id),
        GraphFormat::Json => String::new(),
    })
}

/// One graph as it is, several with their names.
fn print(drawn: &[Drawn], settings: &GraphSettings) -> anyhow::Result<()> {
    let is_alone = drawn.len() == 1 && settings.graph.is_some();
    let text = match (drawn, settings.format) {
        ([], _) => return Ok(()),
        ([one], _) if is_alone || settings.format == GraphFormat::Svg => one.text.clone(),
        (several, GraphFormat::Json) => together(several)?,
        (several, format) => {
            let named = several.iter().map(|it| match format {
                GraphFormat::Mermaid => format!("%% {}\n{}", it.id, it.text),
                _ => format!("{}\n\n{}", it.id, it.text),
            });
            named.collect::<Vec<_>>().join("\n")
        }
    };
    Ok(printer::put(text.trim_end_matches('\n'))?)
}

/// Several drawings by the ids of their graphs.
fn together(drawn: &[Drawn]) -> anyhow::Result<String> {
    let mut all = serde_json::Map::new();
    for one in drawn {
        all.insert(one.id.clone(), serde_json::from_str(&one.text)?);
    }
    Ok(serde_json::to_string_pretty(&all)?)
}

/// Says what is other in a file, if anything is.
fn compare(
    file: &Path,
    drawn: &Drawn,
    settings: &GraphSettings,
    context: &Context,
) -> anyhow::Result<Outcome> {
    let there = fs_err::read_to_string(context.cwd.join(file));
    let (old, what) = match &there {
        Ok(text) => (text.as_str(), "shows another graph than the code has"),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => ("", "is not there"),
        Err(error) => anyhow::bail!("{error}"),
    };
    // git may check files out with other line ends.
    if there.is_ok() && old.replace("\r\n", "\n") == drawn.text {
        return Ok(Outcome::Success);
    }
    let shown = file.display();
    let difference = line_diff::unified(old, &drawn.text);
    if there.is_ok() {
        printer::put(format_args!(
            "--- {shown}\n+++ the graph `{}`\n{}",
            drawn.id,
            difference.trim_end()
        ))?;
    }
    let message = format!("{shown} {what}");
    let advice = format!("write it: {}", writing(file, drawn, settings));
    printer::say(error::render(&Advised::new(message, advice).into()));
    Ok(Outcome::Failure)
}

/// The command that writes the file.
fn writing(file: &Path, drawn: &Drawn, settings: &GraphSettings) -> String {
    let format = match settings.format {
        GraphFormat::Mermaid => "mermaid",
        GraphFormat::Ascii => "ascii",
        GraphFormat::Unicode => "unicode",
        GraphFormat::Svg => "svg",
        GraphFormat::Json => "json",
    };
    let words = ["lgx", "graph", &drawn.id, "--format", format];
    let repeated = settings.repeated.iter().map(String::as_str);
    let command = shell::command(words.into_iter().chain(repeated));
    format!("{command} > {}", shell::quoted(&file.display().to_string()))
}
