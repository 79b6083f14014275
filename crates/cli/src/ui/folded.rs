//! How it reads that a command has run beside the server: a line if it passed, with the end of its output if it failed.

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Duration;

use super::style;

/// How many lines of a command that failed are shown.
pub(crate) const SHOWN: usize = 30;
/// No line is longer, in bytes.
pub(crate) const LONGEST: usize = 2000;

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct FoldedCommand {
    /// How.
    pub(crate) status: ExitStatus,
    /// After how long.
    pub(crate) took: Duration,
    /// The last lines of its output.
    pub(crate) lines: Vec<String>,
    /// How many came before them.
    pub(crate) left_out: usize,
}

/// What is told of it.
pub(crate) fn text(command: &str, ended: &FoldedCommand) -> String {
    let took = style::duration(ended.took);
    if ended.status.success() {
        return format!("{} {command} passed in {took}", style::success("✓"));
    }
    let how = match (ended.status.code(), ended.status.signal()) {
        (Some(code), _) => format!("failed with exit code {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "failed".to_owned(),
    };
    let mut lines = vec![format!("{} {command} {how} in {took}", style::failure("✗"))];
    if ended.left_out > 0 {
        let count = ended.left_out;
        let noun = if count == 1 { "line" } else { "lines" };
        let said = format!("  … {count} {noun} before these are left out");
        lines.push(style::quiet(said));
    }
    lines.extend(ended.lines.iter().map(|line| format!("  {line}")));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(status: i32, lines: &[&str], left_out: usize) -> String {
        let ended = FoldedCommand {
            status: ExitStatus::from_raw(status),
            took: Duration::from_millis(1234),
            lines: lines.iter().map(ToString::to_string).collect(),
            left_out,
        };
        anstream::adapter::strip_str(&text("pytest -q", &ended)).to_string()
    }

    #[test]
    fn what_passes_is_a_line_and_what_fails_shows_why() {
        insta::assert_snapshot!(shown(0, &["3 passed"], 0), @"✓ pytest -q passed in 1.2 s");
        insta::assert_snapshot!(shown(256, &["E assert 41 == 42", "1 failed"], 12), @"
        ✗ pytest -q failed with exit code 1 in 1.2 s
          … 12 lines before these are left out
          E assert 41 == 42
          1 failed
        ");
        insta::assert_snapshot!(shown(9, &[], 0), @"✗ pytest -q was ended by signal 9 in 1.2 s");
    }
}
