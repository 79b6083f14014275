//! The call of a tool that a model asks for, put together from its pieces, and told in a line.

use serde_json::Value;

use crate::ui::style;

/// More of arguments or of a result is not shown in a line.
const SHOWN: usize = 160;

/// A call, as far as it has come.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct ToolCall {
    index: Option<Value>,
    name: String,
    args: String,
}

/// Adds the pieces of calls that a piece of a message has.
pub(super) fn add_pieces(calls: &mut Vec<ToolCall>, message: &Value) {
    for piece in list(message, "tool_call_chunks") {
        let index = piece.get("index").filter(|index| !index.is_null());
        let known = calls.iter().position(|call| call.index.as_ref() == index);
        let at = known.filter(|_| index.is_some()).unwrap_or(calls.len());
        if at == calls.len() {
            calls.push(ToolCall {
                index: index.cloned(),
                ..ToolCall::default()
            });
        }
        let call = &mut calls[at];
        call.name += piece["name"].as_str().unwrap_or_default();
        call.args += piece["args"].as_str().unwrap_or_default();
    }
}

/// The calls of a message that came as a whole.
pub(super) fn of_whole(message: &Value) -> Vec<ToolCall> {
    let calls = list(message, "tool_calls").iter();
    calls
        .map(|call| ToolCall {
            index: None,
            name: call["name"].as_str().unwrap_or_default().to_owned(),
            args: call["args"].to_string(),
        })
        .collect()
}

fn list<'a>(message: &'a Value, key: &str) -> &'a [Value] {
    message[key].as_array().map_or(&[], Vec::as_slice)
}

impl ToolCall {
    /// The line for it.
    pub(super) fn line(&self) -> String {
        let name = style::strong(&self.name);
        let args = style::quiet(in_one_line(&self.args));
        format!("→ {name} {args}")
    }
}

/// The line for what a tool has answered.
pub(super) fn answered(name: &str, text: &str, failed: bool) -> String {
    let text = in_one_line(text);
    let name = style::strong(name);
    if failed {
        format!("← {name} {} {text}", style::error())
    } else {
        format!("← {name} {}", style::quiet(text))
    }
}

/// The beginning of a text, without the ends of lines and what else a terminal would obey.
pub(super) fn in_one_line(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().filter(|character| !character.is_control()));
        if let Some((end, _)) = line.char_indices().nth(SHOWN) {
            line.truncate(end);
            line.push('…');
            break;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plain(line: &str) -> String {
        anstream::adapter::strip_str(line).to_string()
    }

    #[test]
    fn pieces_of_calls_side_by_side_find_their_call() {
        let mut calls = Vec::new();
        for pieces in [
            json!([{"name": "a", "args": "", "index": 0}]),
            json!([{"name": null, "args": "{\"x\":", "index": 0}, {"name": "b", "args": "{}", "index": 1}]),
            json!([{"name": null, "args": "1}", "index": 0}]),
        ] {
            add_pieces(&mut calls, &json!({"tool_call_chunks": pieces}));
        }
        let lines: Vec<_> = calls.iter().map(|call| plain(&call.line())).collect();
        assert_eq!(lines, ["→ a {\"x\":1}", "→ b {}"]);
    }

    #[test]
    fn a_call_without_an_index_is_one_of_its_own() {
        let mut calls = Vec::new();
        let pieces =
            json!([{"name": "a", "args": "{}"}, {"name": "b", "args": "{}", "index": null}]);
        add_pieces(&mut calls, &json!({"tool_call_chunks": pieces}));
        assert_eq!(calls.len(), 2);
    }

    #[test]
    fn lines_are_short_and_hold_nothing_that_a_terminal_obeys() {
        let line = plain(&answered(
            "t",
            &format!("a\n\u{1b}[2Jb {}", "x".repeat(500)),
            false,
        ));
        assert!(
            line.starts_with("← t a [2Jb xxx") && line.ends_with("x…"),
            "{line}"
        );
        assert_eq!(line.chars().count(), "← t ".chars().count() + SHOWN + 1);
        assert_eq!(plain(&answered("t", "broke", true)), "← t error: broke");
        let whole = of_whole(&json!({"tool_calls": [{"name": "t", "args": {"a": 1}}]}));
        assert_eq!(plain(&whole[0].line()), "→ t {\"a\":1}");
    }
}
