//! Questions to a person at a terminal.

use std::io;

use dialoguer::{Input, Select};

/// The answer to a question; `None` when the person left it with Esc or Ctrl-C.
type Answer<T> = anyhow::Result<Option<T>>;

/// Lets the person choose one of the lines.
pub(crate) fn choose(question: &str, lines: &[String]) -> Answer<usize> {
    let select = Select::new().with_prompt(question).items(lines).default(0);
    answered(select.interact_opt())
}

/// Lets the person type a line; Enter alone takes what is proposed.
pub(crate) fn ask(question: &str, proposed: &str) -> Answer<String> {
    let input = Input::new()
        .with_prompt(question)
        .default(proposed.to_owned());
    answered(input.interact_text().map(Some))
}

fn answered<T>(answer: dialoguer::Result<Option<T>>) -> Answer<T> {
    match answer {
        Err(dialoguer::Error::IO(error)) if error.kind() == io::ErrorKind::Interrupted => Ok(None),
        other => Ok(other?),
    }
}
