//! A thread that waits for somebody who is not there: what it asks, and the command that answers.

use std::io;

use serde_json::{Map, Value, json};

use super::question::Interrupt;
use super::turn::GraphTalk;
use crate::client::events::StreamedEvent;
use crate::settings::talk::Printed;
use crate::shell;
use crate::ui::style;

/// What is told of the answer to be given, where a program may put it.
const ANSWER: &str = "ANSWER";

impl GraphTalk<'_> {
    /// Prints the questions for a program.
    pub(crate) fn print_questions(&mut self, interrupts: &[Interrupt]) -> io::Result<()> {
        let all: Vec<_> = interrupts.iter().map(Interrupt::json).collect();
        match self.printed {
            Printed::Answer => self.outlet.value(&Value::Array(all)),
            Printed::Events => self.outlet.event(&StreamedEvent {
                name: "interrupted".to_owned(),
                data: json!({"thread_id": self.thread, "interrupts": all}).to_string(),
            }),
            Printed::Data => Ok(()),
        }
    }

    /// Says how somebody may answer later.
    pub(crate) fn tell_how_to_answer(&mut self, interrupts: &[Interrupt], keeps: bool) {
        let answer = example(interrupts);
        self.tell_how_to_go_on(
            "the graph waits for an answer",
            &["--resume", &answer],
            keeps,
        );
    }

    /// Says how a run may go on that was stopped before nodes.
    pub(crate) fn tell_how_to_continue(&mut self, next: &[String], keeps: bool) {
        let why = format!("the run has stopped before {}", next.join(", "));
        self.tell_how_to_go_on(&why, &[], keeps);
    }

    fn tell_how_to_go_on(&mut self, why: &str, arguments: &[&str], keeps: bool) {
        let why = format!("{} {why}", style::strong("note:"));
        if keeps {
            let run = ["lgx", "run", self.graph, "--thread", &self.thread];
            let command = shell::command(run.into_iter().chain(arguments.iter().copied()));
            self.outlet.say(&format!(
                "{why}; it goes on with:\n  {}",
                style::place(command)
            ));
        } else {
            self.outlet.say(&format!(
                "{why}, but its thread is gone with this command; name one with --thread, or start `lgx dev`, to answer later"
            ));
        }
    }
}

/// What the answers look like.
fn example(interrupts: &[Interrupt]) -> String {
    let of = |interrupt: &Interrupt| interrupt.example().unwrap_or_else(|| json!(ANSWER));
    match interrupts {
        [one] => match of(one) {
            Value::String(text) => text,
            other => other.to_string(),
        },
        all => {
            let by_id = all
                .iter()
                .map(|one| (one.id.clone().unwrap_or_default(), of(one)));
            Value::Object(by_id.collect::<Map<_, _>>()).to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(id: &str, value: Value) -> Interrupt {
        Interrupt {
            id: Some(id.to_owned()),
            value,
        }
    }

    #[test]
    fn the_example_has_the_form_of_the_answer() {
        assert_eq!(example(&[asks("a", json!("Name?"))]), "ANSWER");
        let review = json!({"action_requests": [{"name": "send", "args": {}}]});
        assert_eq!(
            example(&[asks("a", review)]),
            r#"{"decisions":[{"type":"approve"}]}"#
        );
        assert_eq!(
            example(&[asks("a", json!(1)), asks("b", json!(2))]),
            r#"{"a":"ANSWER","b":"ANSWER"}"#
        );
    }
}
