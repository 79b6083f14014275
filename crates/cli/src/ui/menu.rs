//! Questions to a person at a terminal.

use std::io;

use dialoguer::console::Term;
use dialoguer::{Input, Select};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

/// The answer to a question; `None` when the person left it with Esc or Ctrl-C.
type Answer<T> = anyhow::Result<Option<T>>;

/// Lets the person choose one of the lines.
pub(crate) fn choose(question: &str, lines: &[String]) -> Answer<usize> {
    let _guard = outlive_interrupts()?;
    let select = Select::new().with_prompt(question).items(lines).default(0);
    answered(select.interact_opt())
}

/// Lets the person type a line; Enter alone takes what is proposed.
pub(crate) fn ask(question: &str, proposed: &str) -> Answer<String> {
    let _guard = outlive_interrupts()?;
    let input = Input::new()
        .with_prompt(question)
        .default(proposed.to_owned());
    answered(input.interact_text().map(Some))
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

fn answered<T>(answer: dialoguer::Result<Option<T>>) -> Answer<T> {
    match answer {
        Err(dialoguer::Error::IO(error)) if error.kind() == io::ErrorKind::Interrupted => {
            Term::stderr().show_cursor()?;
            Ok(None)
        }
        other => Ok(other?),
    }
}
