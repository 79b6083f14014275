//! A failure of the project's own code: the person's line first, then what went wrong there, the traceback last.

use std::path::Path;

use lgx_devserver::Diagnostic;

use super::style;

/// A message of so many bytes is not repeated.
const LONG: usize = 120;

/// The lines that say where and why. Files under `root` are named from there.
pub(crate) fn render(diagnostic: &Diagnostic, root: &Path) -> String {
    let mut lines = Vec::new();
    if let Some(place) = place_of(diagnostic, root) {
        lines.push(format!("  {}", style::place(place)));
        if let Some(source) = &diagnostic.source {
            lines.push(format!("    {}", source.trim()));
        }
    }
    let kind = style::strong(&diagnostic.kind);
    lines.push(if diagnostic.message.is_empty() {
        format!("  {kind}")
    } else {
        format!("  {kind}: {}", indented(&diagnostic.message, "    "))
    });
    if let Some(hint) = &diagnostic.hint {
        lines.push(format!("  {} {}", style::help(), indented(hint, "    ")));
    }
    let traceback = said_once(diagnostic.traceback.trim_end(), &diagnostic.message);
    if !traceback.is_empty() {
        lines.extend(
            traceback
                .lines()
                .map(|line| style::quiet(format_args!("  {line}"))),
        );
    }
    lines.join("\n")
}

/// The traceback without a long message that stands above it already; exceptions that pass it on repeat it again and again.
fn said_once(traceback: &str, message: &str) -> String {
    if message.len() < LONG {
        return traceback.to_owned();
    }
    traceback.replace(message.trim_end(), "(as above)")
}

/// `src/agent.py:12:5 in act`, if it has a file.
pub(super) fn place_of(diagnostic: &Diagnostic, root: &Path) -> Option<String> {
    let file = diagnostic.file.as_ref()?;
    let name = Path::new(file)
        .strip_prefix(root)
        .unwrap_or(Path::new(file))
        .display();
    let number = |number: Option<u32>| {
        number
            .map(|number| format!(":{number}"))
            .unwrap_or_default()
    };
    let line = number(diagnostic.line);
    let column = number(diagnostic.line.and(diagnostic.column));
    Some(match diagnostic.function.as_deref() {
        None | Some("<module>") => format!("{name}{line}{column}"),
        Some(function) => format!("{name}{line}{column} in {function}"),
    })
}

/// The text, with every line after the first moved to the right.
pub(super) fn indented(text: &str, by: &str) -> String {
    indented_lines(text.trim_end(), by)
}

/// The same, with the white space at its end.
pub(super) fn indented_lines(text: &str, by: &str) -> String {
    text.replace('\n', &format!("\n{by}"))
}

#[cfg(test)]
mod tests {
    use super::said_once;

    #[test]
    fn a_long_message_is_said_once() {
        let long = "Could not load. ".repeat(10);
        let traceback = format!("ImportError: {long}\n\nValueError: {}", long.trim_end());

        assert_eq!(
            said_once(&traceback, &long),
            "ImportError: (as above) \n\nValueError: (as above)"
        );
        assert_eq!(said_once("KeyError: 'i'", "'i'"), "KeyError: 'i'");
    }
}
