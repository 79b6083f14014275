//! What the JSON reader says about a body that has another form, in the words of JSON instead of Rust's.

/// How the reader passes on a number that keeps its digits: as an object with this key. It may be where a word is expected.
const NUMBER: &str = "$serde_json::private::Number";

/// The place of a value, without the reader's own steps.
pub fn place(path: &str) -> String {
    path.replace(&format!(".{NUMBER}"), "")
}

/// The message of an error, without the place in the text, in the words of who wrote the JSON.
pub fn of(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let text = match text.rfind(" at line ") {
        Some(end) => &text[..end],
        None => &text,
    };
    let text = text.replace(&format!("`{NUMBER}`"), "a number");
    let told = text
        .strip_prefix("invalid type: ")
        .or_else(|| text.strip_prefix("invalid value: "))
        .and_then(|told| told.rsplit_once(", expected "));
    if let Some((got, expected)) = told {
        return format!("expected {}, got {}", wanted(expected), given(got));
    }
    text.strip_prefix("missing field ")
        .map_or_else(|| text.clone(), |field| format!("{field} is missing"))
}

/// What is there.
fn given(got: &str) -> &str {
    match got {
        "map" => "an object",
        "sequence" => "a list",
        "number" => "a number",
        "unit value" => "null",
        other => quoted(other, "integer `")
            .or_else(|| quoted(other, "floating point `"))
            .or_else(|| quoted(other, "boolean `"))
            .or_else(|| {
                other
                    .strip_prefix("string ")
                    .filter(|text| text.starts_with('"'))
            })
            .unwrap_or(other),
    }
}

fn quoted<'a>(text: &'a str, before: &str) -> Option<&'a str> {
    text.strip_prefix(before)?.strip_suffix('`')
}

/// What should be there.
fn wanted(expected: &str) -> &str {
    match expected {
        "a map" => "an object",
        "a sequence" => "a list",
        "f32" | "f64" => "a number",
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" | "isize" => {
            "an integer"
        }
        "a boolean" => "true or false",
        other if other.starts_with("struct ") => "an object",
        other if other.starts_with("enum ") => "one of its words",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde::de::DeserializeOwned;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its form matters")]
    struct Form {
        n: u8,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Word {
        One,
        Two,
    }

    fn refusal<T: DeserializeOwned>(json: &str) -> String {
        match serde_json::from_str::<T>(json) {
            Ok(_) => panic!("{json} is read"),
            Err(error) => of(&error),
        }
    }

    #[test]
    fn refusals_are_in_the_words_of_json() {
        type Object = BTreeMap<String, String>;
        for (told, expected) in [
            (refusal::<Object>("[]"), "expected an object, got a list"),
            (refusal::<Object>("7"), "expected an object, got 7"),
            (refusal::<Object>("1.5"), "expected an object, got a number"),
            (refusal::<Object>("null"), "expected an object, got null"),
            (
                refusal::<Vec<String>>("{}"),
                "expected a list, got an object",
            ),
            (refusal::<String>("7"), "expected a string, got 7"),
            (refusal::<String>("true"), "expected a string, got true"),
            (
                refusal::<bool>("\"yes\""),
                "expected true or false, got \"yes\"",
            ),
            (refusal::<f64>("\"x\""), "expected a number, got \"x\""),
            (refusal::<u8>("-1"), "expected an integer, got -1"),
            (refusal::<u8>("300"), "expected an integer, got 300"),
            (refusal::<Form>("[[]]"), "expected an integer, got a list"),
            (refusal::<Form>("5"), "expected an object, got 5"),
            (refusal::<Form>("{}"), "`n` is missing"),
            (
                refusal::<Word>("\"three\""),
                "unknown variant `three`, expected `one` or `two`",
            ),
        ] {
            assert_eq!(told, expected);
        }
    }
}
