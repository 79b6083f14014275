//! `store.embed`: a text's vector counts its letters, so that texts with the same letters are near to each other.

use bytes::Bytes;
use serde_json::{Value, json};

use super::connection::{Answer, Link, refusal};

/// Embeds the whole value, or the texts of the named keys. A text with a `!` in it fails.
pub(super) fn embed(link: &Link, request: &Value) -> Answer {
    let index = link.index.get().unwrap_or(&Value::Null);
    let dimensions = index["dims"]
        .as_u64()
        .ok_or_else(|| refusal("NoStoreIndex", "this project has no `store.index`", None))?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let items = list(&request["items"]).into_iter().map(|item| {
        let fields = match &item["fields"] {
            Value::Null => list(&index["fields"]),
            fields => list(fields),
        };
        fields
            .iter()
            .filter_map(|field| match field.as_str()? {
                "$" => Some(item["value"].to_string()),
                key => item["value"][key].as_str().map(str::to_owned),
            })
            .collect::<Vec<_>>()
    });
    let queries = list(&request["queries"]).into_iter().map(|query| {
        let text = query.as_str().unwrap_or_default();
        vec![text.to_owned()]
    });
    let sections: Vec<Bytes> = items
        .chain(queries)
        .map(|texts| {
            if texts.iter().any(|text| text.contains('!')) {
                return Err(refusal("ValueError", "the model does not answer", None));
            }
            let vectors = texts.iter().flat_map(|text| vector(text, dimensions));
            Ok(vectors.flat_map(f32::to_le_bytes).collect())
        })
        .collect::<Result<_, _>>()?;
    Ok((json!({"dimensions": dimensions}), sections))
}

/// How often each of the first letters of the alphabet occurs.
fn vector(text: &str, dimensions: u64) -> Vec<f32> {
    let letters = ('a'..='z').take(usize::try_from(dimensions).unwrap_or(0));
    letters
        .map(|letter| {
            let count = text.matches(letter).count();
            f32::from(u16::try_from(count).unwrap_or(u16::MAX))
        })
        .collect()
}
