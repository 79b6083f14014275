//! What the project's code asks the person at the terminal: a line, for `breakpoint()` and `input()`.

use tokio::sync::oneshot;

/// A question that waits for the person to type a line.
#[derive(Debug)]
pub struct Question {
    /// The run that asks, if it is one.
    pub run_id: Option<String>,
    /// What is asked: `(Pdb) `. May be empty: then it has been printed.
    pub prompt: String,
    /// Whether a debugger asks.
    pub debugger: bool,
    /// Where the line goes, with its newline; an empty one ends the input. Closed when nobody waits for it any more. Who has nobody
    /// to ask drops it.
    pub answer: oneshot::Sender<String>,
}
