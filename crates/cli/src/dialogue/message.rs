//! A message of a run, or a piece of one, as streams and states have it.

use serde_json::Value;

/// Whose message it is, as far as that matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    /// The model: what a graph says.
    Model,
    /// A tool.
    Tool,
    /// Anybody else, whose words are known.
    Other,
}

/// A message, or a piece of one.
#[derive(Debug)]
pub(super) struct Message<'a> {
    /// All of it.
    pub(super) json: &'a Value,
    pub(super) speaker: Speaker,
    /// Whether more of it may come.
    pub(super) is_piece: bool,
}

impl<'a> Message<'a> {
    /// Reads it; none for what is no message.
    pub(super) fn of(json: &'a Value) -> Option<Self> {
        let kind = json.get("type")?.as_str()?;
        let (speaker, is_piece) = match kind {
            "ai" => (Speaker::Model, false),
            "AIMessageChunk" => (Speaker::Model, true),
            "tool" => (Speaker::Tool, false),
            _ => (Speaker::Other, false),
        };
        // In JavaScript a piece is called as the whole is, and is known by what only pieces have.
        let is_piece = is_piece
            || speaker == Speaker::Model
                && json.get("tool_call_chunks").is_some_and(Value::is_array);
        Some(Self {
            json,
            speaker,
            is_piece,
        })
    }

    /// Which message it is, or is a piece of.
    pub(super) fn id(&self) -> Option<&'a str> {
        self.json["id"].as_str()
    }

    /// Whether it says that nothing of it comes any more.
    pub(super) fn is_last(&self) -> bool {
        self.json["chunk_position"] == "last"
    }

    /// What it says in words.
    pub(super) fn text(&self) -> String {
        text_of(&self.json["content"])
    }

    /// Of a tool: its name, and whether it failed.
    pub(super) fn tool(&self) -> (&'a str, bool) {
        let name = self.json["name"].as_str().unwrap_or("tool");
        (name, self.json["status"] == "error")
    }
}

/// The text of a content: blocks that are no text, such as thoughts and pictures, are left out.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => blocks.iter().filter_map(text_of_block).collect(),
        _ => String::new(),
    }
}

fn text_of_block(block: &Value) -> Option<&str> {
    match block {
        Value::String(text) => Some(text),
        Value::Object(block) => {
            let kind = block.get("type")?.as_str()?;
            let text = block.get("text")?.as_str()?;
            matches!(kind, "text" | "text_delta" | "output_text").then_some(text)
        }
        _ => None,
    }
}

/// Whether a state has messages.
pub(super) fn has_messages(values: &Value) -> bool {
    values["messages"].is_array()
}

/// What the model said last, if that is the last message of a state.
pub(super) fn last_words(values: &Value) -> Option<String> {
    let last = Message::of(values["messages"].as_array()?.last()?)?;
    let text = last.text();
    (last.speaker == Speaker::Model && !text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_are_text_whatever_form_the_content_has() {
        for (content, text) in [
            (json!("a b"), "a b"),
            (json!([{"type": "text", "text": "a"}, "b"]), "ab"),
            (
                json!([{"type": "thinking", "thinking": "x"}, {"type": "text", "text": "a"}]),
                "a",
            ),
            (json!([{"type": "image", "url": "u"}]), ""),
            (json!(null), ""),
        ] {
            assert_eq!(text_of(&content), text, "{content}");
        }
    }

    #[test]
    fn the_last_words_are_those_of_the_model_only() {
        let of = |messages| last_words(&json!({"messages": messages}));
        let human = json!({"type": "human", "content": "hi"});
        let model = json!({"type": "ai", "content": "hello"});
        assert_eq!(of(json!([human, model])), Some("hello".to_owned()));
        assert_eq!(of(json!([model, human])), None);
        assert_eq!(last_words(&json!({"answer": 1})), None);
    }

    #[test]
    fn a_piece_is_known_by_its_name_or_by_what_it_has() {
        let is_piece = |json: Value| Message::of(&json).unwrap().is_piece;
        assert!(is_piece(json!({"type": "AIMessageChunk"})));
        assert!(is_piece(json!({"type": "ai", "tool_call_chunks": []})));
        assert!(!is_piece(json!({"type": "ai", "tool_calls": []})));
        assert!(Message::of(&json!({"role": "user"})).is_none());
    }
}
