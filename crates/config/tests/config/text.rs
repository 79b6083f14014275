//! The text of the file: what is read, and how what cannot be read is shown.

use insta::assert_snapshot;

use crate::project::{Project, with_agent};

#[test]
fn comments_trailing_commas_and_a_byte_order_mark_are_accepted() {
    let project = Project::with(&["agent.py"]);
    let text = "\u{feff}{\r\n  // the only one\r\n  \"graphs\": {\"agent\": \"./agent.py:graph\",}, /* done */\r\n}";
    assert_eq!(project.config(text).graphs[0].id, "agent");
}

#[test]
fn a_missing_file_says_how_to_make_one() {
    assert_snapshot!(Project::with(&[]).load_file("langgraph.json").unwrap_err(), @r#"
    error: langgraph.json: this file does not exist
      hint: `lgx new` makes a project; `--config PATH` names a file that is elsewhere
    "#);
}

#[test]
fn a_directory_is_not_a_file() {
    let project = Project::with(&["agent/langgraph.json"]);
    assert_snapshot!(project.load_file("agent").unwrap_err(), @r#"
    error: agent: this is a directory
      hint: name the langgraph.json in it
    "#);
}

#[test]
fn an_empty_file_says_so() {
    assert_snapshot!(Project::with(&[]).errors(" \n"), @r#"
    error: langgraph.json:1:1: the file is empty
      1 |  
        | ^
      hint: `lgx new` makes a project
    "#);
}

#[test]
fn a_syntax_error_is_shown_where_it_is() {
    assert_snapshot!(Project::with(&[]).errors("{\n\t\"graphs\" {}\n}"), @r#"
    error: langgraph.json:2:11: not valid JSON: expected colon after the string or word in object property
      2 | 	"graphs" {}
        | 	         ^^
    "#);
}

#[test]
fn a_file_that_breaks_off_says_what_is_open() {
    assert_snapshot!(Project::with(&[]).errors("{\n  \"graphs\": {\"a\": \"./a.py:graph\"\n"), @r#"
    error: langgraph.json:2:13: not valid JSON: unterminated object
      2 |   "graphs": {"a": "./a.py:graph"
        |             ^^^^^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn names_need_quotes() {
    assert_snapshot!(Project::with(&[]).errors("{graphs: {}}"), @r#"
    error: langgraph.json:1:2: not valid JSON: expected string for object property
      1 | {graphs: {}}
        |  ^^^^^^^
      hint: names are written in double quotes
    "#);
}

#[test]
fn a_list_is_not_a_configuration() {
    assert_snapshot!(Project::with(&[]).errors("[]"), @r#"
    error: langgraph.json:1:1: the file must hold an object, not an array
      1 | []
        | ^^
    "#);
}

#[test]
fn of_a_very_long_line_only_the_neighbourhood_is_shown() {
    let text = format!(
        r#"{{"$schema": "{}", "graphs": {{"ä": 3}}, "base_image": "{}"}}"#,
        "x".repeat(300),
        "y".repeat(300)
    );
    assert_snapshot!(Project::with(&[]).errors(&text), @r#"
    error: langgraph.json:1:333: graph 'ä' must be a string like "./src/agent/graph.py:graph" or an object with a `path`, not a number
      1 | …xxxxxxxxx", "graphs": {"ä": 3}, "base_image": "yyyyyyyyyyyyyyyyyyyyyyyyy…
        |                              ^
    "#);
}

#[test]
fn every_problem_is_found_at_once_in_the_order_of_the_file() {
    let project = Project::with(&[]);
    assert_snapshot!(project.errors("{\n  \"graph\": {\"a\": \"./a.py:graph\"},\n  \"env\": 3,\n  \"auth\": {}\n}"), @r#"
    error: langgraph.json:1:1: there is no graph to serve: `graphs` is missing
      1 | {
        | ^
      hint: add one, for example "graphs": { "agent": "./src/agent/graph.py:graph" }

    warning: langgraph.json:2:3: unknown key `graph`, ignored
      2 |   "graph": {"a": "./a.py:graph"},
        |   ^^^^^^^
      hint: did you mean `graphs`?

    error: langgraph.json:3:10: `env` must be the path of a file like ".env" or an object of strings, not a number
      3 |   "env": 3,
        |          ^

    error: langgraph.json:4:11: `auth` has no `path`, so there is nothing to authenticate with
      4 |   "auth": {}
        |           ^^
      hint: write "auth": { "path": "./src/security/auth.py:auth" }
    "#);
}

#[test]
fn what_nests_too_deep_is_refused_where_it_does() {
    for text in ["[".repeat(200_000), "{\"a\":".repeat(200_000)] {
        let errors = Project::with(&[]).errors(&text);
        assert!(
            errors.contains("lists and objects lie more than 100 deep in each other"),
            "{errors}"
        );
    }
    let (project, file) = with_agent(&format!(
        "\"base_image\": {}1{}",
        "[".repeat(99),
        "]".repeat(99)
    ));
    project.config(&file);
}

#[test]
fn what_is_no_plain_file_is_refused_at_once() {
    let (project, file) = with_agent(r#""env": ".env""#);
    for (path, made) in [("langgraph.json", ""), (".env", &file), ("agent.py", &file)] {
        let pipe = project.path(path);
        if pipe.exists() {
            fs_err::remove_file(&pipe).unwrap();
        }
        let status = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(status.unwrap().success());
        if !made.is_empty() {
            project.write("langgraph.json", made);
        }

        let errors = project.load_file("langgraph.json").unwrap_err();

        assert!(errors.contains("a named pipe"), "{path}: {errors}");
        fs_err::remove_file(&pipe).unwrap();
        project.write("agent.py", "");
    }
}

#[test]
fn text_that_is_not_utf_8_is_refused() {
    let project = Project::with(&[]);
    fs_err::write(project.path("langgraph.json"), [b'{', 0xff, b'}']).unwrap();
    assert_snapshot!(project.load_file("langgraph.json").unwrap_err(), @r#"
    error: langgraph.json: this file is not UTF-8 text
      hint: save it as UTF-8
    "#);
}
