//! What to do where there is no langgraph.json: serve one that lies below, or write one that names the graph in the code.

use std::path::{Path, PathBuf};

use lgx_config::Runtime;

use super::FILE;
use crate::context::Context;
use crate::discovery::{self, Reach};
use crate::disk::Probe;
use crate::shell;
use crate::ui::error::Advised;

/// The files that make a directory a project of a language.
const MANIFESTS: [(&str, Runtime); 4] = [
    ("package.json", Runtime::Node),
    ("pyproject.toml", Runtime::Python),
    ("requirements.txt", Runtime::Python),
    ("setup.py", Runtime::Python),
];

/// How many projects are named.
const MOST_PROJECTS: usize = 3;

/// Why nothing is served, and what to do about it; none if there is no project here at all.
pub(crate) fn advised(directory: &Path, context: &Context, disk: &impl Probe) -> Option<Advised> {
    let files = discovery::files(directory, Reach::NEAR, disk);
    let place = place(directory, context);
    let mut manifests = MANIFESTS.to_vec();
    manifests.retain(|(manifest, _)| disk.exists(&directory.join(manifest)));
    // A project may be one of both languages, such as Python with a page.
    let found = manifests.iter().find_map(|(manifest, runtime)| {
        let graph = graph_in(directory, &files, *runtime, disk)?;
        Some((*manifest, graph))
    });
    let manifest = manifests.first().copied();
    let projects: Vec<String> = projects(&files)
        .map(|project| format!("lgx dev {}", shell::quoted(&context.shown(project))))
        .collect();
    let advice = match manifest {
        _ if !projects.is_empty() => format!("there is one below: {}", projects.join(", or ")),
        None => return None,
        Some((_, runtime)) => match &found {
            Some((_, graph)) => format!(
                "`{}` writes one that names {graph}",
                init(directory, context)
            ),
            None => by_hand(runtime),
        },
    };
    let manifest = (found.map(|(manifest, _)| manifest)).or(manifest.map(|(manifest, _)| manifest));
    let message = match manifest {
        Some(manifest) => format!("there is a {manifest} in {place} and no {FILE}"),
        None => format!("there is no {FILE} in {place}"),
    };
    Some(Advised::new(message, advice))
}

/// The projects that lie among these files, the nearest ones.
fn projects(files: &[PathBuf]) -> impl Iterator<Item = &Path> {
    files
        .iter()
        .filter(|file| file.ends_with(FILE))
        .filter_map(|file| file.parent())
        .take(MOST_PROJECTS)
}

/// Why `lgx init` writes nothing, and what to do about it.
pub(crate) fn nothing_found(
    directory: &Path,
    files: &[PathBuf],
    looked_at: usize,
    context: &Context,
) -> Advised {
    let projects: Vec<String> = projects(files)
        .map(|project| format!("lgx dev {}", shell::quoted(&context.shown(project))))
        .collect();
    if !projects.is_empty() {
        return Advised::new(
            "there is no graph here but in projects that have a langgraph.json",
            projects.join(", or "),
        );
    }
    let noun = if looked_at == 1 { "file" } else { "files" };
    let message = format!(
        "there is no graph in the code of {} ({looked_at} {noun} looked at)",
        place(directory, context)
    );
    let in_javascript = files.iter().any(|file| file.ends_with("package.json"));
    Advised::new(
        message,
        by_hand(if in_javascript {
            Runtime::Node
        } else {
            Runtime::Python
        }),
    )
}

/// A directory, in the middle of a sentence.
fn place(directory: &Path, context: &Context) -> String {
    match context.shown(directory).as_str() {
        "." => "this directory".to_owned(),
        shown => format!("`{shown}`"),
    }
}

/// The command that writes the file of a directory.
fn init(directory: &Path, context: &Context) -> String {
    match context.shown(directory).as_str() {
        "." => "lgx init".to_owned(),
        shown => format!("lgx init {}", shell::quoted(shown)),
    }
}

fn by_hand(runtime: Runtime) -> String {
    format!(
        "write a {FILE} that names your graphs by file and variable, such as {{\"graphs\": {{\"agent\": \"{}\"}}}}; `lgx new` makes a project to look at",
        example(runtime)
    )
}

const fn example(runtime: Runtime) -> &'static str {
    match runtime {
        Runtime::Python => "./src/agent.py:graph",
        Runtime::Node => "./src/agent.ts:graph",
    }
}

/// The first graph in the project's code, as langgraph.json names it.
fn graph_in(
    directory: &Path,
    files: &[PathBuf],
    runtime: Runtime,
    disk: &impl Probe,
) -> Option<String> {
    let graphs = discovery::graphs(&discovery::code(files, disk));
    let graph = graphs.iter().find(|graph| graph.runtime == runtime)?;
    Some(graph.target_from(directory))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::tests::MadeUp;

    fn graph(written: &[(&str, &str)], runtime: Runtime) -> Option<String> {
        let disk = written
            .iter()
            .fold(MadeUp::default(), |disk, (file, text)| {
                disk.and_file(&format!("/p/{file}"), text)
            });
        let directory = Path::new("/p");
        let files = discovery::files(directory, Reach::NEAR, &disk);
        graph_in(directory, &files, runtime, &disk)
    }

    const CHAIN: &str = r#"import { StateGraph } from "@langchain/langgraph";

const builder = new StateGraph(State)
  .addNode("chat", chat);

export const chatbot = builder
  .addEdge(START, "chat")
  .compile();
"#;

    #[test]
    fn the_graph_of_the_code_is_named_by_its_file_and_variable() {
        let agent = "import { createAgent } from \"langchain\";\nexport default createAgent({ model, tools });\n";
        for (files, found) in [
            (
                &[("src/agent/graph.ts", CHAIN)][..],
                "./src/agent/graph.ts:chatbot",
            ),
            (
                &[("agent.mjs", agent), ("src/graph.ts", CHAIN)],
                "./agent.mjs:default",
            ),
        ] {
            assert_eq!(graph(files, Runtime::Node).as_deref(), Some(found));
        }
        let python = "from langgraph.graph import StateGraph\n\nbuilder = StateGraph(State)\ngraph = builder.compile()\n";
        assert_eq!(
            graph(&[("agent/graph.py", python)], Runtime::Python).as_deref(),
            Some("./agent/graph.py:graph")
        );
    }

    #[test]
    fn what_is_not_seen_from_outside_or_not_the_projects_own_is_no_graph() {
        let inner = CHAIN.replace("export const", "const");
        for files in [
            &[("src/graph.ts", inner.as_str())][..],
            &[("node_modules/x/graph.ts", CHAIN)],
            &[("tests/graph.ts", CHAIN)],
            &[("a/b/c/d/e/graph.ts", CHAIN)],
            &[("graph.md", CHAIN)],
        ] {
            assert_eq!(graph(files, Runtime::Node), None, "{files:?}");
        }
    }
}
