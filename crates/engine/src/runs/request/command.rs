//! The form of a command. It is only checked: the text itself travels on to the graph.

use lgx_model::JsonObject;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// A command for a graph that is stopped.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[expect(
    dead_code,
    reason = "read only to check the form; the raw text travels on"
)]
pub struct CommandBody {
    update: Option<Value>,
    resume: Option<Value>,
    #[schemars(extend("nullable" = true))]
    goto: Option<Goto>,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "`goto` is a node, a list of nodes, an object with `node` and `input`, or a list of those"
)]
#[schemars(inline)]
#[expect(
    dead_code,
    reason = "read only to check the form; the raw text travels on"
)]
enum Goto {
    Node(String),
    Nodes(Vec<String>),
    Send(Send),
    Sends(Vec<Send>),
}

/// `{"node": …, "input": …}`. Read as a map: a struct could also be read from a list.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(try_from = "JsonObject")]
#[schemars(extend("properties" = {"node": {"type": "string"}}, "required" = ["node"]))]
#[expect(
    dead_code,
    reason = "read only to check the form; the raw text travels on"
)]
struct Send {
    node: String,
    #[serde(default)]
    input: Value,
}

impl TryFrom<JsonObject> for Send {
    type Error = &'static str;

    fn try_from(mut object: JsonObject) -> Result<Self, Self::Error> {
        match object.shift_remove("node") {
            Some(Value::String(node)) => Ok(Self {
                node,
                input: object.shift_remove("input").unwrap_or_default(),
            }),
            _ => Err("a Send names its node"),
        }
    }
}
