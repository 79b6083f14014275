//! Items of long-term memory: a JSON object under a key, in a namespace of labels.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{JsonObject, RawJson, Timestamp};

/// Labels from the root down: `["users", "u1"]`.
pub type Namespace = Vec<String>;

/// The root label that is the server's own.
pub const RESERVED_ROOT: &str = "langgraph";

/// Stands for any one label.
pub const ANY_LABEL: &str = "*";

/// What stands under a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Item {
    /// Where it stands.
    pub namespace: Namespace,
    /// Its name there.
    pub key: String,
    /// An object.
    #[schemars(with = "JsonObject")]
    pub value: RawJson,
    /// When it was first put.
    pub created_at: Timestamp,
    /// When it was last put.
    pub updated_at: Timestamp,
}

/// An item that a search found.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FoundItem {
    /// The item.
    #[serde(flatten)]
    pub item: Item,
    /// How near it is to the query, 1 at most; none where there is nothing to compare.
    pub score: Option<f64>,
}

/// What came of an operation on items.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemOutcome {
    /// It is done.
    Done,
    /// The item, if it is there.
    Item(Option<Item>),
    /// What was found.
    Items(Vec<FoundItem>),
    /// The namespaces.
    Namespaces(Vec<Namespace>),
}

/// Which namespaces to list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    pub fn matches(&self, namespace: &[String]) -> bool {
        let fits = |(label, wanted): (&String, &String)| wanted == ANY_LABEL || wanted == label;
        self.prefixes
            .iter()
            .all(|prefix| namespace.len() >= prefix.len() && namespace.iter().zip(prefix).all(fits))
            && self.suffixes.iter().all(|suffix| {
                namespace.len() >= suffix.len()
                    && namespace.iter().rev().zip(suffix.iter().rev()).all(fits)
            })
    }
}

/// Why a namespace cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NamespaceError {
    /// A label is empty.
    #[error("Namespace labels cannot be empty strings. Got {0:?}.")]
    EmptyLabel(Namespace),
    /// A label has a dot, which separates labels.
    #[error(
        "Invalid namespace label '{label}' found in {namespace:?}. Namespace labels cannot contain periods ('.')."
    )]
    Dot {
        /// The label.
        label: String,
        /// The namespace it is in.
        namespace: Namespace,
    },
    /// A label has a zero character.
    #[error(
        "Invalid namespace label {label:?} found in {namespace:?}. Namespace labels cannot contain NUL characters."
    )]
    Nul {
        /// The label.
        label: String,
        /// The namespace it is in.
        namespace: Namespace,
    },
    /// There is no label at all.
    #[error("Namespace cannot be empty.")]
    Empty,
    /// It is the server's own.
    #[error("Root label for namespace cannot be \"{RESERVED_ROOT}\". Got: {0:?}")]
    Reserved(Namespace),
}

/// Checks that every label is one.
pub fn check_labels(namespace: &[String]) -> Result<(), NamespaceError> {
    for label in namespace {
        if label.is_empty() {
            return Err(NamespaceError::EmptyLabel(namespace.to_vec()));
        }
        let (label, namespace) = (label.clone(), namespace.to_vec());
        if label.contains('.') {
            return Err(NamespaceError::Dot { label, namespace });
        }
        if label.contains('\0') {
            return Err(NamespaceError::Nul { label, namespace });
        }
    }
    Ok(())
}

/// Checks that clients may put items there.
pub fn check_writable(namespace: &[String]) -> Result<(), NamespaceError> {
    match namespace.first() {
        None => Err(NamespaceError::Empty),
        Some(root) if root == RESERVED_ROOT => Err(NamespaceError::Reserved(namespace.to_vec())),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(labels: &[&str]) -> Namespace {
        labels.iter().map(|label| (*label).to_owned()).collect()
    }

    #[test]
    fn labels_are_not_empty_and_have_no_dots() {
        assert!(check_labels(&labels(&["users", "a b/c|*", "ü"])).is_ok());
        assert!(check_labels(&[]).is_ok());
        for wrong in [&["a", ""][..], &["a.b"], &["a", "b\0"]] {
            assert!(check_labels(&labels(wrong)).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn nothing_is_put_at_the_root_or_among_the_servers_own() {
        assert_eq!(check_writable(&[]), Err(NamespaceError::Empty));
        assert!(check_writable(&labels(&["langgraph", "x"])).is_err());
        assert!(check_writable(&labels(&["x", "langgraph"])).is_ok());
    }

    #[test]
    fn a_found_item_is_an_item_with_a_score() {
        let found = FoundItem {
            item: Item {
                namespace: labels(&["a"]),
                key: "k".into(),
                value: RawJson::empty_object(),
                created_at: Timestamp::from_micros(0),
                updated_at: Timestamp::from_micros(0),
            },
            score: None,
        };
        assert_eq!(
            serde_json::to_string(&found).unwrap(),
            r#"{"namespace":["a"],"key":"k","value":{},"created_at":"1970-01-01T00:00:00+00:00","updated_at":"1970-01-01T00:00:00+00:00","score":null}"#
        );
    }
}
