//! `lgx dockerfile`: the files that it writes for each kind of project, as snapshots, and what it refuses.

use insta::assert_snapshot;

use crate::place::Place;

/// A project with these files.
fn project(files: &[(&str, &str)]) -> Place {
    let place = Place::new();
    for (file, text) in files {
        place.write(file, text);
    }
    place
}

/// What goes to stdout, without the version of lgx; nothing may be said beside it.
fn dockerfile(files: &[(&str, &str)]) -> String {
    dockerfile_in(&project(files), "")
}

fn dockerfile_in(place: &Place, folder: &str) -> String {
    let ran = place.ran(place.lgx(&["dockerfile"]).current_dir(place.path(folder)));
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    unversioned(&ran.stdout)
}

fn unversioned(text: &str) -> String {
    text.replace(env!("CARGO_PKG_VERSION"), "[VERSION]")
        .replace("target=/root", "target=[BUILDER]")
}

const PYTHON: &str = r#"{"dependencies": ["."], "graphs": {"agent": "./agent.py:graph"}, "env": ".env", "python_version": "3.13"}"#;
const JAVASCRIPT: &str = r#"{"graphs": {"agent": "./agent.ts:graph"}, "node_version": "24"}"#;
const PYPROJECT: &str = "[project]\nname = 'agent'\nversion = '0'\nrequires-python = '>=3.11'\n";
const AGENT: (&str, &str) = ("agent.py", "");
const AGENT_TS: (&str, &str) = ("agent.ts", "");

#[test]
fn python_with_requirements() {
    assert_snapshot!(dockerfile(&[
        ("langgraph.json", PYTHON),
        AGENT,
        ("requirements.txt", "langgraph\n"),
    ]));
}

#[test]
fn python_with_requirements_that_need_other_files() {
    assert_snapshot!(dockerfile(&[
        ("langgraph.json", PYTHON),
        AGENT,
        ("requirements.txt", "-r more.txt\n"),
        ("more.txt", "langgraph\n"),
    ]));
}

#[test]
fn python_with_a_lock_of_uv() {
    assert_snapshot!(dockerfile(&[
        ("langgraph.json", PYTHON),
        AGENT,
        ("pyproject.toml", PYPROJECT),
        ("uv.lock", ""),
    ]));
}

#[test]
fn python_in_a_workspace_of_uv() {
    let place = project(&[
        (
            "apps/agent/langgraph.json",
            r#"{"graphs": {"agent": "./agent.py:graph"}, "python_version": "3.12", "source": {"kind": "uv", "root": "../..", "package": "agent"}}"#,
        ),
        ("apps/agent/agent.py", ""),
        ("apps/agent/pyproject.toml", PYPROJECT),
        (
            "pyproject.toml",
            "[tool.uv.workspace]\nmembers = ['apps/*']",
        ),
        ("uv.lock", ""),
    ]);
    assert_snapshot!(dockerfile_in(&place, "apps/agent"));
}

#[test]
fn python_with_packages_by_name_and_beside_the_project() {
    let place = project(&[
        (
            "apps/agent/langgraph.json",
            r#"{"graphs": {"agent": "./agent.py:graph"}, "dependencies": [".", "../../libs/tools", "langchain-openai>=1"]}"#,
        ),
        ("apps/agent/agent.py", ""),
        (
            "apps/agent/pyproject.toml",
            "[project]\nrequires-python = '>=3.13'",
        ),
        ("libs/tools/setup.py", ""),
    ]);
    assert_snapshot!(dockerfile_in(&place, "apps/agent"));
}

#[test]
fn python_by_pip_with_a_configuration_that_may_hold_secrets() {
    assert_snapshot!(dockerfile(&[
        (
            "langgraph.json",
            r#"{"dependencies": ["."], "graphs": {"agent": "./agent.py:graph"}, "pip_config_file": "./pip.conf", "keep_pkg_tools": ["setuptools"]}"#,
        ),
        AGENT,
        ("requirements.txt", "langgraph\n"),
        (
            "pip.conf",
            "[global]\nindex-url = https://user:secret@example.com\n"
        ),
    ]));
}

#[test]
fn python_on_an_image_of_its_own_with_lines_of_its_own() {
    assert_snapshot!(dockerfile(&[
        (
            "langgraph.json",
            r#"{"dependencies": ["."], "graphs": {"agent": "./agent.py:graph"}, "base_image": "registry.example.com/python:3.12", "dockerfile_lines": ["RUN apt-get update && apt-get install -y libpq5", "ENV MODE=fast"], "keep_pkg_tools": true, "pip_installer": "pip"}"#,
        ),
        AGENT,
        ("requirements.txt", "langgraph\n"),
    ]));
}

#[test]
fn javascript_by_npm() {
    assert_snapshot!(dockerfile(&[
        ("langgraph.json", JAVASCRIPT),
        AGENT_TS,
        ("package.json", "{}"),
        ("package-lock.json", "{}"),
        (".npmrc", "//registry.example.com/:_authToken=secret\n"),
    ]));
}

#[test]
fn javascript_by_pnpm() {
    assert_snapshot!(dockerfile(&[
        ("langgraph.json", JAVASCRIPT),
        AGENT_TS,
        (
            "package.json",
            r#"{"packageManager": "pnpm@9.15.4+sha512.0"}"#
        ),
        ("pnpm-lock.yaml", ""),
        (".npmrc", "node-linker=hoisted\n"),
    ]));
}

#[test]
fn javascript_by_the_first_yarn() {
    assert_snapshot!(dockerfile(&[
        ("langgraph.json", JAVASCRIPT),
        AGENT_TS,
        (
            "package.json",
            r#"{"scripts": {"postinstall": "node patch.js"}}"#
        ),
        ("yarn.lock", "# yarn lockfile v1\n"),
    ]));
}

#[test]
fn javascript_by_a_later_yarn_in_a_workspace() {
    let place = project(&[
        ("apps/agent/langgraph.json", JAVASCRIPT),
        ("apps/agent/agent.ts", ""),
        ("apps/agent/package.json", "{}"),
        (
            "package.json",
            r#"{"workspaces": ["apps/*"], "packageManager": "yarn@4.9.2"}"#,
        ),
        ("yarn.lock", "__metadata:\n  version: 8\n"),
        (".git/HEAD", ""),
    ]);
    let ran = place.ran(
        place
            .lgx(&["dockerfile"])
            .current_dir(place.path("apps/agent")),
    );
    assert_eq!(
        ran.stderr,
        "note: packages are those of the workspace in [HOME]/here\n"
    );
    assert_snapshot!(unversioned(&ran.stdout));
}

#[test]
fn python_and_javascript_together() {
    assert_snapshot!(dockerfile(&[
        (
            "langgraph.json",
            r#"{"dependencies": ["."], "graphs": {"a": "./agent.py:graph", "b": "./agent.ts:graph"}, "env": {"MODEL": "small"}}"#,
        ),
        AGENT,
        AGENT_TS,
        ("pyproject.toml", PYPROJECT),
        ("uv.lock", ""),
        ("package.json", "{}"),
        ("package-lock.json", "{}"),
    ]));
}

#[test]
fn beside_a_file_goes_what_docker_must_not_be_sent_and_a_compose_file() {
    let place = project(&[
        (
            "langgraph.json",
            PYTHON.replace(".env", "deploy/prod.env").as_str(),
        ),
        AGENT,
        ("requirements.txt", "langgraph\n"),
        (".dockerignore", "data\n!.env\n"),
        ("venv/pyvenv.cfg", ""),
    ]);
    place.write("deploy/prod.env", "KEY=secret\n");
    assert_snapshot!(place.run(&["dockerfile", "deploy", "--add-docker-compose"]), @"
    exit code: 0
    --- stderr
    wrote deploy/Dockerfile
    wrote deploy/Dockerfile.dockerignore
    wrote deploy/docker-compose.yml
    ");
    let read = |file: &str| unversioned(&fs_err::read_to_string(place.path(file)).unwrap());
    assert_snapshot!("ignore_file", read("deploy/Dockerfile.dockerignore"));
    assert_snapshot!("compose_without_auth", read("deploy/docker-compose.yml"));
    // Its own files it writes anew.
    assert_eq!(place.run(&["dockerfile", "deploy"]).code, Some(0));
}

#[test]
fn a_compose_file_gives_the_build_its_secrets_and_the_server_its_auth() {
    let place = project(&[
        (
            "langgraph.json",
            r#"{"dependencies": ["."], "graphs": {"agent": "./agent.py:graph"}, "auth": {"path": "./auth.py:auth"}, "pip_config_file": "pip.conf"}"#,
        ),
        AGENT,
        ("auth.py", ""),
        ("pip.conf", ""),
    ]);
    assert_eq!(
        place
            .run(&["dockerfile", "Dockerfile", "--add-docker-compose"])
            .code,
        Some(0)
    );
    let text = fs_err::read_to_string(place.path("docker-compose.yml")).unwrap();
    assert_snapshot!(unversioned(&text));
}

#[test]
fn a_file_that_somebody_else_wrote_stays_unless_it_is_forced() {
    let place = project(&[
        ("langgraph.json", PYTHON),
        AGENT,
        ("Dockerfile", "FROM scratch\n"),
    ]);
    assert_snapshot!(place.run(&["dockerfile", "Dockerfile"]), @"
    exit code: 1
    --- stderr
    error: Dockerfile is there already, and lgx has not written it
    help: name another file, or write over it with --force
    ");
    assert_eq!(
        place
            .tree("")
            .iter()
            .filter(|file| file.starts_with("Dockerfile"))
            .count(),
        1
    );
    assert_eq!(
        place.run(&["dockerfile", "Dockerfile", "--force"]).code,
        Some(0)
    );
}

#[test]
fn what_is_not_as_one_may_think_is_told_beside() {
    let place = project(&[
        (
            "langgraph.json",
            r#"{"dependencies": ["."], "graphs": {"a": "./agent.py:graph", "b": "./agent.ts:graph"}, "env": {"OPENAI_API_KEY": "secret", "MODEL": "small"},
                "base_image": "langchain/langgraph-api:3.12", "pip_config_file": "pip.conf", "pip_installer": "uv"}"#,
        ),
        AGENT,
        AGENT_TS,
        ("package.json", "{}"),
    ]);
    let ran = place.run(&["dockerfile"]);
    assert_eq!(ran.code, Some(0));
    assert!(!ran.stdout.contains("secret\n"), "{ran}");
    assert_snapshot!(ran.stderr, @"
    note: there is no lock file of npm, so each build takes the newest packages: npm install writes one
    note: `base_image` langchain/langgraph-api:3.12 holds the official server; this image is built without it
    note: pip.conf is read by pip alone: with `pip_installer` uv, indexes are those of [tool.uv] in pyproject.toml
    note: langgraph.json goes into the image, and has the value of OPENAI_API_KEY in `env`: write it into a file that `env` names, which stays out
    ");
}

#[test]
fn what_no_image_can_be_made_by_is_refused() {
    let of = |key: &str| {
        let text = format!(
            r#"{{"dependencies": ["."], "graphs": {{"agent": "./agent.py:graph"}}, {key}}}"#
        );
        project(&[("langgraph.json", text.as_str()), AGENT]).run(&["dockerfile"])
    };
    assert_snapshot!(of(r#""python_version": "3.9""#), @r#"
    exit code: 1
    --- stderr
    error: no image can be made by langgraph.json
      caused by: error: [HOME]/here/langgraph.json:1:84: there is no image with Python 3.9
      1 | …:graph"}, "python_version": "3.9"}
        |                              ^^^^^
      hint: the oldest is 3.11
    "#);
    assert_snapshot!(of(r#""image_distro": "wolfi""#), @"
    exit code: 1
    --- stderr
    error: `image_distro` asks for Wolfi, and lgx has no images of it: those of Python and Node.js by version are not public there
    help: name one of yours with --base-image, or take `image_distro` out for Debian
    ");
    assert_snapshot!(of(r#""dockerfile_lines": "RUN true""#), @r#"
    exit code: 1
    --- stderr
    error: no image can be made by langgraph.json
      caused by: error: [HOME]/here/langgraph.json:1:86: `dockerfile_lines` must be an array of strings, not a string
      1 | …raph"}, "dockerfile_lines": "RUN true"}
        |                              ^^^^^^^^^^
    "#);
    assert_snapshot!(project(&[("langgraph.json", PYTHON), AGENT]).run(&["dockerfile", "--add-docker-compose"]), @"
    exit code: 1
    --- stderr
    error: a docker-compose.yml names the Dockerfile that it builds, and there is none on stdout
    help: lgx dockerfile Dockerfile --add-docker-compose
    ");
}
