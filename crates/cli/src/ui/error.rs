//! How a failed command says why: what happened, what caused it, what to do next.

use thiserror::Error;

use super::style;

/// An error together with what to do about it.
#[derive(Debug, Error)]
#[error("{message}")]
pub(crate) struct Advised {
    message: String,
    advice: String,
    #[source]
    source: Option<anyhow::Error>,
}

impl Advised {
    /// An error, and what to do about it.
    pub(crate) fn new(message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            advice: advice.into(),
            source: None,
        }
    }

    /// What to do about it.
    pub(crate) fn advice(&self) -> &str {
        &self.advice
    }

    /// An error with its causes, and what to do about it.
    pub(crate) fn caused_by(error: impl Into<anyhow::Error>, advice: impl Into<String>) -> Self {
        let error = error.into();
        Self {
            message: error.to_string(),
            advice: advice.into(),
            source: Some(error),
        }
    }
}

/// The text for an error that ends a command.
pub(crate) fn render(error: &anyhow::Error) -> String {
    let mut lines = vec![format!("{} {error}", style::error())];
    let mut said = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        // Many errors repeat their source; once is enough.
        if !said.contains(&cause) {
            lines.push(format!("  caused by: {cause}"));
            said = cause;
        }
    }
    let advised: Vec<_> = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<Advised>())
        .collect();
    // The cause is mended first.
    lines.extend(
        advised
            .iter()
            .rev()
            .map(|advised| format!("{} {}", style::help(), advised.advice)),
    );
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_happened_why_and_what_next() {
        let error = anyhow::anyhow!("permission denied")
            .context("cannot write `x`")
            .context("cannot make the project");
        let plain = anstream::adapter::strip_str(&render(&error)).to_string();
        assert_eq!(
            plain,
            "error: cannot make the project\n  caused by: cannot write `x`\n  caused by: permission denied"
        );

        let error = anyhow::Error::from(Advised::new(
            "port 2024 is taken",
            "choose another one with --port",
        ));
        let plain = anstream::adapter::strip_str(&render(&error)).to_string();
        assert_eq!(
            plain,
            "error: port 2024 is taken\nhelp: choose another one with --port"
        );

        let error = anyhow::Error::from(Advised::caused_by(error, "then start it again"));
        let plain = anstream::adapter::strip_str(&render(&error)).to_string();
        assert_eq!(
            plain,
            "error: port 2024 is taken\nhelp: choose another one with --port\nhelp: then start it again"
        );
    }
}
