//! Which namespaces a listing means.

use lgx_model::item::Namespace;

/// Stands for any one label.
const ANY: &str = "*";

/// Which namespaces to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListNamespaces {
    /// Those that begin with each of these; `*` is any label.
    pub prefixes: Vec<Namespace>,
    /// Those that end with each of these; `*` is any label.
    pub suffixes: Vec<Namespace>,
    /// So many labels of each.
    pub max_depth: Option<usize>,
    /// At most so many.
    pub limit: u64,
    /// After so many.
    pub offset: u64,
}

impl ListNamespaces {
    /// Whether a namespace is one of them.
    pub(crate) fn matches(&self, namespace: &[String]) -> bool {
        let fits = |(label, wanted): (&String, &String)| wanted == ANY || wanted == label;
        self.prefixes
            .iter()
            .all(|prefix| namespace.len() >= prefix.len() && namespace.iter().zip(prefix).all(fits))
            && self.suffixes.iter().all(|suffix| {
                namespace.len() >= suffix.len()
                    && namespace.iter().rev().zip(suffix.iter().rev()).all(fits)
            })
    }
}
