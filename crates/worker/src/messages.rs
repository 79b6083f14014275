//! What the frames say: the bodies of calls, replies and logs as types, one file a call.

pub(crate) mod app;
pub(crate) mod auth;
pub(crate) mod calls;
pub(crate) mod embed;
pub(crate) mod load;
pub(crate) mod loaded;
pub(crate) mod log;
pub(crate) mod run;
pub(crate) mod steps;

use bytes::Bytes;
use serde::Serialize;

/// The body of a reply: JSON text, then binary sections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// A JSON object.
    pub meta: Bytes,
    /// Raw bytes; what they are is the method's business.
    pub sections: Vec<Bytes>,
}

/// `value` as JSON bytes.
#[expect(
    clippy::expect_used,
    reason = "serializing plain data to JSON cannot fail"
)]
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> Bytes {
    serde_json::to_vec(value)
        .expect("plain data serializes")
        .into()
}
