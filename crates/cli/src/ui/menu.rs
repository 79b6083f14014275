//! Questions to a person at a terminal.

use std::io;

use dialoguer::console::{Term, measure_text_width};
use dialoguer::{Confirm, Select};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

use super::line::{Line, Pressed};
use super::question_mode::QuestionMode;

/// The answer to a question; `None` when the person left it with Esc or Ctrl-C.
type Answer<T> = anyhow::Result<Option<T>>;

/// Lets the person choose one of the lines. What was chosen is for the caller to say.
pub(crate) fn choose(question: &str, lines: &[String]) -> Answer<usize> {
    let _guard = outlive_interrupts()?;
    let _mode = QuestionMode::enter()?;
    let select = Select::new()
        .with_prompt(question)
        .items(lines)
        .default(0)
        .report(false);
    match select.interact_opt() {
        Err(dialoguer::Error::IO(error)) if error.kind() == io::ErrorKind::Interrupted => {
            Term::stderr().show_cursor()?;
            Ok(None)
        }
        other => Ok(other?),
    }
}

/// Asks for a yes, which Enter alone is not.
pub(crate) fn confirm(question: &str) -> Answer<bool> {
    let _guard = outlive_interrupts()?;
    let _mode = QuestionMode::enter()?;
    let confirm = Confirm::new().with_prompt(question).default(false);
    match confirm.interact_opt() {
        Err(dialoguer::Error::IO(error)) if error.kind() == io::ErrorKind::Interrupted => {
            Term::stderr().show_cursor()?;
            Ok(None)
        }
        other => Ok(other?),
    }
}

/// Lets the person type a line; Enter alone takes what is proposed.
pub(crate) fn ask(question: &str, proposed: &str) -> Answer<String> {
    let _mode = QuestionMode::enter()?;
    let terminal = Term::stderr();
    terminal.write_str(&format!("{question} [{proposed}]: "))?;
    let mut line = Line::default();
    let answer = loop {
        match line.press(&terminal.read_key_raw()?) {
            Pressed::Typed(character) => terminal.write_str(&character.to_string())?,
            Pressed::Erased(text) => terminal.clear_chars(measure_text_width(&text))?,
            Pressed::Entered if line.text().is_empty() => break Some(proposed.to_owned()),
            Pressed::Entered => break Some(line.text().to_owned()),
            Pressed::Left => break None,
            Pressed::Nothing => {}
        }
    };
    // Whatever comes next begins on a line of its own.
    terminal.write_line("")?;
    Ok(answer)
}

/// Ctrl-C must end the question and not the process: a menu hides the cursor, and somebody has to show it again.
fn outlive_interrupts() -> io::Result<Runtime> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    {
        let _inside = runtime.enter();
        // Catching the signal once keeps it from ending the process; that it came is seen in the answer.
        drop(signal(SignalKind::interrupt())?);
    }
    Ok(runtime)
}
