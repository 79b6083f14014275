//! `store`: how items are found by meaning, and how long they live.

use insta::assert_snapshot;
use lgx_config::{Embed, ItemTtl, Source, Store};

use crate::project::{messages, with_agent};

fn store(section: &str) -> Store {
    let (project, file) = with_agent(&format!(r#""store": {section}"#));
    project.config(&file).store
}

fn errors(section: &str) -> String {
    let (project, file) = with_agent(&format!(r#""store": {section}"#));
    messages(&project.errors(&file)).join("\n")
}

#[test]
fn nothing_is_found_by_meaning_and_nothing_expires_when_nothing_is_said() {
    for section in ["null", "{}", r#"{"index": null, "ttl": null}"#] {
        assert_eq!(store(section), Store::default(), "{section}");
    }
}

#[test]
fn embeddings_are_a_model_of_a_provider_or_something_in_the_code() {
    let embed = |embed: &str| {
        let index = store(&format!(
            r#"{{"index": {{"embed": "{embed}", "dims": 3}}}}"#
        ))
        .index;
        index.unwrap().embed
    };
    for model in [
        "openai:text-embedding-3-small",
        "ollama:nomic:v1",
        "huggingface:org/name",
    ] {
        assert_eq!(embed(model), Embed::Model(model.to_owned()));
    }
    let Embed::Code(file) = embed("./agent.py:embed") else {
        panic!("a path is taken for a model")
    };
    assert!(matches!(file.source, Source::File(path) if path.ends_with("agent.py")));
    let Embed::Code(module) = embed("package.module:embed") else {
        panic!("a module is taken for a model")
    };
    assert_eq!(module.source, Source::Module("package.module".to_owned()));
}

#[test]
fn the_whole_value_is_embedded_unless_fields_are_named() {
    let fields = |fields: &str| {
        let index = store(&format!(
            r#"{{"index": {{"embed": "a:b", "dims": 3{fields}}}}}"#
        ))
        .index;
        index.unwrap().fields
    };
    assert_eq!(fields(""), ["$"]);
    assert_eq!(
        fields(r#", "fields": ["title", "parts[*].text"]"#),
        ["title", "parts[*].text"]
    );
}

#[test]
fn items_live_for_so_many_minutes() {
    let ttl = |ttl: &str| store(&format!(r#"{{"ttl": {ttl}}}"#)).ttl;
    assert_eq!(
        ttl(r#"{"default_ttl": 0.5, "refresh_on_read": false, "sweep_interval_minutes": 5}"#),
        Some(ItemTtl {
            default_minutes: Some(0.5),
            refresh_on_read: false
        })
    );
    assert_eq!(
        ttl("{}"),
        Some(ItemTtl {
            default_minutes: None,
            refresh_on_read: true
        })
    );
}

#[test]
fn an_index_that_cannot_work_is_an_error() {
    let (project, file) =
        with_agent(r#""store": {"index": {"embed": "./nope.py:embed", "dims": 3}}"#);
    assert_snapshot!(project.errors(&file), @r#"
    error: langgraph.json:3:32: `store.index.embed`: there is no file ./nope.py
      3 |   "store": {"index": {"embed": "./nope.py:embed", "dims": 3}}
        |                                ^^^^^^^^^^^^^^^^^
      hint: paths are relative to the configuration file; looked for nope.py
    "#);
    assert_snapshot!(errors(r#"{"index": {}}"#), @"
    error: langgraph.json:3:22: `store.index` has no `embed`
    error: langgraph.json:3:22: `store.index` has no `dims`
    ");
    let several = r#"{"index": {"embed": "openai", "dims": 3, "fields": "$"}}"#;
    assert_snapshot!(errors(several), @r#"
    error: langgraph.json:3:32: `store.index.embed` "openai" names neither a model nor a function
    error: langgraph.json:3:63: `store.index.fields` must be an array of strings, not a string
    "#);
    for wrong in ["\"3\"", "0", "-1", "1.5", "true"] {
        let errors = errors(&format!(
            r#"{{"index": {{"embed": "a:b", "dims": {wrong}}}}}"#
        ));
        assert!(
            errors.contains("`store.index.dims` must be a whole number of dimensions"),
            "{errors}"
        );
    }
}

#[test]
fn a_time_to_live_that_makes_no_sense_is_an_error() {
    for wrong in ["0", "-1", "\"5\"", "true"] {
        let errors = errors(&format!(r#"{{"ttl": {{"default_ttl": {wrong}}}}}"#));
        assert!(
            errors.contains("`store.ttl.default_ttl` must be a number of minutes, more than 0"),
            "{errors}"
        );
    }
    assert!(errors(r#"{"ttl": {"refresh_on_read": 1}}"#).contains("true or false"));
}
