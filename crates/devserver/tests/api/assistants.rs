//! Assistants: the default one of each graph, found, described and drawn.

use lgx_testkit::{FakeWorker, TestProject, TestServer};
use serde_json::{Value, json};

use crate::steps::{self, NOBODY, text};

/// The default assistant of the graph `agent`: every client computes the same id.
const AGENT: &str = "fe096781-5601-53d2-b2f6-0d3403f7e9ca";
/// The default assistant of the graph `multi`.
const MULTI: &str = "22d81be9-5a50-5e0f-a8f3-ed6c25b4e9e9";

#[tokio::test]
async fn each_graph_has_a_default_assistant() {
    let server = TestServer::start().await;
    let assistant = server.get(format!("/assistants/{AGENT}")).await.ok();
    assert_eq!(
        assistant,
        json!({
            "assistant_id": AGENT, "graph_id": "agent", "config": {}, "context": {}, "metadata": {"created_by": "system"},
            "name": "agent", "created_at": assistant["created_at"], "updated_at": assistant["updated_at"], "version": 1,
            "description": null
        })
    );
    assert!(text(&assistant, "created_at").ends_with("+00:00"));
    // Other spellings of the same id.
    for spelling in [
        AGENT.to_uppercase(),
        AGENT.replace('-', ""),
        format!("%7B{AGENT}%7D"),
    ] {
        let same = server.get(format!("/assistants/{spelling}")).await.ok();
        assert_eq!(same["assistant_id"], AGENT);
    }
}

#[tokio::test]
async fn an_assistant_that_is_not_there_is_not_found() {
    let server = TestServer::start().await;
    for path in ["", "/graph", "/schemas", "/subgraphs", "/subgraphs/mid"] {
        server
            .get(format!("/assistants/{NOBODY}{path}"))
            .await
            .refused(404);
        server
            .get(format!("/assistants/notuuid{path}"))
            .await
            .refused(422);
    }
    // A graph's name is an assistant for drawing and running only.
    for path in ["", "/schemas", "/subgraphs"] {
        server
            .get(format!("/assistants/agent{path}"))
            .await
            .refused(422);
    }
    server.get("/assistants/search").await.refused(405);
}

#[tokio::test]
async fn searching_filters_sorts_and_pages() {
    let server = TestServer::start().await;
    let search = async |body: Value| server.post("/assistants/search", &body).await;
    let names = |found: &Value| -> Vec<String> {
        let found = found.as_array().unwrap().iter();
        found.map(|assistant| text(assistant, "name")).collect()
    };

    let all = search(json!({})).await;
    assert_eq!(all.ok().as_array().unwrap().len(), 8);
    assert_eq!(all.header("x-pagination-total"), Some("8"));
    assert_eq!(all.header("x-pagination-next"), None);

    let page =
        search(json!({"limit": 2.0, "offset": 1, "sort_by": "name", "sort_order": "asc"})).await;
    assert_eq!(names(&page.ok()), ["boom", "custom"]);
    assert_eq!(page.header("x-pagination-total"), Some("8"));
    assert_eq!(page.header("x-pagination-next"), Some("3"));

    for (body, expected) in [
        (json!({"graph_id": "multi"}), &["multi"][..]),
        (json!({"name": "GEN"}), &["agent"]),
        (json!({"name": "%"}), &[]),
        (json!({"metadata": {"created_by": "user"}}), &[]),
        (json!({"offset": 9999}), &[]),
        (
            json!({"metadata": {"created_by": "system"}, "sort_by": "name", "limit": 1, "unknown": null}),
            &["tokens"],
        ),
    ] {
        assert_eq!(names(&search(body).await.ok()), expected);
    }

    let narrow =
        search(json!({"graph_id": "agent", "select": ["name", "assistant_id", "name"]})).await;
    assert_eq!(
        narrow.ok(),
        json!([{"assistant_id": AGENT, "name": "agent"}])
    );
    let whole = search(json!({"graph_id": "agent", "select": []}))
        .await
        .ok();
    assert_eq!(whole[0].as_object().unwrap().len(), 10);
}

#[tokio::test]
async fn counting_gives_a_number() {
    let server = TestServer::start().await;
    let count = async |body: Value| server.post("/assistants/count", &body).await.ok();
    assert_eq!(count(json!({})).await, json!(8));
    assert_eq!(count(json!({"graph_id": "agent"})).await, json!(1));
    assert_eq!(count(json!({"metadata": {"a": 1}})).await, json!(0));
}

#[tokio::test]
async fn searches_that_make_no_sense_are_refused() {
    let server = TestServer::start().await;
    for path in ["/assistants/search", "/assistants/count"] {
        steps::refuses_what_is_no_object(&server, "POST", path).await;
        let unknown = [json!({"graph_id": "nope"}), json!({"graph_id": ""})];
        steps::refuses(&server, path, 404, &unknown).await;
        let wrong = [
            json!({"metadata": null}),
            json!({"metadata": []}),
            json!({"graph_id": 5}),
            json!({"graph_id": null}),
            json!({"name": null}),
            json!({"name": 5}),
        ];
        steps::refuses(&server, path, 422, &wrong).await;
    }
    let wrong = [
        json!({"limit": 0}),
        json!({"limit": 1001}),
        json!({"limit": -1}),
        json!({"limit": "5"}),
        json!({"limit": null}),
        json!({"limit": true}),
        json!({"limit": 1.5}),
        json!({"offset": -1}),
        json!({"sort_by": "version"}),
        json!({"sort_by": "NAME"}),
        json!({"sort_by": null}),
        json!({"sort_order": "ASC"}),
        json!({"sort_by": "name", "sort_order": null}),
        json!({"select": ["bad"]}),
        json!({"select": "name"}),
        json!({"select": null}),
    ];
    steps::refuses(&server, "/assistants/search", 422, &wrong).await;
}

#[tokio::test]
async fn a_graph_is_drawn_by_id_and_by_name() {
    let server = TestServer::start().await;
    let drawn = json!({
        "nodes": [
            {"id": "__start__", "type": "runnable", "data": {"name": "__start__"}},
            {"id": "a", "type": "runnable", "data": {"name": "a"}},
            {"id": "slow", "type": "runnable", "data": {"name": "slow"}},
            {"id": "b", "type": "runnable", "data": {"name": "b"}},
            {"id": "__end__"}
        ],
        "edges": [
            {"source": "__start__", "target": "a"}, {"source": "a", "target": "slow"},
            {"source": "slow", "target": "b"}, {"source": "b", "target": "__end__"}
        ]
    });
    for path in [
        format!("/assistants/{MULTI}/graph"),
        "/assistants/multi/graph".to_owned(),
        "/assistants/multi/graph?xray=".to_owned(),
        "/assistants/multi/graph?xray=True".to_owned(),
        "/assistants/multi/graph?xray=2".to_owned(),
    ] {
        assert_eq!(server.get(path).await.ok(), drawn);
    }
    let depths: Vec<Value> = server
        .worker
        .requests("graph.draw")
        .iter()
        .map(|request| request["xray"].clone())
        .collect();
    assert_eq!(json!(depths), json!([false, false, false, true, 2]));
    for xray in ["0", "-1", "abc", "1.5"] {
        let path = format!("/assistants/multi/graph?xray={xray}");
        server.get(path).await.refused(422);
    }
    server.get("/assistants/nope/graph").await.refused(422);
}

#[tokio::test]
async fn schemas_and_subgraphs_are_what_the_worker_says() {
    let server = TestServer::start().await;
    let schemas = server
        .get(format!("/assistants/{AGENT}/schemas"))
        .await
        .ok();
    assert_eq!(schemas["graph_id"], "agent");
    for key in ["input_schema", "output_schema", "state_schema"] {
        assert!(schemas[key]["properties"]["messages"].is_object(), "{key}");
    }
    for path in ["subgraphs", "subgraphs/mid%7Cinner?recurse=true"] {
        let found = server.get(format!("/assistants/{AGENT}/{path}")).await.ok();
        assert_eq!(found, json!({}));
    }
    let asked = server.worker.requests("graph.subgraphs");
    assert_eq!(
        (&asked[0]["namespace"], &asked[0]["recurse"]),
        (&json!(null), &json!(false))
    );
    assert_eq!(
        (&asked[1]["namespace"], &asked[1]["recurse"]),
        (&json!("mid|inner"), &json!(true))
    );
    server
        .get(format!("/assistants/{AGENT}/subgraphs/mid/inner"))
        .await
        .refused(404);
}

#[tokio::test]
async fn a_request_that_needs_a_graph_waits_until_it_is_loaded() {
    let worker = FakeWorker::new();
    worker.loading().close();
    let server = TestServer::over(TestProject::new())
        .worker(worker)
        .listen_only()
        .await;
    let (assistant, ()) = tokio::join!(
        async { server.get(format!("/assistants/{AGENT}")).await.ok() },
        async {
            server.worker.loading().arrived(1).await;
            server.worker.loading().open();
        }
    );
    assert_eq!(assistant["graph_id"], "agent");
}
