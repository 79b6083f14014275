//! `dependencies`: where user code is imported from.

use insta::assert_snapshot;

use crate::project::{Project, with_agent};

#[test]
fn code_is_imported_from_the_root_and_then_from_local_dependencies_and_their_src() {
    let project = Project::with(&[
        "app/agent.py",
        "app/src/agent/__init__.py",
        "app/lib/__init__.py",
        "app/package/src/__init__.py",
        "sibling/src/sibling/__init__.py",
    ]);
    project.write(
        "app/langgraph.json",
        r#"{"graphs": {"a": "./agent.py:graph"}, "dependencies": [".", "lib", "./package", "../sibling", "langchain-openai>=1", "git+https://a/b.git"]}"#,
    );
    let (config, warnings) = project.load_file("app/langgraph.json").unwrap();
    assert_eq!(warnings, "");
    let sibling = project.path("sibling").canonicalize().unwrap();
    assert_eq!(
        config.sys_path,
        [
            project.path("app"),
            project.path("app/src"),
            project.path("app/lib"),
            project.path("app/package"),
            sibling.clone(),
            sibling.join("src")
        ]
    );
}

#[test]
fn the_root_of_a_uv_source_is_imported_from() {
    let project = Project::with(&["app/agent.py", "src/library.py"]);
    project.write(
        "app/langgraph.json",
        r#"{"graphs": {"a": "./agent.py:graph"}, "source": {"kind": "uv", "root": ".."}}"#,
    );
    let (config, _) = project.load_file("app/langgraph.json").unwrap();
    assert!(
        config
            .sys_path
            .contains(&project.path("src").canonicalize().unwrap()),
        "{:?}",
        config.sys_path
    );
}

#[test]
fn a_local_dependency_that_is_not_there_is_a_warning() {
    let (project, file) = with_agent(r#""dependencies": ["./lib", "./agent.py"]"#);
    let warnings = project
        .warnings(&file)
        .replace(&project.root().display().to_string(), "ROOT");
    assert_snapshot!(warnings, @r#"
    langgraph.json:3:20: local dependency ./lib does not exist, ignored
      3 |   "dependencies": ["./lib", "./agent.py"]
        |                    ^^^^^^^
      hint: paths are relative to the configuration file; looked for lib

    langgraph.json:3:29: local dependency ./agent.py is not a directory, ignored
      3 |   "dependencies": ["./lib", "./agent.py"]
        |                             ^^^^^^^^^^^^
      hint: paths are relative to the configuration file; looked for agent.py
    "#);
}

#[test]
fn dependencies_are_texts() {
    let (project, file) = with_agent(r#""dependencies": "langchain""#);
    assert_snapshot!(project.errors(&file), @r#"
    error: langgraph.json:3:19: `dependencies` must be an array of strings, not a string
      3 |   "dependencies": "langchain"
        |                   ^^^^^^^^^^^
    "#);
    let (project, file) = with_agent(r#""dependencies": [".", 3]"#);
    assert_snapshot!(project.errors(&file), @r#"
    error: langgraph.json:3:25: each entry of `dependencies` must be a string, not a number
      3 |   "dependencies": [".", 3]
        |                         ^
    "#);
}
