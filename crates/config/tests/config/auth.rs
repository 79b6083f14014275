//! `auth`: a project that asks for authentication is never served without.

use insta::assert_snapshot;
use lgx_config::Source;

use crate::project::{Project, messages, with_agent};

#[test]
fn without_the_section_there_is_no_auth() {
    let (project, file) = with_agent("");
    assert_eq!(project.config(&file).auth, None);
    let (project, file) = with_agent(r#""auth": null"#);
    assert_eq!(project.config(&file).auth, None);
}

#[test]
fn the_section_names_an_auth_object() {
    let (project, file) = with_agent(
        r#""auth": {"path": "./src/security/auth.py:auth", "openapi": {"security": [{"key": []}], "securitySchemes": {"key": {"type": "http"}}}}"#,
    );
    project.write("src/security/auth.py", "");
    let auth = project.config(&file).auth.unwrap();
    assert_eq!(
        auth.target.source,
        Source::File(project.path("src/security/auth.py"))
    );
    assert_eq!(auth.target.attribute, "auth");
    assert!(!auth.disable_studio_auth);
    assert_eq!(
        auth.openapi.unwrap()["security"],
        serde_json::json!([{"key": []}])
    );
}

#[test]
fn studio_auth_is_disabled_by_true_or_the_text_true() {
    for (written, expected) in [
        ("true", true),
        ("\"true\"", true),
        ("\"True\"", true),
        ("false", false),
        ("\"false\"", false),
        ("null", false),
    ] {
        let (project, file) = with_agent(&format!(
            r#""auth": {{"path": "./agent.py:auth", "disable_studio_auth": {written}}}"#
        ));
        assert_eq!(
            project.config(&file).auth.unwrap().disable_studio_auth,
            expected,
            "{written}"
        );
    }
}

#[test]
fn whatever_else_is_written_is_an_error_and_never_no_auth() {
    for written in [
        "{}",
        "[]",
        "\"./agent.py:auth\"",
        "true",
        r#"{"disable_studio_auth": true}"#,
        r#"{"path": null}"#,
        r#"{"path": 1}"#,
        r#"{"path": ""}"#,
        r#"{"path": "./agent.py"}"#,
        r#"{"path": "./agent.py:"}"#,
        r#"{"path": "./nope.py:auth"}"#,
        r#"{"path": "./auth.ts:auth"}"#,
        r#"{"path": "./agent.py:auth", "disable_studio_auth": "yes"}"#,
        r#"{"path": "./agent.py:auth", "openapi": []}"#,
        r#"{"Path": "./agent.py:auth"}"#,
    ] {
        let (project, file) = with_agent(&format!("\"auth\": {written}"));
        assert!(project.load(&file).is_err(), "{written}");
    }
}

#[test]
fn what_is_wrong_is_shown_where_it_is() {
    let (project, file) = with_agent(r#""auth": "./agent.py:auth""#);
    assert_snapshot!(project.errors(&file), @r#"
    error: langgraph.json:3:11: `auth` must be an object with a `path`, not a string
      3 |   "auth": "./agent.py:auth"
        |           ^^^^^^^^^^^^^^^^^
      hint: write "auth": { "path": "./src/security/auth.py:auth" }
    "#);
    let (project, file) = with_agent(r#""auth": {"path": "./agent.py"}"#);
    assert_snapshot!(project.errors(&file), @r#"
    error: langgraph.json:3:20: `auth.path` does not name an attribute: there is no ':' in "./agent.py"
      3 |   "auth": {"path": "./agent.py"}
        |                    ^^^^^^^^^^^^
      hint: write "./agent.py:auth", with the name of the variable that holds the Auth object
    "#);
}

#[test]
fn a_misspelt_key_beside_a_right_path_is_a_warning() {
    let (project, file) = with_agent(
        r#""auth": {"path": "./agent.py:auth", "disable_studio_aut": true, "cache": {"ttl_seconds": 3}}"#,
    );
    assert_snapshot!(project.warnings(&file), @r#"
    langgraph.json:3:39: unknown key `auth.disable_studio_aut`, ignored
      3 | …{"path": "./agent.py:auth", "disable_studio_aut": true, "cache": {"ttl_s…
        |                              ^^^^^^^^^^^^^^^^^^^^
      hint: did you mean `disable_studio_auth`?

    langgraph.json:3:67: `auth.cache` is not supported yet and is ignored: every request is authenticated anew
      3 | …"disable_studio_aut": true, "cache": {"ttl_seconds": 3}}
        |                              ^^^^^^^
    "#);
}

#[test]
fn a_key_of_auth_at_the_top_is_sent_home() {
    let project = Project::with(&["agent.py"]);
    let warnings = project
        .warnings(r#"{"graphs": {"agent": "./agent.py:graph"}, "disable_studio_auth": true}"#);
    assert_eq!(
        messages(&warnings),
        ["langgraph.json:1:43: unknown key `disable_studio_auth`, ignored"]
    );
    assert!(
        warnings.ends_with("hint: `disable_studio_auth` belongs in `auth`"),
        "{warnings}"
    );
}

#[test]
fn a_misspelt_or_repeated_section_is_an_error_because_it_would_leave_the_project_open() {
    for rest in [
        r#""auht": {"path": "./agent.py:auth"}"#,
        r#""Auth": {"path": "./agent.py:auth"}"#,
        r#""auth_path": "./agent.py:auth""#,
        r#""auth": {"path": "./agent.py:auth"}, "auth": null"#,
    ] {
        let (project, file) = with_agent(rest);
        assert!(project.load(&file).is_err(), "{rest}");
    }
    let (project, file) = with_agent(r#""auht": {"path": "./agent.py:auth"}"#);
    assert_snapshot!(project.errors(&file), @r#"
    error: langgraph.json:3:3: unknown key `auht`; should it be `auth`, the project would be served without authentication
      3 |   "auht": {"path": "./agent.py:auth"}
        |   ^^^^^^
      hint: did you mean `auth`?
    "#);
}
