//! Values that a search picks out of each thread by path: `values.messages[-1].content`.

use std::collections::BTreeMap;

use lgx_model::Thread;
use serde_json::value::RawValue;

use crate::http::ApiError;
use crate::http::raw_object::RawObject;

/// How many values a search may pick.
const MOST: usize = 10;
/// Where paths may begin.
const COLUMNS: [&str; 4] = ["values", "metadata", "config", "interrupts"];

/// The paths of a search, by alias.
#[derive(Debug)]
pub(super) struct Paths(Vec<(String, Path)>);

/// Where a value is.
#[derive(Debug)]
struct Path {
    /// The field of the thread.
    column: String,
    /// The way from there; none for a path that leads nowhere.
    steps: Option<Vec<Step>>,
}

/// One step of a path.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    /// Counted from the end when negative.
    Index(i64),
}

impl Paths {
    /// Reads paths.
    ///
    /// # Errors
    /// 422 for too many, an alias that is no identifier, or a path that does not begin at a field.
    pub(super) fn read(given: &BTreeMap<String, String>) -> Result<Self, ApiError> {
        if given.len() > MOST {
            return Err(ApiError::invalid(format!(
                "{} paths are more than the maximum of {MOST}\n\nOn instance: extract",
                given.len()
            )));
        }
        let paths = given.iter().map(|(alias, path)| {
            if alias.is_empty() || !alias.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                return Err(ApiError::invalid(format!(
                    "'{alias}' is not an alias: use letters, digits and underscores\n\nOn instance: extract"
                )));
            }
            let path = Path::read(path).ok_or_else(|| {
                ApiError::invalid(format!(
                    "'{path}' does not begin with one of {}\n\nOn instance: extract.{alias}",
                    COLUMNS.join(", ")
                ))
            })?;
            Ok((alias.clone(), path))
        });
        paths.collect::<Result<_, _>>().map(Self)
    }

    /// Whether nothing is to be picked.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields that are looked into.
    pub(super) fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, path)| path.column.as_str())
    }

    /// The thread with these of its fields, all when none is named, and beside them what the paths lead to.
    pub(super) fn extract_from(
        &self,
        thread: &Thread,
        fields: &[String],
    ) -> Result<RawObject, ApiError> {
        let unreadable =
            |error: serde_json::Error| ApiError::internal(format!("a thread as JSON: {error}"));
        let whole = RawObject::of(thread).map_err(unreadable)?;
        let extracted: BTreeMap<&str, Option<Box<RawValue>>> = self
            .0
            .iter()
            .map(|(alias, path)| (alias.as_str(), path.find(&whole)))
            .collect();
        let row = if fields.is_empty() {
            whole
        } else {
            whole.with_only(fields)
        };
        row.with("extracted", &extracted).map_err(unreadable)
    }
}

impl Path {
    fn read(text: &str) -> Option<Self> {
        let end = text.find(['.', '[']).unwrap_or(text.len());
        let (column, rest) = text.split_at(end);
        COLUMNS.contains(&column).then(|| Self {
            column: column.to_owned(),
            steps: steps(rest),
        })
    }

    /// What is there. Each step reads one level; the rest stays text, however deep it goes.
    fn find(&self, thread: &RawObject) -> Option<Box<RawValue>> {
        let steps = self.steps.as_ref()?;
        let column = thread.get(&self.column)?.to_owned();
        steps.iter().try_fold(column, |value, step| match step {
            Step::Key(key) => {
                let object: RawObject = serde_json::from_str(value.get()).ok()?;
                Some(object.get(key)?.to_owned())
            }
            Step::Index(index) => {
                let mut list: Vec<Box<RawValue>> = serde_json::from_str(value.get()).ok()?;
                let index = if *index < 0 {
                    i64::try_from(list.len()).ok()?.checked_add(*index)?
                } else {
                    *index
                };
                let index = usize::try_from(index).ok()?;
                (index < list.len()).then(|| list.swap_remove(index))
            }
        })
    }
}

/// `.key` and `[1]` in any order; none for anything else.
fn steps(mut rest: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let (index, after) = inside.split_once(']')?;
            steps.push(Step::Index(index.parse().ok()?));
            rest = after;
        } else {
            let name = rest.strip_prefix('.')?;
            let end = name.find(['.', '[']).unwrap_or(name.len());
            let (key, after) = name.split_at(end);
            steps.push(Step::Key((!key.is_empty()).then(|| key.to_owned())?));
            rest = after;
        }
    }
    Some(steps)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn found(path: &str) -> Value {
        let thread = json!({"values": {"items": ["a", {"b": [1, 2]}], "x y": 3}, "metadata": {"m": null}, "status": "idle"});
        let thread = RawObject::of(&thread).unwrap();
        let found = Path::read(path).unwrap().find(&thread);
        found.map_or(json!("nothing"), |found| {
            serde_json::from_str(found.get()).unwrap()
        })
    }

    #[test]
    fn paths_lead_through_keys_and_indexes() {
        assert_eq!(found("values.items[0]"), "a");
        assert_eq!(found("values.items[-1].b[1]"), 2);
        assert_eq!(found("values.x y"), 3);
        assert_eq!(found("metadata.m"), Value::Null);
        assert_eq!(found("metadata"), json!({"m": null}));
    }

    #[test]
    fn what_leads_nowhere_is_found_nowhere() {
        for path in [
            "values.none",
            "values.items[2]",
            "values.items[-3]",
            "values.items[-9223372036854775808]",
            "values.items.0",
            "values[0]",
            "values.items[]",
            "values.items[a]",
            "values.items[0:1]",
            "values.items[*]",
            "values['items']",
            "values..items",
            "values.",
            "values.items[0",
            "config.a",
        ] {
            assert_eq!(found(path), "nothing", "{path}");
        }
    }

    #[test]
    fn aliases_and_beginnings_are_checked() {
        let read = |alias: &str, path: &str| {
            Paths::read(&BTreeMap::from([(alias.to_owned(), path.to_owned())])).map(|_| ())
        };
        read("last_1", "values.a").unwrap();
        for (alias, path) in [
            ("", "values"),
            ("a-b", "values"),
            ("ä", "values"),
            ("a", ""),
            ("a", "status"),
            ("a", "valuesx"),
            ("a", "[0]"),
        ] {
            assert_eq!(read(alias, path).unwrap_err().status, 422, "{alias} {path}");
        }
        let many = (0..11).map(|n| (format!("a{n}"), "values".to_owned()));
        assert_eq!(Paths::read(&many.collect()).unwrap_err().status, 422);
    }
}
