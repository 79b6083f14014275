//! A folder of its own for each test.

use std::ops::Deref;

use lgx_store::{Authority, Store};

/// An empty store of a test's own, gone with it.
pub(crate) struct Backend {
    store: Store,
    authority: Authority,
    _directory: tempfile::TempDir,
}

pub(crate) async fn open() -> Backend {
    let directory = tempfile::tempdir().unwrap();
    let (store, authority) = Store::open(directory.path()).unwrap();
    Backend {
        store,
        authority,
        _directory: directory,
    }
}

impl Backend {
    /// The same state, for somebody else who uses it at the same time.
    #[expect(clippy::unused_async, reason = "another backend connects anew")]
    pub(crate) async fn beside(&self) -> Store {
        self.store.clone()
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
