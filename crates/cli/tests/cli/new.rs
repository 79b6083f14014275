//! `lgx new`.

use std::os::unix::fs::PermissionsExt as _;

use fs_err as fs;
use insta::assert_snapshot;
use serde_json::Value;

use crate::place::Place;

const TEMPLATE: &str = "new-langgraph-project-python";

#[test]
fn a_project_is_made_and_the_next_steps_are_shown() {
    let place = Place::new();

    assert_snapshot!(place.run(&["new", "my-agent", "--template", TEMPLATE]), @"
    exit code: 0
    --- stderr
    Created my-agent from new-langgraph-project-python

    Next:
      cd my-agent
      python3 -m venv .venv
      .venv/bin/pip install -e .
      lgx dev
    ");
    assert_eq!(
        place.tree("my-agent"),
        [
            ".env",
            ".env.example",
            ".github/workflows/test.yml",
            ".gitignore",
            "README.md",
            "langgraph.json",
            "pyproject.toml",
            "src/agent/__init__.py",
            "src/agent/graph.py",
            "tests/conftest.py",
            "tests/integration_tests/test_conversation.py",
            "tests/unit_tests/test_graph.py",
        ]
    );
    assert_eq!(
        fs::read_dir(place.path("")).unwrap().count(),
        1,
        "nothing is left beside the project"
    );
}

#[test]
fn the_next_steps_use_uv_where_it_is_there() {
    let place = Place::new();
    place.install("uv", "exit 1");

    let ran = place.run(&["new", "my-agent", "--template", TEMPLATE]);

    assert!(
        ran.stderr.contains("uv venv\n  uv pip install -e .\n"),
        "{ran}"
    );
}

#[test]
fn the_result_can_be_had_as_json() {
    let place = Place::new();

    let ran = place.run(&[
        "new",
        "my-agent",
        "--template",
        "custom-auth-python",
        "--json",
    ]);
    let result: Value = serde_json::from_str(&ran.stdout).unwrap();

    assert_eq!(ran.code, Some(0));
    assert_eq!(result["name"], "my-agent");
    assert_eq!(result["template"], "custom-auth-python");
    assert!(place.path("my-agent/src/security/auth.py").is_file());
}

#[test]
fn a_project_can_go_into_the_empty_directory_one_is_in() {
    let place = Place::new();

    let ran = place.run(&["new", ".", "--template", TEMPLATE]);

    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(
        fs::read_to_string(place.path("pyproject.toml"))
            .unwrap()
            .contains("name = \"here\"")
    );
}

#[test]
fn a_project_can_go_into_a_fresh_clone() {
    let place = Place::new();
    place.write(".git/HEAD", "ref: refs/heads/main");
    place.write("README.md", "mine");
    place.write(".gitignore", "*.log");

    let ran = place.run(&["new", ".", "--template", TEMPLATE]);

    assert_eq!(ran.code, Some(0), "{ran}");
    let read = |name: &str| fs::read_to_string(place.path(name)).unwrap();
    assert_eq!(read("README.md"), "mine");
    let ignored = read(".gitignore");
    assert!(
        ignored.starts_with("*.log\n\n.env\n") && ignored.contains("\n.lgx/\n"),
        "{ignored}"
    );
    assert!(place.path("src/agent/graph.py").is_file());
}

#[test]
fn the_templates_are_listed() {
    assert_snapshot!(Place::new().run(&["new", "--list"]), @"
    exit code: 0
    --- stdout
    new-langgraph-project-python  Python      A minimal chatbot with memory
    new-langgraph-project-js      TypeScript  A minimal chatbot with memory
    custom-auth-python            Python      Open only to users with a token
    custom-auth-js                TypeScript  Users with tokens, kept apart
    private-conversations-python  Python      Users who see nothing of each other
    oauth-python                  Python      Users of an OAuth2 provider
    agent-python                  Python      An agent that calls tools
    agent-js                      TypeScript  An agent that calls tools
    deep-agent-python             Python      Has subagents, asks before it acts
    memory-python                 Python      Remembers its users across threads
    rag-python                    Python      Answers from documents, with sources
    deep-agent-js                 TypeScript  Has subagents, asks before it acts
    ");
}

#[test]
fn a_deployment_takes_what_each_template_makes() {
    let place = Place::new();
    let list = place.run(&["new", "--list", "--json"]);
    let templates: Vec<Value> = serde_json::from_str(&list.stdout).unwrap();
    for template in templates {
        let id = template["id"].as_str().unwrap();
        let made = place.run(&["new", id, "--template", id]);
        assert_eq!(made.code, Some(0), "{made}");
        let validated = place.run(&["validate", id]);
        assert_eq!(validated.code, Some(0), "{validated}");
    }
}

#[test]
fn the_list_fits_a_terminal_beside_the_mark_of_a_menu() {
    for line in Place::new().run(&["new", "--list"]).stdout.lines() {
        // A menu does not take back a line that went on in the next.
        assert!(line.chars().count() <= 78, "{line}");
    }
}

#[test]
fn the_templates_are_listed_as_json() {
    let ran = Place::new().run(&["new", "--list", "--json"]);
    let templates: Value = serde_json::from_str(&ran.stdout).unwrap();

    assert_eq!(ran.code, Some(0));
    assert_eq!(
        templates[0],
        serde_json::json!({
            "id": "new-langgraph-project-python",
            "name": "New LangGraph project",
            "description": "A minimal chatbot with memory",
            "language": "python",
        })
    );
}

#[test]
fn without_a_terminal_nothing_is_asked_and_the_templates_are_named() {
    assert_snapshot!(Place::new().run(&["new", "my-agent"]), @"
    exit code: 1
    --- stderr
    error: which template? Name one with --template
    help: the templates are:
      new-langgraph-project-python  Python      A minimal chatbot with memory
      new-langgraph-project-js      TypeScript  A minimal chatbot with memory
      custom-auth-python            Python      Open only to users with a token
      custom-auth-js                TypeScript  Users with tokens, kept apart
      private-conversations-python  Python      Users who see nothing of each other
      oauth-python                  Python      Users of an OAuth2 provider
      agent-python                  Python      An agent that calls tools
      agent-js                      TypeScript  An agent that calls tools
      deep-agent-python             Python      Has subagents, asks before it acts
      memory-python                 Python      Remembers its users across threads
      rag-python                    Python      Answers from documents, with sources
      deep-agent-js                 TypeScript  Has subagents, asks before it acts
    ");
    assert_snapshot!(Place::new().run(&["new", "--template", TEMPLATE]), @"
    exit code: 1
    --- stderr
    error: where should the project go?
    help: name a directory: lgx new my-agent --template ID
    ");
}

#[test]
fn a_template_that_is_not_there_has_a_nearest_one() {
    let place = Place::new();

    assert_snapshot!(place.run(&["new", "my-agent", "--template", "new-langraph-project-python"]), @"
    exit code: 1
    --- stderr
    error: there is no template `new-langraph-project-python`; did you mean `new-langgraph-project-python`?
    help: the templates are:
      new-langgraph-project-python  Python      A minimal chatbot with memory
      new-langgraph-project-js      TypeScript  A minimal chatbot with memory
      custom-auth-python            Python      Open only to users with a token
      custom-auth-js                TypeScript  Users with tokens, kept apart
      private-conversations-python  Python      Users who see nothing of each other
      oauth-python                  Python      Users of an OAuth2 provider
      agent-python                  Python      An agent that calls tools
      agent-js                      TypeScript  An agent that calls tools
      deep-agent-python             Python      Has subagents, asks before it acts
      memory-python                 Python      Remembers its users across threads
      rag-python                    Python      Answers from documents, with sources
      deep-agent-js                 TypeScript  Has subagents, asks before it acts
    ");
    assert_eq!(place.tree(""), Vec::<String>::new());
}

#[test]
fn a_directory_with_something_in_it_is_left_as_it_is() {
    let place = Place::new();
    place.write("my-agent/notes.txt", "mine");

    assert_snapshot!(place.run(&["new", "my-agent", "--template", TEMPLATE]), @"
    exit code: 1
    --- stderr
    error: `[HOME]/here/my-agent` is not empty: `notes.txt` is in it
    help: choose a directory that is not there yet, or an empty one; nothing was written
    ");
    assert_eq!(place.tree(""), ["my-agent/notes.txt"]);
}

#[test]
fn a_file_is_not_a_place_for_a_project() {
    let place = Place::new();
    place.write("notes.txt", "mine");

    assert_snapshot!(place.run(&["new", "notes.txt", "--template", TEMPLATE]), @"
    exit code: 1
    --- stderr
    error: `[HOME]/here/notes.txt` is a file, not a directory
    help: choose a directory that is not there yet, or an empty one; nothing was written
    ");
    assert_eq!(place.tree(""), ["notes.txt"]);
}

#[test]
fn a_place_where_one_may_not_write_is_named() {
    let place = Place::new();
    let locked = place.path("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(locked.join("probe"), "").is_ok() {
        // Permissions do not hold for the superuser.
        return;
    }

    let ran = place.run(&["new", "locked/my-agent", "--template", TEMPLATE]);

    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr.contains("cannot write the project to")
            && ran.stderr.contains("locked/my-agent"),
        "{ran}"
    );
}

#[test]
fn a_name_that_no_project_can_have_comes_with_one_that_can() {
    let place = Place::new();

    assert_snapshot!(place.run(&["new", "my agent", "--template", TEMPLATE]), @"
    exit code: 1
    --- stderr
    error: `my agent` cannot be the name of a project: names are made of letters, digits, `-`, `_` and `.`, and start and end with a letter or digit
    help: give the project another name than its directory's with --name my-agent, or use another directory
    ");
    assert_snapshot!(place.run(&["new", "agent", "--name", "langgraph", "--template", TEMPLATE]), @"
    exit code: 1
    --- stderr
    error: `langgraph` cannot be the name of a project: the package `langgraph` is one that the project itself installs
    help: try --name my-langgraph
    ");
    assert_eq!(place.tree(""), Vec::<String>::new());

    let ran = place.run(&[
        "new",
        "my agent",
        "--name",
        "my-agent",
        "--template",
        TEMPLATE,
    ]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.stderr.contains("cd 'my agent'\n"), "{ran}");
}

#[test]
fn a_python_that_is_too_old_ends_it_after_the_project_is_there() {
    let place = Place::new();
    place.install("python3", "echo 3.9.1");

    let ran = place.run(&["new", "my-agent", "--template", TEMPLATE, "--dev"]);

    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr
            .contains("is Python 3.9, and LangGraph needs 3.10 or newer"),
        "{ran}"
    );
    assert!(place.path("my-agent/langgraph.json").is_file());
}

#[test]
fn an_installation_that_fails_shows_what_the_installer_said() {
    let place = Place::new();
    place.install("uv", "echo no index >&2; exit 3");

    assert_snapshot!(place.run(&["new", "my-agent", "--template", TEMPLATE, "--dev", "--port", "0"]), @"
    exit code: 1
    --- stderr
    Created my-agent from new-langgraph-project-python
    Making .venv with uv…
    error: `[HOME]/bin/uv venv --quiet --python '>=3.10' .venv` failed (exit status: 3):
    no index
    help: the project itself is there; when this is fixed: cd my-agent && uv venv && uv pip install -e . && lgx dev
    ");
}
