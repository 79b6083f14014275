//! The recording that is nearest to a request that has none, and what would have to be otherwise.

use std::fmt;

use serde_json::Value;

use crate::difference::{Difference, differences};
use crate::document::Recording;
use crate::ids::NormalForm;
use crate::request::Request;

/// How many differences are told.
const TOLD: usize = 5;

/// Keys under which a request has its conversation.
const CONVERSATIONS: [&str; 3] = ["messages", "contents", "input"];

/// The recording that differs least from a request. Its `Display` is lines for people.
#[derive(Clone, Debug, PartialEq)]
pub struct Nearest {
    /// The file, from the folder of the library on.
    pub name: String,
    /// In how many messages of how many they differ, and in what else: `1 of 4 messages`.
    pub summary: String,
    /// Each place.
    pub differences: Vec<Difference>,
    /// The tool that answers otherwise than it did, if that is a difference.
    pub tool: Option<String>,
}

impl Nearest {
    /// The nearest of several; `None` if there are none that have a body to compare.
    pub(crate) fn of(
        request: &Request,
        form: &NormalForm,
        recordings: impl Iterator<Item = Recording>,
    ) -> Option<Self> {
        let asked = form.of(&request.json()?);
        let compared = recordings.filter_map(|recording| {
            let recorded = form.of(&recording.request.json()?);
            let differences = differences(&recorded, &asked);
            let weight: f64 = differences.iter().map(Difference::weight).sum();
            Some((weight, recording.name, recorded, differences))
        });
        let (_, name, recorded, differences) =
            compared.min_by(|(one, ..), (other, ..)| one.total_cmp(other))?;
        Some(Self {
            name,
            summary: summary(&recorded, &asked, &differences),
            tool: differences
                .iter()
                .find_map(|difference| tool_at(&asked, &difference.path)),
            differences,
        })
    }
}

impl fmt::Display for Nearest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nearest: {} differs in {}", self.name, self.summary)?;
        for difference in self.differences.iter().take(TOLD) {
            write!(f, "\n  {difference}")?;
        }
        if self.differences.len() > TOLD {
            write!(
                f,
                "\n  and in {} more places",
                self.differences.len() - TOLD
            )?;
        }
        Ok(())
    }
}

fn summary(recorded: &Value, asked: &Value, differences: &[Difference]) -> String {
    if differences.is_empty() {
        return "nothing but where it goes".to_owned();
    }
    let length = |value: &Value, key: &str| value.get(key)?.as_array().map(Vec::len);
    let conversation = CONVERSATIONS
        .iter()
        .find(|key| length(recorded, key).is_some() && length(asked, key).is_some());
    let mut messages = Vec::new();
    let mut others = Vec::new();
    for difference in differences {
        let path = difference.path.as_str();
        let top = path.split(['.', '[']).next().unwrap_or_default();
        if Some(&top) == conversation {
            let rest = &path[top.len()..];
            messages.push(rest.split(']').next().unwrap_or_default());
        } else {
            others.push(format!("`{top}`"));
        }
    }
    messages.dedup();
    others.dedup();
    let mut parts = Vec::new();
    if let Some(key) = conversation.filter(|_| !messages.is_empty()) {
        let all = length(recorded, key)
            .max(length(asked, key))
            .unwrap_or_default();
        let noun = if all == 1 { "message" } else { "messages" };
        parts.push(format!("{} of {all} {noun}", messages.len()));
    }
    parts.extend(others);
    parts.join(", ")
}

/// The name of the tool whose answer stands at a path.
fn tool_at(asked: &Value, path: &str) -> Option<String> {
    if let Some(tool) = tool_of_google(asked, path) {
        return Some(tool);
    }
    let (conversation, rest) = path.split_once('[')?;
    let number: usize = rest.split(']').next()?.parse().ok()?;
    let messages = asked.get(conversation)?.as_array()?;
    let message = messages.get(number)?;
    let id = answered_call(message, rest)?;
    let earlier = messages[..number].iter().rev();
    earlier.flat_map(calls).find_map(|call| {
        let of_call = call.get("call_id").or(call.get("id"))?.as_str()? == id;
        let name = call.get("name").or(call.pointer("/function/name"))?;
        of_call.then(|| name.as_str().map(str::to_owned)).flatten()
    })
}

/// Google's answers of tools have the name of the tool in them.
fn tool_of_google(asked: &Value, path: &str) -> Option<String> {
    let (part, _) = path.split_once(".functionResponse")?;
    let pointer = format!("/{part}/functionResponse/name").replace(['[', '.'], "/");
    let name = asked.pointer(&pointer.replace(']', ""))?.as_str()?;
    Some(name.to_owned())
}

/// The id of the call that a message answers; `place` says which part of the message it is about.
fn answered_call<'a>(message: &'a Value, place: &str) -> Option<&'a str> {
    if let Some(id) = message.get("tool_call_id").or(message.get("call_id")) {
        return id.as_str();
    }
    let part = place.split_once("].content[")?.1.split(']').next()?;
    let part = message.get("content")?.get(part.parse::<usize>().ok()?)?;
    part.get("tool_use_id")?.as_str()
}

/// The calls of tools in a message, as each provider writes them.
fn calls(message: &Value) -> Vec<&Value> {
    let lists = ["tool_calls", "content"];
    let lists = lists.iter().filter_map(|key| message.get(key)?.as_array());
    lists.flatten().chain([message]).collect()
}
