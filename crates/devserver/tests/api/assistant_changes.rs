//! Assistants of users: made, changed, versioned, restored, deleted, with or without auth and across reloads.

use lgx_devserver::Notice;
use lgx_testkit::{Client, FakeWorker, TestProject, TestServer};
use serde_json::{Value, json};

use crate::steps::{self, NOBODY, text};

/// The default assistant of the graph `agent`.
const AGENT: &str = "fe096781-5601-53d2-b2f6-0d3403f7e9ca";

async fn made(client: &Client, body: Value) -> Value {
    client.post("/assistants", &body).await.ok()
}

/// An assistant of the graph `agent`, by the path of its own.
async fn path(client: &Client) -> String {
    let assistant = made(
        client,
        json!({"graph_id": "agent", "name": "first", "metadata": {"a": 1, "n": {"x": 1}}, "config": {"tags": ["t"]}}),
    )
    .await;
    format!("/assistants/{}", text(&assistant, "assistant_id"))
}

async fn versions(client: &Client, path: &str, body: Value) -> Vec<i64> {
    let versions = client.post(format!("{path}/versions"), &body).await.ok();
    let versions = versions.as_array().unwrap().iter();
    versions
        .map(|version| version["version"].as_i64().unwrap())
        .collect()
}

#[tokio::test]
async fn a_new_assistant_has_what_it_was_given_and_the_rest_by_default() {
    let server = TestServer::start().await;
    let bare = made(
        &server,
        json!({"graph_id": "agent", "assistant_id": "", "name": ""}),
    )
    .await;
    assert_eq!(
        bare,
        json!({
            "assistant_id": bare["assistant_id"], "graph_id": "agent", "config": {}, "context": {}, "metadata": {},
            "name": "Untitled", "created_at": bare["created_at"], "updated_at": bare["created_at"], "version": 1,
            "description": null
        })
    );
    let id = "2F8A5F3C-0000-4000-8000-00000000ABCD";
    let full = json!({
        "assistant_id": id, "graph_id": "multi", "context": {"model": "m"}, "config": {"tags": ["t"], "recursion_limit": 7.0, "own": 1},
        "metadata": {"owner": "x", "assistant_id": "spoofed", "run_id": 1, "thread_id": 2}, "name": "full",
        "description": "all of it"
    });
    let full = made(&server, full).await;
    assert_eq!(full["assistant_id"], id.to_lowercase());
    assert_eq!(
        full["config"],
        json!({"tags": ["t"], "recursion_limit": 7, "configurable": {"model": "m"}, "own": 1})
    );
    assert_eq!(
        (&full["context"], &full["metadata"]),
        (&json!({"model": "m"}), &json!({"owner": "x"}))
    );
    assert_eq!(
        server.get(format!("/assistants/{id}")).await.ok(),
        full,
        "what was answered is what is stored"
    );
    let mirrored =
        json!({"graph_id": "agent", "config": {"configurable": {"k": 1}}, "context": {}});
    assert_eq!(made(&server, mirrored).await["context"], json!({"k": 1}));
}

#[tokio::test]
async fn an_id_that_is_taken_is_a_conflict_unless_that_is_fine() {
    let server = TestServer::start().await;
    let body = json!({"graph_id": "agent", "assistant_id": NOBODY, "name": "first"});
    let first = made(&server, body.clone()).await;
    server.post("/assistants", &body).await.refused(409);
    let other = json!({"graph_id": "multi", "assistant_id": NOBODY, "name": "second", "if_exists": "do_nothing"});
    assert_eq!(made(&server, other).await, first);
}

#[tokio::test]
async fn assistants_that_cannot_be_made_are_refused() {
    let server = TestServer::start().await;
    steps::refuses_what_is_no_object(&server, "POST", "/assistants").await;
    let wrong = [
        json!({}),
        json!({"graph_id": 5}),
        json!({"graph_id": null}),
        json!({"graph_id": "agent", "assistant_id": "bad"}),
        json!({"graph_id": "agent", "config": null}),
        json!({"graph_id": "agent", "config": {"tags": "t"}}),
        json!({"graph_id": "agent", "config": {"recursion_limit": "5"}}),
        json!({"graph_id": "agent", "config": {"configurable": []}}),
        json!({"graph_id": "agent", "context": []}),
        json!({"graph_id": "agent", "metadata": null}),
        json!({"graph_id": "agent", "name": null}),
        json!({"graph_id": "agent", "description": 5}),
        json!({"graph_id": "agent", "if_exists": "replace"}),
    ];
    steps::refuses(&server, "/assistants", 422, &wrong).await;
    for graph_id in ["nope", ""] {
        let both = json!({"graph_id": graph_id, "context": {"a": 1}, "config": {"configurable": {"a": 1}}});
        let refusal = server.post("/assistants", &both).await.refused(404);
        assert!(refusal.contains("agent, boom"), "{refusal}");
    }
    let both =
        json!({"graph_id": "agent", "context": {"a": 1}, "config": {"configurable": {"a": 1}}});
    server.post("/assistants", &both).await.refused(400);
    assert_eq!(
        server.post("/assistants/count", &json!({})).await.ok(),
        json!(8)
    );
}

#[tokio::test]
async fn every_change_is_a_new_version() {
    let server = TestServer::start().await;
    let path = path(&server).await;
    let before = server.get(&path).await.ok();
    let patch = async |body: Value| server.patch(&path, &body).await.ok();

    let same = patch(json!({})).await;
    assert_eq!(same["version"], 2);
    assert_eq!(same["created_at"], before["created_at"]);
    assert!(text(&same, "updated_at") > text(&before, "updated_at"));
    let merged = patch(json!({"metadata": {"b": null, "n": {"y": 2}, "run_id": "spoofed"}})).await;
    assert_eq!(
        merged["metadata"],
        json!({"a": 1, "n": {"y": 2}, "b": null})
    );
    let changed = json!({"graph_id": "multi", "name": "", "description": "", "context": {"c": 1}});
    let changed = patch(changed).await;
    assert_eq!(
        changed,
        json!({
            "assistant_id": before["assistant_id"], "graph_id": "multi", "config": {"tags": ["t"], "configurable": {"c": 1}},
            "context": {"c": 1}, "metadata": merged["metadata"], "name": "", "created_at": before["created_at"],
            "updated_at": changed["updated_at"], "version": 4, "description": ""
        })
    );
    assert_eq!(server.get(&path).await.ok(), changed);
    assert_eq!(versions(&server, &path, json!({})).await, [4, 3, 2, 1]);
}

#[tokio::test]
async fn changes_that_make_no_sense_are_refused() {
    let server = TestServer::start().await;
    let path = path(&server).await;
    steps::refuses_what_is_no_object(&server, "PATCH", &path).await;
    for (body, status) in [
        (json!({"graph_id": null}), 422),
        (json!({"graph_id": 5}), 422),
        (json!({"name": null}), 422),
        (json!({"description": null}), 422),
        (json!({"config": {"tags": [1]}}), 422),
        (json!({"graph_id": "nope"}), 404),
        (
            json!({"context": {"a": 1}, "config": {"configurable": {"a": 1}}}),
            400,
        ),
    ] {
        server.patch(&path, &body).await.refused(status);
    }
    let body = json!({"name": "x"});
    let nobody = format!("/assistants/{NOBODY}");
    server.patch(nobody, &body).await.refused(404);
    server.patch("/assistants/agent", &body).await.refused(422);
    assert_eq!(versions(&server, &path, json!({})).await, [1]);
}

#[tokio::test]
async fn versions_are_listed_newest_first() {
    let server = TestServer::start().await;
    let path = path(&server).await;
    server
        .patch(&path, &json!({"metadata": {"b": 2}, "name": "second"}))
        .await
        .ok();
    let all = server
        .post(format!("{path}/versions"), &json!({}))
        .await
        .ok();
    assert_eq!(all[1]["name"], "first");
    let mut keys: Vec<&str> = all[0]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    assert_eq!(
        keys,
        [
            "assistant_id",
            "config",
            "context",
            "created_at",
            "description",
            "graph_id",
            "metadata",
            "name",
            "version"
        ]
    );
    for (body, expected) in [
        (json!({"limit": 1}), &[2][..]),
        (json!({"limit": 1, "offset": 1}), &[1]),
        (json!({"offset": 500}), &[]),
        (json!({"metadata": {"b": 2}}), &[2]),
        (json!({"metadata": {"nope": 2}}), &[]),
    ] {
        assert_eq!(versions(&server, &path, body).await, expected);
    }
    let wrong = [
        json!({"limit": 0}),
        json!({"limit": 1001}),
        json!({"offset": -1}),
        json!({"metadata": null}),
    ];
    steps::refuses(&server, &format!("{path}/versions"), 422, &wrong).await;
    let nothing = [json!({})];
    let nobody = format!("/assistants/{NOBODY}/versions");
    steps::refuses(&server, &nobody, 404, &nothing).await;
    steps::refuses(&server, "/assistants/agent/versions", 422, &nothing).await;
}

#[tokio::test]
async fn a_version_can_be_made_the_latest_again() {
    let server = TestServer::start().await;
    let path = path(&server).await;
    let first = server.get(&path).await.ok();
    server
        .patch(
            &path,
            &json!({"graph_id": "multi", "context": {"c": 1}, "name": "second", "description": "d"}),
        )
        .await
        .ok();
    let latest = format!("{path}/latest");
    let mut back = server.post(&latest, &json!({"version": 1.0})).await.ok();
    back["updated_at"] = first["updated_at"].clone();
    assert_eq!(back, first, "its context and its graph too");
    let third = server.patch(&path, &json!({"name": "third"})).await.ok();
    assert_eq!(
        (&third["version"], &third["graph_id"]),
        (&json!(3), &json!("agent"))
    );

    let unknown = [0, -1, 999].map(|version| json!({"version": version}));
    steps::refuses(&server, &latest, 404, &unknown).await;
    steps::refuses(&server, &latest, 404, &[json!({})]).await;
    let wrong = [json!("1"), json!(1.5), json!(null), json!(true)];
    let wrong = wrong.map(|version| json!({"version": version}));
    steps::refuses(&server, &latest, 422, &wrong).await;
    let one = json!({"version": 1});
    let nobody = format!("/assistants/{NOBODY}/latest");
    server.post(nobody, &one).await.refused(404);
    server
        .post("/assistants/bad/latest", &one)
        .await
        .refused(422);
}

#[tokio::test]
async fn a_deleted_assistant_leaves_its_threads_unless_they_go_too() {
    let server = TestServer::start().await;
    for (query, status) in [
        ("", 200),
        ("?delete_threads=no", 200),
        ("?delete_threads=true", 404),
    ] {
        let assistant = made(&server, json!({"graph_id": "agent"})).await;
        let id = text(&assistant, "assistant_id");
        let thread = steps::thread(&server).await;
        let body = json!({"assistant_id": id, "input": {"messages": []}});
        steps::wait(&server, &thread, body).await;
        server
            .delete(format!("/assistants/{id}{query}"))
            .await
            .empty(204);
        for gone in ["", "/versions"] {
            let path = format!("/assistants/{id}{gone}");
            let method = if gone.is_empty() { "GET" } else { "POST" };
            server.request(method, path).body("{}").await.refused(404);
        }
        let left = server.get(format!("/threads/{thread}")).await;
        assert_eq!(left.status.as_u16(), status, "{query}");
        server
            .delete(format!("/assistants/{id}"))
            .await
            .refused(404);
    }
    server.delete("/assistants/agent").await.refused(422);
}

#[tokio::test]
async fn a_default_assistant_that_is_deleted_is_as_its_graph_has_it() {
    let server = TestServer::start().await;
    let path = format!("/assistants/{AGENT}");
    let patched = server
        .patch(&path, &json!({"name": "renamed", "context": {"q": 1}}))
        .await
        .ok();
    assert_eq!(patched["version"], 2);
    server.delete(&path).await.empty(204);
    let back = server.get(&path).await.ok();
    assert_eq!(
        (&back["name"], &back["version"], &back["context"]),
        (&json!("agent"), &json!(1), &json!({}))
    );
    assert_eq!(versions(&server, &path, json!({})).await, [1]);
    let body = json!({"assistant_id": "agent", "input": {"messages": []}});
    server.post("/runs/wait", &body).await.ok();
}

#[tokio::test]
async fn defaults_follow_the_graphs_across_reloads_and_what_users_made_stays() {
    let server = TestServer::over(TestProject::new())
        .reloading()
        .start()
        .await;
    let mine = made(&server, json!({"graph_id": "multi", "name": "mine"})).await;
    let mut listener = server.listen();
    server.project.configure(
        json!({"graphs": {"agent": {"path": "./graphs.py:agent", "description": "helps"}, "echo": "./graphs.py:echo"}}),
    );
    listener
        .hear("the reload", |notice| {
            matches!(notice, Notice::Reloaded { .. }).then_some(())
        })
        .await;
    let body = json!({"sort_by": "name", "sort_order": "asc", "select": ["name", "description"]});
    assert_eq!(
        server.post("/assistants/search", &body).await.ok(),
        json!([{"name": "agent", "description": "helps"}, {"name": "echo", "description": null}, {"name": "mine", "description": null}])
    );
    // Its graph is gone, and so it cannot be looked at before the graph is back.
    let path = format!("/assistants/{}", text(&mine, "assistant_id"));
    server.get(path).await.refused(404);
}

#[tokio::test]
async fn what_belongs_to_others_is_not_there_to_change() {
    let worker = FakeWorker::builder().owners().build();
    let project = TestProject::with(json!({"auth": {"path": "./auth.py:auth"}}));
    let server = TestServer::over(project).worker(worker).start().await;
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let body = json!({"graph_id": "agent", "assistant_id": NOBODY, "metadata": {"owner": "evil"}});
    assert_eq!(
        made(&alice, body.clone()).await["metadata"],
        json!({"owner": "alice"})
    );

    let path = format!("/assistants/{NOBODY}");
    bob.get(&path).await.refused(404);
    bob.patch(&path, &json!({"name": "mine"}))
        .await
        .refused(404);
    bob.delete(&path).await.refused(404);
    bob.post(format!("{path}/versions"), &json!({}))
        .await
        .refused(404);
    bob.post(format!("{path}/latest"), &json!({"version": 1}))
        .await
        .refused(404);
    let existing = json!({"graph_id": "agent", "assistant_id": NOBODY, "if_exists": "do_nothing"});
    bob.post("/assistants", &existing).await.refused(409);

    let patched = alice
        .patch(&path, &json!({"metadata": {"owner": "bob"}}))
        .await
        .ok();
    assert_eq!(patched["metadata"], json!({"owner": "alice"}));
    let created = &server.worker.requests("auth")[0]["checks"][0];
    assert_eq!(
        created["value"],
        json!({"assistant_id": NOBODY, "graph_id": "agent", "config": {}, "context": null, "metadata": {"owner": "evil"}, "name": "Untitled"})
    );
    // Only her own threads go with her assistant.
    let thread = steps::thread(&alice).await;
    alice
        .delete(format!("{path}?delete_threads=true"))
        .await
        .empty(204);
    alice.get(format!("/threads/{thread}")).await.ok();

    let copy = format!("/threads/{thread}/copy");
    bob.post(&copy, &json!({})).await.refused(404);
    let copy = alice.post(&copy, &json!({})).await.ok();
    assert_eq!(copy["metadata"]["owner"], "alice");
    let prune = json!({"thread_ids": [thread]});
    bob.post("/threads/prune", &prune).await.refused(404);
    bob.get(format!("/threads/{thread}/storage"))
        .await
        .refused(404);
    assert_eq!(
        alice.post("/threads/prune", &prune).await.ok(),
        json!({"pruned_count": 1})
    );
}
