//! The runnable configuration of a request.

use lgx_model::JsonObject;
use lgx_model::forms::{IntegralFloat, given};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::checkpoint;

/// The runnable configuration of a request: some keys are checked, the others pass.
#[serde_with::apply(Option => #[serde(default, deserialize_with = "given")])]
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct ConfigBody {
    /// Tags for tracing.
    pub tags: Option<Vec<String>>,
    /// The most steps a run may take.
    pub recursion_limit: Option<IntegralFloat>,
    /// Values for the graph.
    #[serde_with(skip_apply)]
    #[serde(default, deserialize_with = "checkpoint::configurable")]
    pub configurable: Option<JsonObject>,
    /// Everything else, passed on.
    #[serde(flatten)]
    pub rest: JsonObject,
}

impl ConfigBody {
    /// The object as given.
    pub fn into_object(self) -> JsonObject {
        let mut object = JsonObject::new();
        if let Some(tags) = self.tags {
            object.insert("tags".into(), json!(tags));
        }
        if let Some(limit) = self.recursion_limit {
            object.insert("recursion_limit".into(), json!(limit.0));
        }
        if let Some(configurable) = self.configurable {
            object.insert("configurable".into(), Value::Object(configurable));
        }
        object.extend(self.rest);
        object
    }
}
