//! Bytes that travel beside the JSON of a message: each as a section of its own, in the order in which they stand in the message.

use bytes::Bytes;
use lgx_model::{CheckpointTuple, PendingWrite, checkpoint::ChannelBlob};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Message;
use crate::messages::json;

/// A message of which some bytes are no JSON. Its `Serialize` and `Deserialize` leave them out.
pub trait Sectioned {
    /// Visits all of them, in the order in which the sections stand in the frame. The only place that knows this order: it is read and
    /// written by it.
    fn each_section(&mut self, visit: &mut dyn FnMut(&mut Bytes));
}

/// Why a frame's body is not the message it should be.
#[derive(Debug, thiserror::Error)]
pub enum Mismatch {
    /// The JSON is another one.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The JSON describes fewer sections, or more.
    #[error("the number of sections is not what the description says")]
    Sections,
}

impl Message {
    /// The message as the body of a frame.
    pub fn pack<T: Serialize + Sectioned>(mut message: T) -> Self {
        let mut sections = Vec::new();
        message.each_section(&mut |bytes| sections.push(std::mem::take(bytes)));
        Self {
            meta: json(&message),
            sections,
        }
    }

    /// The message that the body of a frame holds.
    pub fn unpack<T: DeserializeOwned + Sectioned>(self) -> Result<T, Mismatch> {
        let mut message: T = serde_json::from_slice(&self.meta)?;
        let mut sections = self.sections.into_iter();
        let mut complete = true;
        message.each_section(&mut |bytes| match sections.next() {
            Some(section) => *bytes = section,
            None => complete = false,
        });
        if complete && sections.next().is_none() {
            Ok(message)
        } else {
            Err(Mismatch::Sections)
        }
    }
}

impl<T: Sectioned> Sectioned for Option<T> {
    fn each_section(&mut self, visit: &mut dyn FnMut(&mut Bytes)) {
        if let Some(message) = self {
            message.each_section(visit);
        }
    }
}

impl<T: Sectioned> Sectioned for [T] {
    fn each_section(&mut self, visit: &mut dyn FnMut(&mut Bytes)) {
        for message in self {
            message.each_section(visit);
        }
    }
}

impl Sectioned for ChannelBlob {
    fn each_section(&mut self, visit: &mut dyn FnMut(&mut Bytes)) {
        visit(&mut self.value.bytes);
    }
}

impl Sectioned for PendingWrite {
    fn each_section(&mut self, visit: &mut dyn FnMut(&mut Bytes)) {
        visit(&mut self.value.bytes);
    }
}

impl Sectioned for CheckpointTuple {
    fn each_section(&mut self, visit: &mut dyn FnMut(&mut Bytes)) {
        visit(&mut self.row.checkpoint.bytes);
        self.channels.each_section(visit);
        self.writes.each_section(visit);
    }
}
