//! Namespaces as they stand in a column: labels in one text that is sorted and searched by its beginning.

use lgx_model::item::Namespace;

/// A namespace as it stands in its column: each label with a dot behind it. Dots within labels are written as `%2E`.
pub(crate) fn path(namespace: &[String]) -> String {
    let mut path = String::new();
    for label in namespace {
        if label.contains(['%', '.']) {
            path.push_str(&label.replace('%', "%25").replace('.', "%2E"));
        } else {
            path.push_str(label);
        }
        path.push('.');
    }
    path
}

/// The namespace that a column holds.
pub(crate) fn labels(path: &str) -> Namespace {
    path.split_terminator('.')
        .map(|label| {
            if label.contains('%') {
                label.replace("%2E", ".").replace("%25", "%")
            } else {
                label.to_owned()
            }
        })
        .collect()
}

/// The text after all texts that begin with `path`, which is empty or ends with a dot.
pub(crate) fn end_of(path: &str) -> String {
    match path.strip_suffix('.') {
        Some(labels) => format!("{labels}/"),
        // No text has a character beyond this one.
        None => "\u{10FFFF}".repeat(2),
    }
}
