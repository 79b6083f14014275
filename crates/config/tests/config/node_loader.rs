//! `node_loader`: what compiles a project's TypeScript instead of lgx.

use crate::project::with_agent;

#[test]
fn what_is_named_is_used_and_the_file_comes_before_the_variable() {
    for (langgraph_json, expected) in [
        (r#""env": {}"#, None),
        (r#""node_loader": "ts-node""#, Some("ts-node")),
        (r#""env": {"LANGGRAPH_NODE_LOADER": "a"}"#, Some("a")),
        (
            r#""node_loader": "./b.mjs", "env": {"LANGGRAPH_NODE_LOADER": "a"}"#,
            Some("./b.mjs"),
        ),
        (r#""node_loader": """#, None),
    ] {
        let (project, file) = with_agent(langgraph_json);
        let config = project.config(&file);
        assert_eq!(config.node_loader.as_deref(), expected, "{langgraph_json}");
    }
}

#[test]
fn the_name_of_tsx_is_the_projects_own_if_it_has_one() {
    let (project, file) = with_agent(r#""node_loader": "tsx""#);
    assert_eq!(project.config(&file).node_loader, None);
    project.write("node_modules/tsx/package.json", "{}");
    assert_eq!(project.config(&file).node_loader.as_deref(), Some("tsx"));
}
