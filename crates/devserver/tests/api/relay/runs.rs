//! Runs that are asked for, waited for and stopped at a server that does not execute them.

use serde_json::json;

use super::pair;
use crate::bodies::{multi, multi_with};
use crate::steps::{create, join, status, thread, wait};

#[tokio::test]
async fn a_run_executes_at_the_home_of_its_thread_wherever_it_is_asked_for() {
    let Some(pair) = pair(None).await else { return };
    let id = pair.thread().await;
    let log = json!({"log": ["before", "a", "slow", "b", "in", "a", "slow", "b"]});
    assert_eq!(wait(&pair.other, &id, multi("in")).await, log);
    let run = create(&pair.other, &id, multi("again")).await;
    let joined = join(&pair.other, &id, &run).await;
    assert_eq!(joined, join(&pair.home, &id, &run).await);
    assert_eq!(pair.other.worker.slow().arrivals(), 0);
    assert_eq!(pair.home.worker.slow().arrivals(), 3);
    assert_eq!(pair.passed_on().await, 3);
}

#[tokio::test]
async fn a_thread_that_is_at_home_nowhere_is_at_home_where_it_is_first_asked_for() {
    let Some(pair) = pair(None).await else { return };
    let id = thread(&pair.home).await;
    wait(&pair.other, &id, multi("in")).await;
    assert_eq!(pair.other.worker.slow().arrivals(), 1);
    wait(&pair.home, &id, multi("in")).await;
    assert_eq!(pair.other.worker.slow().arrivals(), 2);
    assert_eq!(pair.home.worker.slow().arrivals(), 0);
}

#[tokio::test]
async fn a_run_is_cancelled_and_deleted_from_anywhere() {
    let Some(pair) = pair(None).await else { return };
    let id = pair.thread().await;
    pair.home.worker.slow().close();
    let run = create(&pair.home, &id, multi("in")).await;
    pair.home.worker.slow().arrived(2).await;
    let path = format!("/threads/{id}/runs/{run}/cancel?wait=1");
    let cancelled = pair.other.request("POST", path).await;
    let location = format!("/threads/{id}/runs/{run}");
    assert_eq!(cancelled.header("content-location"), Some(&*location));
    assert_eq!(cancelled.ok()["log"][5], "a");
    assert_eq!(status(&pair.other, &id, &run).await, "interrupted");
    pair.other.delete(&*location).await.empty(204);
    pair.home.get(location).await.refused(404);
}

#[tokio::test]
async fn the_home_notices_that_a_client_has_left() {
    let Some(pair) = pair(None).await else { return };
    let id = pair.thread().await;
    pair.home.worker.slow().close();
    for (how, arrivals) in [("stream", 2), ("wait", 3)] {
        let body = multi_with("in", json!({"on_disconnect": "cancel"}));
        let path = format!("/threads/{id}/runs/{how}");
        let opened = pair.other.post(path, &body).open().await;
        let place = opened.header("content-location").to_owned();
        pair.home.worker.slow().arrived(arrivals).await;
        drop(opened);
        pair.home.get(format!("{place}/join")).await.ok();
        assert_eq!(pair.home.get(place).await.ok()["status"], "interrupted");
    }
}

#[tokio::test]
async fn refusals_are_those_of_the_home() {
    let Some(pair) = pair(None).await else { return };
    let id = pair.thread().await;
    let unknown = json!({"assistant_id": "nobody"});
    let bodies = [unknown.to_string(), "{".into(), "[]".into()];
    for body in bodies {
        let ask = async |server: &lgx_testkit::Client| {
            let path = format!("/threads/{id}/runs");
            let answer = server.request("POST", path).body(body.clone()).await;
            (answer.status, answer.text().to_owned())
        };
        assert_eq!(ask(&pair.other).await, ask(&pair.home).await, "{body}");
    }
}
