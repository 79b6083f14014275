//! Where a graph is defined: the file that langgraph.json names, and the line in it that gives the attribute its value.
//!
//! Read from the file and not asked of the worker, so that it is known of graphs too that do not load.

use std::path::{Path, PathBuf};

use lgx_config::{Config, Source, Target, read_plain_file};

/// The file of a target, and the line in it if one is found.
pub(super) fn find(target: &Target, config: &Config) -> (Option<PathBuf>, Option<u32>) {
    let Some(file) = file_of(target, config) else {
        return (None, None);
    };
    let text = read_plain_file(&file).ok();
    let text = text.and_then(|bytes| String::from_utf8(bytes).ok());
    let line = text.and_then(|text| line_of(&text, &target.attribute));
    (Some(file), line)
}

/// The file of a module is looked for as Python looks for it, in the project's own folders.
fn file_of(target: &Target, config: &Config) -> Option<PathBuf> {
    match &target.source {
        Source::File(file) => Some(file.clone()),
        Source::Module(module) => {
            let path = module.replace('.', "/");
            let in_folder = |folder: &PathBuf| {
                let package = folder.join(&path).join("__init__.py");
                let module = folder.join(format!("{path}.py"));
                [package, module].into_iter().find(|file| is_file(file))
            };
            config.sys_path.iter().find_map(in_folder)
        }
    }
}

fn is_file(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|found| found.is_file())
}

/// The last line at the outermost level that binds the name: an assignment, a function, a class.
fn line_of(text: &str, attribute: &str) -> Option<u32> {
    let binds = |line: &str| {
        let words = ["async def ", "def ", "class "];
        let definition = words.iter().find_map(|word| line.strip_prefix(word));
        let rest = definition.unwrap_or(line).strip_prefix(attribute);
        rest.is_some_and(|rest| {
            let rest = rest.trim_start();
            if definition.is_some() {
                rest.starts_with(['(', ':', '['])
            } else {
                rest.starts_with(':') || rest.starts_with('=') && !rest.starts_with("==")
            }
        })
    };
    let lines = text.lines().zip(1..);
    lines
        .filter(|(line, _)| binds(line))
        .map(|(_, at)| at)
        .last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_binds_the_name_is_found() {
        for (text, line) in [
            ("import x\n\ngraph = make()\n", Some(3)),
            ("graph: Graph = make()", Some(1)),
            ("graph=1\ngraph = graph.compile()", Some(2)),
            ("def graph(config):\n    return 1", Some(1)),
            ("async def graph():\n    pass", Some(1)),
            (
                "@asynccontextmanager\nasync def graph():\n    yield",
                Some(2),
            ),
            ("class graph:\n    pass", Some(1)),
            ("graphs = 1\n    graph = 2\ngraph == 3\ngraph.x = 4", None),
            ("def graph_of(x): pass", None),
            ("", None),
        ] {
            assert_eq!(line_of(text, "graph"), line, "{text:?}");
        }
    }
}
