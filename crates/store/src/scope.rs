//! What a caller may see of the nouns that belong to somebody, and who may say so.

use lgx_model::JsonObject;

use crate::Filter;

/// Which rows a caller may see and change.
///
/// Operations on nouns that belong to somebody take one, and only the [`Authority`] makes them: a part of a server that has none, and was
/// handed none with a request that was let in, cannot ask for what is somebody's. What the server does by itself has operations
/// of its own, which take no scope and say why.
#[derive(Debug, Clone)]
pub struct Scope(Option<Filter>);

impl Scope {
    /// Whether a row with this metadata may be seen.
    pub fn allows(&self, metadata: &JsonObject) -> bool {
        self.0
            .as_ref()
            .is_none_or(|filter| filter.matches(metadata))
    }

    /// Whether there may be rows that the caller may not see: whatever is not found may be there for others, and no answer may tell.
    pub const fn may_hide(&self) -> bool {
        self.0.is_some()
    }

    /// The scope of the rows that this one and the other allow.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self(match (&self.0, &other.0) {
            (Some(left), Some(right)) => Some(left.and(right)),
            (one, None) | (None, one) => one.clone(),
        })
    }

    /// The filter, if not every row may be seen.
    pub(crate) const fn filter(&self) -> Option<&Filter> {
        self.0.as_ref()
    }

    /// The filter as JSON, if not every row may be seen.
    pub fn text(&self) -> Option<&str> {
        self.0.as_ref().map(Filter::text)
    }
}

/// The right to make scopes. There is one for each store that is opened, and it cannot be copied: whoever is given it (the gate that asks
/// who is calling) is the only one who can say what callers may see.
///
/// ```
/// fn seen_by_all(authority: &lgx_store::Authority) -> lgx_store::Scope {
///     authority.everything()
/// }
/// ```
///
/// Nobody else can make one:
///
/// ```compile_fail,E0423
/// let forged = lgx_store::Authority(());
/// ```
///
/// ```compile_fail,E0624
/// let forged = lgx_store::Authority::new();
/// ```
///
/// ```compile_fail,E0308
/// fn copied(authority: &lgx_store::Authority) -> lgx_store::Authority {
///     authority.clone()
/// }
/// ```
#[derive(Debug)]
pub struct Authority(());

impl Authority {
    pub(crate) const fn new() -> Self {
        Self(())
    }

    /// A scope of every row.
    pub const fn everything(&self) -> Scope {
        Scope(None)
    }

    /// A scope of the rows whose metadata `filter` matches.
    pub const fn filtered(&self, filter: Filter) -> Scope {
        Scope(Some(filter))
    }
}
