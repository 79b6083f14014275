//! The backend that the suite runs on. Another one is opened here.

use std::ops::Deref;

use lgx_store::{Filter, Scope, Store};
use serde_json::json;

/// An empty store of a test's own, gone with it.
pub(crate) struct Backend {
    store: Store,
    _directory: tempfile::TempDir,
}

pub(crate) fn open() -> Backend {
    let directory = tempfile::tempdir().unwrap();
    Backend {
        store: Store::open(directory.path()).unwrap(),
        _directory: directory,
    }
}

impl Backend {
    /// A scope that sees everything.
    #[expect(clippy::unused_self, reason = "soon")]
    pub(crate) fn everything(&self) -> Scope {
        Scope::everything()
    }

    /// A scope that sees what `owner` owns.
    #[expect(clippy::unused_self, reason = "soon")]
    pub(crate) fn owned_by(&self, owner: &str) -> Scope {
        Scope::filtered(Filter::parse(&json!({"owner": owner})).unwrap())
    }
}

impl Deref for Backend {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}
