//! The golden frames, which the worker's own tests read too.

use base64::Engine as _;
use bytes::{Bytes, BytesMut};
use lgx_worker::frame::{Frame, Kind};
use lgx_worker::{
    AuthReply, Callback, CallbackReply, EmbedReply, Hello, Loaded, LogLine, Message, RemoteError,
    RunEnd,
};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Golden {
    name: String,
    kind: u8,
    id: u64,
    meta: Box<RawValue>,
    sections: Vec<String>,
    hex: String,
}

/// Frames of every kind, and frames of every message.
fn golden_frames() -> Vec<Golden> {
    let mut frames: Vec<Golden> =
        serde_json::from_str(include_str!("../../fixtures/frames.json")).unwrap();
    frames.extend(golden_messages());
    frames
}

fn golden_messages() -> Vec<Golden> {
    serde_json::from_str(include_str!("../../fixtures/messages.json")).unwrap()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// The meta is written with spaces between its parts in the file and without on the wire.
fn compact(meta: &RawValue) -> Bytes {
    let (mut in_text, mut escaped) = (false, false);
    let kept = meta.get().bytes().filter(|byte| {
        match byte {
            b'"' if !escaped => in_text = !in_text,
            b' ' | b'\n' if !in_text => return false,
            _ => {}
        }
        escaped = *byte == b'\\' && !escaped;
        true
    });
    kept.collect()
}

impl Golden {
    fn frame(&self) -> Frame {
        let kind = [
            Kind::Hello,
            Kind::Call,
            Kind::Reply,
            Kind::Error,
            Kind::Event,
            Kind::Note,
            Kind::Cancel,
            Kind::Log,
            Kind::Ping,
            Kind::Pong,
            Kind::Shutdown,
            Kind::Begun,
        ]
        .into_iter()
        .find(|kind| *kind as u8 == self.kind)
        .unwrap();
        let sections = self.sections.iter().map(|text| {
            base64::prelude::BASE64_STANDARD
                .decode(text)
                .unwrap()
                .into()
        });
        Frame::new(kind, self.id, compact(&self.meta), sections.collect()).unwrap()
    }
}

#[tokio::test]
async fn every_golden_frame_is_written_and_read_byte_for_byte() {
    let golden = golden_frames();
    assert!(golden.len() > 20);
    for golden in golden {
        let frame = golden.frame();
        let mut buffer = BytesMut::new();
        frame.encode(&mut buffer);
        assert_eq!(buffer, unhex(&golden.hex), "{}", golden.name);
        assert_eq!(
            Frame::read(&mut &buffer[..]).await.unwrap(),
            Some(frame),
            "{}",
            golden.name
        );
    }
}

fn understood<T: serde::de::DeserializeOwned>(meta: &Bytes) -> Result<(), String> {
    serde_json::from_slice::<T>(meta)
        .map(drop)
        .map_err(|error| error.to_string())
}

#[test]
fn what_the_worker_says_is_understood() {
    for golden in golden_messages() {
        let name = golden.name.as_str();
        let frame = golden.frame();
        let kind = frame.kind();
        let (meta, sections) = frame.into_parts();
        let message = Message {
            meta: meta.clone(),
            sections,
        };
        let result = match kind {
            Kind::Hello => understood::<Hello>(&meta),
            Kind::Log => understood::<LogLine>(&meta),
            Kind::Error => understood::<RemoteError>(&meta),
            Kind::Reply if name == "reply to load" => understood::<Loaded>(&meta),
            Kind::Reply if name.starts_with("end of a run") => understood::<RunEnd>(&meta),
            Kind::Reply if name == "reply to auth" => understood::<AuthReply>(&meta),
            Kind::Reply if name == "reply to embed" => understood::<EmbedReply>(&meta),
            Kind::Reply => CallbackReply::decode(message)
                .map(drop)
                .map_err(|error| error.to_string()),
            _ => Ok(()),
        };
        assert_eq!(result, Ok(()), "{name}");
    }
}

#[test]
fn callbacks_are_read_and_written_as_the_golden_messages_say() {
    let callbacks: Vec<Golden> = golden_messages()
        .into_iter()
        .filter(|golden| {
            ["checkpoint.", "store.batch"]
                .iter()
                .any(|name| golden.meta.get().contains(&format!("\"method\": \"{name}")))
        })
        .collect();
    assert_eq!(callbacks.len(), 9);
    for golden in callbacks {
        let (meta, sections) = golden.frame().into_parts();
        let message = Message { meta, sections };
        let again = Callback::decode(message.clone()).unwrap().encode();
        assert_eq!(again, message, "{}", golden.name);
    }
}
