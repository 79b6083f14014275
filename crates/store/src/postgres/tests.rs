//! What only Postgres has: query plans, and several servers on one database.

mod fencing;
mod holding;
mod instances;
mod kept_runs;
mod life_of_a_run;
mod plans;
mod races;
mod several_servers;
mod transfer;
mod waking;

use std::io::Write as _;

use lgx_test_postgres::TestDatabase;
use lgx_tls::Roots;

use super::{Postgres, Session};
use crate::instances::Sharing;
use crate::{Connecting, DatabaseAddress};

pub(super) const BESIDE_OTHERS: Connecting = Connecting {
    migrates: true,
    sharing: Sharing::Beside,
};

/// An empty database; nothing, and the reason on stderr, where there is no Postgres to test with.
pub(super) fn database() -> Option<TestDatabase> {
    match TestDatabase::make().unwrap() {
        Ok(database) => Some(database),
        Err(reason) => {
            let _ = writeln!(std::io::stderr(), "SKIPPED: {reason}");
            None
        }
    }
}

pub(super) fn address(database: &TestDatabase) -> DatabaseAddress {
    DatabaseAddress::new(database.address().to_owned(), Roots::default())
}

/// A connection to it, with the tables made.
pub(super) async fn connected(database: &TestDatabase) -> Session {
    let postgres = Postgres::open(&address(database), BESIDE_OTHERS)
        .await
        .unwrap();
    postgres.look().await.unwrap()
}
