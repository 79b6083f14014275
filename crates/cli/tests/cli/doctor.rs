//! `lgx doctor` with a Python that only says what it has; with a real one and a server, live tests have it.

use std::net::TcpListener;

use crate::place::{Place, Ran};

/// A Python that has these packages.
fn python_with(place: &Place, packages: &str) {
    let said = format!(r#"echo '{{"python":"3.12.4",{packages},"debugpy":null}}'"#);
    place.install("python3", &said);
}

fn project() -> Place {
    let place = Place::new();
    place.write(
        "langgraph.json",
        r#"{"graphs": {"agent": "./agent.py:graph"}, "env": ".env"}"#,
    );
    place.write("agent.py", "");
    place.write(".env", "OPENAI_API_KEY=sk-s3cret\n");
    place.write(".env.example", "OPENAI_API_KEY=\nTAVILY_API_KEY=\n");
    place
}

/// The line of something, without the word before it.
fn line<'a>(ran: &'a Ran, word: &str, id: &str) -> &'a str {
    let lines = ran.stdout.lines();
    let mut lines = lines.filter_map(|line| Some(line.strip_prefix(word)?.trim_start()));
    let found = lines.find_map(|line| line.strip_prefix(id));
    found
        .unwrap_or_else(|| panic!("no {word} {id}:\n{ran}"))
        .trim_start()
}

#[test]
fn what_is_well_is_told_with_what_it_is_and_no_value_of_a_variable() {
    let place = project();
    python_with(&place, r#""langgraph":"1.2.22","checkpoint":"4.3.2""#);
    let mut command = place.lgx(&["doctor", "--port", "0"]);
    command.env("HTTP_PROXY", "http://ada:s3cret@proxy:3128");
    let ran = place.ran(&mut command);

    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!(
        line(&ran, "ok", "project"),
        "langgraph.json is valid (1 graph)"
    );
    assert_eq!(
        line(&ran, "ok", "python"),
        "Python 3.12.4 at [HOME]/bin/python3 (`python3` on the PATH)"
    );
    assert_eq!(line(&ran, "ok", "langgraph"), "langgraph 1.2.22");
    assert_eq!(line(&ran, "ok", "state"), "none yet; it will be in .lgx");
    assert_eq!(
        line(&ran, "warn", "env"),
        "not set, and in .env.example: TAVILY_API_KEY"
    );
    assert!(ran.stdout.contains("help: set them in .env\n"), "{ran}");
    assert!(
        line(&ran, "warn", "proxy").starts_with("HTTP_PROXY set"),
        "{ran}"
    );
    assert!(
        ran.stdout.ends_with("✓ nothing fails; 2 warnings\n"),
        "{ran}"
    );
    assert!(!ran.to_string().contains("s3cret"), "{ran}");
    assert!(
        !ran.stdout.contains("node"),
        "no graph is in JavaScript\n{ran}"
    );
    assert!(!place.path(".lgx").exists(), "nothing was made");
}

#[test]
fn what_fails_is_exit_code_1_with_what_to_do() {
    let place = project();
    python_with(&place, r#""langgraph":"0.5.4","checkpoint":"2.0.26""#);
    for file in ["state.lock", "state.db"] {
        place.write(&format!(".lgx/{file}"), "dear");
    }
    let ran = place.run(&["doctor", "--port", "0"]);

    assert_eq!(ran.code, Some(1), "{ran}");
    assert_eq!(
        line(&ran, "fail", "langgraph"),
        "langgraph 0.5.4 is too old: lgx needs 0.6"
    );
    assert!(
        ran.stdout
            .contains("ask for langgraph-checkpoint>=2.1 in the project"),
        "{ran}"
    );
    assert!(
        line(&ran, "fail", "state").contains("is damaged: it is no database"),
        "{ran}"
    );
    assert!(ran.stdout.ends_with("✗ 3 failures, 1 warning\n"), "{ran}");

    place.write("langgraph.json", r#"{"graphs": 3}"#);
    let ran = place.run(&["doctor", "--port", "0"]);
    assert!(
        line(&ran, "fail", "project").starts_with("langgraph.json:1: `graphs` must be an object"),
        "{ran}"
    );
}

#[test]
fn who_has_the_port_is_named_and_a_program_gets_json() {
    let place = Place::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ran = place.run(&["doctor", "--json", "--port", &port]);

    assert_eq!(ran.code, Some(0), "{ran}");
    let told: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(told["ok"], true, "{ran}");
    assert_eq!(told["project"], serde_json::Value::Null, "{ran}");
    let rows = told["rows"].as_array().unwrap();
    let row = |id: &str| rows.iter().find(|row| row["id"] == id).unwrap();
    assert_eq!(row("project")["condition"], "note", "{ran}");
    assert_eq!(row("python")["condition"], "warn", "{ran}");
    assert_eq!(row("port")["condition"], "warn", "{ran}");
    let message = row("port")["message"].as_str().unwrap();
    let process = format!("(process {})", std::process::id());
    let is_named = !cfg!(target_os = "linux") || message.contains(&process);
    assert!(message.starts_with(&port) && is_named, "{ran}");
}

#[test]
fn a_project_that_was_named_and_is_not_there_fails() {
    let ran = Place::new().run(&["doctor", "gone", "--port", "0"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert_eq!(line(&ran, "fail", "project"), "there is no gone");
}

#[test]
fn graphs_in_javascript_need_node_and_its_langgraph() {
    let place = Place::new();
    place.write(
        "langgraph.json",
        r#"{"graphs": {"agent": "./agent.ts:graph"}}"#,
    );
    place.write("agent.ts", "");
    place.write("package.json", "{}");
    place.install("node", "echo v22.11.0");
    let ran = place.run(&["doctor", "--port", "0"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert_eq!(
        line(&ran, "ok", "node"),
        "Node.js 22.11.0 at [HOME]/bin/node (`node` on the PATH)"
    );
    assert_eq!(
        line(&ran, "fail", "langgraph"),
        "@langchain/langgraph is not installed"
    );
    assert!(!ran.stdout.contains("python"), "{ran}");

    let package = "node_modules/@langchain/langgraph/package.json";
    place.write(package, r#"{"version": "1.7.3"}"#);
    let ran = place.run(&["doctor", "--port", "0"]);
    assert_eq!(ran.code, Some(0), "{ran}");
}
