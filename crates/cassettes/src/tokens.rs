//! How many tokens an answer says that it took, whoever the provider is.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Tokens of one answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// What the model read.
    pub input_tokens: u64,
    /// What it wrote.
    pub output_tokens: u64,
}

/// Where a document says what was used: beside the answer, in the first event of a stream of Anthropic, in the last of `responses`.
const PLACES: [&str; 3] = ["", "/message", "/response"];
const INPUT: [&str; 3] = ["input_tokens", "prompt_tokens", "promptTokenCount"];
const OUTPUT: [&str; 3] = ["output_tokens", "completion_tokens", "candidatesTokenCount"];

impl Tokens {
    /// What the JSON documents of an answer say, the later ones over the earlier ones.
    pub(crate) fn said_in<'a>(documents: impl IntoIterator<Item = &'a Value>) -> Option<Self> {
        let mut input = None;
        let mut output = None;
        for document in documents {
            for place in PLACES {
                let place = document.pointer(place);
                let usage =
                    place.and_then(|place| place.get("usage").or(place.get("usageMetadata")));
                let Some(usage) = usage else { continue };
                input = first_number(usage, &INPUT).or(input);
                output = first_number(usage, &OUTPUT).or(output);
            }
        }
        (input.is_some() || output.is_some()).then(|| Self {
            input_tokens: input.unwrap_or_default(),
            output_tokens: output.unwrap_or_default(),
        })
    }
}

fn first_number(usage: &Value, names: &[&str]) -> Option<u64> {
    names.iter().find_map(|name| usage.get(name)?.as_u64())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_provider_is_understood() {
        let said = |documents: &[Value]| {
            Tokens::said_in(documents).map(|t| (t.input_tokens, t.output_tokens))
        };
        let openai = json!({"usage": {"prompt_tokens": 3, "completion_tokens": 4}});
        assert_eq!(said(&[json!({"usage": null}), openai]), Some((3, 4)));
        let anthropic = [
            json!({"message": {"usage": {"input_tokens": 5, "output_tokens": 1}}}),
            json!({"usage": {"output_tokens": 6}}),
        ];
        assert_eq!(said(&anthropic), Some((5, 6)));
        let responses = json!({"response": {"usage": {"input_tokens": 7, "output_tokens": 8}}});
        assert_eq!(said(&[responses]), Some((7, 8)));
        let google = json!({"usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 1}});
        assert_eq!(said(&[google]), Some((9, 1)));
        assert_eq!(said(&[json!([]), json!({"a": 1})]), None);
    }
}
