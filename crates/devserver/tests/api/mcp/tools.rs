//! The list of tools: what they are called, what they take and give, and its pages.

use std::collections::BTreeSet;

use lgx_devserver::Notice;
use lgx_testkit::fake_worker::diagnostic;
use lgx_testkit::{Client, FakeWorker, TestProject, TestServer};
use serde_json::{Value, json};

use super::{ask, call, error, result, text, tool_names};
use crate::steps;

/// Makes an assistant and gives its id.
async fn assistant(client: &Client, name: &str, more: Value) -> String {
    let mut body = json!({"graph_id": "multi", "name": name});
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    let made = client.post("/assistants", &body).await.ok();
    steps::text(&made, "assistant_id")
}

#[tokio::test]
async fn each_assistant_is_a_tool() {
    let described = json!({"graphs": {
        "multi": {"path": "./graphs.py:multi", "description": "Does several things."}, "agent": "./graphs.py:agent",
    }});
    let server = TestServer::over(TestProject::with(described)).start().await;
    assistant(&server, "My own (v2)", json!({"description": "Mine."})).await;
    assistant(&server, "silent", json!({"config": {"tags": ["a"]}})).await;
    let listed = result(ask(&server, "tools/list", json!({}))).await;
    assert_eq!(listed.get("nextCursor"), None);
    let tools = listed["tools"].as_array().unwrap();
    let told: Vec<_> = tools
        .iter()
        .map(|tool| (&tool["name"], &tool["title"], &tool["description"]))
        .map(|(name, title, about)| [name, title, about].map(|text| text.as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            [
                "agent",
                "agent",
                "Runs the graph 'agent' as the assistant 'agent'."
            ],
            ["multi", "multi", "Does several things."],
            ["My_own_v2", "My own (v2)", "Mine."],
            ["silent", "silent", "Does several things."],
        ]
    );
    for tool in tools {
        assert_eq!(tool["inputSchema"]["type"], "object", "{tool}");
        assert_eq!(tool["outputSchema"]["type"], "object", "{tool}");
        assert_eq!(tool["annotations"]["openWorldHint"], true);
    }
    assert_eq!(
        tools[1]["inputSchema"]["properties"]["log"],
        json!({"title": "log"})
    );
    let field = &tools[1]["outputSchema"]["properties"]["log"];
    assert_eq!(
        *field,
        json!({"title": "log", "anyOf": [{"title": "log"}, {}]})
    );
    // What their graphs take and give is asked for once.
    assert_eq!(server.worker.requests("graph.schemas").len(), 2);
}

#[tokio::test]
async fn what_graphs_take_is_asked_for_once_a_version_of_the_code_unless_a_factory_makes_them() {
    let graphs = json!({"graphs": {"multi": "./graphs.py:multi", "agent": "./graphs.py:agent"}});
    let worker = FakeWorker::builder().factory("agent").build();
    let setup = TestServer::over(TestProject::with(graphs)).worker(worker);
    let server = setup.reloading().start().await;
    let asked = || {
        let asked = server.worker.requests("graph.schemas");
        let of = |id: &str| asked.iter().filter(|asked| asked["graph_id"] == id).count();
        (of("multi"), of("agent"))
    };
    let first = result(ask(&server, "tools/list", json!({}))).await;
    assistant(&server, "other", json!({"config": {"tags": ["a"]}})).await;
    let again = result(ask(&server, "tools/list", json!({}))).await;
    assert_eq!(first["tools"][1], again["tools"][1]);
    let id = lgx_model::AssistantId::of_graph("multi");
    server.get(format!("/assistants/{id}/schemas")).await.ok();
    assert_eq!(asked(), (1, 2));

    let mut listener = server.listen();
    server.project.write("graphs.py", "# Version 2.\n");
    let reloaded = |notice: &Notice| matches!(notice, Notice::Reloaded { .. }).then_some(());
    listener.hear("the reload", reloaded).await;
    result(ask(&server, "tools/list", json!({}))).await;
    assert_eq!(asked(), (2, 3));
}

#[tokio::test]
async fn who_is_called_the_same_has_a_name_of_its_own_that_stays() {
    let server = TestServer::start().await;
    let defaults = tool_names(&server).await;
    let first = assistant(&server, "same", json!({"graph_id": "agent"})).await;
    let second = assistant(&server, "same", json!({})).await;
    let of_second = format!("same-{}", &second[..8]);
    // The default assistant has the name of its graph, whoever takes it too.
    let like_default = assistant(&server, "multi", json!({})).await;
    let own = [
        "same".to_owned(),
        of_second.clone(),
        format!("multi-{}", &like_default[..8]),
    ];
    let all = [defaults, own.to_vec()].concat();
    assert_eq!(tool_names(&server).await, all);
    assistant(&server, "same", json!({})).await;
    assert_eq!(tool_names(&server).await[..all.len()], all);

    let called = result(call(&server, &of_second, json!({"log": ["in"]}))).await;
    assert_eq!(called["structuredContent"]["log"][3], "b");
    let called = result(call(&server, "same", json!({"messages": []}))).await;
    assert!(
        called["structuredContent"]["messages"].is_array(),
        "{called}"
    );
    let ran: Vec<String> = server
        .worker
        .requests("run")
        .iter()
        .map(|run| steps::text(&run["config"]["configurable"], "assistant_id"))
        .collect();
    assert_eq!(ran, [second, first]);
}

#[tokio::test]
async fn a_long_list_has_pages() {
    let server = TestServer::start().await;
    let count = tool_names(&server).await.len() + 120;
    for number in 0..120 {
        assistant(&server, &format!("own {number}"), json!({})).await;
    }
    let mut names = Vec::new();
    let mut params = json!({});
    let mut pages = 0;
    loop {
        let page = result(ask(&server, "tools/list", params)).await;
        let tools = page["tools"].as_array().unwrap();
        names.extend(
            tools
                .iter()
                .map(|tool| tool["name"].as_str().unwrap().to_owned()),
        );
        pages += 1;
        let Some(cursor) = page.get("nextCursor") else {
            break;
        };
        params = json!({"cursor": cursor});
        if pages == 1 {
            // The list goes on behind the last tool, also when that is gone.
            let last = names.last().unwrap().replace('_', " ");
            let found = server.post("/assistants/search", &json!({"name": last}));
            let found = found.await.ok();
            let id = found[0]["assistant_id"].as_str().unwrap();
            server.delete(format!("/assistants/{id}")).await.empty(204);
        }
    }
    assert_eq!(pages, 3);
    assert_eq!(names.len(), count);
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), count);
    for cursor in [json!("nope"), json!(5)] {
        let (status, told) = error(ask(&server, "tools/list", json!({"cursor": cursor}))).await;
        assert_eq!((status, &told["code"]), (200, &json!(-32602)));
    }
}

#[tokio::test]
async fn a_graph_that_does_not_load_is_a_tool_that_says_so() {
    let worker = FakeWorker::new();
    worker.break_graph(
        "boom",
        diagnostic("SyntaxError", "invalid syntax", "graphs.py", 9),
    );
    let server = TestServer::over(TestProject::new())
        .worker(worker)
        .start()
        .await;
    let listed = result(ask(&server, "tools/list", json!({}))).await;
    let tools = listed["tools"].as_array().unwrap();
    let broken = tools.iter().find(|tool| tool["name"] == "boom").unwrap();
    assert_eq!(
        broken["inputSchema"],
        json!({"type": "object", "properties": {}})
    );
    assert_eq!(broken.get("outputSchema"), None);
    let called = result(call(&server, "boom", json!({}))).await;
    assert_eq!(called["isError"], true);
    assert!(text(&called).contains("graph `boom`"), "{called}");
}
