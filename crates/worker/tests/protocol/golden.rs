//! The golden frames, messages and methods, which the tests of every worker's own language read too.

use base64::Engine as _;
use bytes::{Bytes, BytesMut};
use lgx_model::item::ItemOutcome;
use lgx_model::{FoundItem, Item, RawJson};
use lgx_worker::frame::{Frame, Kind};
use lgx_worker::{
    AuthReply, CallNews, Callback, CallbackReply, EmbedReply, Hello, LoadProgress, Loaded, LogLine,
    Message, Method, RemoteError, RunEnd, StepNews,
};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Golden {
    name: String,
    kind: u8,
    #[serde(default)]
    flags: u8,
    id: u64,
    meta: Box<RawValue>,
    sections: Vec<String>,
    /// The bytes of the whole frame; of the messages they are not told.
    #[serde(default)]
    hex: String,
}

/// What a run tells of its tasks.
#[derive(Deserialize)]
struct Steps {
    #[serde(rename = "steps")]
    _steps: StepNews,
}

/// What a run tells of its calls.
#[derive(Deserialize)]
struct Calls {
    #[serde(rename = "calls")]
    _calls: CallNews,
}

/// A line of the list of methods.
#[derive(Deserialize)]
struct Listed {
    method: String,
    to: String,
    #[serde(default)]
    begun: bool,
    /// It belongs to a request that the project's app answers, and goes to whoever has made that.
    #[serde(default)]
    of_request: bool,
}

fn golden_frames() -> Vec<Golden> {
    serde_json::from_str(include_str!("../../fixtures/frames.json")).unwrap()
}

fn golden_messages() -> Vec<Golden> {
    serde_json::from_str(include_str!("../../fixtures/messages.json")).unwrap()
}

fn listed_methods(to: &str) -> Vec<Listed> {
    let all: Vec<Listed> =
        serde_json::from_str(include_str!("../../fixtures/methods.json")).unwrap();
    all.into_iter()
        .filter(|listed| listed.to == to && !listed.of_request)
        .collect()
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
    /// The method, if it is a call or a note.
    fn method(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Meta {
            method: Option<String>,
        }
        serde_json::from_str::<Meta>(self.meta.get())
            .unwrap()
            .method
    }

    fn message(&self) -> Message {
        let (meta, sections) = self.frame().into_parts();
        Message { meta, sections }
    }

    fn frame(&self) -> Frame {
        let kind = Kind::from_byte(self.kind).unwrap();
        let sections = self.sections.iter().map(|text| {
            base64::prelude::BASE64_STANDARD
                .decode(text)
                .unwrap()
                .into()
        });
        let frame = Frame::new(kind, self.id, compact(&self.meta), sections.collect()).unwrap();
        if self.flags == 1 { frame.last() } else { frame }
    }
}

#[tokio::test]
async fn every_golden_frame_is_written_and_read_byte_for_byte() {
    let golden = golden_frames();
    assert!(golden.len() > 10);
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
        let meta = golden.message().meta;
        let result = match golden.frame().kind() {
            Kind::Hello => understood::<Hello>(&meta),
            Kind::Log => understood::<LogLine>(&meta),
            Kind::Error => understood::<RemoteError>(&meta),
            Kind::Data if name.starts_with("progress of load") => understood::<LoadProgress>(&meta),
            Kind::Reply if name == "reply to load" => understood::<Loaded>(&meta),
            Kind::Data if name == "steps of a run" => understood::<Steps>(&meta),
            Kind::Data if name == "calls of a run" => understood::<Calls>(&meta),
            Kind::Reply if name.starts_with("end of a run") => understood::<RunEnd>(&meta),
            Kind::Reply if name == "reply to auth" => understood::<AuthReply>(&meta),
            Kind::Reply if name == "reply to embed" => understood::<EmbedReply>(&meta),
            _ => Ok(()),
        };
        assert_eq!(result, Ok(()), "{name}");
    }
}

#[test]
fn callbacks_are_read_and_written_as_the_golden_messages_say() {
    let callbacks: Vec<String> = listed_methods("server")
        .into_iter()
        .map(|listed| listed.method)
        .collect();
    let mut seen = Vec::new();
    for golden in golden_messages() {
        let Some(method) = golden.method().filter(|method| callbacks.contains(method)) else {
            continue;
        };
        let callback: Callback = golden.message().unpack().unwrap();
        assert_eq!(Message::pack(callback), golden.message(), "{}", golden.name);
        seen.push(method);
    }
    assert!(
        callbacks.iter().all(|method| seen.contains(method)),
        "{seen:?}"
    );
}

#[test]
fn answers_to_callbacks_are_written_as_the_golden_messages_say() {
    let answers = [
        "reply to get",
        "reply to list",
        "reply without content",
        "reply to terminal.read",
    ];
    let mut seen = 0;
    for golden in golden_messages() {
        if answers.iter().any(|name| golden.name.starts_with(name)) {
            let reply: CallbackReply = golden.message().unpack().unwrap();
            assert_eq!(Message::pack(reply), golden.message(), "{}", golden.name);
            seen += 1;
        }
    }
    assert_eq!(seen, 6);
}

#[test]
fn results_of_items_are_written_as_the_golden_message_says() {
    let namespace = || vec!["users".to_owned(), "u1".to_owned()];
    let item = || Item {
        namespace: namespace(),
        key: "k".into(),
        value: RawJson::from_text(r#"{"n":1}"#.into()).unwrap(),
        created_at: "2026-01-02T03:04:05.000006+00:00".parse().unwrap(),
        updated_at: "2026-01-02T03:04:06+00:00".parse().unwrap(),
    };
    let found = |score| FoundItem {
        item: item(),
        score,
    };
    let results = vec![
        ItemOutcome::Item(Some(item())),
        ItemOutcome::Items(vec![found(Some(0.5)), found(None)]),
        ItemOutcome::Namespaces(vec![namespace()]),
        ItemOutcome::Done,
    ];
    let golden = golden_messages();
    let golden = golden
        .iter()
        .find(|golden| golden.name == "results of a batch of items");
    assert_eq!(
        Message::pack(CallbackReply::Items {
            results,
            more: false
        }),
        golden.unwrap().message()
    );
}

#[test]
fn sections_that_do_not_match_the_description_are_refused() {
    let golden = golden_messages();
    let put = golden
        .iter()
        .find(|golden| golden.name == "note put")
        .unwrap();
    assert!(put.message().unpack::<Callback>().is_ok());
    for change in [
        |sections: &mut Vec<Bytes>| drop(sections.pop()),
        |sections: &mut Vec<Bytes>| sections.push(Bytes::new()),
    ] {
        let mut message = put.message();
        change(&mut message.sections);
        assert!(message.unpack::<Callback>().is_err());
    }
}

#[test]
fn both_sides_have_the_methods_that_the_list_has() {
    let listed = listed_methods("worker");
    let names: Vec<&str> = listed.iter().map(|listed| listed.method.as_str()).collect();
    assert_eq!(names, Method::ALL.map(Method::name));
    for listed in &listed {
        let method = Method::of_name(&listed.method).unwrap();
        assert_eq!(method.is_begun(), listed.begun, "{method}");
    }
    // An unknown method is answered with those that there are.
    let unknown = Message {
        meta: Bytes::from_static(br#"{"method":"checkpoint.burn","params":{}}"#),
        sections: Vec::new(),
    };
    let known = unknown.unpack::<Callback>().unwrap_err().to_string();
    assert!(known.contains("checkpoint.burn"));
    let names: Vec<&str> = known.split('`').skip(3).step_by(2).collect();
    let listed = listed_methods("server");
    assert!(
        listed.iter().map(|listed| listed.method.as_str()).eq(names),
        "{known}"
    );
}
