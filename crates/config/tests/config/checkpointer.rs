//! `checkpointer.ttl`: how long threads live.

use insta::assert_snapshot;
use lgx_config::{ThreadTtl, TtlStrategy};

use crate::project::with_agent;

#[test]
fn threads_live_for_so_many_minutes() {
    let (project, file) = with_agent(
        r#""checkpointer": {"ttl": {"strategy": "keep_latest", "default_ttl": 0.5, "sweep_interval_minutes": 5, "sweep_limit": 10}}"#,
    );
    assert_eq!(
        project.config(&file).thread_ttl,
        Some(ThreadTtl {
            strategy: TtlStrategy::KeepLatest,
            minutes: 0.5
        })
    );
    let (project, file) = with_agent(r#""checkpointer": {"ttl": {"default_ttl": 43200}}"#);
    assert_eq!(
        project.config(&file).thread_ttl,
        Some(ThreadTtl {
            strategy: TtlStrategy::Delete,
            minutes: 43200.0
        })
    );
}

#[test]
fn threads_live_for_ever_when_nothing_is_said() {
    for rest in [
        "",
        r#""checkpointer": {}"#,
        r#""checkpointer": {"ttl": null}"#,
        r#""checkpointer": {"ttl": {"strategy": "delete", "default_ttl": null}}"#,
    ] {
        let (project, file) = with_agent(rest);
        assert_eq!(project.config(&file).thread_ttl, None, "{rest}");
    }
}

#[test]
fn a_time_to_live_that_makes_no_sense_is_an_error() {
    let (project, file) =
        with_agent(r#""checkpointer": {"ttl": {"strategy": "keep", "default_ttl": 5}}"#);
    assert_snapshot!(project.errors(&file), @r#"
    error: langgraph.json:3:40: `checkpointer.ttl.strategy` "keep" is not known
      3 |   "checkpointer": {"ttl": {"strategy": "keep", "default_ttl": 5}}
        |                                        ^^^^^^
      hint: write "delete" or "keep_latest"
    "#);
    for wrong in ["0", "-1", "\"5\"", "true"] {
        let (project, file) = with_agent(&format!(
            r#""checkpointer": {{"ttl": {{"default_ttl": {wrong}}}}}"#
        ));
        let errors = project.errors(&file);
        assert!(
            errors.contains(
                "`checkpointer.ttl.default_ttl` must be a number of minutes, more than 0"
            ),
            "{errors}"
        );
    }
}
