//! `lgx new` with templates in TypeScript: names, next steps, and how `--dev` installs.

use fs_err as fs;
use insta::assert_snapshot;
use serde_json::Value;

use crate::place::Place;

const TEMPLATE: &str = "new-langgraph-project-js";
const DEV: [&str; 6] = [
    "new",
    "my-agent",
    "--template",
    TEMPLATE,
    "--dev",
    "--port=0",
];

#[test]
fn a_project_in_typescript_is_made_and_the_next_steps_are_those_of_node() {
    let place = Place::new();

    assert_snapshot!(place.run(&["new", "my-agent", "--template", TEMPLATE]), @"
    exit code: 0
    --- stderr
    Created my-agent from new-langgraph-project-js

    Next:
      cd my-agent
      npm install
      lgx dev
    ");
    assert_eq!(
        place.tree("my-agent"),
        [
            ".env",
            ".env.example",
            ".github/workflows/test.yml",
            ".gitignore",
            ".yarnrc.yml",
            "README.md",
            "langgraph.json",
            "package.json",
            "src/agent/graph.ts",
            "tests/conversation.test.ts",
            "tests/graph.test.ts",
            "tests/no_keys.ts",
            "tsconfig.json",
        ]
    );
    let manifest = fs::read(place.path("my-agent/package.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["name"], "my-agent");
}

#[test]
fn the_next_steps_name_the_package_manager_of_the_workspace_or_the_one_that_is_there() {
    let place = Place::new();
    place.install("bun", "exit 1");
    let next = |path: &str| place.run(&["new", path, "--template", TEMPLATE]).stderr;

    assert!(next("one").contains("\n  bun install\n"));
    place.write("pnpm-lock.yaml", "");
    assert!(next("two").contains("\n  pnpm install\n"));
}

#[test]
fn a_name_that_npm_refuses_comes_with_one_that_it_takes() {
    let place = Place::new();

    assert_snapshot!(place.run(&["new", "MyAgent", "--template", TEMPLATE]), @"
    exit code: 1
    --- stderr
    error: `MyAgent` cannot be the name of a project: names are made of small letters, digits, `-`, `_` and `.`, start with a letter or digit, and may have a scope before them, as in `@acme/agent`
    help: give the project another name than its directory's with --name myagent, or use another directory
    ");
    assert_snapshot!(place.run(&["new", "http", "--template", TEMPLATE]), @"
    exit code: 1
    --- stderr
    error: `http` cannot be the name of a project: to Node.js it means something of its own
    help: give the project another name than its directory's with --name my-http, or use another directory
    ");
    assert_eq!(place.tree(""), Vec::<String>::new());

    let ran = place.run(&[
        "new",
        "http",
        "--name",
        "@acme/http",
        "--template",
        TEMPLATE,
    ]);
    assert_eq!(ran.code, Some(0), "{ran}");
    let readme = fs::read_to_string(place.path("http/README.md")).unwrap();
    assert!(readme.starts_with("# @acme/http\n"));
}

#[test]
fn an_id_of_one_language_is_not_taken_for_one_of_another() {
    let ran = Place::new().run(&["new", "my-agent", "--template", "new-langgraph-js"]);

    assert!(
        ran.stderr
            .contains("did you mean `new-langgraph-project-js`?"),
        "{ran}"
    );
}

#[test]
fn a_template_of_the_official_command_is_known_and_not_taken_for_another() {
    for id in [
        "react-agent-js",
        "retrieval-agent-python",
        "memory-agent-js",
    ] {
        let ran = Place::new().run(&["new", "my-agent", "--template", id]);

        let said = format!(
            "error: lgx does not bring `{id}`, which the official command downloads\nhelp: the templates are:\n"
        );
        assert!(ran.stderr.starts_with(&said), "{ran}");
    }
}

#[test]
fn a_node_that_is_too_old_ends_it_after_the_project_is_there() {
    let place = Place::new();
    place.install("node", "echo v18.20.1");
    place.install("npm", "exit 1");

    let ran = place.run(&DEV);

    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr
            .contains("bin/node is Node.js 18.20, and LangGraph needs 20.19 or newer"),
        "{ran}"
    );
    assert!(place.path("my-agent/langgraph.json").is_file());
}

#[test]
fn without_node_or_a_package_manager_that_is_said() {
    let place = Place::new();

    let ran = place.run(&DEV);
    assert!(
        ran.stderr.contains("there is no `node` on the PATH"),
        "{ran}"
    );

    fs::remove_dir_all(place.path("my-agent")).unwrap();
    place.install("node", "echo v22.1.0");
    assert_snapshot!(place.run(&DEV), @"
    exit code: 1
    --- stderr
    Created my-agent from new-langgraph-project-js
    error: there is no package manager on the PATH
    help: install Node.js with npm, or pnpm, Yarn or Bun
    help: the project itself is there; when this is fixed: cd my-agent && npm install && lgx dev
    ");
}

#[test]
fn an_installation_that_fails_shows_what_the_package_manager_said() {
    let place = Place::new();
    place.install("node", "echo v22.1.0");
    place.install("npm", "echo npm error network >&2; exit 3");

    assert_snapshot!(place.run(&DEV), @"
    exit code: 1
    --- stderr
    Created my-agent from new-langgraph-project-js
    Installing the packages with npm…
    error: `[HOME]/bin/npm install --no-audit --no-fund --loglevel=error` failed (exit status: 3):
    npm error network
    help: the project itself is there; when this is fixed: cd my-agent && npm install && lgx dev
    ");
}
