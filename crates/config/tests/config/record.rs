//! `record`: whose calls are recorded, and what of them does not count.

use crate::project::{messages, with_agent};

#[test]
fn hosts_of_models_are_named() {
    let (project, file) =
        with_agent(r#""record": {"hosts": ["llm.example.com", "localhost:11434"]}"#);
    let config = project.config(&file);
    assert_eq!(config.record.hosts, ["llm.example.com", "localhost:11434"]);
    assert!(!config.record.ignores_dates && config.record.allow.is_empty());
    let (project, file) = with_agent(r#""record": {"host": ["a"]}"#);
    let (config, warnings) = project.load(&file).unwrap();
    assert_eq!(config.record.hosts, [""; 0]);
    assert_eq!(
        messages(&warnings),
        ["langgraph.json:3:14: unknown key `record.host`, ignored"]
    );
}

#[test]
fn dates_and_texts_that_are_no_secret_are_passed_over() {
    let (project, file) =
        with_agent(r#""record": {"ignore": ["dates"], "allow": ["0123456789ABCDEF"]}"#);
    let record = project.config(&file).record;
    assert!(record.ignores_dates);
    assert_eq!(record.allow, ["0123456789abcdef"]);
}

#[test]
fn a_secret_itself_is_not_allowed_and_nothing_else_is_ignored() {
    let (project, file) = with_agent(r#""record": {"ignore": ["ids"], "allow": ["*"]}"#);
    assert_eq!(
        messages(&project.errors(&file)),
        [
            "error: langgraph.json:3:25: `record.ignore` \"ids\" is not known",
            "error: langgraph.json:3:43: `record.allow` \"*\" is none of the digests of texts that are no secret",
        ]
    );
}
