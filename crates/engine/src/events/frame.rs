//! One event of the event protocol, and its exact JSON.

use std::fmt::Write as _;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use serde_json::json;

use super::event::EventId;
use super::event_line;

/// What an event says, before it has its place in a thread's order.
#[derive(Debug, Clone)]
pub struct Body {
    /// What it is about: `values`, `lifecycle`, `input.requested`, …
    pub method: Arc<str>,
    /// The subgraph it comes from.
    pub namespace: Arc<[String]>,
    /// Its durable identity when it follows from what it says; else it gets one from the event it is made of.
    pub identity: Option<String>,
    /// The node, for updates that are told node by node.
    pub node: Option<String>,
    /// JSON text.
    pub data: Bytes,
}

impl Body {
    /// What the graph itself says.
    pub(super) fn of_graph(method: &str, namespace: &Arc<[String]>, data: Bytes) -> Self {
        Self {
            method: method.into(),
            namespace: Arc::clone(namespace),
            identity: None,
            node: None,
            data,
        }
    }
}

/// An event in its place.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Its number: strictly increasing over all events of the thread.
    pub seq: u64,
    /// When it happened, in milliseconds since the Unix epoch.
    pub timestamp: i64,
    /// Its durable identity.
    pub event_id: String,
    /// What it says.
    pub body: Body,
}

/// Gives the bodies that one event became their places and identities.
pub(super) fn number_frames(bodies: Vec<Body>, first: u64, id: EventId) -> Vec<Frame> {
    let mut derived = 0u32;
    let mut seq = first;
    bodies
        .into_iter()
        .map(|mut body| {
            let event_id = body.identity.take().unwrap_or_else(|| {
                let mut text = id.to_string();
                if derived > 0 {
                    // Writing to a string cannot fail.
                    let _ = write!(text, ".{derived}");
                }
                derived += 1;
                text
            });
            let frame = Frame {
                seq,
                timestamp: id.millis,
                event_id,
                body,
            };
            seq += 1;
            frame
        })
        .collect()
}

impl Frame {
    /// Whether it asks for input.
    pub fn asks(&self) -> bool {
        &*self.body.method == "input.requested"
    }

    /// Appends the frame's JSON.
    pub fn write(&self, out: &mut BytesMut) {
        let head = format!(
            r#"{{"type":"event","event_id":{},"seq":{},"method":{},"params":{{"namespace":{},"timestamp":{},"data":"#,
            json!(self.event_id),
            self.seq,
            json!(&*self.body.method),
            json!(&*self.body.namespace),
            self.timestamp,
        );
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(&self.body.data);
        if let Some(node) = &self.body.node {
            out.extend_from_slice(format!(r#","node":{}"#, json!(node)).as_bytes());
        }
        out.extend_from_slice(b"}}");
    }

    /// Appends the frame as a server-sent event.
    pub fn write_sse(&self, out: &mut BytesMut) {
        event_line::write(out, &self.body.method);
        out.extend_from_slice(b"data: ");
        self.write(out);
        out.extend_from_slice(format!("\r\nid: {}\r\n\r\n", self.seq).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(method: &str, identity: Option<&str>) -> Body {
        Body {
            method: method.into(),
            namespace: Arc::from([String::from("child:1")]),
            identity: identity.map(str::to_owned),
            node: None,
            data: Bytes::from_static(b"{\"n\":1}"),
        }
    }

    #[test]
    fn what_one_event_became_is_told_apart() {
        let id = EventId {
            millis: 7,
            serial: 2,
        };
        let bodies = vec![
            body("tools", None),
            body("lifecycle", Some("synth:r:lc||running")),
            body("messages", None),
        ];
        let frames = number_frames(bodies, 4, id);
        let told: Vec<(u64, &str)> = frames
            .iter()
            .map(|frame| (frame.seq, frame.event_id.as_str()))
            .collect();
        assert_eq!(told, [(4, "7-2"), (5, "synth:r:lc||running"), (6, "7-2.1")]);
    }

    #[test]
    fn a_frame_has_its_keys_in_order() {
        let id = EventId {
            millis: 7,
            serial: 0,
        };
        let frame = number_frames(vec![body("values", None)], 3, id).remove(0);
        let mut out = BytesMut::new();
        frame.write_sse(&mut out);
        assert_eq!(
            std::str::from_utf8(&out).unwrap(),
            "event: values\r\ndata: {\"type\":\"event\",\"event_id\":\"7-0\",\"seq\":3,\"method\":\"values\",\"params\":{\"namespace\":[\"child:1\"],\"timestamp\":7,\"data\":{\"n\":1}}}\r\nid: 3\r\n\r\n"
        );
    }
}
