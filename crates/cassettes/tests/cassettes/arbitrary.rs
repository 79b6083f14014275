//! What holds for any request and any answer: it comes back as it went, it is found by what it says, and no secret gets into a file.

use std::time::Duration;

use lgx_cassettes::{Body, Chunk, Mode, Request, Response};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::sample::{chat, library, saying, whole};

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~äöü‹›\n]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec(("[a-z_]{1,6}", inner), 0..4).prop_map(|fields| {
                let fields: Map<String, Value> = fields.into_iter().collect();
                Value::Object(fields)
            }),
        ]
    })
}

/// The same value with the keys of each object the other way round.
fn turned(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(turned).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().rev();
            let fields = fields.map(|(name, value)| (name.clone(), turned(value)));
            Value::Object(fields.collect())
        }
        other => other.clone(),
    }
}

/// What is played for an answer that was kept.
fn played_back(response: &Response) -> Response {
    let folder = TempDir::new().unwrap();
    let asked = chat(&json!({}));
    library(&folder, Mode::Record)
        .keep(&asked, response)
        .unwrap();
    let found = library(&folder, Mode::Replay).find(&asked).unwrap();
    found.unwrap().response
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_answer_of_json_means_the_same_when_it_is_played(body in anything(), status in 200_u16..400) {
        let played = played_back(&whole(status, &body));
        prop_assert_eq!(played.status(), status);
        let said: Value = serde_json::from_slice(&played.body().bytes()).unwrap();
        prop_assert_eq!(said, body);
    }

    #[test]
    fn any_other_answer_is_played_to_its_byte(bytes in vec(any::<u8>(), 0..80)) {
        prop_assume!(serde_json::from_slice::<Value>(&bytes).is_err());
        let played = played_back(&Response::new(200, [], Body::Whole(bytes.clone())));
        prop_assert_eq!(played.body().bytes(), bytes);
    }

    #[test]
    fn a_stream_of_any_bytes_is_played_to_its_byte(
        pieces in vec((0_u64..5000, vec(any::<u8>(), 1..20)), 1..8),
        kind in prop_oneof![Just("text/event-stream"), Just("application/x-ndjson"), Just("application/octet-stream")],
    ) {
        let chunks = pieces.into_iter().map(|(millis, bytes)| Chunk { after: Duration::from_millis(millis), bytes });
        let body = Body::Chunks(chunks.collect());
        let bytes = body.bytes();
        let played = played_back(&Response::new(200, [("content-type", kind)], body));
        prop_assert!(matches!(played.body(), Body::Chunks(_)));
        prop_assert_eq!(played.body().bytes(), bytes);
    }

    #[test]
    fn a_stream_of_events_is_the_same_events_however_it_was_cut(
        events in vec(anything(), 1..5),
        cuts in vec(1_usize..30, 1..20),
    ) {
        let told = events.iter().map(|event| format!("data: {}\n\n", json!({"e": event})));
        let text = told.collect::<Vec<_>>().concat();
        let mut rest = text.as_bytes();
        let mut chunks = Vec::new();
        let mut cuts = cuts.iter().cycle();
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(*cuts.next().unwrap()));
            chunks.push(Chunk { after: Duration::ZERO, bytes: now.to_vec() });
            rest = later;
        }
        let stream = |chunks| Response::new(200, [("content-type", "text/event-stream")], Body::Chunks(chunks));
        let Body::Chunks(played) = played_back(&stream(chunks)).into_body() else { panic!("no stream") };
        prop_assert_eq!(played.len(), events.len());
        prop_assert_eq!(Body::Chunks(played).bytes(), text.into_bytes());
    }

    #[test]
    fn a_request_is_found_whatever_its_keys_are_ordered_by_and_its_ids_are_called(
        said in anything(),
        one in any::<u128>(),
        other in any::<u128>(),
    ) {
        let asked = |id: u128| {
            let hex = format!("{id:032x}");
            let id = format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
            json!({"said": said, "run": format!("run {id}"), "again": [id]})
        };
        let folder = TempDir::new().unwrap();
        library(&folder, Mode::Record).keep(&chat(&asked(one)), &saying("yes")).unwrap();
        let found = library(&folder, Mode::Replay).find(&chat(&turned(&asked(other)))).unwrap();
        prop_assert!(found.is_some());
    }

    #[test]
    fn another_request_is_not_found(one in anything(), other in anything()) {
        prop_assume!(one != other);
        let folder = TempDir::new().unwrap();
        library(&folder, Mode::Record).keep(&chat(&one), &saying("yes")).unwrap();
        prop_assert!(library(&folder, Mode::Replay).find(&chat(&other)).unwrap().is_none());
    }

    #[test]
    fn a_credential_gets_into_no_file(
        around in anything(),
        credential in "[0-9A-Za-z+/=_.-]{8,40}",
        place in 0_usize..6,
    ) {
        let text = format!("it is {credential}, said {around}");
        let in_json = json!({"around": around, "text": text});
        let quiet = chat(&json!({"around": "nothing"}));
        let (asked, said) = match place {
            0 => (chat(&in_json), saying("yes")),
            1 => (quiet, whole(200, &in_json)),
            2 => (quiet, whole(500, &json!({credential.clone(): around}))),
            3 => (quiet, Response::new(200, [("authorization", credential.as_str()), ("content-type", credential.as_str())], Body::Whole(vec![255]))),
            4 => (quiet, Response::new(200, [], Body::Whole([&[255], credential.as_bytes()].concat()))),
            _ => (Request::new("GET", "api.openai.com", &format!("/v1/{credential}/x"), ""), saying("yes")),
        };
        let folder = TempDir::new().unwrap();
        let library = library(&folder, Mode::Record);
        let header = format!("Bearer {credential}");
        let refused = library.keep(&asked.with_credentials([header.as_str()]), &said).unwrap_err();
        prop_assert!(!refused.to_string().contains(&credential));
        prop_assert!(!library.folder().exists());
    }
}
