//! Whole states into a database and out of it, and from a folder there and back.

use std::io::Cursor;

use lgx_test_postgres::TestDatabase;

use super::{BESIDE_OTHERS, address, connected, database};
use crate::postgres::columns::value;
use crate::transfer::tests::{
    all_are_carried, checkpoints, doubled, example, exported, grown, in_folder,
};
use crate::transfer::{StatePlace, import};
use crate::{Store, StoreError};

fn in_database(database: &TestDatabase) -> StatePlace {
    StatePlace::Database(address(database))
}

#[tokio::test]
async fn a_state_comes_out_of_a_database_as_it_went_in() {
    let Some(database) = database() else { return };
    let whole = example();
    import(Cursor::new(whole.clone()), in_database(&database))
        .await
        .unwrap();
    let out = exported(in_database(&database)).await;
    assert_eq!(String::from_utf8(out), String::from_utf8(whole.clone()));
    let refused = import(Cursor::new(whole), in_database(&database)).await;
    assert!(matches!(refused, Err(StoreError::NotEmpty)));
}

#[tokio::test]
async fn a_state_goes_from_a_folder_to_a_database_and_back() {
    let Some(database) = database() else { return };
    let (folder, thread_id, tuples) = grown().await;
    let whole = exported(in_folder(folder.path())).await;
    import(Cursor::new(whole.clone()), in_database(&database))
        .await
        .unwrap();
    assert_eq!(exported(in_database(&database)).await, whole);
    let (store, _) = Store::connect(&address(&database), BESIDE_OTHERS)
        .await
        .unwrap();
    assert_eq!(checkpoints(&store, thread_id).await, tuples);
    store.close().await;
    let back = tempfile::tempdir().unwrap();
    let out = exported(in_database(&database)).await;
    import(Cursor::new(out), in_folder(back.path()))
        .await
        .unwrap();
    assert_eq!(exported(in_folder(back.path())).await, whole);
}

#[tokio::test]
async fn what_cannot_be_taken_leaves_the_database_as_it_was() {
    let Some(database) = database() else { return };
    let nothing = {
        connected(&database).await;
        exported(in_database(&database)).await
    };
    let whole = String::from_utf8(example()).unwrap();
    let changed = whole.replacen(":1700", ":1800", 1);
    for (wrong, said) in [
        (whole[..whole.len() - 9].to_owned(), "it is cut off here"),
        (changed, "lines before this one were changed"),
        (String::from_utf8(doubled()).unwrap(), "cannot be taken"),
    ] {
        let refused = import(Cursor::new(wrong.into_bytes()), in_database(&database)).await;
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains(said), "{refused}");
        assert_eq!(exported(in_database(&database)).await, nothing);
    }
}

#[tokio::test]
async fn all_that_a_database_keeps_is_carried() {
    let Some(database) = database() else { return };
    let session = connected(&database).await;
    let columns = session
        .rows(
            "SELECT table_name || '.' || column_name FROM information_schema.columns JOIN information_schema.tables USING (table_name)
             WHERE tables.table_schema = 'public' AND table_type = 'BASE TABLE'
               AND table_name NOT IN ('lgx_schema', 'lgx_duties', 'instances', 'deployments')",
            &[],
        )
        .await
        .unwrap();
    let columns = columns.iter().map(|row| value(row, 0).unwrap());
    all_are_carried(columns.collect::<Vec<String>>());
}
