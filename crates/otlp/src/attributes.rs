//! Attributes of spans in the making.

use lgx_model::RawJson;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue};

/// What a span says of itself, in the order in which it was added.
#[derive(Debug, Default)]
pub(crate) struct Attributes(Vec<KeyValue>);

impl Attributes {
    /// Text.
    pub(crate) fn text(&mut self, key: &str, value: impl Into<String>) {
        self.add(key, Value::StringValue(value.into()));
    }

    /// Text, if there is any.
    pub(crate) fn text_if(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    /// A whole number.
    pub(crate) fn whole(&mut self, key: &str, value: impl TryInto<i64>) {
        // What counts that far has been counted wrongly.
        self.add(key, Value::IntValue(value.try_into().unwrap_or(i64::MAX)));
    }

    /// A number with a fraction.
    pub(crate) fn fraction(&mut self, key: &str, value: f64) {
        self.add(key, Value::DoubleValue(value));
    }

    /// True or false.
    pub(crate) fn truth(&mut self, key: &str, value: bool) {
        self.add(key, Value::BoolValue(value));
    }

    /// Several texts.
    pub(crate) fn texts(&mut self, key: &str, values: impl IntoIterator<Item = String>) {
        let values = values.into_iter().map(|value| AnyValue {
            value: Some(Value::StringValue(value)),
        });
        self.add(
            key,
            Value::ArrayValue(ArrayValue {
                values: values.collect(),
            }),
        );
    }

    /// JSON, as text. Few receivers understand attributes with structure, and all know this form of them.
    pub(crate) fn json(&mut self, key: &str, value: &serde_json::Value) {
        self.text(key, value.to_string());
    }

    /// The same of what came as text.
    pub(crate) fn raw_json(&mut self, key: &str, value: &RawJson) {
        self.text(key, value.get());
    }

    /// Whether there is one of this name.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.iter().any(|present| present.key == key)
    }

    /// All of them.
    pub(crate) fn done(self) -> Vec<KeyValue> {
        self.0
    }

    fn add(&mut self, key: &str, value: Value) {
        self.0.push(KeyValue {
            key: key.to_owned(),
            value: Some(AnyValue { value: Some(value) }),
            ..KeyValue::default()
        });
    }
}
