//! Servers of one database tell each other where to look, and hear it also when their connections break off.

use std::time::Duration;

use lgx_model::{InstanceId, RunId};
use lgx_test_postgres::TestDatabase;
use tokio::time::timeout;

use super::{address, database};
use crate::instances::{Hint, Instance, Sharing};
use crate::postgres::Postgres;
use crate::{Connecting, Hints};

/// Longer than anything takes here.
const PATIENCE: Duration = Duration::from_secs(30);

const CUT_ALL_OTHERS: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid != pg_backend_pid()";

/// A server that hears what others tell.
async fn server(database: &TestDatabase) -> Postgres {
    let instance = Instance {
        instance_id: InstanceId::fresh(),
        url: None,
        fingerprint: "ours".to_owned(),
    };
    let how = Connecting {
        migrates: true,
        sharing: Sharing::With(instance),
    };
    let postgres = Postgres::open(&address(database), how).await.unwrap();
    hears(&postgres).await;
    postgres
}

async fn hears(postgres: &Postgres) {
    let mut present = postgres.wake.as_ref().unwrap().hears();
    let heard = timeout(PATIENCE, present.wait_for(|hears| *hears));
    heard.await.unwrap().unwrap();
}

/// Changes something of which others are told, if it is committed.
async fn change(postgres: &Postgres, told: Hint, commits: bool) {
    let session = postgres.begin().await.unwrap();
    session.batch("SELECT 1").await.unwrap();
    session.hint([told]);
    if commits {
        session.commit(()).await.unwrap();
    }
}

/// What is heard next but for being told to look again, which is always right.
async fn next(hints: &mut Hints) -> Hint {
    let next = async {
        loop {
            let hint = hints.next().await;
            if hint != Hint::LookAgain {
                return hint;
            }
        }
    };
    timeout(PATIENCE, next).await.unwrap()
}

fn ended() -> Hint {
    Hint::Ended(RunId::fresh())
}

#[tokio::test]
async fn what_is_committed_is_told_to_the_others_and_to_nobody_else() {
    let Some(database) = database() else { return };
    let (one, other) = (server(&database).await, server(&database).await);
    let (mut of_one, mut of_other) = (one.hints(), other.hints());
    let [undone, first, second, answer] = [ended(), ended(), ended(), ended()];
    change(&one, undone, false).await;
    change(&one, first, true).await;
    assert_eq!(next(&mut of_other).await, first);
    change(&one, second, true).await;
    assert_eq!(next(&mut of_other).await, second);
    change(&other, answer, true).await;
    assert_eq!(next(&mut of_one).await, answer, "nobody hears of their own");
}

#[tokio::test]
async fn a_server_that_ends_tells_what_it_has_to_tell() {
    let Some(database) = database() else { return };
    let (one, other) = (server(&database).await, server(&database).await);
    let mut of_other = other.hints();
    let last = ended();
    change(&one, last, true).await;
    one.close().await;
    assert_eq!(next(&mut of_other).await, last);
}

#[tokio::test]
async fn a_server_that_was_cut_off_looks_again_and_hears_and_tells_as_before() {
    let Some(database) = database() else { return };
    let (one, other) = (server(&database).await, server(&database).await);
    let mut of_other = other.hints();
    let mut present = other.wake.as_ref().unwrap().hears();
    one.look()
        .await
        .unwrap()
        .rows(CUT_ALL_OTHERS, &[])
        .await
        .unwrap();
    let deaf = timeout(PATIENCE, present.wait_for(|hears| !*hears));
    deaf.await.unwrap().unwrap();
    change(&one, ended(), true).await;
    assert_eq!(
        timeout(PATIENCE, of_other.next()).await.unwrap(),
        Hint::LookAgain
    );
    // What was told meanwhile may have been missed; what is told from now on is not.
    tokio::join!(hears(&one), hears(&other));
    let (told, answer) = (ended(), ended());
    change(&one, told, true).await;
    while next(&mut of_other).await != told {}
    let mut of_one = one.hints();
    change(&other, answer, true).await;
    assert_eq!(next(&mut of_one).await, answer);
}

#[tokio::test]
async fn what_cannot_be_told_is_told_once_it_can_be() {
    let Some(database) = database() else { return };
    let (one, other) = (server(&database).await, server(&database).await);
    let mut of_other = other.hints();
    let cuts = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid != pg_backend_pid() AND query LIKE '%' || $1 || '%'";
    let wake = one.wake.as_ref().unwrap();
    for _ in 0..5 {
        hears(&one).await;
        let session = one.look().await.unwrap();
        let cut = session.rows(cuts, &[&wake.sender()]).await.unwrap();
        assert_eq!(cut.len(), 1, "it has one connection for hints");
        let told = ended();
        wake.tell([told]);
        assert_eq!(next(&mut of_other).await, told);
    }
}
