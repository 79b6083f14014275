//! The backends that there are here, each with an empty state.

use lgx_store::{Authority, Store};
#[cfg(feature = "postgres")]
use lgx_store::{Connecting, DatabaseAddress, instances::Sharing};

/// An empty store of each backend, gone with this.
pub(crate) struct Backends {
    stores: Vec<(&'static str, Store)>,
    authority: Authority,
    _directory: tempfile::TempDir,
}

impl Backends {
    pub(crate) async fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (sqlite, authority) = Store::open(directory.path()).unwrap();
        let mut stores = vec![("SQLite", sqlite)];
        stores.extend(postgres().await.map(|store| ("Postgres", store)));
        Self {
            stores,
            authority,
            _directory: directory,
        }
    }

    pub(crate) fn stores(&self) -> impl Iterator<Item = (&'static str, &Store)> {
        self.stores.iter().map(|(name, store)| (*name, store))
    }

    /// Who says what callers may see.
    pub(crate) const fn authority(&self) -> &Authority {
        &self.authority
    }
}

#[cfg(feature = "postgres")]
async fn postgres() -> Option<Store> {
    use std::io::Write as _;

    let database = match lgx_test_postgres::TestDatabase::make().unwrap() {
        Ok(database) => database,
        Err(reason) => {
            let _ = writeln!(std::io::stderr(), "SKIPPED on Postgres: {reason}");
            return None;
        }
    };
    let address = DatabaseAddress::new(database.address().to_owned(), lgx_tls::Roots::default());
    let beside_others = Connecting {
        migrates: true,
        sharing: Sharing::Beside,
    };
    Some(Store::connect(&address, beside_others).await.unwrap().0)
}

#[cfg(not(feature = "postgres"))]
#[expect(clippy::unused_async, reason = "with Postgres, it waits")]
async fn postgres() -> Option<Store> {
    None
}
