//! One server at a time holds a database, also when its connections break off.

use lgx_model::{JsonObject, ThreadId};

use super::{address, database};
use crate::examples::at;
use crate::instances::Sharing;
use crate::postgres::connections::Connector;
use crate::postgres::hold::{Hold, HoldKind};
use crate::store::Backend;
use crate::threads::NewThread;
use crate::{Authority, Connecting, Store, StoreError};

const ALONE: Connecting = Connecting {
    migrates: true,
    sharing: Sharing::Alone,
};

const CUT_ALL_OTHERS: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid != pg_backend_pid()";

async fn write(store: &Store, authority: &Authority) -> Result<(), StoreError> {
    let new = NewThread {
        thread_id: ThreadId::fresh(),
        metadata: JsonObject::new(),
        ttl: None,
        now: at(0),
    };
    let made = store.create_thread(new, &authority.everything()).await;
    made.map(drop)
}

/// Breaks all connections off, as a database does that restarts.
async fn cut_off(store: &Store) {
    let Backend::Postgres(postgres) = &store.backend else {
        return;
    };
    let session = postgres.look().await.unwrap();
    session.rows(CUT_ALL_OTHERS, &[]).await.unwrap();
}

#[tokio::test]
async fn a_second_server_is_refused_until_the_first_has_let_go() {
    let Some(database) = database() else { return };
    let address = address(&database);
    let (first, authority) = Store::connect(&address, ALONE).await.unwrap();
    let second = Store::connect(&address, ALONE).await;
    assert!(matches!(second, Err(StoreError::DatabaseInUse)));
    write(&first, &authority).await.unwrap();
    first.close().await;
    drop(first);
    let (second, authority) = Store::connect(&address, ALONE).await.unwrap();
    write(&second, &authority).await.unwrap();
}

#[tokio::test]
async fn a_server_that_was_cut_off_goes_on_unless_another_has_come() {
    let Some(database) = database() else { return };
    let address = address(&database);
    let (store, authority) = Store::connect(&address, ALONE).await.unwrap();
    cut_off(&store).await;
    write(&store, &authority).await.unwrap();

    cut_off(&store).await;
    let other = Connector::to(&address).unwrap().pool().unwrap();
    let taken = Hold::take(&other, HoldKind::Alone).await.unwrap();
    let refused = write(&store, &authority).await;
    assert!(
        matches!(refused, Err(StoreError::DatabaseInUse)),
        "{refused:?}"
    );
    drop(taken);
}
