//! What happens to the project as a whole: told over the socket and over `/lgx/events`, in order, and again to who comes back.

use lgx_testkit::{Client, FakeWorker, TestProject, TestServer};
use serde_json::{Value, json};

use super::heard::{Page, back, new};
use super::page;
use crate::bodies::multi;
use crate::steps::{create, join, text, thread, wait};

/// What an event says of a run or thread, in short.
fn short(event: &Value) -> String {
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    match event["event"].as_str() {
        Some("run") => format!("run {}", word(&event["run"]["status"])),
        Some("thread") => format!("thread {}", word(&event["status"])),
        other => other.unwrap_or("?").to_owned(),
    }
}

fn shorts(events: &[Value]) -> Vec<String> {
    events.iter().map(short).collect()
}

fn rests(frame: &Value) -> bool {
    ["thread idle", "thread interrupted", "thread error"].contains(&&*short(frame))
}

async fn listening(client: &Client) -> Page {
    let mut page = Page::open(client, &new(json!({}))).await;
    assert_eq!(page.subscribe("server", None).await, "subscribed");
    page
}

#[tokio::test]
async fn a_run_is_told_from_its_beginning_to_its_end() {
    let server = TestServer::start().await;
    server.ready().await;
    let mut page = listening(&page(&server)).await;
    assert_eq!(page.hello["generation"], 1);
    let id = thread(&server).await;
    wait(&server, &id, multi("in")).await;
    let made = page.until(rests).await;
    assert_eq!(shorts(&made), ["thread idle"]);
    let told = page.until(rests).await;
    assert_eq!(
        shorts(&told),
        [
            "thread busy",
            "run running",
            "run running",
            "run success",
            "thread idle"
        ]
    );
    let (placed, ended) = (&told[2]["run"], &told[3]["run"]);
    assert_eq!(
        (&placed["generation"], &placed["attempt"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(placed["thread_id"], *id);
    assert_eq!(placed["graph_id"], "multi");
    assert!(placed["started_at"].is_string() && placed["ended_at"].is_null());
    assert!(ended["ended_at"].is_string());
    let ids: Vec<u64> = told
        .iter()
        .map(|event| event["id"].as_u64().unwrap())
        .collect();
    assert!(ids.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{ids:?}");
}

#[tokio::test]
async fn who_comes_back_gets_what_it_has_not_seen() {
    let server = TestServer::start().await;
    let page = page(&server);
    let mut first = listening(&page).await;
    let id = thread(&server).await;
    wait(&server, &id, multi("in")).await;
    let seen = first.next().await;
    let rest = first.until(rests).await;
    let last = seen["id"].as_u64().unwrap();

    let mut again = Page::open(&page, &back(&first.hello, last)).await;
    again.subscribe("server", None).await;
    let mut missed = Vec::new();
    for _ in &rest {
        missed.push(again.next().await);
    }
    assert_eq!(missed, rest);

    // Another life of the server counts anew.
    let mut hello = back(&first.hello, last);
    hello["server_id"] = json!("another");
    let mut other = Page::open(&page, &hello).await;
    other.subscribe("server", None).await;
    thread(&server).await;
    assert_eq!(
        other.next().await["id"].as_u64(),
        rest.last().unwrap()["id"].as_u64().map(|id| id + 1)
    );
}

#[tokio::test]
async fn places_in_a_queue_are_told_as_they_change() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let mut page = listening(&page(&server)).await;
    let id = thread(&server).await;
    let mut runs = Vec::new();
    for input in ["a", "b", "c"] {
        runs.push(create(&server, &id, multi(input)).await);
    }
    let third = runs[2].clone();
    let place = |frame: &Value| frame["run"]["queue_position"].clone();
    let of_third = move |frame: &Value| frame["run"]["run_id"] == *third;
    let queued = page.until(&of_third).await;
    assert_eq!(place(queued.last().unwrap()), 2);
    server
        .post(format!("/threads/{id}/runs/{}/cancel", runs[1]), &json!({}))
        .await;
    let moved = page.until(&of_third).await;
    assert_eq!(place(moved.last().unwrap()), 1);
    assert!(
        shorts(&moved).contains(&"run interrupted".to_owned()),
        "{moved:?}"
    );
    server.worker.slow().open();
    join(&server, &id, &runs[2]).await;
    let began = page.until(&of_third).await;
    let began = &began.last().unwrap()["run"];
    assert_eq!(
        (&began["status"], &began["queue_position"]),
        (&json!("running"), &Value::Null)
    );
}

#[tokio::test]
async fn a_failed_run_a_deleted_one_and_a_deleted_thread_are_told() {
    let server = TestServer::start().await;
    let mut page = listening(&page(&server)).await;
    let id = thread(&server).await;
    let run = create(&server, &id, json!({"assistant_id": "boom", "input": {}})).await;
    let failed = page.until(|frame| frame["event"] == "run_failed").await;
    let failed = failed.last().unwrap();
    assert_eq!(
        (text(failed, "run_id"), text(failed, "thread_id")),
        (run.clone(), id.clone())
    );
    assert_eq!(failed["diagnostic"]["type"], "ValueError");
    assert_eq!(short(&page.next().await), "thread error");
    server
        .delete(format!("/threads/{id}/runs/{run}"))
        .await
        .empty(204);
    assert_eq!(page.next().await["event"], "run_deleted");
    page.until(|frame| frame["event"] == "thread").await;
    server.delete(format!("/threads/{id}")).await.empty(204);
    let deleted = page.next().await;
    assert_eq!(
        (short(&deleted), text(&deleted, "thread_id")),
        ("thread deleted".to_owned(), id)
    );
}

#[tokio::test]
async fn a_reload_is_told_with_its_generation() {
    let server = TestServer::start().await;
    server.ready().await;
    let mut page = listening(&page(&server)).await;
    server.running().reload();
    assert_eq!(page.next().await["event"], "reloading");
    let reloaded = page.until(|frame| frame["event"] == "reloaded").await;
    let reloaded = reloaded.last().unwrap();
    assert_eq!(
        (&reloaded["generation"], &reloaded["old_runs"]),
        (&json!(2), &json!([]))
    );
    assert!(reloaded["took_ms"].is_u64());
}

#[tokio::test]
async fn scripts_hear_the_same_and_come_back_by_the_id_of_an_event() {
    let server = TestServer::start().await;
    let mut events = server.get("/lgx/events").events().await;
    let hello = events.next().await.unwrap();
    assert_eq!(hello.name, "hello");
    let id = thread(&server).await;
    wait(&server, &id, multi("in")).await;
    let first = events.next().await.unwrap();
    assert_eq!(
        (&*first.name, &first.data["status"]),
        ("thread", &json!("idle"))
    );
    let next = events.next().await.unwrap();
    assert_eq!(
        next.data["id"].as_u64(),
        first.data["id"].as_u64().map(|id| id + 1)
    );

    let last = first.id.clone().unwrap();
    let again = server.get("/lgx/events").header("last-event-id", &last);
    let mut again = again.events().await;
    again.until("hello").await;
    assert_eq!(again.next().await.unwrap(), next);

    let foreign = format!("{NOBODYS}.1");
    let foreign = server.get("/lgx/events").header("last-event-id", &foreign);
    let mut foreign = foreign.events().await;
    foreign.until("hello").await;
    assert_eq!(foreign.next().await.unwrap().name, "missed");
    for wrong in ["x", "1", "a.b"] {
        let refused = server.get("/lgx/events").header("last-event-id", wrong);
        refused.await.refused(422);
    }
}

const NOBODYS: &str = crate::steps::NOBODY;

#[tokio::test]
async fn who_may_not_see_a_thread_does_not_hear_of_it() {
    let worker = FakeWorker::builder().owners().build();
    let project = TestProject::with(json!({"auth": {"path": "./auth.py:auth"}}));
    let server = TestServer::over(project).worker(worker).start().await;
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let here = page(&server);
    let mut pages = Vec::new();
    for name in ["alice", "bob"] {
        let headers = json!({"authorization": format!("Bearer {name}"), "x-auth-scheme": "none"});
        let mut page = Page::open(&here, &new(headers)).await;
        page.subscribe("server", None).await;
        pages.push(page);
    }
    let (hers, his) = (thread(&alice).await, thread(&bob).await);
    wait(&alice, &hers, multi("secret")).await;
    alice.delete(format!("/threads/{hers}")).await.empty(204);
    wait(&bob, &his, multi("in")).await;
    let mut heard = Vec::new();
    for (page, thread) in pages.iter_mut().zip([&hers, &his]) {
        let told = page
            .until(|frame| {
                let of_thread = frame["thread_id"] == **thread;
                of_thread
                    && (short(frame) == "thread deleted"
                        || frame["status"] == "idle" && frame["id"].as_u64() > Some(6))
            })
            .await;
        heard.push(json!(told).to_string());
    }
    assert!(
        heard[0].contains(&hers) && !heard[0].contains(&his),
        "{}",
        heard[0]
    );
    assert!(
        heard[1].contains(&his) && !heard[1].contains(&hers),
        "{}",
        heard[1]
    );

    let mut events = alice.get("/lgx/events").events().await;
    events.until("hello").await;
    wait(&bob, &his, multi("in")).await;
    let mine = thread(&alice).await;
    assert_eq!(events.next().await.unwrap().data["thread_id"], *mine);
    server.get("/lgx/events").await.refused(401);
}
