//! What a run streams as a person reads it: the words of the model one message after the other, tools and nodes as lines. Pure.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::message::{self, Message, Speaker};
use super::tool_call::{self, ToolCall};
use crate::client::events::StreamedEvent;
use crate::ui::style;

/// A piece of a transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// Words of the model, with more to come.
    Words(String),
    /// The words of one message are over.
    EndOfWords,
    /// A line about what happens.
    Line(String),
}

/// A message whose end has not come.
#[derive(Debug, Default)]
struct OpenMessage {
    id: String,
    /// What executes it ends no later than this task.
    task: Option<String>,
    /// Words that wait until the messages before it are over.
    waiting: String,
    calls: Vec<ToolCall>,
    has_words: bool,
    is_over: bool,
}

/// What has been said, as far as what comes depends on it.
#[derive(Debug, Default)]
pub(super) struct Transcript {
    /// The first one is being said; models that run side by side wait for it.
    open: VecDeque<OpenMessage>,
    over: HashSet<String>,
    begun: HashMap<String, Instant>,
    has_messages: bool,
    has_words: bool,
}

impl Transcript {
    /// That of a run whose input has messages, or has none as far as is known.
    pub(super) fn of(input: Option<&Value>) -> Self {
        Self {
            has_messages: input.is_some_and(message::has_messages),
            ..Self::default()
        }
    }

    /// Whether the state of the graph has messages, so that words are what it answers.
    pub(super) const fn has_messages(&self) -> bool {
        self.has_messages
    }

    /// Whether the model has said anything.
    pub(super) const fn has_words(&self) -> bool {
        self.has_words
    }

    /// Takes the next event.
    pub(super) fn take(&mut self, event: &StreamedEvent, now: Instant) -> Vec<Said> {
        let (kind, within) = event.name.split_once('|').unwrap_or((&event.name, ""));
        if !matches!(kind, "values" | "messages" | "tasks") {
            return Vec::new();
        }
        let Ok(data) = serde_json::from_str::<Value>(&event.data) else {
            return Vec::new();
        };
        let mut said = Vec::new();
        match kind {
            "values" if within.is_empty() => self.has_messages |= message::has_messages(&data),
            "messages" => self.take_message(&data[0], &data[1], &mut said),
            "tasks" => self.take_task(&data, within, now, &mut said),
            _ => {}
        }
        said
    }

    /// Nothing comes any more.
    pub(super) fn end(&mut self) -> Vec<Said> {
        let mut said = Vec::new();
        self.open.iter_mut().for_each(|open| open.is_over = true);
        self.say_what_waits(&mut said);
        said
    }

    fn take_message(&mut self, json: &Value, metadata: &Value, said: &mut Vec<Said>) {
        let Some(message) = Message::of(json) else {
            return;
        };
        let place = metadata["langgraph_checkpoint_ns"].as_str().unwrap_or("");
        // One without an id is known by who says it.
        let id = message.id().unwrap_or(place);
        if message.speaker == Speaker::Other || self.over.contains(id) {
            return;
        }
        if message.speaker == Speaker::Tool {
            self.over.insert(id.to_owned());
            let (name, failed) = message.tool();
            said.push(Said::Line(tool_call::answered(
                name,
                &message.text(),
                failed,
            )));
            return;
        }
        let known = self.open.iter().position(|open| open.id == id);
        let at = known.unwrap_or(self.open.len());
        if known.is_none() {
            let task = place.rsplit_once(':').map(|(_, task)| task.to_owned());
            self.open.push_back(OpenMessage {
                id: id.to_owned(),
                task,
                ..OpenMessage::default()
            });
        }
        let open = &mut self.open[at];
        if message.is_piece {
            tool_call::add_pieces(&mut open.calls, json);
        } else {
            open.calls = tool_call::of_whole(json);
        }
        // The whole of what came in pieces says nothing new.
        if message.is_piece || known.is_none() {
            open.waiting += &message.text();
        }
        open.is_over |= !message.is_piece || message.is_last();
        self.say_what_waits(said);
    }

    /// Says the words of the first message, and of those behind it that come first now.
    fn say_what_waits(&mut self, said: &mut Vec<Said>) {
        while let Some(open) = self.open.front_mut() {
            if !open.waiting.is_empty() {
                said.push(Said::Words(std::mem::take(&mut open.waiting)));
                open.has_words = true;
                self.has_words = true;
            }
            if !open.is_over {
                return;
            }
            if open.has_words {
                said.push(Said::EndOfWords);
            }
            let calls = open.calls.iter();
            said.extend(calls.map(|call| Said::Line(call.line())));
            if let Some(over) = self.open.pop_front() {
                self.over.insert(over.id);
            }
        }
    }

    fn take_task(&mut self, data: &Value, within: &str, now: Instant, said: &mut Vec<Said>) {
        let (Some(id), Some(name)) = (data["id"].as_str(), data["name"].as_str()) else {
            return;
        };
        if data.get("input").is_some() {
            self.begun.insert(id.to_owned(), now);
            return;
        }
        // What a model says is over when what called it is, whether or not it said so.
        for open in &mut self.open {
            open.is_over |= open.task.as_deref() == Some(id);
        }
        self.say_what_waits(said);
        let began = self.begun.remove(id);
        let asks = data["interrupts"]
            .as_array()
            .is_some_and(|all| !all.is_empty());
        let failed = !data["error"].is_null();
        if let Some(began) = began
            && !asks
            && !failed
            && !name.starts_with("__")
        {
            said.push(Said::Line(node_line(name, within, now - began)));
        }
    }
}

/// `· child › node 120 ms`
fn node_line(name: &str, within: &str, took: Duration) -> String {
    let above = within.split('|').filter(|part| !part.is_empty());
    let mut path: String = above
        .map(|part| part.split(':').next().unwrap_or(part).to_owned() + " › ")
        .collect();
    path += name;
    style::quiet(format_args!("· {path} {}", style::duration(took)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(name: &str, data: &Value) -> StreamedEvent {
        StreamedEvent {
            name: name.to_owned(),
            data: data.to_string(),
        }
    }

    fn piece(id: &str, task: &str, text: &str) -> StreamedEvent {
        let message =
            json!({"type": "AIMessageChunk", "id": id, "content": text, "tool_call_chunks": []});
        let metadata = json!({"langgraph_checkpoint_ns": format!("model:{task}")});
        event("messages", &json!([message, metadata]))
    }

    fn last(id: &str, task: &str) -> StreamedEvent {
        let message =
            json!({"type": "AIMessageChunk", "id": id, "content": "", "chunk_position": "last"});
        let metadata = json!({"langgraph_checkpoint_ns": format!("model:{task}")});
        event("messages", &json!([message, metadata]))
    }

    /// Words as they are, `$` for their end, lines in brackets.
    fn shown(said: &[Said]) -> String {
        let pieces = said.iter().map(|said| match said {
            Said::Words(words) => words.clone(),
            Said::EndOfWords => "$".to_owned(),
            Said::Line(line) => format!("[{}]", anstream::adapter::strip_str(line)),
        });
        pieces.collect()
    }

    fn told(transcript: &mut Transcript, events: &[StreamedEvent]) -> String {
        let now = Instant::now();
        let said = events.iter().flat_map(|event| transcript.take(event, now));
        shown(&said.collect::<Vec<_>>())
    }

    #[test]
    fn words_come_as_they_are_said_and_the_whole_message_adds_nothing() {
        let mut transcript = Transcript::default();
        assert_eq!(told(&mut transcript, &[piece("m", "t", "You")]), "You");
        assert_eq!(told(&mut transcript, &[piece("m", "t", " said")]), " said");
        let whole = json!([{"type": "ai", "id": "m", "content": "You said"}, {}]);
        let whole = event("messages", &whole);
        assert_eq!(told(&mut transcript, &[whole.clone(), whole]), "$");
        assert!(transcript.has_words() && !transcript.has_messages());
    }

    #[test]
    fn models_side_by_side_are_told_one_after_the_other() {
        let mut transcript = Transcript::default();
        let events = [
            piece("a", "1", "A1"),
            piece("b", "2", "B1"),
            piece("a", "1", "A2"),
            last("b", "2"),
            last("a", "1"),
        ];
        assert_eq!(told(&mut transcript, &events), "A1A2$B1$");
    }

    #[test]
    fn a_message_without_an_end_is_over_with_its_node_or_the_run() {
        let mut transcript = Transcript::default();
        let begins = event("tasks", &json!({"id": "1", "name": "model", "input": {}}));
        let ends = event(
            "tasks",
            &json!({"id": "1", "name": "model", "error": null, "result": {}, "interrupts": []}),
        );
        let events = [begins, piece("a", "1", "A"), piece("b", "2", "B"), ends];
        assert_eq!(told(&mut transcript, &events), "A$B[· model 0 ms]");
        assert_eq!(shown(&transcript.end()), "$");
    }

    #[test]
    fn tools_are_lines_once_their_call_is_complete() {
        let mut transcript = Transcript::default();
        let call = json!([{"type": "AIMessageChunk", "id": "m", "content": "", "chunk_position": "last",
            "tool_call_chunks": [{"name": "weather", "args": "{\"city\":\"Paris\"}", "index": 0}]}, {}]);
        let answer = json!([{"type": "tool", "id": "x", "name": "weather", "content": "sunny", "status": "success"}, {}]);
        let events = [event("messages", &call), event("messages|a:1", &answer)];
        assert_eq!(
            told(&mut transcript, &events),
            "[→ weather {\"city\":\"Paris\"}][← weather sunny]"
        );
        assert!(!transcript.has_words());
    }

    #[test]
    fn nodes_are_named_with_the_graphs_around_them_and_those_that_ask_or_fail_are_not() {
        let mut transcript = Transcript::default();
        for (result, expected) in [
            (
                json!({"id": "1", "name": "inner", "error": null, "interrupts": []}),
                "[· child › inner 0 ms]",
            ),
            (
                json!({"id": "1", "name": "inner", "error": {"error": "E"}, "interrupts": []}),
                "",
            ),
            (
                json!({"id": "1", "name": "inner", "error": null, "interrupts": [{"value": 1}]}),
                "",
            ),
        ] {
            let begins = json!({"id": "1", "name": "inner", "input": {}});
            let events = [
                event("tasks|child:9", &begins),
                event("tasks|child:9", &result),
            ];
            assert_eq!(told(&mut transcript, &events), expected);
        }
    }

    #[test]
    fn a_state_has_messages_if_the_input_or_any_of_its_values_has() {
        assert!(Transcript::of(Some(&json!({"messages": []}))).has_messages());
        let mut transcript = Transcript::of(Some(&json!({"question": 1})));
        told(
            &mut transcript,
            &[event("values|child:1", &json!({"messages": []}))],
        );
        assert!(!transcript.has_messages());
        told(
            &mut transcript,
            &[event("values", &json!({"messages": []}))],
        );
        assert!(transcript.has_messages());
    }

    #[test]
    fn what_is_no_message_or_no_json_says_nothing() {
        let mut transcript = Transcript::default();
        let odd = [
            event("messages", &json!(null)),
            event("messages", &json!([{"role": "x"}, null])),
            event(
                "messages",
                &json!([{"type": "human", "id": "h", "content": "hi"}, {}]),
            ),
            event("tasks", &json!([])),
            event("custom", &json!("x")),
            StreamedEvent {
                name: "values".into(),
                data: "{".into(),
            },
        ];
        assert_eq!(told(&mut transcript, &odd), "");
    }
}
