//! What goes along with runs whose instance has died: who asked for them, and who is told of their ends.

use lgx_test_postgres::TestDatabase;
use lgx_testkit::{FakeWorker, Instance, TestProject, within};
use serde_json::{Value, json};

use super::{database, has_written, is_silent};
use crate::bodies::{multi, multi_with};
use crate::steps::{create, join, status, thread, wait};
use crate::webhooks::{Hook, local};

/// An instance of a project with these sections in its langgraph.json.
async fn instance(database: &TestDatabase, more: &Value, worker: &FakeWorker) -> Instance {
    let project = TestProject::in_database(database.clone());
    project.configure(more.clone());
    Instance::over(project, worker.clone()).await
}

#[tokio::test]
async fn the_user_of_a_run_goes_along_and_nobody_reads_it_in_the_database() {
    const SECRET: &str = "s3cr3t-t0k3n";
    let Some(database) = database() else { return };
    let worker = || {
        let builder = FakeWorker::builder().auth(|request| {
            let user = json!({"identity": "alice", "display_name": "alice", "is_authenticated": true, "permissions": ["p"], "token": SECRET});
            let checks = request["checks"].as_array().into_iter().flatten();
            let checks = checks.map(|check| json!({"filter": null, "value": check["value"]}));
            Ok(json!({"user": user, "checks": checks.collect::<Vec<_>>()}))
        });
        builder.build()
    };
    let (dying, living) = (worker(), worker());
    let guarded = json!({"auth": {"path": "./auth.py:auth"}});
    let a = instance(&database, &guarded, &dying).await;
    let b = instance(&database, &guarded, &living).await;
    dying.slow().close();
    let (alice, elsewhere) = (a.user(SECRET), b.user(SECRET));
    let id = thread(&alice).await;
    let run = create(&alice, &id, multi("in")).await;
    within("the run", dying.slow().arrived(1)).await;
    has_written(&alice, &id).await;
    let sealed = "SELECT count(*) FROM runs WHERE user_sealed IS NOT NULL";
    assert_eq!(database.query(sealed).unwrap().trim(), "1");
    assert!(!database.dump().unwrap().contains(SECRET));

    is_silent(&database, &a);
    a.kill();
    join(&elsewhere, &id, &run).await;
    let asked = living.requests("run");
    assert_eq!(asked[0]["user"]["token"], SECRET, "{asked:?}");
    assert_eq!(asked[0]["user"]["permissions"], json!(["p"]));
    assert_eq!(database.query(sealed).unwrap().trim(), "0");
}

#[tokio::test]
async fn a_webhook_that_a_dead_instance_had_not_told_is_told_by_another() {
    let Some(database) = database() else { return };
    let hook = Hook::listen().await;
    let worker = FakeWorker::new();
    let a = instance(&database, &local(), &worker).await;
    let b = instance(&database, &local(), &worker).await;
    let id = thread(&a).await;
    let run = create(&a, &id, multi_with("in", json!({"webhook": hook.url()}))).await;
    join(&b, &id, &run).await;
    // It is told, and does not say that it has heard.
    let (unanswered, told) = hook.next().await;
    assert_eq!(told["run_id"], run);
    // Nobody else tells it as long as that one is there.
    wait(&b, &thread(&b).await, multi("other")).await;
    let open = "SELECT count(*) FROM reports";
    assert_eq!(database.query(open).unwrap().trim(), "1");

    is_silent(&database, &a);
    a.kill();
    drop(unanswered);
    let again = hook.report().await;
    assert_eq!(again["run_id"], run);
    assert_eq!(again["values"], told["values"]);
    assert_eq!(status(&b, &id, &run).await, "success");
}

#[tokio::test]
async fn a_run_of_which_nobody_heard_that_it_was_begun_is_begun() {
    let Some(database) = database() else { return };
    let worker = FakeWorker::new();
    let a = instance(&database, &json!({}), &worker).await;
    let id = thread(&a).await;
    let later = multi_with("in", json!({"after_seconds": 1000}));
    let run = create(&a, &id, later).await;
    // As if it had begun in a transaction of which only the database knows that it was committed.
    let begun = format!(
        "UPDATE runs SET status = 'running', attempts = 1, claims = 1, created_at = updated_at WHERE run_id = '{run}' RETURNING 1"
    );
    assert_eq!(database.query(&begun).unwrap().trim(), "1");
    // Who waits for it knows of no execution either.
    let values = join(&a, &id, &run).await;
    assert_eq!(values["log"], json!(["in", "a", "slow", "b"]));
    assert_eq!(status(&a, &id, &run).await, "success");
}
