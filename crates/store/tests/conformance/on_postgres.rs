//! An empty database of a private server for each test.

use std::io::Write as _;
use std::ops::Deref;

use lgx_store::instances::Sharing;
use lgx_store::{Authority, Connecting, DatabaseAddress, Store};
use lgx_test_postgres::TestDatabase;
use lgx_tls::Roots;

/// An empty store of a test's own.
pub(crate) struct Backend {
    store: Store,
    authority: Authority,
    database: TestDatabase,
}

pub(crate) async fn open() -> Backend {
    let database = match TestDatabase::make().unwrap() {
        Ok(database) => database,
        Err(reason) => skip(&reason.to_string()),
    };
    let (store, authority) = connect(&database).await;
    Backend {
        store,
        authority,
        database,
    }
}

async fn connect(database: &TestDatabase) -> (Store, Authority) {
    let address = DatabaseAddress::new(database.address().to_owned(), Roots::default());
    let beside_others = Connecting {
        migrates: true,
        sharing: Sharing::Beside,
    };
    Store::connect(&address, beside_others).await.unwrap()
}

/// Ends all tests of this backend, as none can be run, and says why.
#[expect(clippy::exit, reason = "a test cannot say that it was left out")]
fn skip(reason: &str) -> ! {
    let _ = writeln!(
        std::io::stderr(),
        "SKIPPED: the store is not tested on Postgres: {reason}"
    );
    std::process::exit(0)
}

impl Backend {
    /// The same state, as another server uses it at the same time.
    pub(crate) async fn beside(&self) -> Store {
        connect(&self.database).await.0
    }

    /// Who says what callers may see.
    pub(crate) const fn authority(&self) -> &Authority {
        &self.authority
    }
}

impl Deref for Backend {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}
