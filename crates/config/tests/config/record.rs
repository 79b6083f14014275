//! `record`: hosts whose calls are recorded.

use crate::project::{messages, with_agent};

#[test]
fn hosts_of_models_are_named() {
    let (project, file) =
        with_agent(r#""record": {"hosts": ["llm.example.com", "localhost:11434"]}"#);
    let config = project.config(&file);
    assert_eq!(config.record_hosts, ["llm.example.com", "localhost:11434"]);
    let (project, file) = with_agent(r#""record": {"host": ["a"]}"#);
    let (config, warnings) = project.load(&file).unwrap();
    assert_eq!(config.record_hosts, [""; 0]);
    assert_eq!(
        messages(&warnings),
        ["langgraph.json:3:14: unknown key `record.host`, ignored"]
    );
}
