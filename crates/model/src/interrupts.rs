//! The interrupts that wait on a thread, by the task that raised them, and the forms in which they are shown.

use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::{JsonObject, RawJson};

/// Interrupts by task id, in the order of the tasks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Interrupts(JsonObject);

impl Interrupts {
    /// Reads them as a thread or a worker has them; none where that is no object.
    pub fn of(by_task: &RawJson) -> Self {
        Self(by_task.parse().unwrap_or_default())
    }

    /// All of them, in task order.
    pub fn all(&self) -> impl Iterator<Item = &Value> {
        self.0.values().filter_map(Value::as_array).flatten()
    }

    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.all().next().is_none()
    }

    /// The ids of all of them, in task order.
    pub fn ids(&self) -> Vec<String> {
        let ids = self.all().filter_map(|interrupt| interrupt["id"].as_str());
        ids.map(str::to_owned).collect()
    }

    /// As a thread shows them: without a `response_schema` that says nothing.
    pub fn on_thread(&self) -> RawJson {
        let mut by_task = self.0.clone();
        for interrupt in by_task
            .values_mut()
            .filter_map(Value::as_array_mut)
            .flatten()
        {
            if let Some(object) = interrupt.as_object_mut() {
                object.retain(|key, value| key != "response_schema" || !value.is_null());
            }
        }
        RawJson::of(&by_task)
    }

    /// As streams and waits show them: one after the other, with all three keys.
    pub fn in_streams(&self) -> Vec<Box<RawValue>> {
        let shown = self.all().map(|interrupt| {
            to_raw_value(&InStreams {
                value: &interrupt["value"],
                id: &interrupt["id"],
                response_schema: &interrupt["response_schema"],
            })
        });
        shown.filter_map(Result::ok).collect()
    }
}

#[derive(Serialize)]
struct InStreams<'a> {
    value: &'a Value,
    id: &'a Value,
    response_schema: &'a Value,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interrupts_lose_a_null_schema_on_the_thread_and_keep_it_in_streams() {
        let raw = RawJson::from_text(r#"{"t":[{"id":"i","value":1,"response_schema":null}],"u":[{"id":"j","value":2,"response_schema":{}}]}"#.into()).unwrap();
        let interrupts = Interrupts::of(&raw);
        let flat = interrupts.in_streams();
        assert_eq!(
            interrupts.on_thread().get(),
            r#"{"t":[{"id":"i","value":1}],"u":[{"id":"j","value":2,"response_schema":{}}]}"#
        );
        assert_eq!(
            flat[0].get(),
            r#"{"value":1,"id":"i","response_schema":null}"#
        );
        assert_eq!(flat.len(), 2);
    }
}
