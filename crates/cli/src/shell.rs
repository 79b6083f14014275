//! Commands as a shell takes them, for a person to paste.

/// A word, quoted if a shell would read it otherwise.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain =
        |character: char| character.is_alphanumeric() || "-_./~+,@%:=".contains(character);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A whole command.
pub(crate) fn command<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(quoted).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_shell_would_misread_is_quoted() {
        assert_eq!(command(["cd", "my-agent/.venv"]), "cd my-agent/.venv");
        assert_eq!(
            command(["uv", ">=3.10", "it's", ""]),
            r"uv '>=3.10' 'it'\''s' ''"
        );
    }
}
