//! The ids that graphs get in langgraph.json: short, telling, and each its own.

use std::collections::BTreeSet;
use std::path::Path;

use super::FoundGraph;

/// The id of the only graph of a project.
const ONLY: &str = "agent";

/// Names that say no more than that something is a graph, or makes one.
const GENERIC: [&str; 22] = [
    "agent",
    "app",
    "builder",
    "build",
    "build_graph",
    "buildGraph",
    "chain",
    "compiled",
    "create_graph",
    "createGraph",
    "default",
    "get_graph",
    "getGraph",
    "graph",
    "graphs",
    "index",
    "main",
    "make_graph",
    "makeGraph",
    "src",
    "workflow",
    "__init__",
];

/// The graphs, each with an id.
pub(crate) fn with_ids(graphs: &[FoundGraph], root: &Path) -> Vec<(String, FoundGraph)> {
    if let [only] = graphs {
        return vec![(ONLY.to_owned(), only.clone())];
    }
    let mut taken = BTreeSet::new();
    let mut named = Vec::new();
    for graph in graphs {
        let id = free(&candidates(graph, root), &taken);
        taken.insert(id.clone());
        named.push((id, graph.clone()));
    }
    named
}

/// The first that nobody has, or the last with a number.
fn free(candidates: &[String], taken: &BTreeSet<String>) -> String {
    let first = candidates.iter().find(|id| !taken.contains(*id));
    if let Some(first) = first {
        return first.clone();
    }
    let last = candidates.last().map_or(ONLY, String::as_str);
    let mut numbered = (2_u32..).map(|number| format!("{last}_{number}"));
    numbered
        .find(|id| !taken.contains(id))
        .unwrap_or_else(|| last.to_owned())
}

/// What a graph may be called, the best first: its variable, its file, the folders that it is in, and these together.
fn candidates(graph: &FoundGraph, root: &Path) -> Vec<String> {
    let inside = graph.file.strip_prefix(root).unwrap_or(&graph.file);
    let folders = inside.with_extension("");
    let parts = folders.iter().rev().filter_map(|part| part.to_str());
    let parts: Vec<String> = [graph.name.as_str()]
        .into_iter()
        .chain(parts)
        .map(plain)
        .collect();
    let telling: Vec<&String> = parts
        .iter()
        .filter(|part| !GENERIC.contains(&part.as_str()))
        .collect();
    let mut candidates: Vec<String> = telling
        .first()
        .map(|first| (*first).clone())
        .into_iter()
        .collect();
    if let [first, second, ..] = telling[..] {
        candidates.push(format!("{second}_{first}"));
    }
    candidates.push(parts[0].clone());
    let whole: Vec<&str> = parts.iter().rev().map(String::as_str).collect();
    candidates.push(whole.join("_"));
    candidates
}

/// A name of letters, digits and what joins them.
fn plain(name: &str) -> String {
    let of = |character: char| {
        let is_fine = character.is_ascii_alphanumeric() || "_-".contains(character);
        if is_fine { character } else { '_' }
    };
    name.chars().map(of).collect()
}

#[cfg(test)]
mod tests {
    use lgx_config::Runtime;

    use super::super::GraphKind;
    use super::*;

    fn ids(places: &[(&str, &str)]) -> Vec<String> {
        let graphs: Vec<FoundGraph> = places
            .iter()
            .map(|(file, name)| FoundGraph {
                file: format!("/p/{file}").into(),
                name: (*name).to_owned(),
                line: 1,
                kind: GraphKind::Compiled,
                runtime: Runtime::Python,
            })
            .collect();
        let named = with_ids(&graphs, Path::new("/p"));
        named.into_iter().map(|(id, _)| id).collect()
    }

    #[test]
    fn the_only_graph_is_the_agent() {
        assert_eq!(ids(&[("src/chat/graph.py", "chatbot")]), ["agent"]);
    }

    #[test]
    fn several_are_told_apart_by_what_says_most() {
        assert_eq!(
            ids(&[
                ("src/research/graph.py", "graph"),
                ("src/writer.py", "graph"),
                ("src/pair.py", "planner"),
                ("src/pair.py", "graph"),
                ("a/chat/graph.py", "graph"),
                ("b/chat/graph.py", "graph"),
                ("graph.py", "graph"),
                ("agent.py", "graph"),
                ("main.py", "graph"),
            ]),
            [
                "research",
                "writer",
                "planner",
                "pair",
                "chat",
                "b_chat",
                "graph",
                "agent_graph",
                "main_graph"
            ]
        );
        assert_eq!(ids(&[("a.py", "one"), ("a.py", "one")]), ["one", "a_one"]);
        assert_eq!(
            ids(&[("my app/x.py", "graph"), ("my app/y.py", "graph")]),
            ["x", "y"]
        );
    }
}
