//! The backend that the suite runs on. Another one is opened here.

use std::ops::Deref;

use lgx_store::{Authority, Filter, Scope, Store};
use serde_json::json;

/// An empty store of a test's own, gone with it.
pub(crate) struct Backend {
    store: Store,
    authority: Authority,
    _directory: tempfile::TempDir,
}

pub(crate) fn open() -> Backend {
    let directory = tempfile::tempdir().unwrap();
    let (store, authority) = Store::open(directory.path()).unwrap();
    Backend {
        store,
        authority,
        _directory: directory,
    }
}

impl Backend {
    /// A scope that sees everything.
    pub(crate) fn everything(&self) -> Scope {
        self.authority.everything()
    }

    /// A scope that sees what this filter matches.
    pub(crate) fn filtered(&self, filter: Filter) -> Scope {
        self.authority.filtered(filter)
    }

    /// A scope that sees what `owner` owns.
    pub(crate) fn owned_by(&self, owner: &str) -> Scope {
        let filter = Filter::parse(&json!({"owner": owner})).unwrap();
        self.authority.filtered(filter)
    }
}

impl Deref for Backend {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}
