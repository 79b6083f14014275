//! What a graph's state shows of a conversation: its messages as the protocol has them, and the artifacts that are its result. Pure.

use lgx_model::{Interrupts, JsonObject};
use serde_json::{Value, json};
use uuid::Uuid;

use super::dialect::{A2aVersion, Role};
use super::input::MESSAGES;
use super::part::{FilePlace, MessagePart, PartContent, PartFile};

/// A message of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TaskMessage {
    /// Its id.
    pub(super) id: String,
    /// Who says it.
    pub(super) role: Role,
    /// What is said.
    pub(super) parts: Vec<MessagePart>,
}

impl TaskMessage {
    /// Something that the server says for the graph.
    pub(super) fn of_agent(parts: Vec<MessagePart>) -> Self {
        Self {
            id: Uuid::new_v4().to_string(),
            role: Role::Agent,
            parts,
        }
    }

    /// The message of a task as a client of this dialect reads it.
    pub(super) fn written(&self, dialect: A2aVersion, task_id: &str, context_id: &str) -> Value {
        let parts = written(&self.parts, dialect);
        dialect.with_kind(
            "message",
            json!({"role": self.role.word(dialect), "parts": parts, "messageId": self.id,
                "taskId": task_id, "contextId": context_id}),
        )
    }
}

/// A result of a task.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TaskArtifact {
    /// Names it within its task.
    pub(super) id: String,
    /// What is in it.
    pub(super) parts: Vec<MessagePart>,
}

impl TaskArtifact {
    /// The name of every artifact.
    const NAME: &str = "Assistant Response";
    /// The id of the artifact that is a whole output.
    const OUTPUT: &str = "output";

    /// The artifact as a client of this dialect reads it.
    pub(super) fn written(&self, dialect: A2aVersion) -> Value {
        json!({"artifactId": self.id, "name": Self::NAME, "parts": written(&self.parts, dialect)})
    }
}

fn written(parts: &[MessagePart], dialect: A2aVersion) -> Vec<Value> {
    parts.iter().map(|part| part.written(dialect)).collect()
}

/// The values of a graph, as far as a client may see them.
#[derive(Debug, Clone, Default)]
pub(super) struct Conversation {
    values: Value,
}

impl Conversation {
    /// That of these values.
    pub(super) const fn of(values: Value) -> Self {
        Self { values }
    }

    /// Whether the values are a conversation.
    pub(super) fn has_messages(&self) -> bool {
        self.values[MESSAGES].is_array()
    }

    fn messages(&self) -> &[Value] {
        self.values[MESSAGES]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// Where the last thing begins that the user said.
    fn last_said(&self) -> Option<usize> {
        let is_users = |message: &Value| role(message) == Some(Role::User);
        self.messages().iter().rposition(is_users)
    }

    /// What was said by user and graph, all of it or from the last message of the user on; the newest `at_most` messages.
    pub(super) fn history(&self, task_only: bool, at_most: Option<usize>) -> Vec<TaskMessage> {
        let from = match (task_only, self.last_said()) {
            (true, Some(at)) => at,
            _ => 0,
        };
        let said = self.messages()[from..].iter();
        let mut said: Vec<TaskMessage> = said.filter_map(message).collect();
        let too_many = said.len().saturating_sub(at_most.unwrap_or(usize::MAX));
        said.split_off(too_many)
    }

    /// The results: what the graph said since the user's last message. Where there is no conversation, the output is the result:
    /// of these fields, or all values.
    pub(super) fn artifacts(&self, output_fields: Option<&[String]>) -> Vec<TaskArtifact> {
        if self.has_messages() {
            let from = self.last_said().map_or(0, |at| at + 1);
            let said = self.messages()[from..].iter().filter_map(message);
            return said
                .filter(|message| message.role == Role::Agent)
                .map(|TaskMessage { id, parts, .. }| TaskArtifact { id, parts })
                .collect();
        }
        let output = match (&self.values, output_fields) {
            (Value::Null, _) => return Vec::new(),
            (Value::Object(values), Some(fields)) => {
                let is_shown = |(key, _): &(&String, &Value)| fields.contains(key);
                let shown = values.iter().filter(is_shown);
                let shown: JsonObject = shown
                    .map(|(key, value)| (key.clone(), value.clone()))
                    .collect();
                Value::Object(shown)
            }
            (values, _) => values.clone(),
        };
        vec![TaskArtifact {
            id: TaskArtifact::OUTPUT.into(),
            parts: vec![PartContent::Data(output).into()],
        }]
    }
}

/// What a graph asks, as the parts of a message; each names its interrupt, by which several are answered.
pub(super) fn questions(asked: &Interrupts) -> Vec<MessagePart> {
    let question = |interrupt: &Value| {
        let content = match &interrupt["value"] {
            Value::String(text) => PartContent::Text(text.clone()),
            value => PartContent::Data(value.clone()),
        };
        let metadata = JsonObject::from_iter([("interruptId".to_owned(), interrupt["id"].clone())]);
        MessagePart {
            content,
            metadata: Some(metadata),
        }
    };
    let questions: Vec<MessagePart> = asked.all().map(question).collect();
    if questions.is_empty() {
        return vec![MessagePart::text(
            "The graph stopped at a breakpoint. Any message lets it go on.",
        )];
    }
    questions
}

/// A chat message of a graph; none of what is neither said by the user nor by the graph, or says nothing.
fn message(message: &Value) -> Option<TaskMessage> {
    let role = role(message)?;
    let parts = content_parts(&message["content"]);
    if parts.is_empty() {
        return None;
    }
    let id = message["id"].as_str().map(str::to_owned);
    Some(TaskMessage {
        id: id.unwrap_or_else(|| Uuid::new_v4().to_string()),
        role,
        parts,
    })
}

fn role(message: &Value) -> Option<Role> {
    match message["type"].as_str().or(message["role"].as_str())? {
        "human" | "user" | "HumanMessageChunk" => Some(Role::User),
        "ai" | "assistant" | "AIMessageChunk" => Some(Role::Agent),
        _ => None,
    }
}

/// A piece of a message of the graph, as it is streamed: the id of the message, and what comes next of its text.
pub(super) fn streamed_text(message: &Value) -> Option<(String, String)> {
    if role(message)? != Role::Agent {
        return None;
    }
    let text = match &message["content"] {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => blocks.iter().filter_map(text_of).collect(),
        _ => return None,
    };
    let id = message["id"].as_str()?;
    (!text.is_empty()).then(|| (id.to_owned(), text))
}

fn text_of(block: &Value) -> Option<&str> {
    match block {
        Value::String(text) => Some(text),
        block if block["type"] == "text" => block["text"].as_str(),
        _ => None,
    }
}

/// The content of a chat message. What a model thinks and which tools it calls is nothing that is said.
fn content_parts(content: &Value) -> Vec<MessagePart> {
    match content {
        Value::String(text) if text.is_empty() => Vec::new(),
        Value::String(text) => vec![MessagePart::text(text)],
        Value::Array(blocks) => blocks.iter().filter_map(block_part).collect(),
        _ => Vec::new(),
    }
}

fn block_part(block: &Value) -> Option<MessagePart> {
    if let Some(text) = text_of(block) {
        return (!text.is_empty()).then(|| MessagePart::text(text));
    }
    let given = |key: &str| block[key].as_str().map(str::to_owned);
    let place = match block["type"].as_str()? {
        "image" | "audio" | "video" | "file" => given("base64")
            .or_else(|| given("data"))
            .map(FilePlace::Here)
            .or_else(|| given("url").map(FilePlace::At)),
        "image_url" => {
            let url = &block["image_url"];
            let url = url.as_str().or(url["url"].as_str());
            url.map(|url| FilePlace::At(url.to_owned()))
        }
        _ => None,
    };
    let file = PartFile {
        name: block["extras"]["filename"].as_str().map(str::to_owned),
        media_type: given("mime_type"),
        place: place?,
    };
    Some(PartContent::File(file).into())
}

#[cfg(test)]
mod tests {
    use lgx_model::RawJson;

    use super::*;

    fn conversation() -> Conversation {
        Conversation::of(json!({"messages": [
            {"type": "human", "content": "one", "id": "1"},
            {"type": "ai", "content": "first", "id": "2"},
            {"type": "human", "content": [{"type": "text", "text": "two"}], "id": "3"},
            {"type": "ai", "content": "", "id": "4", "tool_calls": [{}]},
            {"type": "tool", "content": "sunny", "id": "5"},
            {"type": "ai", "id": "6", "content": [
                {"type": "reasoning", "reasoning": "hm"}, {"type": "text", "text": "second"},
                {"type": "image", "url": "https://a.example/b", "mime_type": "image/png"},
            ]},
        ]}))
    }

    fn ids(messages: &[TaskMessage]) -> Vec<&str> {
        messages.iter().map(|message| &*message.id).collect()
    }

    #[test]
    fn the_history_is_what_was_said() {
        let conversation = conversation();
        assert_eq!(
            ids(&conversation.history(false, None)),
            ["1", "2", "3", "6"]
        );
        assert_eq!(ids(&conversation.history(true, None)), ["3", "6"]);
        assert_eq!(ids(&conversation.history(false, Some(1))), ["6"]);
        assert!(conversation.history(false, Some(0)).is_empty());
        let first = &conversation.history(false, None)[0];
        assert_eq!(
            first.written(A2aVersion::V1_0, "t", "c"),
            json!({"role": "ROLE_USER", "parts": [{"text": "one"}], "messageId": "1", "taskId": "t", "contextId": "c"})
        );
    }

    #[test]
    fn the_artifacts_are_what_the_graph_said_last() {
        let artifacts = conversation().artifacts(None);
        assert_eq!(artifacts.len(), 1);
        assert_eq!(
            artifacts[0].written(A2aVersion::V0_3),
            json!({"artifactId": "6", "name": "Assistant Response", "parts": [
                {"text": "second", "kind": "text"},
                {"file": {"uri": "https://a.example/b", "mimeType": "image/png"}, "kind": "file"},
            ]})
        );
    }

    #[test]
    fn without_messages_the_output_is_the_artifact() {
        let output = Conversation::of(json!({"log": [1], "private": 2}));
        let data = |fields: Option<&[String]>| {
            output.artifacts(fields)[0].written(A2aVersion::V1_0)["parts"][0]["data"].clone()
        };
        assert_eq!(data(None), json!({"log": [1], "private": 2}));
        assert_eq!(data(Some(&["log".into()])), json!({"log": [1]}));
        assert!(Conversation::of(Value::Null).artifacts(None).is_empty());
    }

    #[test]
    fn questions_name_their_interrupts() {
        let asked = json!({"t": [{"id": "i", "value": "sure?"}, {"id": "j", "value": {"q": 1}}]});
        let asked = Interrupts::of(&RawJson::of(&asked));
        assert_eq!(
            written(&questions(&asked), A2aVersion::V1_0),
            [
                json!({"text": "sure?", "metadata": {"interruptId": "i"}}),
                json!({"data": {"q": 1}, "metadata": {"interruptId": "j"}}),
            ]
        );
        assert_eq!(questions(&Interrupts::default()).len(), 1);
    }

    #[test]
    fn text_of_the_graph_is_streamed_and_nothing_else() {
        let chunk = json!({"type": "AIMessageChunk", "content": "a", "id": "1"});
        assert_eq!(streamed_text(&chunk), Some(("1".into(), "a".into())));
        let blocks = json!({"type": "ai", "content": [{"type": "text", "text": "a"}, {"type": "tool_use"}], "id": "1"});
        assert_eq!(streamed_text(&blocks), Some(("1".into(), "a".into())));
        for silent in [
            json!({"type": "AIMessageChunk", "content": "", "id": "1"}),
            json!({"type": "tool", "content": "a", "id": "1"}),
            json!({"type": "human", "content": "a", "id": "1"}),
            json!(null),
        ] {
            assert_eq!(streamed_text(&silent), None, "{silent}");
        }
    }
}
