//! What `lgx dev` finds before a project is loaded: the project, its files, its Python, the port.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use fs_err as fs;

use crate::place::Place;

const CONFIG: &str = r#"{ "graphs": { "agent": "./agent.py:graph" }, "env": ".env" }"#;
const BROKEN: &str = r#"{ "graphs": 3 }"#;

fn project(directory: &str) -> Place {
    let place = Place::new();
    place.write(&format!("{directory}/langgraph.json"), CONFIG);
    place.write(&format!("{directory}/agent.py"), "");
    place.write(&format!("{directory}/.env"), "");
    place.install("python3", "exit 1");
    place
}

fn named_pipe(place: &Place, path: &str) {
    let path = place.path(path);
    if path.exists() {
        fs::remove_file(&path).unwrap();
    }
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn a_project_is_named_by_its_directory_too() {
    let place = project("p");
    place.write("p/langgraph.json", BROKEN);

    for arguments in [
        &["dev", "p"][..],
        &["dev", "p/langgraph.json"],
        &["dev", "-c", "p"],
    ] {
        let ran = place.run(arguments);
        assert!(
            ran.stderr.starts_with("error: p/langgraph.json:1:13:"),
            "{arguments:?}\n{ran}"
        );
    }
    assert_eq!(place.run(&["dev", "p", "-c", "p"]).code, Some(2));
}

#[test]
fn below_a_project_the_project_is_found_and_told() {
    let place = project(".");
    place.write("langgraph.json", BROKEN);
    place.write("src/agent/notes.txt", "");

    let ran = place.ran(place.lgx(&["dev"]).current_dir(place.path("src/agent")));

    assert!(
        ran.stderr.starts_with(
            "note: there is no langgraph.json in this directory; the project above it is served: [HOME]/here/langgraph.json\n"
        ),
        "{ran}"
    );
    assert!(ran.stderr.contains("`graphs` must be an object"), "{ran}");
}

#[test]
fn a_named_pipe_in_the_place_of_a_file_is_an_error_and_nothing_waits_for_it() {
    for (file, said) in [
        (
            "langgraph.json",
            "error: langgraph.json: this is a named pipe",
        ),
        (".env", "env file .env is a named pipe, not a plain file"),
        ("agent.py", "./agent.py is a named pipe, not a file of code"),
        ("ready", "is a named pipe, not a plain file"),
    ] {
        let place = project(".");
        named_pipe(&place, file);

        let ran = place.run(&["dev", "--port", "0", "--ready-file", "ready"]);

        assert_eq!(ran.code, Some(1), "{ran}");
        assert!(ran.stderr.contains(said), "{file}\n{ran}");
    }
}

#[test]
fn the_ready_file_of_an_earlier_server_goes_whatever_comes_next() {
    let place = Place::new();
    place.write("ready", "http://127.0.0.1:1");

    let ran = place.run(&["dev", "--port", "0", "--ready-file", "ready"]);

    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(!place.path("ready").exists());
}

#[test]
fn a_program_that_is_no_python_is_called_that_before_any_address_is_told() {
    let place = project(".");

    let ran = place.run(&["dev", "--port", "0", "--python", "/bin/ls"]);

    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(
        ran.stderr
            .contains("error: /bin/ls is not a Python (chosen because of --python)"),
        "{ran}"
    );
    assert!(!ran.stderr.contains("API docs"), "{ran}");
    assert!(!ran.stderr.contains("worker ended"), "{ran}");
}

#[test]
fn a_program_that_is_no_node_is_called_that_too() {
    let place = project(".");
    place.write(
        "langgraph.json",
        r#"{ "graphs": { "agent": "./agent.mjs:graph" } }"#,
    );
    place.write("agent.mjs", "");

    let ran = place.run(&["dev", "--port", "0", "--node", "/bin/ls"]);

    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(
        ran.stderr
            .contains("error: /bin/ls is no Node.js (chosen because of --node)"),
        "{ran}"
    );
    assert!(ran.stderr.contains("with --node PATH"), "{ran}");
}

#[test]
fn a_loader_that_is_not_installed_is_named_with_the_command_that_installs_it() {
    for (loader, report, help) in [
        (
            "ts-node",
            "Cannot find package 'ts-node' imported from /p/",
            "is it installed? pnpm add -D ts-node",
        ),
        (
            "./hooks/loader.mjs",
            "Cannot find module '/p/hooks/loader.mjs' imported from /p/",
            "is it there, as seen from the folder of langgraph.json?",
        ),
    ] {
        let place = project(".");
        place.write("pnpm-lock.yaml", "");
        let graphs = r#""graphs": { "agent": "./agent.mjs:graph" }"#;
        let config = format!(r#"{{ {graphs}, "node_loader": "{loader}" }}"#);
        place.write("langgraph.json", &config);
        place.write("agent.mjs", "");
        let script = format!(
            "echo \"Error [ERR_MODULE_NOT_FOUND]: {report}\" >&2; echo Node.js v20.20.2 >&2; exit 1"
        );
        place.install("node", &script);

        let ran = place.run(&["dev", "--port", "0"]);

        let error = format!(
            "error: `node_loader` of langgraph.json is `{loader}`, which Node.js does not find\nhelp: {help}\n"
        );
        assert!(ran.stderr.contains(&error), "{ran}");
    }
}

#[test]
fn a_stand_in_for_a_python_that_is_not_installed_is_quoted() {
    let place = project(".");
    place.install(
        "python3",
        "echo 'pyenv: python3.12: command not found' >&2; echo >&2; echo '  python2 and python3' >&2; exit 127",
    );

    let ran = place.run(&["dev", "--port", "0"]);

    assert!(
        ran.stderr.contains(
            "bin/python3 cannot run (chosen because of `python3` on the PATH): pyenv: python3.12: command not found"
        ),
        "{ran}"
    );
    assert!(ran.stderr.contains("pyenv install"), "{ran}");
}

#[test]
fn the_projects_code_finds_the_programs_of_its_environment_first() {
    let place = project(".");
    let python = ".venv/bin/python";
    place.write(".venv/pyvenv.cfg", "");
    place.write(
        python,
        "#!/bin/sh\necho \"seen: $VIRTUAL_ENV $PATH ${PYTHONHOME-unset}\" >&2\nexit 1\n",
    );
    fs::set_permissions(place.path(python), std::fs::Permissions::from_mode(0o755)).unwrap();

    let ran = place.ran(
        place
            .lgx(&["dev", "--port", "0"])
            .env("PYTHONHOME", "/elsewhere"),
    );

    assert!(
        ran.stderr
            .contains("seen: [HOME]/here/.venv [HOME]/here/.venv/bin:[HOME]/bin unset"),
        "{ran}"
    );
}

#[test]
fn a_port_that_is_taken_is_told_before_a_project_is_made() {
    let place = Place::new();
    place.install("python3", "echo 3.12.4");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let template = "--template=new-langgraph-project-python";

    let ran = place.run(&["new", "my-agent", template, "--dev", "--port", &port]);

    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(
        ran.stderr.contains("--port (0 takes any free one)"),
        "{ran}"
    );
    assert!(!place.path("my-agent").exists(), "nothing was written");
}

#[test]
fn a_certificate_that_cannot_be_used_is_told_before_anything_starts() {
    let place = project(".");
    place.write("cert.pem", "");
    let key = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    place.write("key.pem", key);

    let ran = place.run(&[
        "dev",
        "--ssl-certfile",
        "cert.pem",
        "--ssl-keyfile",
        "gone.pem",
    ]);

    assert_eq!(ran.code, Some(1), "{ran}");
    let said = "error: [HOME]/here/cert.pem: there is no certificate in it";
    assert!(ran.stderr.starts_with(said), "{ran}");
    assert!(!place.path(".lgx").exists(), "{ran}");
}
