//! The socket of the page: who is let in, and what happens on a thread.

use lgx_testkit::{FakeWorker, TestProject, TestServer, within};
use serde_json::{Value, json};

use super::heard::{Page, SOCKET, new};
use super::page;
use crate::bodies::{multi, multi_with};
use crate::steps::{create, join, thread, wait};

fn ended(frame: &Value) -> bool {
    frame["event"] == "ended"
}

fn names(frames: &[Value]) -> Vec<String> {
    let name = |frame: &Value| match frame["event"].as_str() {
        Some("streamed") => frame["name"].as_str().unwrap_or_default().to_owned(),
        other => other.unwrap_or_default().to_owned(),
    };
    frames.iter().map(name).collect()
}

#[tokio::test]
async fn pages_of_other_origins_are_refused() {
    let server = TestServer::start().await;
    for origin in [
        "http://localhost:3000",
        "https://smith.langchain.com",
        "null",
    ] {
        assert_eq!(
            server.from(origin).refused_socket(SOCKET).await,
            403,
            "{origin}"
        );
    }
    Page::open(&page(&server), &new(json!({}))).await;
    Page::open(&server, &new(json!({}))).await;
}

#[tokio::test]
async fn the_first_frame_has_to_be_a_hello_and_the_only_one() {
    let server = TestServer::start().await;
    for (frame, status) in [
        (
            json!({"type": "subscribe", "topic": "server"}).to_string(),
            400,
        ),
        ("nope".to_owned(), 422),
        (
            json!({"type": "hello", "headers": {"a b": "c"}}).to_string(),
            422,
        ),
    ] {
        let mut socket = server.socket(SOCKET).await;
        socket.send(frame).await;
        let refused = socket.next().await.unwrap();
        assert_eq!(
            (&refused["type"], &refused["status"]),
            (&json!("refused"), &json!(status)),
            "{refused}"
        );
        assert_eq!(socket.next().await, Err(1008));
    }
    let mut page = Page::open(&server, &new(json!({}))).await;
    for (frame, status) in [
        (new(json!({})), 400),
        (json!({"type": "subscribe", "topic": "threads"}), 422),
        (
            json!({"type": "subscribe", "topic": "server", "after": "x"}),
            422,
        ),
    ] {
        page.socket.send(frame.to_string()).await;
        let refused = page.next().await;
        assert_eq!(
            (&refused["type"], &refused["status"]),
            (&json!("refused"), &json!(status)),
            "{refused}"
        );
    }
    page.socket.send("x".repeat(70 * 1024)).await;
    assert_eq!(page.socket.next().await, Err(1009));
}

#[tokio::test]
async fn who_it_is_comes_in_the_first_frame() {
    let worker = FakeWorker::builder().owners().build();
    let project = TestProject::with(json!({"auth": {"path": "./auth.py:auth"}}));
    let server = TestServer::over(project).worker(worker).start().await;
    let here = (*server).clone();
    for headers in [json!({}), json!({"x-auth-scheme": "none"})] {
        let mut socket = here.socket(SOCKET).await;
        socket.send(new(headers).to_string()).await;
        assert_eq!(socket.next().await.unwrap()["status"], 401);
        assert_eq!(socket.next().await, Err(1008));
    }
    let hers = thread(&server.user("alice")).await;
    let topic = format!("thread:{hers}");
    for (name, answer) in [("alice", "subscribed"), ("bob", "refused")] {
        let headers = json!({"authorization": format!("Bearer {name}")});
        let mut page = Page::open(&here, &new(headers)).await;
        assert_eq!(page.subscribe(&topic, None).await, answer, "{name}");
    }
    // The developer, whom the page stands for by itself.
    Page::open(&here, &new(json!({"x-auth-scheme": "langsmith"}))).await;
}

#[tokio::test]
async fn a_thread_is_heard_of_and_again_after_the_last_event_seen() {
    let server = TestServer::start().await;
    let page = page(&server);
    let id = thread(&server).await;
    let topic = format!("thread:{id}");
    let mut first = Page::open(&page, &new(json!({}))).await;
    first.subscribe(&topic, None).await;
    let body = multi_with(
        "in",
        json!({"stream_resumable": true, "stream_mode": "updates"}),
    );
    let run = create(&server, &id, body).await;
    let told = first.until(ended).await;
    assert_eq!(
        names(&told),
        ["began", "updates", "updates", "updates", "ended"]
    );
    assert!(
        told.iter()
            .all(|frame| frame["run_id"] == *run && frame["topic"] == *topic)
    );
    assert_eq!(told[1]["data"], json!({"a": {"log": ["a"]}}));
    assert_eq!(
        (&told[4]["status"], &told[4]["error"]),
        (&json!("success"), &Value::Null)
    );

    let steps = first.steps.iter().map(|frame| {
        assert_eq!(frame["run_id"], *run);
        let step = &frame["step"];
        (
            step["node"].as_str().unwrap(),
            step["status"].as_str().unwrap(),
        )
    });
    let steps: Vec<_> = steps.collect();
    for node in ["a", "slow", "b"] {
        let of_node: Vec<_> = steps.iter().filter(|(of, _)| *of == node).collect();
        assert_eq!(of_node, [&(node, "running"), &(node, "success")]);
    }

    for seen in 0..told.len() {
        let mut again = Page::open(&page, &new(json!({}))).await;
        let after = told[seen]["id"].as_str();
        assert_eq!(again.subscribe(&topic, after).await, "subscribed");
        for event in &told[seen + 1..] {
            assert_eq!(again.next().await, *event);
        }
        // Nothing else is in between.
        again.socket.send("nope").await;
        assert_eq!(again.next().await["type"], "refused");
    }
}

#[tokio::test]
async fn who_comes_in_the_middle_of_a_resumable_run_hears_it_from_its_beginning() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let page = page(&server);
    let id = thread(&server).await;
    let topic = format!("thread:{id}");
    let created = server.get(format!("/threads/{id}")).await.ok()["created_at"].clone();
    let created: lgx_model::Timestamp = serde_json::from_value(created).unwrap();
    let before = format!("{}-0", created.micros() / 1000 - 1);
    let body = multi_with(
        "in",
        json!({"stream_resumable": true, "stream_mode": "updates"}),
    );
    create(&server, &id, body).await;
    within("its second node", server.worker.slow().arrived(1)).await;
    let mut late = Page::open(&page, &new(json!({}))).await;
    assert_eq!(late.subscribe(&topic, Some(&before)).await, "subscribed");
    server.worker.slow().open();
    let told = late.until(ended).await;
    assert_eq!(
        names(&told),
        ["began", "updates", "updates", "updates", "ended"]
    );
}

#[tokio::test]
async fn who_missed_what_is_not_kept_is_told() {
    let server = TestServer::start().await;
    let page = page(&server);
    let id = thread(&server).await;
    let topic = format!("thread:{id}");
    let mut first = Page::open(&page, &new(json!({}))).await;
    first.subscribe(&topic, None).await;
    wait(&server, &id, multi("in")).await;
    let told = first.until(ended).await;
    for (after, whole) in [
        (told.last().unwrap()["id"].as_str(), true),
        (told[0]["id"].as_str(), false),
        (Some("x"), false),
    ] {
        let mut again = Page::open(&page, &new(json!({}))).await;
        assert_eq!(again.subscribe(&topic, after).await, "subscribed");
        if !whole {
            assert_eq!(
                again.next().await,
                json!({"type": "missed", "topic": topic})
            );
        }
        let values = json!({"values": {"log": ["more"]}, "as_node": "b"});
        server
            .post(format!("/threads/{id}/state"), &values)
            .await
            .ok();
        let updated = again.next().await;
        assert_eq!(updated["event"], "state_updated", "{updated}");
        assert!(updated["checkpoint_id"].is_string(), "{updated}");
    }
    // That the state was changed is not kept either.
    let mut again = Page::open(&page, &new(json!({}))).await;
    again
        .subscribe(&topic, told.last().unwrap()["id"].as_str())
        .await;
    assert_eq!(again.next().await["type"], "missed");
}

#[tokio::test]
async fn the_end_of_a_failed_run_says_why() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let mut page = Page::open(&page(&server), &new(json!({}))).await;
    page.subscribe(&format!("thread:{id}"), None).await;
    create(&server, &id, json!({"assistant_id": "boom", "input": {}})).await;
    let told = page.until(ended).await;
    let end = told.last().unwrap();
    assert_eq!(
        (&end["status"], &end["error"]),
        (&json!("error"), &json!("kaboom"))
    );
}

#[tokio::test]
async fn a_thread_that_is_deleted_is_heard_of_no_more() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let topic = format!("thread:{id}");
    let mut page = Page::open(&page(&server), &new(json!({}))).await;
    page.subscribe(&topic, None).await;
    server.delete(format!("/threads/{id}")).await.empty(204);
    let gone = page.next().await;
    assert_eq!(
        (&gone["type"], &gone["topic"], &gone["status"]),
        (&json!("refused"), &json!(topic), &json!(404))
    );
    page.subscribe("server", None).await;
    thread(&server).await;
    assert_eq!(page.next().await["event"], "thread", "the connection stays");
}

#[tokio::test]
async fn after_a_restart_a_thread_goes_on_where_it_was() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let topic = format!("thread:{id}");
    let mut first = Page::open(&page(&server), &new(json!({}))).await;
    first.subscribe(&topic, None).await;
    let body = multi_with(
        "in",
        json!({"stream_resumable": true, "stream_mode": "updates"}),
    );
    let run = create(&server, &id, body).await;
    join(&server, &id, &run).await;
    let told = first.until(ended).await;
    let server_id = first.hello["server_id"].clone();

    let project = server.stop().await;
    // Pages connect again.
    assert_eq!(first.socket.next().await, Err(1012));
    let server = TestServer::over(project).start().await;
    let mut again = Page::open(&page(&server), &new(json!({}))).await;
    assert_ne!(again.hello["server_id"], server_id);
    assert_eq!(again.hello["project_id"], first.hello["project_id"]);
    again.subscribe(&topic, told[1]["id"].as_str()).await;
    for event in &told[2..] {
        assert_eq!(again.next().await, *event);
    }
}

#[tokio::test]
async fn lines_are_heard_with_the_run_that_wrote_them() {
    let server = TestServer::start().await;
    server.ready().await;
    let id = thread(&server).await;
    let mut page = Page::open(&page(&server), &new(json!({}))).await;
    page.subscribe("logs", None).await;
    let said = json!({"messages": [{"role": "user", "content": "hi"}]});
    let run = create(
        &server,
        &id,
        json!({"assistant_id": "agent", "input": said}),
    )
    .await;
    let frame = page.next().await;
    assert_eq!(
        (&frame["topic"], &frame["id"]),
        (&json!("logs"), &frame["line"]["id"])
    );
    let line = &frame["line"];
    assert_eq!(
        (&line["message"], &line["stream"], &line["level"]),
        (&json!("echoing hi"), &json!("stdout"), &json!("info"))
    );
    assert_eq!(
        (&line["run_id"], &line["thread_id"], &line["generation"]),
        (&json!(run), &json!(id), &json!(1))
    );
}
