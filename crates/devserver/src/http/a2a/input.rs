//! What a graph gets of a client's message: its input, or the answer to what it asked. Pure.

use lgx_model::{Interrupts, JsonObject};
use serde_json::{Value, json};

use super::part::{FilePlace, MessagePart, PartContent, PartFile};

/// The key of a graph's state that a conversation is in.
pub(super) const MESSAGES: &str = "messages";

/// The fields of a graph's input, as its schema has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct InputFields {
    /// Their names; none where the schema does not say.
    pub(super) names: Option<Vec<String>>,
    /// Those that have to be there.
    pub(super) required: Vec<String>,
}

impl InputFields {
    /// Those of this JSON Schema.
    pub(super) fn of(schema: &Value) -> Self {
        // A schema may only refer to the one that says it all.
        let referred = schema["$ref"]
            .as_str()
            .and_then(|reference| schema.pointer(reference.strip_prefix('#')?));
        let schema = referred.unwrap_or(schema);
        let names = schema["properties"].as_object();
        let required = schema["required"].as_array().into_iter().flatten();
        Self {
            names: names.map(|names| names.keys().cloned().collect()),
            required: required
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect(),
        }
    }

    /// Whether text can be said to the graph.
    pub(super) fn take_messages(&self) -> bool {
        let names = self.names.as_ref();
        names.is_none_or(|names| names.iter().any(|name| name == MESSAGES))
    }
}

/// Whether a message has something to say, beside data.
pub(super) fn says_something(parts: &[MessagePart]) -> bool {
    let is_data = |part: &MessagePart| matches!(part.content, PartContent::Data(_));
    !parts.iter().all(is_data)
}

/// The input of a graph with these fields: data as it is, text and files as the user's message behind the `messages` of the data.
///
/// # Errors
/// Why the graph cannot be told that.
pub(super) fn graph_input(
    parts: &[MessagePart],
    message_id: &str,
    fields: &InputFields,
    graph_id: &str,
) -> Result<JsonObject, String> {
    let mut input = JsonObject::new();
    for part in parts {
        match &part.content {
            PartContent::Data(Value::Object(data)) => input.extend(data.clone()),
            PartContent::Data(_) => {
                return Err(
                    "a data part that begins a task is an object: the graph's input".into(),
                );
            }
            PartContent::Text(_) | PartContent::File(_) => {}
        }
    }
    if !says_something(parts) {
        return Ok(input);
    }
    if !fields.take_messages() {
        let names = fields.names.as_deref().unwrap_or_default().join(", ");
        return Err(format!(
            "Graph '{graph_id}' takes no text and no files: its input has no `messages`. Send its input as a data part, with these fields: {names}"
        ));
    }
    let said = json!({"role": "user", "content": content(parts), "id": message_id});
    let messages = match input.shift_remove(MESSAGES) {
        Some(Value::Array(mut messages)) => {
            messages.push(said);
            messages
        }
        Some(other) => vec![other, said],
        None => vec![said],
    };
    input.insert(MESSAGES.into(), Value::Array(messages));
    Ok(input)
}

/// What a message answers to a graph that waits.
///
/// # Errors
/// Why that is no answer.
pub(super) fn answer(parts: &[MessagePart], asked: &Interrupts) -> Result<Value, String> {
    let only_data = match parts {
        [
            MessagePart {
                content: PartContent::Data(data),
                ..
            },
        ] => Some(data),
        _ => None,
    };
    let ids = asked.ids();
    if ids.len() > 1 {
        let by_id = only_data
            .and_then(Value::as_object)
            .filter(|answers| !answers.is_empty() && answers.keys().all(|id| ids.contains(id)));
        return by_id.cloned().map(Value::Object).ok_or_else(|| {
            format!(
                "The task waits for {} answers: send one data part that has them by the ids of the questions: {}",
                ids.len(),
                ids.join(", ")
            )
        });
    }
    if let Some(data) = only_data {
        return Ok(data.clone());
    }
    if parts
        .iter()
        .any(|part| matches!(part.content, PartContent::Data(_)))
    {
        return Err(
            "The task waits for one answer: send text, files, or one data part by itself".into(),
        );
    }
    Ok(content(parts))
}

/// Text and files as the content of a chat message: text alone is just text.
fn content(parts: &[MessagePart]) -> Value {
    let mut texts = Vec::new();
    let mut blocks = Vec::new();
    let mut has_files = false;
    for part in parts {
        match &part.content {
            PartContent::Text(text) => {
                texts.push(text.as_str());
                blocks.push(json!({"type": "text", "text": text}));
            }
            PartContent::File(file) => {
                has_files = true;
                blocks.push(block(file));
            }
            PartContent::Data(_) => {}
        }
    }
    if has_files {
        Value::Array(blocks)
    } else {
        json!(texts.join("\n"))
    }
}

/// A file as the content blocks of langchain have it.
fn block(file: &PartFile) -> Value {
    let media_type = file.media_type.as_deref().unwrap_or_default();
    let mut shown = ["image", "audio", "video"].into_iter();
    let kind = shown.find(|kind| media_type.split('/').next() == Some(kind));
    let kind = kind.unwrap_or("file");
    let mut block = json!({"type": kind});
    match &file.place {
        FilePlace::Here(bytes) => block["base64"] = json!(bytes),
        FilePlace::At(url) => block["url"] = json!(url),
    }
    if !media_type.is_empty() {
        block["mime_type"] = json!(media_type);
    }
    if let Some(name) = &file.name {
        block["extras"] = json!({"filename": name});
    }
    block
}

#[cfg(test)]
mod tests {
    use lgx_model::RawJson;

    use super::*;

    fn parts(parts: &Value) -> Vec<MessagePart> {
        let parts = parts.as_array().unwrap().iter();
        parts.map(|part| MessagePart::read(part).unwrap()).collect()
    }

    fn fields(names: &[&str]) -> InputFields {
        InputFields {
            names: Some(names.iter().map(ToString::to_string).collect()),
            required: Vec::new(),
        }
    }

    #[test]
    fn a_message_becomes_the_input_of_its_graph() {
        let said =
            |content: Value| json!({"messages": [{"role": "user", "content": content, "id": "m"}]});
        let png = json!({"raw": "aGk=", "mediaType": "image/png", "filename": "a.png"});
        for (given, input) in [
            (json!([{"text": "hi"}]), said(json!("hi"))),
            (json!([{"text": "a"}, {"text": "b"}]), said(json!("a\nb"))),
            (
                json!([{"text": "see"}, png]),
                said(json!([
                    {"type": "text", "text": "see"},
                    {"type": "image", "base64": "aGk=", "mime_type": "image/png", "extras": {"filename": "a.png"}},
                ])),
            ),
            (
                json!([{"url": "https://a.example/b"}]),
                said(json!([{"type": "file", "url": "https://a.example/b"}])),
            ),
            (json!([{"data": {"a": 1}}]), json!({"a": 1})),
            (
                json!([{"data": {"a": 1, "messages": ["x"]}}, {"text": "hi"}, {"data": {"a": 2}}]),
                json!({"a": 2, "messages": ["x", {"role": "user", "content": "hi", "id": "m"}]}),
            ),
        ] {
            let made = graph_input(&parts(&given), "m", &fields(&["messages"]), "g");
            assert_eq!(made.map(Value::Object), Ok(input), "{given}");
        }
    }

    #[test]
    fn a_graph_without_messages_takes_data_alone() {
        let takes = fields(&["log", "delay"]);
        let data = parts(&json!([{"data": {"log": []}}]));
        graph_input(&data, "m", &takes, "g").unwrap();
        let text = parts(&json!([{"text": "hi"}]));
        let wrong = graph_input(&text, "m", &takes, "g").unwrap_err();
        assert!(
            wrong.contains("'g'") && wrong.ends_with("log, delay"),
            "{wrong}"
        );
        // What cannot be described may have them.
        graph_input(&text, "m", &InputFields::default(), "g").unwrap();
        let list = parts(&json!([{"data": [1]}]));
        graph_input(&list, "m", &takes, "g").unwrap_err();
    }

    #[test]
    fn the_fields_are_those_of_the_schema() {
        let schema = json!({"properties": {"messages": {}, "a": {}}, "required": ["a"]});
        let read = InputFields::of(&schema);
        assert_eq!(read.required, ["a"]);
        assert!(read.take_messages());
        let referring = json!({"$ref": "#/$defs/S", "$defs": {"S": schema}});
        assert_eq!(InputFields::of(&referring), read);
        assert_eq!(InputFields::of(&Value::Null), InputFields::default());
        assert!(!fields(&["log"]).take_messages());
    }

    #[test]
    fn an_answer_is_text_or_data() {
        let one = Interrupts::of(&RawJson::of(&json!({"t": [{"id": "i", "value": 1}]})));
        for (given, answered) in [
            (json!([{"text": "yes"}]), json!("yes")),
            (json!([{"data": {"a": 1}}]), json!({"a": 1})),
            (json!([{"data": true}]), json!(true)),
        ] {
            assert_eq!(answer(&parts(&given), &one), Ok(answered.clone()));
            // A breakpoint asks nothing, and goes on at any answer.
            assert_eq!(answer(&parts(&given), &Interrupts::default()), Ok(answered));
        }
        answer(&parts(&json!([{"text": "a"}, {"data": {}}])), &one).unwrap_err();
    }

    #[test]
    fn several_questions_are_answered_by_their_ids() {
        let two = json!({"t": [{"id": "i", "value": 1}], "u": [{"id": "j", "value": 2}]});
        let two = Interrupts::of(&RawJson::of(&two));
        for right in [json!({"i": 1, "j": 2}), json!({"j": 2})] {
            let given = parts(&json!([{"data": right}]));
            assert_eq!(answer(&given, &two), Ok(right));
        }
        for wrong in [
            json!([{"text": "yes"}]),
            json!([{"data": {"k": 1}}]),
            json!([{"data": {}}]),
        ] {
            let why = answer(&parts(&wrong), &two).unwrap_err();
            assert!(why.ends_with("i, j"), "{why}");
        }
    }
}
