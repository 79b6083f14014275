//! Whether an answer fits a recorded one, in which `<uuid>`, `<time>` and their like stand for what is another each time.

use serde_json::Value;

/// Where and how an answer is other than the pattern; nothing when it fits.
pub(super) fn differences(pattern: &Value, answer: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", pattern, answer, &mut found);
    found
}

fn compare(at: &str, pattern: &Value, answer: &Value, found: &mut Vec<String>) {
    match (pattern, answer) {
        (Value::Object(wanted), Value::Object(got)) => {
            for (key, value) in wanted {
                match find(got, key) {
                    Some(other) => compare(&format!("{at}/{key}"), value, other, found),
                    None => found.push(format!("{at}/{key}: missing, recorded {}", short(value))),
                }
            }
            for (key, value) in got {
                if !wanted.keys().any(|pattern| fits(pattern, key)) {
                    found.push(format!("{at}/{key}: extra {}", short(value)));
                }
            }
        }
        (Value::Array(wanted), Value::Array(got)) if wanted.len() == got.len() => {
            for (number, (value, other)) in wanted.iter().zip(got).enumerate() {
                compare(&format!("{at}/{number}"), value, other, found);
            }
        }
        (Value::String(pattern), _) if pattern == "<any>" => {}
        (Value::String(pattern), Value::Number(_)) if pattern == "<number>" => {}
        (Value::String(pattern), Value::String(text)) if fits(pattern, text) => {}
        // `1.10` and `1.1` are the same number; 1 and 1.0 are not the same to every client.
        (Value::Number(wanted), Value::Number(got))
            if wanted.is_f64() && got.is_f64() && wanted.as_f64() == got.as_f64() => {}
        _ if pattern == answer => {}
        _ => found.push(format!(
            "{at}: {} where {} was recorded",
            short(answer),
            short(pattern)
        )),
    }
}

/// The value of the key that fits; keys can be ids.
fn find<'a>(object: &'a serde_json::Map<String, Value>, pattern: &str) -> Option<&'a Value> {
    object.get(pattern).or_else(|| {
        object
            .iter()
            .find(|(key, _)| fits(pattern, key))
            .map(|(_, value)| value)
    })
}

/// How much of a text's beginning is what a placeholder stands for.
type Length = fn(&str) -> Option<usize>;

/// Whether a text is what the pattern says, placeholders and all.
fn fits(pattern: &str, text: &str) -> bool {
    if matches!(pattern, "<text>" | "<id>") {
        return true;
    }
    let placeholders: [(&str, Length); 3] = [("<uuid>", uuid), ("<hex>", hex), ("<time>", time)];
    let first = placeholders
        .iter()
        .filter_map(|(name, length)| Some((pattern.find(name)?, name, length)))
        .min_by_key(|(start, ..)| *start);
    let Some((start, name, length)) = first else {
        return pattern == text;
    };
    let Some(rest) = text.strip_prefix(&pattern[..start]) else {
        return false;
    };
    length(rest).is_some_and(|end| fits(&pattern[start + name.len()..], &rest[end..]))
}

/// How long the id is that a text begins with.
fn uuid(text: &str) -> Option<usize> {
    let id = text.get(..36)?;
    let right = id.char_indices().all(|(at, letter)| match at {
        8 | 13 | 18 | 23 => letter == '-',
        _ => lower_hex(letter),
    });
    right.then_some(36)
}

fn hex(text: &str) -> Option<usize> {
    text.get(..32)?.chars().all(lower_hex).then_some(32)
}

/// How long the time is that a text begins with: `2026-11-23T15:48:13.976632+00:00`, the fraction left out when it is zero.
fn time(text: &str) -> Option<usize> {
    let end = text.find("+00:00")?;
    let digits = text[..end].replace(|letter: char| letter.is_ascii_digit(), "0");
    matches!(
        digits.as_str(),
        "0000-00-00T00:00:00" | "0000-00-00T00:00:00.000000"
    )
    .then_some(end + 6)
}

fn lower_hex(letter: char) -> bool {
    letter.is_ascii_digit() || ('a'..='f').contains(&letter)
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
