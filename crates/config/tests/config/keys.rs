//! Keys that are unknown, misplaced, or known but without effect here.

use insta::assert_snapshot;

use crate::project::{messages, with_agent};

#[test]
fn an_unknown_key_is_a_warning_with_the_key_that_was_probably_meant() {
    let (project, file) = with_agent(r#""dependancies": ["."]"#);
    assert_snapshot!(project.warnings(&file), @r#"
    langgraph.json:3:3: unknown key `dependancies`, ignored
      3 |   "dependancies": ["."]
        |   ^^^^^^^^^^^^^^
      hint: did you mean `dependencies`?
    "#);
}

#[test]
fn suggestions_are_for_near_misses_only() {
    for (written, hint) in [
        ("Dependencies", "did you mean `dependencies`?"),
        ("env_file", "did you mean `env`?"),
        ("python", "did you mean `python_version`?"),
        ("cors", "`cors` belongs in `http`"),
        ("ttl", "`ttl` belongs in `store`"),
    ] {
        let (project, file) = with_agent(&format!("\"{written}\": {{}}"));
        let warnings = project.warnings(&file);
        assert!(warnings.ends_with(hint), "{written}: {warnings}");
    }
    let (project, file) = with_agent(r#""my_own_notes": {}"#);
    assert!(!project.warnings(&file).contains("hint"));
}

#[test]
fn unknown_keys_are_found_at_every_level() {
    let (project, file) = with_agent(
        r#""http": {"cors": {"allow_origin": []}, "port": 1},
  "store": {"indx": {}},
  "checkpointer": {"tttl": {}},
  "source": {"kind": "uv", "rot": "."}"#,
    );
    assert_eq!(
        messages(&project.warnings(&file)),
        [
            "langgraph.json:3:21: unknown key `http.cors.allow_origin`, ignored",
            "langgraph.json:3:42: unknown key `http.port`, ignored",
            "langgraph.json:4:13: unknown key `store.indx`, ignored",
            "langgraph.json:5:20: unknown key `checkpointer.tttl`, ignored",
            "langgraph.json:6:28: unknown key `source.rot`, ignored",
        ]
    );
}

#[test]
fn what_is_for_deployments_says_what_it_does_there_and_what_happens_here() {
    let (project, file) = with_agent(
        r#""encryption": {"path": "./agent.py:encryption"}, "priority": {"path": "./p.py:p"},
  "checkpointer": {"serde": {"pickle_fallback": false}, "path": "./saver.py:make", "backend": "mongo"},
  "store": {"path": "./store.py:make"}"#,
    );
    assert_snapshot!(messages(&project.warnings(&file)).join("\n"), @r#"
    langgraph.json:3:18: `encryption.path` has no effect here: a deployment encrypts state with the handlers of this path before it is stored; lgx stores it as it is, in a folder that only you can read
    langgraph.json:3:52: `priority` has no effect here: a deployment lets runs overtake others by it; lgx executes them in the order they came in
    langgraph.json:4:20: `checkpointer.serde` has no effect here: a deployment restricts by it what a checkpoint may bring back to life; lgx leaves that to langgraph's own serializer
    langgraph.json:4:57: `checkpointer.path` has no effect here: a deployment keeps checkpoints with the checkpointer of this path; lgx keeps state in SQLite, in the project's state folder
    langgraph.json:4:84: `checkpointer.backend` has no effect here: a deployment keeps checkpoints in this database; lgx keeps state in SQLite, in the project's state folder
    langgraph.json:5:13: `store.path` has no effect here: a deployment keeps items in the store of this path; lgx keeps state in SQLite, in the project's state folder
    "#);
}

#[test]
fn what_is_not_supported_yet_says_what_that_means() {
    let (project, file) = with_agent(r#""package": "x""#);
    assert_snapshot!(messages(&project.warnings(&file)).join("\n"), @r#"
    langgraph.json:3:3: `package` is not supported yet and is ignored: use `source.package`, which replaced it
    "#);
}

#[test]
fn what_asks_for_nothing_or_is_about_images_is_passed_over_in_silence() {
    let (project, file) = with_agent(
        r#""$schema": "https://x", "http": {"disable_a2a": false, "mount_prefix": "", "app": null},
  "dockerfile_lines": ["RUN true"], "image_distro": "wolfi", "pip_installer": "uv", "base_image": "x", "keep_pkg_tools": true,
  "api_version": "0.3", "node_version": "20", "ui": {}, "python_version": "3.12-bookworm""#,
    );
    assert_eq!(
        project.config(&file).python_version.as_deref(),
        Some("3.12")
    );
}

#[test]
fn a_python_version_is_major_and_minor() {
    for written in ["3", "3.11.4", "x", ""] {
        let (project, file) = with_agent(&format!(r#""python_version": "{written}""#));
        let (config, warnings) = project.load(&file).unwrap();
        assert_eq!(config.python_version, None, "{written}");
        assert!(
            warnings.contains("is not of the form major.minor"),
            "{warnings}"
        );
    }
    let (project, file) = with_agent(r#""python_version": 3.11"#);
    assert_snapshot!(project.errors(&file), @r#"
    error: langgraph.json:3:21: `python_version` must be a string, not a number
      3 |   "python_version": 3.11
        |                     ^^^^
    "#);
}

#[test]
fn of_a_key_given_twice_the_last_counts_and_the_first_is_pointed_out() {
    let (project, file) = with_agent("\"env\": {\"A\": \"1\"},\n  \"env\": {\"A\": \"2\"}");
    let (config, warnings) = project.load(&file).unwrap();
    assert_eq!(config.env[0].1, "2");
    assert_eq!(
        messages(&warnings),
        ["langgraph.json:3:3: `env` is given again below, and only the last one counts"]
    );
}

#[test]
fn the_versions_of_node_that_the_nearest_package_json_allows_are_read() {
    let (project, file) = with_agent(r#""node_version": "20""#);
    project.write("package.json", r#"{"engines": {"node": ">=20.19 <25"}}"#);
    let range = project.config(&file).node_range.unwrap();
    assert_eq!(range.to_string(), ">=20.19 <25");
    assert!(range.includes("24.1.0") && !range.includes("25.0.0"));

    for silent in [
        "{}",
        r#"{"engines": {"npm": ">=9"}}"#,
        r#"{"engines": {"node": "lts"}}"#,
        "not JSON",
    ] {
        project.write("package.json", silent);
        assert_eq!(project.config(&file).node_range, None, "{silent}");
    }
}
