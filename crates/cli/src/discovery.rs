//! What a project's code has that langgraph.json names, by a look at its text: nothing is run.

mod factories;
mod files;
mod graphs;
mod ids;
mod roots;
mod statements;
mod variables;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use lgx_config::Runtime;

pub(crate) use self::files::{Reach, files};
pub(crate) use self::graphs::GraphKind;
pub(crate) use self::ids::with_ids;
pub(crate) use self::roots::dependencies;
pub(crate) use self::variables::{ReadVariable, variables_of};
use crate::disk::Probe;
use crate::project::FILE;

/// A graph, or what makes one, in a file of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FoundGraph {
    /// The file, absolute.
    pub(crate) file: PathBuf,
    /// The variable or function, as others see it.
    pub(crate) name: String,
    /// The line that it begins in, from 1.
    pub(crate) line: u32,
    pub(crate) kind: GraphKind,
    pub(crate) runtime: Runtime,
}

impl FoundGraph {
    /// As langgraph.json in a directory names it.
    pub(crate) fn target_from(&self, directory: &Path) -> String {
        let inside = self.file.strip_prefix(directory).unwrap_or(&self.file);
        format!("./{}:{}", inside.display(), self.name)
    }
}

/// A file of code that was read.
#[derive(Debug)]
pub(crate) struct CodeFile {
    pub(crate) path: PathBuf,
    pub(crate) runtime: Runtime,
    pub(crate) text: String,
}

/// The code among these files, without what tests it and without that of projects that have a configuration of their own.
pub(crate) fn code(files: &[PathBuf], disk: &impl Probe) -> Vec<CodeFile> {
    let configured = files.iter().filter(|file| file.ends_with(FILE));
    let configured: BTreeSet<&Path> = configured.filter_map(|file| file.parent()).collect();
    let is_others = |file: &Path| file.ancestors().any(|above| configured.contains(above));
    let code = files.iter().filter_map(|path| {
        let suffix = path.extension()?.to_str()?;
        let runtime = Runtime::of_suffix(suffix)?;
        if is_test(path) || is_others(path) {
            return None;
        }
        let text = disk.read(path)?;
        Some(CodeFile {
            path: path.clone(),
            runtime,
            text,
        })
    });
    code.collect()
}

/// Whether a file is one of tests, or of nothing but types.
fn is_test(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.unwrap_or_default();
    name.starts_with("test_")
        || name == "conftest.py"
        || ["_test.", ".test.", ".spec.", ".d.", ".config."]
            .iter()
            .any(|part| name.contains(part))
}

/// The graphs in the code, and the functions that make one unless they are there for another of them.
pub(crate) fn graphs(code: &[CodeFile]) -> Vec<FoundGraph> {
    let makers = factories::makers(code);
    let found: Vec<FoundGraph> = code
        .iter()
        .flat_map(|file| {
            let graphs = graphs::graphs_of(&file.text, file.runtime, &makers);
            graphs.into_iter().map(|graph| FoundGraph {
                file: file.path.clone(),
                name: graph.name.to_owned(),
                line: graph.line,
                kind: graph.kind,
                runtime: file.runtime,
            })
        })
        .collect();
    let is_used =
        |graph: &FoundGraph| graph.kind == GraphKind::Factory && factories::is_called(graph, code);
    if found.iter().all(is_used) {
        return found;
    }
    found.into_iter().filter(|graph| !is_used(graph)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::tests::MadeUp;

    fn found(written: &[(&str, &str)]) -> Vec<String> {
        let disk = written
            .iter()
            .fold(MadeUp::default(), |disk, (file, text)| {
                disk.and_file(&format!("/p/{file}"), text)
            });
        let files = files(Path::new("/p"), Reach::WHOLE, &disk);
        let graphs = graphs(&code(&files, &disk));
        let told = graphs.iter().map(|graph| {
            let file = graph.file.strip_prefix("/p").unwrap().display();
            format!("{file}:{} {}", graph.line, graph.name)
        });
        told.collect()
    }

    const IMPORT: &str = "from langgraph.graph import StateGraph\n";

    #[test]
    fn a_graph_that_a_function_of_another_file_makes_is_one_and_the_function_is_not() {
        let builder = format!(
            "{IMPORT}def build_graph(model):\n    b = StateGraph(S)\n    return b.compile()\n"
        );
        let graph = "from .builder import build_graph\n\ngraph = build_graph(model)\n";
        assert_eq!(
            found(&[("a/builder.py", &builder), ("a/graph.py", graph)]),
            ["a/graph.py:3 graph"]
        );
        let outer = format!(
            "{IMPORT}def inner():\n    return b.compile()\n\ndef make_graph(config):\n    return inner()\n"
        );
        assert_eq!(found(&[("graph.py", &outer)]), ["graph.py:5 make_graph"]);
    }

    #[test]
    fn a_function_that_is_only_spoken_of_or_has_the_name_of_another_is_a_factory() {
        let factory = format!(
            "\"\"\"`make(config)` makes it.\"\"\"\n{IMPORT}def make(config):\n    return b.compile()\n"
        );
        let other = format!("{IMPORT}graph = b.compile()\nprint(make(1))\n");
        assert_eq!(
            found(&[("a.py", &factory), ("b.py", &other)]),
            ["a.py:3 make", "b.py:2 graph"]
        );
        let module = "import \"@langchain/langgraph\";\nconst calling = (tool) =>\n  new StateGraph(S)\n    .compile();\nexport const weather = calling(\"weather\");\n";
        assert_eq!(found(&[("graphs.js", module)]), ["graphs.js:5 weather"]);
    }

    #[test]
    fn tests_installed_packages_and_projects_with_a_configuration_are_passed_over() {
        let graph = format!("{IMPORT}graph = b.compile()\n");
        assert_eq!(
            found(&[
                ("test_graph.py", &graph),
                ("tests/graph.py", &graph),
                ("env/pyvenv.cfg", ""),
                ("env/lib/graph.py", &graph),
                ("apps/one/langgraph.json", "{}"),
                ("apps/one/src/graph.py", &graph),
                ("apps/two/src/two/agents/deep/graph.py", &graph),
            ]),
            ["apps/two/src/two/agents/deep/graph.py:2 graph"]
        );
    }
}
