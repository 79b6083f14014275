//! `graphs`: what is served.

use insta::assert_snapshot;
use lgx_config::Source;

use crate::project::Project;

#[test]
fn a_graph_is_an_attribute_of_a_file_or_of_a_module_with_or_without_a_description() {
    let project = Project::with(&["src/agent/graph.py", "other.py"]);
    let config = project.config(
        r#"{"graphs": {
            "agent": "./src/agent/graph.py:graph",
            "bare file": "other.py:make",
            "module": "pkg.graphs:graph",
            "": {"path": "./other.py:graph", "description": "Answers mail."}
        }}"#,
    );
    let found: Vec<_> = config
        .graphs
        .iter()
        .map(|graph| (&*graph.id, &graph.target.source, &*graph.target.attribute))
        .collect();
    assert_eq!(
        found,
        [
            (
                "agent",
                &Source::File(project.path("src/agent/graph.py")),
                "graph"
            ),
            ("bare file", &Source::File(project.path("other.py")), "make"),
            ("module", &Source::Module("pkg.graphs".to_owned()), "graph"),
            ("", &Source::File(project.path("other.py")), "graph"),
        ]
    );
    assert_eq!(
        config.graphs[3].description.as_deref(),
        Some("Answers mail.")
    );
}

#[test]
fn a_graph_is_found_by_its_id_only() {
    let project = Project::with(&["agent.py"]);
    let config = project.config(r#"{"graphs": {"a": "./agent.py:graph", "b": "pkg.b:make"}}"#);
    assert_eq!(config.graph("b"), Some(&config.graphs[1]));
    assert_eq!(config.graph("make"), None);
}

#[test]
fn paths_are_relative_to_the_file_not_to_the_current_directory() {
    let project = Project::with(&["apps/one/graph.py", "sibling.py"]);
    project.write(
        "apps/one/langgraph.json",
        r#"{"graphs": {"a": "./graph.py:graph", "b": "../../sibling.py:graph"}}"#,
    );
    let (config, _) = project.load_file("apps/one/langgraph.json").unwrap();
    assert_eq!(config.root, project.path("apps/one"));
    assert_eq!(
        config.graphs[0].target.source,
        Source::File(project.path("apps/one/graph.py"))
    );
    assert_eq!(
        config.graphs[1].target.source,
        Source::File(project.path("sibling.py").canonicalize().unwrap())
    );
}

#[test]
fn every_way_to_write_a_graph_wrongly_is_shown() {
    let project = Project::with(&[
        "agent.py",
        "src/mail/graph.py",
        "package/__init__.py",
        "notes.txt",
        ".venv/lib/grahp.py",
    ]);
    let errors = project.errors(
        r#"{
  "graphs": {
    "no colon": "./agent.py",
    "two colons": "./agent.py:graph:x",
    "no file": ":graph",
    "no attribute": "./agent.py:",
    "typescript": "./src/agent.mts:graph",
    "missing": "./src/mail/grahp.py:graph",
    "missing, nothing near": "./somewhere/entirely_else.py:graph",
    "directory": "./package:graph",
    "text": "./notes.txt:graph",
    "neither": "my agent:graph",
    "number": 3,
    "no path": {"description": "What?"},
    "path of another type": {"path": ["./agent.py:graph"]},
  }
}"#,
    );
    let errors = errors.replace(&format!("{}", project.root().display()), "ROOT");
    assert_snapshot!(errors, @r#"
    error: langgraph.json:3:17: graph 'no colon' does not name an attribute: there is no ':' in "./agent.py"
      3 |     "no colon": "./agent.py",
        |                 ^^^^^^^^^^^^
      hint: write "./agent.py:graph", with the name of the variable that holds the graph

    error: langgraph.json:4:19: graph 'two colons' has more than one ':' in "./agent.py:graph:x"
      4 |     "two colons": "./agent.py:graph:x",
        |                   ^^^^^^^^^^^^^^^^^^^^
      hint: write "path/to/file.py:graph" or "package.module:graph"

    error: langgraph.json:5:16: graph 'no file' does not name a file: nothing stands before the ':' in ":graph"
      5 |     "no file": ":graph",
        |                ^^^^^^^^
      hint: write "path/to/file.py:graph"

    error: langgraph.json:6:21: graph 'no attribute' does not name an attribute: nothing stands after the ':' in "./agent.py:"
      6 |     "no attribute": "./agent.py:",
        |                     ^^^^^^^^^^^^^
      hint: write "./agent.py:graph", with the name of the variable that holds the graph

    error: langgraph.json:7:19: graph 'typescript': there is no file ./src/agent.mts
      7 |     "typescript": "./src/agent.mts:graph",
        |                   ^^^^^^^^^^^^^^^^^^^^^^^
      hint: paths are relative to the configuration file; looked for src/agent.mts

    error: langgraph.json:8:16: graph 'missing': there is no file ./src/mail/grahp.py
      8 |     "missing": "./src/mail/grahp.py:graph",
        |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^
      hint: did you mean ./src/mail/graph.py?

    error: langgraph.json:9:30: graph 'missing, nothing near': there is no file ./somewhere/entirely_else.py
      9 |     "missing, nothing near": "./somewhere/entirely_else.py:graph",
        |                              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      hint: paths are relative to the configuration file; looked for somewhere/entirely_else.py

    error: langgraph.json:10:18: graph 'directory': ./package is a directory, not a file of code
      10 |     "directory": "./package:graph",
         |                  ^^^^^^^^^^^^^^^^^
      hint: for the package itself write "./package/__init__.py:…"

    error: langgraph.json:11:13: graph 'text': ./notes.txt is not a file of Python, JavaScript or TypeScript; the end of its name says what it is, such as .py or .ts
      11 |     "text": "./notes.txt:graph",
         |             ^^^^^^^^^^^^^^^^^^^

    error: langgraph.json:12:16: graph 'neither': "my agent" is neither a path to a file of code nor the name of a module
      12 |     "neither": "my agent:graph",
         |                ^^^^^^^^^^^^^^^^
      hint: a path has a '/' in it, a module is written `package.module`

    error: langgraph.json:13:15: graph 'number' must be a string like "./src/agent/graph.py:graph" or an object with a `path`, not a number
      13 |     "number": 3,
         |               ^

    error: langgraph.json:14:16: graph 'no path' has no `path`
      14 |     "no path": {"description": "What?"},
         |                ^^^^^^^^^^^^^^^^^^^^^^^^
      hint: write { "path": "./src/agent/graph.py:graph", "description": "…" }

    error: langgraph.json:15:38: `graphs.path of another type.path` must be a string, not an array
      15 |     "path of another type": {"path": ["./agent.py:graph"]},
         |                                      ^^^^^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn two_graphs_of_one_name_are_an_error() {
    let project = Project::with(&["agent.py"]);
    assert_snapshot!(project.errors(r#"{"graphs": {"a": "./agent.py:graph", "a": "./agent.py:other"}}"#), @r#"
    error: langgraph.json:1:38: there are two graphs called 'a'
      1 | {"graphs": {"a": "./agent.py:graph", "a": "./agent.py:other"}}
        |                                      ^^^
      hint: give one of them another name
    "#);
}

#[test]
fn graphs_must_be_there() {
    let project = Project::with(&[]);
    assert_snapshot!(project.errors("{}"), @r#"
    error: langgraph.json:1:1: there is no graph to serve: `graphs` is missing
      1 | {}
        | ^
      hint: add one, for example "graphs": { "agent": "./src/agent/graph.py:graph" }
    "#);
    assert_snapshot!(project.errors(r#"{"graphs": {}}"#), @r#"
    error: langgraph.json:1:12: there is no graph to serve: `graphs` is empty
      1 | {"graphs": {}}
        |            ^^
      hint: add one, for example "graphs": { "agent": "./src/agent/graph.py:graph" }
    "#);
    assert_snapshot!(project.errors(r#"{"graphs": ["./agent.py:graph"]}"#), @r#"
    error: langgraph.json:1:12: `graphs` must be an object, not an array
      1 | {"graphs": ["./agent.py:graph"]}
        |            ^^^^^^^^^^^^^^^^^^^^
      hint: add one, for example "graphs": { "agent": "./src/agent/graph.py:graph" }
    "#);
}
