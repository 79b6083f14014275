//! JSON laid out for a diff: one field a line, and each piece of a stream on a line of its own.

use serde_json::Value;

/// The text of a file, with a line end after it.
pub(crate) fn laid_out(document: &Value) -> String {
    let mut text = String::new();
    write(document, 0, false, &mut text);
    text.push('\n');
    text
}

/// `pieces`: this is the list of a stream's pieces, whose items stay on their lines.
fn write(value: &Value, depth: usize, pieces: bool, text: &mut String) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            text.push('{');
            for (number, (name, value)) in fields.iter().enumerate() {
                next_line(number > 0, depth + 1, text);
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push_str(": ");
                // The format has one list of this name, two levels down; what a model said may have others.
                write(value, depth + 1, depth == 1 && name == "chunks", text);
            }
            next_line(false, depth, text);
            text.push('}');
        }
        Value::Array(items) if !items.is_empty() => {
            text.push('[');
            for (number, item) in items.iter().enumerate() {
                next_line(number > 0, depth + 1, text);
                if pieces {
                    text.push_str(&on_one_line(item));
                } else {
                    write(item, depth + 1, false, text);
                }
            }
            next_line(false, depth, text);
            text.push(']');
        }
        other => text.push_str(&other.to_string()),
    }
}

/// A piece of a stream; what it says is set off from its time.
fn on_one_line(piece: &Value) -> String {
    let parts = piece.as_array().into_iter().flatten();
    let parts: Vec<String> = parts.map(Value::to_string).collect();
    format!("[{}]", parts.join(", "))
}

fn next_line(after_another: bool, depth: usize, text: &mut String) {
    if after_another {
        text.push(',');
    }
    text.push('\n');
    text.push_str(&"  ".repeat(depth));
}
