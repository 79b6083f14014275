//! `env`: variables in place or from a file.

use insta::assert_snapshot;
use lgx_config::load;

use crate::project::with_agent;

fn owned(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    variables
        .iter()
        .map(|&(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn variables_stand_in_the_file_itself() {
    let (project, file) = with_agent(r#""env": {"B": "2", "A": "one $two ${three}"}"#);
    let config = project.config(&file);
    assert_eq!(config.env, owned(&[("B", "2"), ("A", "one $two ${three}")]));
    assert_eq!(config.env_file, None);
}

#[test]
fn variables_stand_in_a_file_beside_it() {
    let (project, file) = with_agent(r#""env": "./.env""#);
    project.write(
        ".env",
        "# keys\nexport KEY='s3cret'\nDIRECTORY=${HOME}/data # below\n",
    );
    let config = project.config(&file);
    assert_eq!(
        config.env,
        owned(&[("KEY", "s3cret"), ("DIRECTORY", "/home/ada/data")])
    );
    assert_eq!(config.env_file, Some(project.path(".env")));
}

#[test]
fn a_missing_file_is_a_warning_that_points_at_the_example_and_the_file_is_still_watched() {
    let (project, file) = with_agent(r#""env": ".env""#);
    project.write(".env.example", "KEY=");
    let (config, warnings) = project.load(&file).unwrap();
    assert_snapshot!(warnings, @r#"
    langgraph.json:3:10: env file .env does not exist, no variables are set from it
      3 |   "env": ".env"
        |          ^^^^^^
      hint: make it from the example: cp .env.example .env
    "#);
    assert_eq!(config.env_file, Some(project.path(".env")));
}

#[test]
fn a_missing_file_without_an_example_is_a_warning_too() {
    let (project, file) = with_agent(r#""env": ".env""#);
    assert_snapshot!(project.warnings(&file), @r#"
    langgraph.json:3:10: env file .env does not exist, no variables are set from it
      3 |   "env": ".env"
        |          ^^^^^^
      hint: create .env, or remove `env` if there is nothing to set
    "#);
}

#[test]
fn bad_lines_are_named_without_showing_what_may_be_secret() {
    let (project, file) = with_agent(r#""env": ".env""#);
    project.write(".env", "GOOD=1\n\nKEY sk-12345\nTOKEN=\"open\n=x\n");
    let (config, warnings) = project.load(&file).unwrap();
    assert_snapshot!(warnings, @r#"
    .env:3: there is no '=' after the name, ignored

    .env:4: the quote around the value is not closed, ignored

    .env:5: there is no name before the '=', ignored
    "#);
    assert_eq!(config.env, owned(&[("GOOD", "1")]));
}

#[test]
fn what_env_lacks_is_an_error_for_who_wants_everything() {
    let complete = |dotenv: Option<&str>| {
        let (project, file) = with_agent(r#""env": ".env""#);
        project.write("langgraph.json", &file);
        if let Some(text) = dotenv {
            project.write(".env", text);
        }
        load(&project.path("langgraph.json"), &|_| None)
            .unwrap()
            .complete()
            .map_err(|error| error.to_string())
    };

    assert!(complete(Some("A=1")).is_ok());
    let missing = complete(None).unwrap_err();
    assert!(missing.starts_with("error: "), "{missing}");
    assert!(
        missing.contains("env file .env does not exist"),
        "{missing}"
    );
    let bad_line = complete(Some("A 1")).unwrap_err();
    assert!(bad_line.contains(".env:1: there is no '='"), "{bad_line}");
}

#[test]
fn what_is_neither_a_path_nor_texts_is_an_error() {
    let (project, file) = with_agent(r#""env": 7"#);
    assert_snapshot!(project.errors(&file), @r#"
    error: langgraph.json:3:10: `env` must be the path of a file like ".env" or an object of strings, not a number
      3 |   "env": 7
        |          ^
    "#);
    let (project, file) = with_agent(r#""env": {"PORT": 80}"#);
    assert_snapshot!(project.errors(&file), @r#"
    error: langgraph.json:3:19: variable PORT must be a string (put it in quotes), not a number
      3 |   "env": {"PORT": 80}
        |                   ^^
    "#);
    let (project, file) = with_agent(r#""env": ".""#);
    assert_snapshot!(project.errors(&file), @r#"
    error: langgraph.json:3:10: env file . is a directory
      3 |   "env": "."
        |          ^^^
    "#);
}

#[test]
fn a_list_of_names_leaves_the_environment_as_it_is_and_says_what_is_not_in_it() {
    let (project, file) = with_agent(r#""env": ["HOME", "GONE", "LOST"]"#);
    let (config, warnings) = project.load(&file).unwrap();
    assert_snapshot!(warnings, @r#"
    langgraph.json:3:10: `env` is a list, so its variables come from the environment in which lgx was started; GONE, LOST are not set there
      3 |   "env": ["HOME", "GONE", "LOST"]
        |          ^^^^^^^^^^^^^^^^^^^^^^^^
      hint: name a file, "env": ".env", or write values, "env": {"NAME": "value"}
    "#);
    assert_eq!((config.env, config.env_file), (vec![], None));

    let (project, file) = with_agent(r#""env": [80]"#);
    assert!(
        project
            .errors(&file)
            .contains("each entry of `env` must be a string")
    );
}

#[test]
fn a_nul_in_the_file_names_its_line_and_its_variable() {
    let (project, file) = with_agent(r#""env": ".env""#);
    project.write(".env", "GOOD=1\nKEY=sk-12\0 3\n");
    assert_snapshot!(project.errors(&file), @"error: .env:2: the value of variable KEY has a NUL character");
}

#[test]
fn a_file_of_another_kind_is_not_told_about_line_by_line() {
    let (project, file) = with_agent(r#""env": ".env""#);
    project.write(".env", &"no variable\n".repeat(500));
    let warnings = project.warnings(&file);
    assert_eq!(warnings.matches(".env:").count(), 21, "{warnings}");
    assert!(
        warnings.contains(".env: 480 more lines are not understood"),
        "{warnings}"
    );
}

#[test]
fn what_no_process_can_be_given_is_an_error() {
    for mapping in [r#"{"": "1"}"#, r#"{"A=B": "1"}"#, r#"{"A": "\u0000"}"#] {
        let (project, file) = with_agent(&format!("\"env\": {mapping}"));
        assert!(project.load(&file).is_err(), "{mapping}");
    }
}
