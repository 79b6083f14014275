//! Two servers of one database: what is asked of one about a thread that is at home at the other is answered as it would be there.

mod away;
mod forged;
mod runs;
mod sockets;
mod streams;

use std::io::Write as _;

use lgx_test_postgres::TestDatabase;
use lgx_testkit::{TestProject, TestServer};
use serde_json::json;

use crate::bodies::multi;
use crate::steps::{self, thread, wait};

/// Two servers of a database.
struct Pair {
    home: TestServer,
    other: TestServer,
}

/// A database, where one can be had; else a line says that the test is left out.
fn database() -> Option<TestDatabase> {
    match TestDatabase::make().unwrap() {
        Ok(database) => Some(database),
        Err(reason) => {
            // Not `eprintln!`, which nobody sees of a test that passes.
            let _ = writeln!(std::io::stderr(), "SKIPPED: no Postgres: {reason}");
            None
        }
    }
}

/// Two servers. The first one says that it is reached at this place, if it is not to be asked where it listens.
async fn pair(reached_at: Option<&str>) -> Option<Pair> {
    let database = database()?;
    let server = || TestServer::over(TestProject::in_database(database.clone())).sharing();
    let home = match reached_at {
        Some(url) => server().reached_at(url),
        None => server(),
    };
    Some(Pair {
        home: home.start().await,
        other: server().start().await,
    })
}

impl Pair {
    /// A thread that is at home at the first one.
    async fn thread(&self) -> String {
        let id = thread(&self.home).await;
        wait(&self.home, &id, multi("before")).await;
        id
    }

    /// How many requests the second one has passed on that were answered.
    async fn passed_on(&self) -> u64 {
        let text = self.other.get("/metrics").await.text().to_owned();
        let line = "lgx_requests_passed_on_total{outcome=\"answered\"} ";
        let count = text.lines().find_map(|it| it.strip_prefix(line));
        count.unwrap().parse().unwrap()
    }
}

#[tokio::test]
async fn a_server_alone_and_servers_that_share_keep_each_other_out() {
    let Some(database) = database() else { return };
    let over = || TestServer::over(TestProject::in_database(database.clone()));
    let sharing = over().sharing().start().await;
    let refused = over().refused().await.to_string();
    assert!(
        refused.contains("in use") && refused.contains("LGX_SECRET"),
        "{refused}"
    );
    sharing.stop().await;
    let alone = over().start().await;
    over().sharing().refused().await;
    alone.stop().await;
}

#[tokio::test]
async fn what_changes_a_thread_is_done_at_its_home_and_what_reads_it_is_answered_anywhere() {
    let Some(pair) = pair(None).await else { return };
    let id = pair.thread().await;
    for path in ["", "/state", "/history", "/runs"] {
        let path = format!("/threads/{id}{path}");
        let (here, there) = (pair.other.get(&*path).await, pair.home.get(&*path).await);
        assert_eq!(here.ok(), there.ok(), "{path}");
    }
    assert_eq!(pair.passed_on().await, 0);

    let updated = json!({"values": {"log": ["updated"]}});
    let path = format!("/threads/{id}/state");
    pair.other.post(&*path, &updated).await.ok();
    let copied = format!("/threads/{id}/copy");
    let copied = pair.other.request("POST", copied).await.ok();
    assert_eq!(
        copied["values"],
        steps::get(&pair.home, &id).await["values"]
    );
    let deleted = pair.other.delete(format!("/threads/{id}")).await;
    deleted.empty(204);
    assert_eq!(pair.passed_on().await, 3);
    pair.home.get(format!("/threads/{id}")).await.refused(404);
}
