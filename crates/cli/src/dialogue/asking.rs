//! Puts the questions of a graph to the person at the terminal.

use serde_json::Value;

use super::input;
use super::question::{self, AskedAction, Choice, Decision, Interrupt, QuestionForm};
use super::typist::{Typed, Typist};
use crate::ui::{menu, printer, style};

/// What lets the thread go on, with an answer to each question; none when the person left them.
pub(crate) fn ask(interrupts: &[Interrupt], typist: &mut Typist) -> anyhow::Result<Option<Value>> {
    let mut answers = Vec::new();
    for interrupt in interrupts {
        let Some(answer) = ask_one(interrupt, typist)? else {
            return Ok(None);
        };
        answers.push((interrupt.id.clone(), answer));
    }
    Ok(Some(question::resume(answers)))
}

fn ask_one(interrupt: &Interrupt, typist: &mut Typist) -> anyhow::Result<Option<Value>> {
    let form = interrupt.form();
    let actions = match &form {
        QuestionForm::Review { actions, .. } => actions.as_slice(),
        QuestionForm::Inbox(action) => std::slice::from_ref(action),
        QuestionForm::Plain => {
            printer::say(format_args!(
                "{} {}",
                style::strong("?"),
                shown(&interrupt.value)
            ));
            return typed_answer(typist);
        }
    };
    let mut decisions = Vec::new();
    for action in actions {
        let Some(decision) = decide(action, typist)? else {
            return Ok(None);
        };
        decisions.push(decision);
    }
    Ok(form.answer(decisions))
}

/// JSON where it is some, else a text.
fn typed_answer(typist: &mut Typist) -> anyhow::Result<Option<Value>> {
    let mut begun = String::new();
    loop {
        let Some(line) = typed(typist, "answer: ", &begun)? else {
            return Ok(None);
        };
        match input::answer("the answer", &line) {
            Ok(answer) => return Ok(Some(answer)),
            Err(wrong) => printer::say(format_args!("{} {wrong}", style::error())),
        }
        begun = line;
    }
}

fn decide(action: &AskedAction, typist: &mut Typist) -> anyhow::Result<Option<Decision>> {
    let mark = style::strong("?");
    let args = shown(&action.args);
    printer::say(format_args!(
        "{mark} {} {args}",
        style::strong(&action.name)
    ));
    if let Some(description) = &action.description {
        printer::say(style::quiet(printable(description)));
    }
    let words: Vec<_> = action
        .choices
        .iter()
        .map(|choice| choice.word().to_owned())
        .collect();
    let Some(choice) = menu::choose("What to do", &words)?.and_then(|at| action.choices.get(at))
    else {
        return Ok(None);
    };
    printer::say(format_args!("  {}", choice.word()));
    Ok(match choice {
        Choice::Approve => Some(Decision::Approve),
        Choice::Ignore => Some(Decision::Ignore),
        Choice::Edit => edited(action, typist)?.map(Decision::Edit),
        Choice::Reject => typed(typist, "reason: ", "")?.map(Decision::Reject),
        Choice::Respond => typed(typist, "answer: ", "")?.map(Decision::Respond),
    })
}

fn edited(action: &AskedAction, typist: &mut Typist) -> anyhow::Result<Option<Value>> {
    let mut begun = action.args.to_string();
    loop {
        let Some(line) = typed(typist, "arguments: ", &begun)? else {
            return Ok(None);
        };
        match input::parse("the arguments", &line) {
            Ok(args) => return Ok(Some(args)),
            Err(wrong) => printer::say(format_args!("{} {wrong}", style::error())),
        }
        begun = line;
    }
}

fn typed(typist: &mut Typist, prompt: &str, begun: &str) -> anyhow::Result<Option<String>> {
    Ok(match typist.line(prompt, begun)? {
        Typed::Line(line) => Some(line.trim().to_owned()),
        Typed::Interrupt | Typed::End => None,
    })
}

/// A text as it is, anything else as JSON.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => printable(text),
        Value::Object(object) if object.is_empty() => String::new(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    }
}

/// Without what a terminal would obey.
fn printable(text: &str) -> String {
    let is_shown = |character: &char| matches!(character, '\n' | '\t') || !character.is_control();
    text.chars().filter(is_shown).collect()
}
