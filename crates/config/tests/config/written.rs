//! What is asked of a file besides what it means: the lines of keys, dependencies as written, the example of its `.env`.

use lgx_config::{line_of, written_dependencies};

use crate::project::Project;

const TEXT: &str = r#"{
  // What is served.
  "graphs": {
    "agent": "./agent.py:graph",
    "other": {"path": "./agent.py:other"}
  },
  "dependencies": [
    ".", " langchain-openai>=1 ",
    3
  ],
  "http": {"app": "./agent.py:app"}
}"#;

#[test]
fn a_key_is_found_by_its_path_and_else_the_one_above_it() {
    let project = Project::with(&[]);
    project.write("langgraph.json", TEXT);
    let line = |keys: &[&str]| line_of(&project.path("langgraph.json"), keys);

    assert_eq!(line(&["graphs", "agent"]), Some(4));
    assert_eq!(line(&["graphs", "other", "path"]), Some(5));
    assert_eq!(line(&["http", "app"]), Some(11));
    assert_eq!(line(&["graphs", "gone"]), Some(3));
    assert_eq!(line(&["gone", "app"]), None);
    assert_eq!(line_of(&project.path("gone.json"), &["graphs"]), None);
}

#[test]
fn dependencies_are_told_as_written_with_their_lines() {
    let project = Project::with(&[]);
    project.write("langgraph.json", TEXT);

    let written = written_dependencies(&project.path("langgraph.json"));

    let written: Vec<_> = written.iter().map(|it| (&*it.text, it.line)).collect();
    assert_eq!(written, [(".", 8), ("langchain-openai>=1", 8)]);
}

#[test]
fn an_example_names_what_is_asked_for_and_leaves_out_what_is_commented_out() {
    let project = Project::with(&["agent.py", ".env"]);
    let json = r#"{"graphs": {"agent": "./agent.py:graph"}, "env": ".env"}"#;
    assert_eq!(project.config(json).env_example(), None);

    project.write(
        ".env.example",
        "# for the model\nOPENAI_API_KEY=\n\n# OPTIONAL=1\nA=\"x\ny\"\nexport B=2\nA=3\n",
    );
    let example = project.config(json).env_example().unwrap();

    assert_eq!(example.file, project.path(".env.example"));
    let variables = example.variables.iter();
    let variables: Vec<_> = variables.map(|it| (&*it.name, it.line)).collect();
    assert_eq!(variables, [("OPENAI_API_KEY", 2), ("A", 5), ("B", 7)]);
}
