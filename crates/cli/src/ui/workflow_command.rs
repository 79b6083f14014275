//! Commands of a workflow of GitHub: lines that it takes out of what a step prints.

/// A command. Properties without a value are left out.
pub(crate) fn workflow_command<const N: usize>(
    name: &str,
    properties: [(&str, Option<String>); N],
    message: &str,
) -> String {
    let properties: Vec<_> = properties
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name}={}", property(&value?))))
        .collect();
    format!("::{name} {}::{}", properties.join(","), data(message))
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
    use super::workflow_command;

    #[test]
    fn what_would_end_a_command_or_a_property_is_escaped() {
        let properties = [
            ("file", Some("a:b,c%\n".to_owned())),
            ("line", None),
            ("title", Some("so".to_owned())),
        ];
        assert_eq!(
            workflow_command("error", properties, "100%\r\na: b, c"),
            "::error file=a%3Ab%2Cc%25%0A,title=so::100%25%0D%0Aa: b, c"
        );
    }
}
