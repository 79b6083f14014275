//! A JSON object whose values stay the text they are: whatever a graph stored can be shown, however deep it goes.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// Keys and the text of their values, in order.
#[derive(Debug, Default)]
pub(crate) struct RawObject(Vec<(String, Box<RawValue>)>);

impl RawObject {
    /// What `row` is as JSON.
    pub(crate) fn of<T: Serialize + ?Sized>(row: &T) -> serde_json::Result<Self> {
        serde_json::from_str(&serde_json::to_string(row)?)
    }

    /// The same with these keys only.
    pub(crate) fn with_only<S: AsRef<str>>(mut self, keys: &[S]) -> Self {
        self.0
            .retain(|(name, _)| keys.iter().any(|key| key.as_ref() == name));
        self
    }

    /// The same with one more key.
    pub(crate) fn with<T: Serialize + ?Sized>(
        mut self,
        key: &str,
        value: &T,
    ) -> serde_json::Result<Self> {
        self.0
            .push((key.to_owned(), serde_json::value::to_raw_value(value)?));
        Ok(self)
    }

    /// The text of a value. Of a key that is there twice the last one counts, as everywhere.
    pub(crate) fn get(&self, key: &str) -> Option<&RawValue> {
        let found = self.0.iter().rev().find(|(name, _)| name == key);
        found.map(|(_, value)| &**value)
    }
}

impl Serialize for RawObject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

impl<'de> Deserialize<'de> for RawObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = RawObject;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawObject, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(RawObject(entries))
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

#[cfg(test)]
mod tests {
    use lgx_model::RawJson;
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_picked_and_added_in_order() {
        let object = RawObject::of(&json!({"b": 1, "a": {"x": 1.0}, "c": null})).unwrap();
        assert_eq!(object.get("a").map(RawValue::get), Some(r#"{"x":1.0}"#));
        assert!(object.get("none").is_none());
        let object = object.with_only(&["c", "b"]).with("d", &[7]).unwrap();
        assert_eq!(
            serde_json::to_string(&object).unwrap(),
            r#"{"b":1,"c":null,"d":[7]}"#
        );
        assert!(RawObject::of(&json!([1])).is_err());
    }

    #[test]
    fn a_value_may_go_as_deep_as_it_likes() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        let value = RawJson::from_text(deep.clone()).unwrap();
        let object = RawObject::default().with("deep", &value).unwrap();
        let object = RawObject::of(&object).unwrap();
        assert_eq!(object.get("deep").map(RawValue::get), Some(&*deep));
    }
}
