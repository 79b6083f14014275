//! `http`: cross-origin rules and configurable headers.

use insta::assert_snapshot;
use lgx_config::{Cors, HeaderPatterns, Http};

use crate::project::with_agent;

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

#[test]
fn without_the_section_everything_is_as_it_is_by_default() {
    let (project, file) = with_agent("");
    assert_eq!(project.config(&file).http, Http::default());
}

#[test]
fn cross_origin_rules_keep_what_is_not_given_apart_from_what_is_empty() {
    let (project, file) = with_agent(
        r#""http": {"cors": {"allow_origins": ["https://a.example"], "allow_methods": [], "allow_credentials": true, "allow_origin_regex": "^x$", "max_age": 60}}"#,
    );
    assert_eq!(
        project.config(&file).http.cors,
        Some(Cors {
            allow_origins: Some(texts(&["https://a.example"])),
            allow_methods: Some(Vec::new()),
            allow_headers: None,
            allow_credentials: Some(true),
            allow_origin_regex: Some("^x$".to_owned()),
            expose_headers: None,
            max_age: Some(60),
        })
    );
}

#[test]
fn wrong_types_are_errors() {
    let (project, file) = with_agent(
        r#""http": {"cors": {"allow_origins": "*", "max_age": "long", "allow_credentials": 1}}"#,
    );
    assert_snapshot!(project.errors(&file), @r#"
    error: langgraph.json:3:38: `http.cors.allow_origins` must be an array of strings, not a string
      3 | … {"cors": {"allow_origins": "*", "max_age": "long", "allow_credentials":…
        |                              ^^^

    error: langgraph.json:3:54: `http.cors.max_age` must be a whole number of seconds, not a string
      3 | …w_origins": "*", "max_age": "long", "allow_credentials": 1}}
        |                              ^^^^^^

    error: langgraph.json:3:83: `http.cors.allow_credentials` must be true or false, not a number
      3 | …long", "allow_credentials": 1}}
        |                              ^
    "#);
}

#[test]
fn configurable_headers_are_patterns_in_lower_case() {
    let (project, file) = with_agent(
        r#""http": {"configurable_headers": {"includes": ["X-In*"], "excludes": ["x-internal"]}}"#,
    );
    let expected = HeaderPatterns {
        includes: texts(&["x-in*"]),
        excludes: texts(&["x-internal"]),
    };
    assert_eq!(project.config(&file).http.configurable_headers, expected);
}

#[test]
fn headers_of_the_log_are_patterns_and_a_credential_that_is_named_is_warned_about() {
    let (project, file) = with_agent(
        r#""http": {"logging_headers": {"includes": ["X-Region", "x-*", "Authorization"], "excludes": ["x-out"]}}"#,
    );
    let (config, warnings) = project.load(&file).unwrap();
    let expected = HeaderPatterns {
        includes: texts(&["x-region", "x-*", "authorization"]),
        excludes: texts(&["x-out"]),
    };
    assert_eq!(config.http.logging_headers, expected);
    assert_snapshot!(warnings, @r#"
    langgraph.json:3:64: `http.logging_headers`: authorization holds credentials, which are never shown
      3 | …ludes": ["X-Region", "x-*", "Authorization"], "excludes": ["x-out"]}}
        |                              ^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn the_spelling_of_the_documentation_is_understood_with_a_warning() {
    let (project, file) = with_agent(
        r#""http": {"configurable-headers": {"include": ["x-in*"], "exclude": ["x-internal"]}}"#,
    );
    let (config, warnings) = project.load(&file).unwrap();
    let expected = HeaderPatterns {
        includes: texts(&["x-in*"]),
        excludes: texts(&["x-internal"]),
    };
    assert_eq!(config.http.configurable_headers, expected);
    assert_snapshot!(warnings, @r#"
    langgraph.json:3:12: `http.configurable-headers` is a spelling that deployments ignore
      3 |   "http": {"configurable-headers": {"include": ["x-in*"], "exclude": ["x…
        |            ^^^^^^^^^^^^^^^^^^^^^^
      hint: write `configurable_headers` with `includes` and `excludes`
    "#);
}

#[test]
fn hosts_are_names_and_what_is_below_one() {
    let (project, file) = with_agent(r#""http": {"allow_hosts": ["App.test", "*.ngrok.app"]}"#);
    let hosts = project.config(&file).http.allow_hosts;
    let hosts: Vec<_> = hosts.iter().map(ToString::to_string).collect();
    assert_eq!(hosts, ["app.test", "*.ngrok.app"]);
}

#[test]
fn a_host_that_is_no_name_is_an_error_that_says_what_to_write() {
    let (project, file) = with_agent(r#""http": {"allow_hosts": ["*", "https://app.test"]}"#);
    assert_snapshot!(project.errors(&file), @r#"
    error: langgraph.json:3:28: `http.allow_hosts` "*": `*` would let in every web page whose name leads here; write the names, or `*.example.com` for all below one
      3 |   "http": {"allow_hosts": ["*", "https://app.test"]}
        |                            ^^^

    error: langgraph.json:3:33: `http.allow_hosts` "https://app.test": write the name alone, without a scheme, a port or a path
      3 |   "http": {"allow_hosts": ["*", "https://app.test"]}
        |                                 ^^^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn a_pattern_for_origins_that_is_none_is_an_error_with_its_line() {
    for pattern in ["(", "a)|(?:b", "(?x)a # b", "https://(?!evil)"] {
        let (project, file) = with_agent(&format!(
            r#""http": {{"cors": {{"allow_origin_regex": "{pattern}"}}}}"#
        ));
        let errors = project.errors(&file);
        assert!(
            errors.starts_with(
                "error: langgraph.json:3:43: `http.cors.allow_origin_regex` is not a regular expression: "
            ),
            "{errors}"
        );
    }
    let (project, file) =
        with_agent(r#""http": {"cors": {"allow_origin_regex": "https://.*\\.example\\.com"}}"#);
    project.config(&file);
}

#[test]
fn an_app_has_its_place_and_the_order_of_auth_and_middleware() {
    let (project, file) = with_agent(
        r#""http": {"app": "./agent.py:app", "middleware_order": "auth_first", "enable_custom_route_auth": true, "mount_prefix": "/pre/", "disable_store": true}"#,
    );
    let http = project.config(&file).http;
    let app = http.app.unwrap();
    assert_eq!(app.target.attribute, "app");
    assert!(app.auth_first && app.enable_custom_route_auth);
    assert_eq!(http.mount_prefix, "/pre");
    assert!(http.disabled.store && !http.disabled.threads);
}

#[test]
fn an_app_in_javascript_is_guarded_unless_the_file_says_otherwise() {
    let app = |keys: &str| {
        let (project, file) = with_agent(&format!(r#""http": {{"app": "./app.ts:app"{keys}}}"#));
        project.write("app.ts", "");
        let app = project.config(&file).http.app.unwrap();
        (app.auth_first, app.enable_custom_route_auth)
    };
    assert_eq!(app(""), (true, true));
    assert_eq!(app(r#", "enable_custom_route_auth": false"#), (true, false));
    assert_eq!(
        app(r#", "middleware_order": "middleware_first""#),
        (false, true)
    );
}

#[test]
fn an_order_that_is_none_and_a_prefix_that_begins_no_path_are_errors() {
    let (project, file) = with_agent(
        r#""http": {"app": "./agent.py:app", "middleware_order": "first", "mount_prefix": "pre"}"#,
    );
    let errors = project.errors(&file);
    assert!(
        errors.contains("`http.middleware_order` \"first\""),
        "{errors}"
    );
    assert!(errors.contains("`http.mount_prefix` \"pre\""), "{errors}");
}

#[test]
fn ui_components_are_files_of_graphs_with_modules_that_the_page_has() {
    let (project, file) = with_agent(
        r#""ui": {"agent": "./agent.py"}, "ui_config": {"shared": ["three"]}, "http": {"disable_ui": true}"#,
    );
    let config = project.config(&file);
    assert_eq!(config.ui.components[0].name, "agent");
    assert_eq!(config.ui.components[0].file, config.root.join("agent.py"));
    assert_eq!(config.ui.shared, ["three"]);
    assert!(config.http.disabled.ui);
}

#[test]
fn a_ui_that_is_no_file_is_an_error_with_its_line() {
    let (project, file) = with_agent(r#""ui": {"agent": "./ui.tsx", "other": 7}"#);
    assert_snapshot!(project.errors(&file), @r#"
    error: langgraph.json:3:19: `ui.agent`: there is no file ./ui.tsx
      3 |   "ui": {"agent": "./ui.tsx", "other": 7}
        |                   ^^^^^^^^^^
      hint: write "ui": { "agent": "./src/agent/ui.tsx" }, with a name of `graphs` and the file that exports its components

    error: langgraph.json:3:40: `ui.other` must be the path of a file, not a number
      3 |   "ui": {"agent": "./ui.tsx", "other": 7}
        |                                        ^
    "#);
}
