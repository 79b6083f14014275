//! What a client that asks for progress is told of a run.

use lgx_engine::events::event::Event;
use serde::Deserialize;
use serde_json::value::RawValue;

/// What an event says of how far the run is: what the graph writes itself, and what its models say, piece by piece. None if it says
/// nothing, as most do.
pub(super) fn told(event: &Event) -> Option<String> {
    // Behind the bar is the subgraph.
    match event.name.split('|').next()? {
        "custom" => written(&event.data),
        "messages" => said(&event.data),
        _ => None,
    }
}

/// A text as it is, anything else as JSON.
fn written(data: &[u8]) -> Option<String> {
    if let Ok(text) = serde_json::from_slice::<String>(data) {
        return Some(text);
    }
    std::str::from_utf8(data).ok().map(str::to_owned)
}

/// The text of a piece of a message of a model.
fn said(data: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Piece {
        #[serde(rename = "type")]
        kind: String,
        content: SaidContent,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum SaidContent {
        Text(String),
        Blocks(Vec<Block>),
    }
    #[derive(Deserialize)]
    struct Block {
        #[serde(default)]
        text: String,
    }
    let (piece, _): (Piece, &RawValue) = serde_json::from_slice(data).ok()?;
    let is_of_model = matches!(&*piece.kind, "ai" | "AIMessageChunk");
    let text = match piece.content {
        SaidContent::Text(text) => text,
        SaidContent::Blocks(blocks) => blocks.into_iter().map(|block| block.text).collect(),
    };
    (is_of_model && !text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use lgx_engine::events::event::EventId;

    use super::*;

    #[test]
    fn what_graphs_write_and_what_models_say_is_told() {
        for (name, data, message) in [
            ("custom", r#""half way""#, Some("half way")),
            ("custom", r#"{"done":1}"#, Some(r#"{"done":1}"#)),
            ("custom|child:1", "7", Some("7")),
            (
                "messages",
                r#"[{"type":"AIMessageChunk","content":"Hel"},{}]"#,
                Some("Hel"),
            ),
            (
                "messages|child:1",
                r#"[{"type":"ai","content":"lo"},{}]"#,
                Some("lo"),
            ),
            (
                "messages",
                r#"[{"type":"AIMessageChunk","content":[{"type":"text","text":"a"},{"type":"x"},{"type":"text","text":"b"}]},{}]"#,
                Some("ab"),
            ),
            (
                "messages",
                r#"[{"type":"AIMessageChunk","content":""},{}]"#,
                None,
            ),
            ("messages", r#"[{"type":"tool","content":"data"},{}]"#, None),
            ("messages", r#"[{"type":"human","content":"hi"},{}]"#, None),
            ("values", r#"{"n":1}"#, None),
            ("metadata", r#"{"run_id":"1"}"#, None),
        ] {
            let event = Event {
                name: name.into(),
                data: data.as_bytes().to_vec().into(),
                id: EventId::behind(None),
            };
            assert_eq!(told(&event).as_deref(), message, "{name} {data}");
        }
    }
}
