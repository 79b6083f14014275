//! A page at its socket, as tests of it need it.

use lgx_testkit::Client;
use lgx_testkit::socket::Socket;
use serde_json::{Value, json};

pub(super) const SOCKET: &str = "/lgx/socket";

/// A page that was let in, and what the server said of itself.
pub(super) struct Page {
    pub(super) socket: Socket,
    pub(super) hello: Value,
    /// The steps that were told among other frames: nothing says in which order steps and events come.
    pub(super) steps: Vec<Value>,
}

/// Who comes back after this event of this server, without any headers.
pub(super) fn back(hello: &Value, after: u64) -> Value {
    json!({"type": "hello", "headers": {}, "server_id": hello["server_id"], "after": after})
}

/// Who comes for the first time, with these headers.
pub(super) fn new(headers: Value) -> Value {
    let mut hello = json!({"type": "hello", "server_id": null, "after": null});
    hello["headers"] = headers;
    hello
}

impl Page {
    /// Lets a page in.
    pub(super) async fn open(client: &Client, hello: &Value) -> Self {
        let mut socket = client.socket(SOCKET).await;
        socket.send(hello.to_string()).await;
        let hello = socket.next().await.unwrap();
        assert_eq!(hello["type"], "hello", "{hello}");
        Self {
            socket,
            hello,
            steps: Vec::new(),
        }
    }

    /// Subscribes, and gives what came in the place of events, up to and with the answer.
    pub(super) async fn subscribe(&mut self, topic: &str, after: Option<&str>) -> Value {
        let frame = json!({"type": "subscribe", "topic": topic, "after": after});
        self.socket.send(frame.to_string()).await;
        loop {
            let frame = self.socket.next().await.unwrap();
            if frame["type"] != "event" {
                assert_eq!(frame["topic"], topic, "{frame}");
                return frame["type"].clone();
            }
        }
    }

    /// The next frame.
    pub(super) async fn next(&mut self) -> Value {
        self.socket.next().await.unwrap()
    }

    /// Frames up to the first that is wanted, with it; steps are set aside.
    pub(super) async fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut frames = Vec::new();
        loop {
            let frame = self.next().await;
            if frame["event"] == "step" {
                self.steps.push(frame);
                continue;
            }
            let found = wanted(&frame);
            frames.push(frame);
            if found {
                return frames;
            }
        }
    }
}
