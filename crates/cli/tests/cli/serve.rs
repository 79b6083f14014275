//! `lgx serve` where nothing is to be served: what it says, as programs and as persons read it.

use serde_json::Value;

use crate::place::{Place, Ran};

/// A project without auth, and something in the place of its Python.
fn place() -> Place {
    let place = Place::new();
    place.install("python3", "exit 1");
    place.write("agent.py", "");
    place.write(
        "langgraph.json",
        r#"{"graphs": {"agent": "./agent.py:graph"}, "env": {"REGION": "eu"}}"#,
    );
    place
}

/// What it says in its only line of JSON.
fn told(ran: &Ran) -> Value {
    assert_eq!(ran.code, Some(1), "{ran}");
    let mut lines = ran.stderr.lines();
    let line = lines.next().unwrap();
    assert_eq!(lines.next(), None, "{ran}");
    serde_json::from_str(line).unwrap()
}

#[test]
fn a_project_without_auth_is_refused() {
    let place = place();
    let ran = place.run(&["serve", "--log-format", "text", "--port", "0"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    let (_, told_at) = ran.stderr.split_once(' ').unwrap();
    insta::assert_snapshot!(told_at, @"
    error: the project has no `auth`, so everybody who reaches the server could run its code and read its threads
    help: add `auth` to langgraph.json, or let everybody in with --no-auth
    ");

    let told = told(&place.run(&["serve", "--port", "0"]));
    assert_eq!(
        (&told["level"], &told["event"]),
        (&"error".into(), &"failed".into())
    );
    let message = told["message"].as_str().unwrap();
    assert!(message.starts_with("the project has no `auth`"), "{told}");
    assert!(message.contains("--no-auth"), "{told}");
}

#[test]
fn a_database_that_cannot_be_had_ends_the_start_and_its_password_is_not_shown() {
    let place = place();
    // Nobody listens on the port of 9.
    let uri = "postgres://lgx:hidden@127.0.0.1:9/lgx";
    let refused = |ran: Ran, said: &str| {
        let told = told(&ran);
        let message = told["message"].as_str().unwrap();
        assert!(message.contains(said), "{told}");
        assert!(!ran.stderr.contains("hidden"), "{ran}");
    };
    let mut of_environment = place.lgx(&["serve", "--no-auth", "--port", "0"]);
    let ran = place.ran(of_environment.env("DATABASE_URI", uri));
    refused(ran, "the state database cannot be reached: ");
    let mut wrong = place.lgx(&["serve", "--no-auth", "--port", "0"]);
    let ran = place.ran(wrong.env(
        "DATABASE_URI",
        "postgres://lgx:hidden@h/d?sslmode=sometimes",
    ));
    refused(ran, "there is no sslmode `sometimes`");

    place.write(".env", &format!("DATABASE_URI={uri}\n"));
    place.write(
        "langgraph.json",
        r#"{"graphs": {"agent": "./agent.py:graph"}, "env": ".env"}"#,
    );
    let ran = place.run(&["serve", "--no-auth", "--port", "0"]);
    refused(ran, "the state database cannot be reached: ");
    let migrating = place.run(&["migrate"]);
    assert_eq!(migrating.code, Some(1), "{migrating}");
    assert!(
        migrating.stderr.contains("cannot be reached"),
        "{migrating}"
    );
    assert!(!migrating.stderr.contains("hidden"), "{migrating}");
}

#[test]
fn without_a_database_there_is_nothing_to_migrate() {
    let ran = place().run(&["migrate"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    insta::assert_snapshot!(ran.stderr, @"
    error: DATABASE_URI is not set, so there is no database to bring up to date
    help: set DATABASE_URI=postgres://USER:PASSWORD@HOST:PORT/DATABASE; state in a directory is brought up to date by itself
    ");
}

#[test]
fn a_configuration_that_cannot_be_read_is_told_in_json_too() {
    let place = place();
    place.write("langgraph.json", r#"{"graphs": 7, "auth": {}}"#);
    let ran = place.run(&["serve", "--port", "0"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    for line in ran.stderr.lines() {
        let told: Value = serde_json::from_str(line).unwrap();
        assert_eq!(told["event"], "config", "{told}");
    }
    assert!(ran.stderr.contains("graphs"), "{ran}");
}

#[test]
fn studio_is_not_served_to_everybody() {
    let ran = place().run(&["serve", "--studio", "--no-auth"]);
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(
        ran.stderr
            .contains("'--studio' cannot be used with '--no-auth'"),
        "{ran}"
    );
}
