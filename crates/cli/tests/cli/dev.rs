//! `lgx dev`, as far as it goes without a Python.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::process::Child;

use insta::assert_snapshot;
use rustix::process::{Pid, Signal, kill_process};

use crate::place::Place;

const CONFIG: &str = r#"{ "dependencies": ["."], "graphs": { "agent": "./agent.py:graph" } }"#;

/// A project whose Python never gets as far as loading it.
fn project() -> Place {
    let place = Place::new();
    place.write("langgraph.json", CONFIG);
    place.write("agent.py", "");
    place.install("python3", "exec /bin/sleep 1000");
    place
}

#[test]
fn a_configuration_that_is_not_there_is_named() {
    let place = Place::new();
    place.install("python3", "");

    assert_snapshot!(place.run(&["dev", "--config", "nowhere/langgraph.json"]), @"
    exit code: 1
    --- stderr
    error: nowhere/langgraph.json: this file does not exist
      hint: `lgx new` makes a project; `--config PATH` names a file that is elsewhere
    ");
}

#[test]
fn a_configuration_of_another_name_that_is_not_there_is_named_in_a_project_too() {
    let place = Place::new();
    place.write("package.json", "{}");

    assert_snapshot!(place.run(&["dev", "-c", "my.json"]), @"
    exit code: 1
    --- stderr
    error: my.json: this file does not exist
      hint: `lgx new` makes a project; `--config PATH` names a file that is elsewhere
    ");
}

#[test]
fn a_project_without_a_configuration_is_told_what_to_write() {
    let place = Place::new();
    place.write("package.json", "{}");

    assert_snapshot!(place.run(&["dev"]), @r#"
    exit code: 1
    --- stderr
    error: there is a package.json in this directory and no langgraph.json
    help: write a langgraph.json that names your graphs by file and variable, such as {"graphs": {"agent": "./src/agent.ts:graph"}}; `lgx new` makes a project to look at
    "#);

    place.write("p/package.json", "{}");
    place.write(
        "p/src/chat.ts",
        "import { createAgent } from \"langchain\";\nexport const chat = createAgent({ model });\n",
    );
    assert_snapshot!(place.run(&["dev", "p"]), @r#"
    exit code: 1
    --- stderr
    error: there is a package.json in `p` and no langgraph.json
    help: `lgx init p` writes one that names ./src/chat.ts:chat
    "#);
}

#[test]
fn a_project_of_python_with_a_package_json_too_is_told_of_its_graph() {
    let place = Place::new();
    place.write("package.json", "{}");
    place.write("requirements.txt", "langgraph");
    place.write(
        "agent.py",
        "from langgraph.func import entrypoint\n\n@entrypoint()\ndef flow(x):\n    return x\n",
    );

    assert_snapshot!(place.run(&["dev"]), @r#"
    exit code: 1
    --- stderr
    error: there is a requirements.txt in this directory and no langgraph.json
    help: `lgx init` writes one that names ./agent.py:flow
    "#);
}

#[test]
fn above_projects_they_are_named() {
    let place = Place::new();
    place.write("my-agent/langgraph.json", CONFIG);
    place.write("packages/my agent/langgraph.json", CONFIG);
    place.write("node_modules/other/langgraph.json", CONFIG);

    assert_snapshot!(place.run(&["dev"]), @"
    exit code: 1
    --- stderr
    error: there is no langgraph.json in this directory
    help: there is one below: lgx dev my-agent, or lgx dev 'packages/my agent'
    ");
}

#[test]
fn a_directory_that_is_no_project_is_no_place_to_serve() {
    assert_snapshot!(Place::new().run(&["dev"]), @"
    exit code: 1
    --- stderr
    error: langgraph.json: this file does not exist
      hint: `lgx new` makes a project; `--config PATH` names a file that is elsewhere
    ");
}

#[test]
fn a_mistake_in_the_configuration_is_shown_where_it_is() {
    let place = project();
    place.write("langgraph.json", "{\n  \"graphs\": 3\n}\n");

    assert_snapshot!(place.run(&["dev"]), @r#"
    exit code: 1
    --- stderr
    error: langgraph.json:2:13: `graphs` must be an object, not a number
      2 |   "graphs": 3
        |             ^
      hint: add one, for example "graphs": { "agent": "./src/agent/graph.py:graph" }
    "#);
}

#[test]
fn without_a_python_that_is_said_before_anything_starts() {
    let place = Place::new();
    place.write("langgraph.json", CONFIG);
    place.write("agent.py", "");

    assert_snapshot!(place.run(&["dev"]), @"
    exit code: 1
    --- stderr
    error: found no Python for this project: no virtual environment is active or near it, and there is no `python3` on the PATH
    help: install Python 3.10 or newer, or name one with --python PATH
    ");
}

#[test]
fn a_python_that_was_named_and_is_not_there_is_an_error() {
    let place = project();

    assert_snapshot!(place.run(&["dev", "--python", "gone/python"]), @"
    exit code: 1
    --- stderr
    error: there is no Python at `gone/python`, which --python names
    help: let --python name a Python executable or a virtual environment
    ");
    assert_snapshot!(place.ran(place.lgx(&["dev"]).env("LGX_PYTHON", "/gone")), @"
    exit code: 1
    --- stderr
    error: there is no Python at `/gone`, which LGX_PYTHON names
    help: let LGX_PYTHON name a Python executable or a virtual environment
    ");
}

#[test]
fn a_port_that_is_taken_is_never_replaced_by_another() {
    let place = project();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();

    let ran = place.run(&["dev", "--port", &port]);

    assert_snapshot!(ran.to_string().replace(&port, "[PORT]"), @"
    exit code: 1
    --- stderr
    error: port [PORT] on 127.0.0.1 is taken by another program; stop it, or choose another port with --port (0 takes any free one)
    ");
}

#[test]
fn a_script_that_terminates_the_server_sees_success() {
    assert_eq!(code_after(Signal::TERM), Some(0));
}

#[test]
fn a_person_who_interrupts_the_server_sees_an_interruption() {
    assert_eq!(code_after(Signal::INT), Some(130));
}

#[test]
fn a_server_that_is_not_ready_yet_says_where_it_listens_and_tells_no_script() {
    let place = project();
    place.write("ready", "http://127.0.0.1:1");
    let mut server = place
        .lgx(&["dev", "--port", "0", "--ready-file", "ready"])
        .spawn()
        .unwrap();
    let banner = until_the_banner(&mut server);

    assert!(
        !place.path("ready").exists(),
        "a file of an earlier server is gone"
    );
    assert!(banner.contains("API docs  http://127.0.0.1:"), "{banner}");
    assert!(
        banner.contains("bin/python3 (`python3` on the PATH)"),
        "{banner}"
    );

    stop(&server, Signal::TERM);
    let mut stdout = String::new();
    server
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut stdout)
        .unwrap();
    server.wait().unwrap();
    assert_eq!(stdout, "");
}

fn code_after(signal: Signal) -> Option<i32> {
    let place = project();
    let mut server = place.lgx(&["dev", "--port", "0"]).spawn().unwrap();
    until_the_banner(&mut server);
    stop(&server, signal);
    server.wait().unwrap().code()
}

/// What the server says up to the last line of its banner.
fn until_the_banner(server: &mut Child) -> String {
    let mut lines = BufReader::new(server.stderr.take().unwrap()).lines();
    let mut text = String::new();
    for line in lines.by_ref() {
        let line = line.unwrap();
        text.push_str(&line);
        text.push('\n');
        if line.starts_with("  Python ") {
            // Somebody has to read what comes later, so that the server is never held up by it.
            std::thread::spawn(move || lines.count());
            return text;
        }
    }
    panic!("the server ended before it listened:\n{text}");
}

fn stop(server: &Child, signal: Signal) {
    let id = Pid::from_raw(server.id().try_into().unwrap()).unwrap();
    kill_process(id, signal).unwrap();
}
