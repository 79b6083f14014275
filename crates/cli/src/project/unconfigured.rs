//! What to do where there is no langgraph.json: serve one that lies below, or write one that names the graph in the code.

mod graph_in_code;

use std::path::{Path, PathBuf};

use lgx_config::Runtime;

use self::graph_in_code::graph_of;
use super::FILE;
use crate::context::Context;
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

/// Directories that hold no code of the project's own, or none that is to be served.
const PASSED_OVER: [&str; 9] = [
    "__pycache__",
    "build",
    "coverage",
    "dist",
    "node_modules",
    "site-packages",
    "test",
    "tests",
    "venv",
];

/// How deep, and in how many directories, something is looked for.
const DEEPEST: usize = 4;
const MOST_DIRECTORIES: usize = 500;
/// How many projects are named.
const MOST_PROJECTS: usize = 3;

/// Why nothing is served, and what to do about it; none if there is no project here at all.
pub(crate) fn advised(directory: &Path, context: &Context, disk: &impl Probe) -> Option<Advised> {
    let files = files(directory, disk);
    let place = match context.shown(directory).as_str() {
        "." => "this directory".to_owned(),
        shown => format!("`{shown}`"),
    };
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
            Some((_, graph)) => format!("write one that names your graph: {}", naming(graph)),
            None => format!(
                "write one that names your graphs by file and variable, such as {}; `lgx new` makes a project to look at",
                naming(example(runtime))
            ),
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

fn naming(graph: &str) -> String {
    format!("{{\"graphs\": {{\"agent\": \"{graph}\"}}}}")
}

const fn example(runtime: Runtime) -> &'static str {
    match runtime {
        Runtime::Python => "./src/agent.py:graph",
        Runtime::Node => "./src/agent.ts:graph",
    }
}

/// The files of a directory and of those below it, the nearest ones first.
fn files(directory: &Path, disk: &impl Probe) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut level = vec![directory.to_owned()];
    let mut left = MOST_DIRECTORIES;
    for _ in 0..DEEPEST {
        level.truncate(left);
        left -= level.len();
        let mut deeper = Vec::new();
        for folder in level {
            let mut names = disk.names(&folder);
            names.sort();
            for name in names {
                let path = folder.join(&name);
                if !disk.is_directory(&path) {
                    found.push(path);
                } else if !name.starts_with('.') && !PASSED_OVER.contains(&name.as_str()) {
                    deeper.push(path);
                }
            }
        }
        level = deeper;
    }
    found
}

/// The first graph in the project's code, as langgraph.json names it.
fn graph_in(
    directory: &Path,
    files: &[PathBuf],
    runtime: Runtime,
    disk: &impl Probe,
) -> Option<String> {
    let mut code = files.iter().filter(|file| is_code(file, runtime));
    code.find_map(|file| {
        let text = disk.read(file)?;
        let variable = graph_of(&text, runtime)?;
        let inside = file.strip_prefix(directory).unwrap_or(file);
        Some(format!("./{}:{variable}", inside.display()))
    })
}

fn is_code(path: &Path, runtime: Runtime) -> bool {
    let suffix = path.extension().and_then(|suffix| suffix.to_str());
    suffix.is_some_and(|suffix| runtime.suffixes().contains(&suffix))
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
        graph_in(directory, &files(directory, &disk), runtime, &disk)
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
