//! What a caller may see of the nouns that belong to somebody.

use lgx_model::JsonObject;

use crate::Filter;

/// Which rows a caller may see and change. Only the part of a server that authenticates callers makes one.
#[derive(Debug, Clone)]
pub struct Scope(Option<Filter>);

impl Scope {
    /// Every row.
    pub const fn everything() -> Self {
        Self(None)
    }

    /// The rows whose metadata `filter` matches.
    pub const fn filtered(filter: Filter) -> Self {
        Self(Some(filter))
    }

    /// Whether a row with this metadata may be seen.
    pub fn allows(&self, metadata: &JsonObject) -> bool {
        self.0
            .as_ref()
            .is_none_or(|filter| filter.matches(metadata))
    }

    /// The filter as SQL functions take it.
    pub(crate) fn text(&self) -> Option<&str> {
        self.0.as_ref().map(Filter::text)
    }
}
