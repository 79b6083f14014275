//! A report in SARIF 2.1.0, as code scanning of GitHub takes it: each result has a rule, a text, and a place in the repository.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use super::super::finding::{Finding, Rule};
use super::super::place::{FoundAt, named_from};
use super::super::report::Report;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// What relative addresses are seen from.
const ROOT: &str = "%SRCROOT%";

/// The report.
pub(super) fn write(report: &Report) -> String {
    let rules = Rule::ALL.map(|rule| {
        json!({
            "id": rule.id(),
            "shortDescription": {"text": rule.about()},
        })
    });
    let results: Vec<_> = report
        .findings
        .iter()
        .map(|it| result(it, report))
        .collect();
    let sarif = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "lgx",
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": rules,
                },
            },
            "originalUriBaseIds": {ROOT: {"uri": format!("file://{}/", escaped(&report.root))}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{sarif:#}")
}

fn result(finding: &Finding, report: &Report) -> Value {
    let index = Rule::ALL.iter().position(|rule| *rule == finding.rule);
    let places = finding.place.iter();
    let places: Vec<_> = places.map(|place| location(place, &report.root)).collect();
    json!({
        "ruleId": finding.rule.id(),
        "ruleIndex": index,
        "level": finding.level.word(),
        "message": {"text": finding.in_words()},
        "locations": places,
    })
}

fn location(place: &FoundAt, root: &Path) -> Value {
    let artifact = match place.file.strip_prefix(root) {
        Ok(inside) => json!({"uri": escaped(inside), "uriBaseId": ROOT}),
        Err(_) => json!({"uri": format!("file://{}", escaped(&place.file))}),
    };
    // A place without a line is shown at the first one.
    let mut region = json!({"startLine": place.line.unwrap_or(1).max(1)});
    if let Some(column) = place.column.filter(|_| place.line.is_some()) {
        region["startColumn"] = json!(column.max(1));
    }
    json!({"physicalLocation": {"artifactLocation": artifact, "region": region}})
}

/// A path as an address has it.
fn escaped(path: &Path) -> String {
    let name = named_from(path, Path::new(""));
    let mut address = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            address.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(address, "%{byte:02X}");
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::escaped;
    use std::path::Path;

    #[test]
    fn what_an_address_cannot_have_is_escaped() {
        assert_eq!(
            escaped(Path::new("src/my agent/é#1.py")),
            "src/my%20agent/%C3%A9%231.py"
        );
    }
}
