//! A graph in the language of Mermaid: the same text as langgraph's `draw_mermaid()` writes, for graphs of both languages.
//!
//! Where langgraph gives up (two subgraphs of one name) or leaves something out (a subgraph without lines of its own within another),
//! there is text all the same.

use std::fmt::Write as _;

use serde_json::Value;

use super::drawing::{Drawing, Edge, Node, name_of};

const HEAD: &str = "---\nconfig:\n  flowchart:\n    curve: linear\n---\ngraph TD;\n";
const STYLES: &str = "\tclassDef default fill:#f2f0ff,line-height:1.2\n\tclassDef first fill-opacity:0\n\tclassDef last fill:#bfb6fc\n";
/// A label is broken after so many words.
const WORDS: usize = 9;

/// The text, with a line break at its end.
pub(crate) fn mermaid(drawing: &Drawing) -> String {
    let mut writing = Writing {
        drawing,
        groups: groups(drawing),
        text: HEAD.to_owned(),
    };
    writing.put_nodes("");
    writing.put_group("");
    writing.text.push_str(STYLES);
    writing.text
}

/// Lines that lie in one subgraph, and no deeper.
struct Subgraph<'a> {
    path: String,
    edges: Vec<&'a Edge>,
}

struct Writing<'a> {
    drawing: &'a Drawing,
    groups: Vec<Subgraph<'a>>,
    text: String,
}

/// The subgraphs, in the order of their first lines; those without lines come last. That of all is one of them.
fn groups(drawing: &Drawing) -> Vec<Subgraph<'_>> {
    let mut groups: Vec<Subgraph<'_>> = Vec::new();
    for edge in &drawing.edges {
        let path = common_path(&edge.source, &edge.target);
        match groups.iter_mut().find(|group| group.path == path) {
            Some(group) => group.edges.push(edge),
            None => groups.push(Subgraph {
                path,
                edges: vec![edge],
            }),
        }
    }
    let mut add = |path: &str| {
        if !groups.iter().any(|group| group.path == path) {
            let (path, edges) = (path.to_owned(), Vec::new());
            groups.push(Subgraph { path, edges });
        }
    };
    add("");
    for node in &drawing.nodes {
        for (at, _) in node.id.match_indices(':') {
            add(&node.id[..at]);
        }
    }
    groups
}

/// The path that both have; of a node and itself, the whole.
fn common_path(one: &str, other: &str) -> String {
    let pairs = one.split(':').zip(other.split(':'));
    let common: Vec<_> = pairs
        .take_while(|(one, other)| one == other)
        .map(|(one, _)| one)
        .collect();
    common.join(":")
}

fn parent_of(path: &str) -> &str {
    path.rsplit_once(':').map_or("", |(parent, _)| parent)
}

impl Writing<'_> {
    fn put_nodes(&mut self, group: &str) {
        let first = only(self.drawing, |edge| &edge.target);
        let last = only(self.drawing, |edge| &edge.source);
        for node in &self.drawing.nodes {
            if parent_of(&node.id) != group {
                continue;
            }
            let (id, label) = (safe(&node.id), label_of(node));
            let line = if last == Some(node.id.as_str()) {
                format!("\t{id}([{label}]):::last\n")
            } else if first == Some(node.id.as_str()) {
                format!("\t{id}([{label}]):::first\n")
            } else {
                format!("\t{id}({label})\n")
            };
            self.text.push_str(&line);
        }
    }

    /// The lines of a group, and the groups within it.
    fn put_group(&mut self, path: &str) {
        let position = self.groups.iter().position(|group| group.path == path);
        let edges = position.map(|at| std::mem::take(&mut self.groups[at].edges));
        let is_subgraph = !path.is_empty() && self.holds_nodes(path);
        if is_subgraph {
            let line = self.subgraph_line(path);
            self.text.push_str(&line);
            self.put_nodes(path);
        }
        for edge in edges.into_iter().flatten() {
            self.put_edge(edge);
        }
        let inner = self.groups.iter().map(|group| group.path.clone());
        let inner: Vec<_> = inner
            .filter(|inner| !inner.is_empty() && inner != path && parent_of(inner) == path)
            .collect();
        for path in inner {
            self.put_group(&path);
        }
        if is_subgraph {
            self.text.push_str("\tend\n");
        }
    }

    /// Whether it is a subgraph, and no node that leads to itself.
    fn holds_nodes(&self, path: &str) -> bool {
        let within = |node: &Node| {
            let rest = node.id.strip_prefix(path);
            rest.is_some_and(|rest| rest.starts_with(':'))
        };
        self.drawing.nodes.iter().any(within)
    }

    fn subgraph_line(&self, path: &str) -> String {
        let name = name_of(path);
        let same = self
            .groups
            .iter()
            .filter(|group| name_of(&group.path) == name && self.holds_nodes(&group.path));
        if same.count() > 1 {
            let id = path.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
            return format!("\tsubgraph {id}[\"{}\"]\n", escaped(name));
        }
        format!("\tsubgraph {name}\n")
    }

    fn put_edge(&mut self, edge: &Edge) {
        let arrow = match (edge.label(), edge.conditional) {
            (None, false) => " --> ".to_owned(),
            (None, true) => " -.-> ".to_owned(),
            (Some(label), false) => format!(" -- &nbsp;{}&nbsp; --> ", broken(&label)),
            (Some(label), true) => format!(" -. &nbsp;{}&nbsp; .-> ", broken(&label)),
        };
        let (source, target) = (safe(&edge.source), safe(&edge.target));
        // Writing to a text cannot fail.
        let _ = writeln!(self.text, "\t{source}{arrow}{target};");
    }
}

/// The one node that no edge has at this end, if it is one.
fn only(drawing: &Drawing, end: impl Fn(&Edge) -> &String) -> Option<&str> {
    let mut free = drawing.nodes.iter().filter(|node| {
        let taken = drawing.edges.iter().any(|edge| *end(edge) == node.id);
        !taken
    });
    let found = free.next()?;
    free.next().is_none().then_some(found.id.as_str())
}

fn label_of(node: &Node) -> String {
    let name = name_of(&node.id);
    let special = ['*', '_', '`'];
    let mut label = if name.starts_with(special) && name.ends_with(special) {
        format!("<p>{name}</p>")
    } else {
        name.to_owned()
    };
    let told: Vec<_> = (node.metadata.iter().flatten())
        .filter_map(|(key, value)| Some(escaped(&format!("{key} = {}", in_words(value)?))))
        .collect();
    if !told.is_empty() {
        let told = told.join("\n");
        label = format!("{label}<hr/><small><em>{told}</em></small>");
    }
    label
}

/// A value as Python writes it; what has no short form is left out.
fn in_words(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(true) => Some("True".to_owned()),
        Value::Bool(false) => Some("False".to_owned()),
        Value::Array(values) => {
            let words = values.iter().map(|value| match value {
                Value::Array(_) => None,
                value => in_words(value),
            });
            Some(words.collect::<Option<Vec<_>>>()?.join(", "))
        }
        Value::Null | Value::Object(_) => None,
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '"' => out.push_str("#quot;"),
            '#' | '[' | ']' | '(' | ')' | '{' | '}' | '<' | '>' | '|' => {
                let _ = write!(out, "#{};", u32::from(character));
            }
            other => out.push(other),
        }
    }
    out
}

/// An id that Mermaid takes.
fn safe(id: &str) -> String {
    let mut out = String::new();
    for character in id.chars() {
        if character.is_ascii_alphanumeric() || character == '_' || character == '-' {
            out.push(character);
        } else {
            let _ = write!(out, "\\{:x}", u32::from(character));
        }
    }
    out
}

/// A long label in several lines.
fn broken(label: &str) -> String {
    let words: Vec<_> = label.split_whitespace().collect();
    if words.len() <= WORDS {
        return label.to_owned();
    }
    let lines: Vec<_> = words.chunks(WORDS).map(|words| words.join(" ")).collect();
    lines.join("&nbsp<br>&nbsp")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use super::*;

    fn drawn(value: &Value) -> String {
        mermaid(&serde_json::from_value(value.clone()).unwrap())
    }

    #[test]
    fn conditions_are_dotted_with_their_labels_and_subgraphs_are_framed() {
        let text = drawn(&json!({
            "nodes": [
                {"id": "__start__"},
                {"id": "child:a", "metadata": {"__interrupt": "before"}},
                {"id": "child:b"},
                {"id": "my node"},
                {"id": "__end__"},
            ],
            "edges": [
                {"source": "__start__", "target": "child:a"},
                {"source": "child:a", "target": "child:b"},
                {"source": "child:b", "target": "my node", "data": "go on", "conditional": true},
                {"source": "child:b", "target": "__end__", "conditional": true},
                {"source": "my node", "target": "my node"},
            ],
        }));
        assert_snapshot!(text, @r"
        ---
        config:
          flowchart:
            curve: linear
        ---
        graph TD;
        	__start__([<p>__start__</p>]):::first
        	my\20node(my node)
        	__end__([<p>__end__</p>]):::last
        	__start__ --> child\3aa;
        	child\3ab -. &nbsp;go on&nbsp; .-> my\20node;
        	child\3ab -.-> __end__;
        	subgraph child
        	child\3aa(a<hr/><small><em>__interrupt = before</em></small>)
        	child\3ab(b)
        	child\3aa --> child\3ab;
        	end
        	my\20node --> my\20node;
        	classDef default fill:#f2f0ff,line-height:1.2
        	classDef first fill-opacity:0
        	classDef last fill:#bfb6fc
        ");
    }

    #[test]
    fn subgraphs_of_one_name_are_told_apart_and_none_is_left_out() {
        let text = drawn(&json!({
            "nodes": [{"id": "a:inner:x"}, {"id": "b:inner:x"}],
            "edges": [{"source": "a:inner:x", "target": "b:inner:x"}],
        }));
        let frames: Vec<_> = (text.lines().map(str::trim))
            .filter(|line| line.starts_with("subgraph") || *line == "end")
            .collect();
        let expected = [
            "subgraph a",
            "subgraph a_inner[\"inner\"]",
            "end",
            "end",
            "subgraph b",
            "subgraph b_inner[\"inner\"]",
            "end",
            "end",
        ];
        assert_eq!(frames, expected);
    }

    #[test]
    fn a_label_of_many_words_is_broken() {
        let label = "one two three four five six seven eight nine ten";
        assert_eq!(
            broken(label),
            "one two three four five six seven eight nine&nbsp<br>&nbspten"
        );
        assert_eq!(broken("as  it is"), "as  it is");
    }
}
