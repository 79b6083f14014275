//! A report as annotations: commands that a workflow of GitHub takes out of what a step prints.

use super::super::finding::{Finding, Level};
use super::super::place::named_from;
use super::super::report::Report;
use super::counted;

/// The report.
pub(super) fn write(report: &Report) -> String {
    let findings = report.findings.iter();
    let mut lines: Vec<String> = findings.map(|it| annotation(it, report)).collect();
    let count = |level, what| counted(report.count(level), what);
    lines.push(format!(
        "{}: {}, {}",
        named_from(&report.config, &report.root),
        count(Level::Error, "error"),
        count(Level::Warning, "warning")
    ));
    lines.join("\n")
}

fn annotation(finding: &Finding, report: &Report) -> String {
    let command = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let mut properties = Vec::new();
    if let Some(place) = &finding.place {
        let file = named_from(&place.file, &report.root);
        properties.push(("file", file));
        if let Some(line) = place.line {
            properties.push(("line", line.to_string()));
            properties.extend(place.column.map(|column| ("col", column.to_string())));
        }
    }
    properties.push(("title", format!("lgx {}", finding.rule.id())));
    let properties = properties.into_iter();
    let properties = properties.map(|(name, value)| format!("{name}={}", property(&value)));
    let properties: Vec<_> = properties.collect();
    let message = data(&finding.in_words());
    format!("::{command} {}::{message}", properties.join(","))
}

/// A message as commands have it.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A property, which is between `=` and `,` or `::`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn what_would_end_a_command_or_a_property_is_escaped() {
        assert_eq!(data("100%\r\na: b, c"), "100%25%0D%0Aa: b, c");
        assert_eq!(property("a:b,c%\n"), "a%3Ab%2Cc%25%0A");
    }
}
