//! What a client of the event protocol wants to see: channels, namespaces, how deep, and since when.

use lgx_model::JsonObject;
use serde_json::Value;

use super::frame::Frame;

/// The channels there are, beside `custom:<name>`.
const CHANNELS: [&str; 9] = [
    "values",
    "updates",
    "messages",
    "tools",
    "custom",
    "lifecycle",
    "input",
    "tasks",
    "checkpoints",
];

/// What a client wants to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    channels: Vec<String>,
    /// Prefixes, one of which the namespace of an event has to have; any namespace when empty.
    namespaces: Vec<Vec<String>>,
    /// How many levels below the prefix.
    depth: Option<u64>,
    /// Only events with a greater number.
    since: u64,
}

/// Why a subscription cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unusable {
    /// It names no channels.
    NoChannels,
    /// It names channels that do not exist.
    Unsupported(Vec<String>),
}

impl Unusable {
    /// What the client is told.
    pub fn detail(&self) -> String {
        match self {
            Self::NoChannels => "channels is required and must be a non-empty array".into(),
            Self::Unsupported(entries) => format!(
                "channels contains unsupported entries: {}. Allowed: {}, or any `custom:<name>`.",
                entries.join(", "),
                CHANNELS.join(", ")
            ),
        }
    }
}

impl Subscription {
    /// Reads a subscription.
    ///
    /// # Errors
    /// Without channels, or with one that does not exist.
    pub fn parse(params: &JsonObject) -> Result<Self, Unusable> {
        let Some(Value::Array(asked)) = params.get("channels") else {
            return Err(Unusable::NoChannels);
        };
        if asked.is_empty() {
            return Err(Unusable::NoChannels);
        }
        let mut channels = Vec::new();
        let mut unsupported = Vec::new();
        for entry in asked {
            match entry.as_str() {
                Some(name) if is_channel(name) => channels.push(name.to_owned()),
                Some(name) => unsupported.push(name.to_owned()),
                None => unsupported.push(entry.to_string()),
            }
        }
        if !unsupported.is_empty() {
            return Err(Unusable::Unsupported(unsupported));
        }
        let namespaces = params.get("namespaces").and_then(Value::as_array);
        let namespaces = namespaces.into_iter().flatten().filter_map(|namespace| {
            let segments = namespace.as_array()?.iter();
            Some(
                segments
                    .filter_map(Value::as_str)
                    .map(str::to_owned)
                    .collect(),
            )
        });
        Ok(Self {
            channels,
            namespaces: namespaces.collect(),
            depth: params.get("depth").and_then(Value::as_u64),
            since: params.get("since").and_then(Value::as_u64).unwrap_or(0),
        })
    }

    /// The same without a beginning.
    #[must_use]
    pub fn without_since(self) -> Self {
        Self { since: 0, ..self }
    }

    /// Whether an event is wanted.
    pub fn wants(&self, frame: &Frame) -> bool {
        frame.seq > self.since
            && self.is_near(&frame.body.namespace)
            && self.channels.iter().any(|channel| carries(channel, frame))
    }

    fn is_near(&self, namespace: &[String]) -> bool {
        let deep_enough = |prefix: usize| {
            let below = u64::try_from(namespace.len() - prefix).unwrap_or(u64::MAX);
            self.depth.is_none_or(|depth| below <= depth)
        };
        if self.namespaces.is_empty() {
            return deep_enough(0);
        }
        self.namespaces
            .iter()
            .any(|prefix| has_prefix(namespace, prefix) && deep_enough(prefix.len()))
    }
}

fn is_channel(name: &str) -> bool {
    CHANNELS.contains(&name)
        || name
            .strip_prefix("custom:")
            .is_some_and(|name| !name.is_empty())
}

/// A prefix may name a node without its task.
fn has_prefix(namespace: &[String], prefix: &[String]) -> bool {
    prefix.len() <= namespace.len()
        && prefix.iter().zip(namespace).all(|(asked, segment)| {
            asked == segment
                || (!asked.contains(':')
                    && segment.split(':').next().is_some_and(|node| node == asked))
        })
}

fn carries(channel: &str, frame: &Frame) -> bool {
    let method = &*frame.body.method;
    match channel {
        "input" => method == "input.requested",
        "custom" => method == "custom" || method.starts_with("custom:"),
        _ if channel == method => true,
        _ => match channel.strip_prefix("custom:") {
            Some(name) if method == "custom" => is_named(&frame.body.data, name),
            _ => false,
        },
    }
}

/// Whether data of the stream writer says that it is called so.
fn is_named(data: &[u8], name: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct Named {
        name: String,
    }
    serde_json::from_slice::<Named>(data).is_ok_and(|named| named.name == name)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;

    use super::super::frame::Body;
    use super::*;

    fn subscription(params: &Value) -> Subscription {
        Subscription::parse(params.as_object().unwrap()).unwrap()
    }

    fn frame(method: &str, namespace: &[&str], data: &'static str) -> Frame {
        Frame {
            seq: 5,
            timestamp: 0,
            event_id: "1-0".into(),
            body: Body {
                method: method.into(),
                namespace: namespace.iter().map(ToString::to_string).collect(),
                identity: None,
                node: None,
                data: Bytes::from_static(data.as_bytes()),
            },
        }
    }

    #[test]
    fn a_subscription_without_usable_channels_is_refused() {
        for params in [
            json!({}),
            json!({"channels": []}),
            json!({"channels": "values"}),
        ] {
            assert_eq!(
                Subscription::parse(params.as_object().unwrap()),
                Err(Unusable::NoChannels)
            );
        }
        let params = json!({"channels": ["values", "zap", 3, "custom:"]});
        let error = Subscription::parse(params.as_object().unwrap()).unwrap_err();
        assert!(error.detail().starts_with(
            "channels contains unsupported entries: zap, 3, custom:. Allowed: values,"
        ));
    }

    #[test]
    fn channels_select_by_method() {
        let wants = |channel: &str, frame: &Frame| {
            subscription(&json!({"channels": [channel]})).wants(frame)
        };
        assert!(wants("values", &frame("values", &[], "{}")));
        assert!(!wants("values", &frame("updates", &[], "{}")));
        assert!(wants("input", &frame("input.requested", &[], "{}")));
        assert!(wants("custom", &frame("custom", &[], "3")));
        assert!(wants("custom:a", &frame("custom", &[], r#"{"name":"a"}"#)));
        assert!(!wants("custom:a", &frame("custom", &[], r#"{"name":"b"}"#)));
        assert!(wants("custom:a", &frame("custom:a", &[], "{}")));
        assert!(wants("custom", &frame("custom:a", &[], "{}")));
    }

    #[test]
    fn namespaces_are_prefixes_and_depth_counts_below_them() {
        let deep = frame("values", &["child:1", "grandchild:2"], "{}");
        let wants = |more: Value| {
            let mut params = json!({"channels": ["values"]});
            params
                .as_object_mut()
                .unwrap()
                .extend(more.as_object().cloned().unwrap());
            subscription(&params).wants(&deep)
        };
        assert!(wants(json!({})));
        assert!(wants(json!({"namespaces": [["child:1"]]})));
        assert!(wants(json!({"namespaces": [["child"]], "depth": 1})));
        assert!(!wants(json!({"namespaces": [["child"]], "depth": 0})));
        assert!(!wants(json!({"namespaces": [["child:2"]]})));
        assert!(!wants(json!({"depth": 1})));
        assert!(wants(json!({"depth": 2, "namespaces": []})));
        assert!(!wants(json!({"since": 5})));
        assert!(
            wants(json!({"since": "x"})),
            "what is no number says nothing"
        );
    }
}
