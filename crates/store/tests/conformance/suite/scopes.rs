//! What callers may see in the tests.

use lgx_store::{Filter, Scope};
use serde_json::json;

use crate::backend::Backend;

impl Backend {
    /// A scope that sees everything.
    pub(crate) fn everything(&self) -> Scope {
        self.authority().everything()
    }

    /// A scope that sees what this filter matches.
    pub(crate) fn filtered(&self, filter: Filter) -> Scope {
        self.authority().filtered(filter)
    }

    /// A scope that sees what `owner` owns.
    pub(crate) fn owned_by(&self, owner: &str) -> Scope {
        let filter = Filter::parse(&json!({"owner": owner})).unwrap();
        self.authority().filtered(filter)
    }
}
