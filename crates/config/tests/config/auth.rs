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

    langgraph.json:3:76: `auth.cache` has no `cache_keys`, so every request is authenticated anew
      3 | …studio_aut": true, "cache": {"ttl_seconds": 3}}
        |                              ^^^^^^^^^^^^^^^^^^
      hint: name the headers that the handler looks at: "cache_keys": ["authorization"]
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

#[test]
fn whom_the_handler_lets_in_is_known_for_as_long_as_the_section_says() {
    let cache = |section: &str| {
        let (project, file) = with_agent(&format!(
            r#""auth": {{"path": "./agent.py:auth", "cache": {section}}}"#
        ));
        let (config, warnings) = project.load(&file).unwrap();
        (config.auth.unwrap().cache, warnings)
    };
    let (known, _) = cache(r#"{"cache_keys": ["X-User"], "ttl_seconds": 5, "max_size": 7}"#);
    let known = known.unwrap();
    assert_eq!(known.keys, ["x-user"]);
    assert_eq!((known.ttl.as_secs(), known.max_size), (5, 7));
    let (usual, _) = cache(r#"{"cache_keys": ["x-user"]}"#);
    let usual = usual.unwrap();
    assert_eq!((usual.ttl.as_secs(), usual.max_size), (60, 1000));
    let (nobody, warnings) = cache(r#"{"ttl_seconds": 5}"#);
    assert_eq!(nobody, None);
    assert!(
        warnings.contains("has no `cache_keys`, so every request is authenticated anew"),
        "{warnings}"
    );
}

#[test]
fn a_cache_of_wrong_forms_is_an_error() {
    let (project, file) = with_agent(
        r#""auth": {"path": "./agent.py:auth", "cache": {"cache_keys": "x", "ttl_seconds": 1.5, "max_size": "9"}}"#,
    );
    assert_eq!(
        messages(&project.errors(&file)),
        [
            "error: langgraph.json:3:63: `auth.cache.cache_keys` must be an array of strings, not a string",
            "error: langgraph.json:3:83: `auth.cache.ttl_seconds` must be a whole number of seconds, not a number",
            "error: langgraph.json:3:100: `auth.cache.max_size` must be a whole number of users, not a string",
        ]
    );
}

#[test]
fn what_the_description_says_of_auth_has_the_forms_that_it_has_there() {
    let openapi = |section: &str| {
        with_agent(&format!(
            r#""auth": {{"path": "./agent.py:auth", "openapi": {section}}}"#
        ))
    };
    let (project, file) = openapi(
        r#"{"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}, "other": {"type": "apiKey", "in": "cookie", "name": "x"}},
  "security": [{"token": ["a"], "other": []}, {}],
  "paths": {"/threads/{thread_id}": {"GET": [], "post": [{"token": []}]}}}"#,
    );
    assert!(project.config(&file).auth.unwrap().openapi.is_some());

    let (project, file) = openapi(
        r#"{"securitySchemes": {"a": {"scheme": "x"}, "b": {"type": "bearer"}, "c": 1},
  "security": {"a": []},
  "paths": {"threads": {"post": [["a"]]}, "/x": {"fetch": [{"a": "read"}], "get": [{"d": []}]}, "/y": []}}"#,
    );
    assert_eq!(
        messages(&project.errors(&file)),
        [
            "error: langgraph.json:3:71: `auth.openapi.securitySchemes.a` has no `type`",
            "error: langgraph.json:3:107: `auth.openapi.securitySchemes.b`: its `type` is none that there is",
            "error: langgraph.json:3:123: `auth.openapi.securitySchemes.c` must be an object, not a number",
            "error: langgraph.json:4:15: `auth.openapi.security` must be an array of objects, not an object",
            "error: langgraph.json:5:13: `auth.openapi.paths`: \"threads\" is not a path",
            "error: langgraph.json:5:34: each entry of `auth.openapi.paths[\"threads\"].post` must be an object, not an array",
            "error: langgraph.json:5:50: `auth.openapi.paths[\"/x\"]`: \"fetch\" is not a method",
            "error: langgraph.json:5:66: the scopes of \"a\" in `auth.openapi.paths[\"/x\"].fetch` must be an array of strings, not a string",
            "error: langgraph.json:5:85: `auth.openapi.paths[\"/x\"].get` names \"d\", which `auth.openapi.securitySchemes` does not have",
            "error: langgraph.json:5:103: `auth.openapi.paths[\"/y\"]` must be an object of methods, not an array",
        ]
    );
}
