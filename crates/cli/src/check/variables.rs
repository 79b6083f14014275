//! The variables of a project against those that its `.env.example` asks for. Values are compared, and never told.

use lgx_config::{Config, Example, ExampleVariable};

use super::finding::{Finding, Level, Rule};
use super::place::FoundAt;
use super::report::{CheckedVariable, Report, VariableState};
use crate::context::Context;

/// Compares them.
pub(super) fn compare(config: &Config, context: &Context, report: &mut Report) {
    report.env_file.clone_from(&config.env_file);
    for (name, value) in &config.env {
        let state = own_state(name, value, context);
        report.variables.push(CheckedVariable {
            name: name.clone(),
            state,
        });
        if let Some(finding) = odd(name, state) {
            let place = config.env_file.as_ref().unwrap_or(&config.path);
            report.add(finding.or_at(FoundAt::line(place, None)));
        }
    }
    let Some(example) = config.env_example() else {
        return;
    };
    for variable in &example.variables {
        look_for(variable, &example, config, context, report);
    }
    report.example = Some(example.file);
}

/// What a variable is that the project sets.
fn own_state(name: &str, value: &str, context: &Context) -> VariableState {
    match context.env.get(name) {
        _ if value.is_empty() => VariableState::Empty,
        Some(other) if other != value => VariableState::Shadowed,
        _ => VariableState::Set,
    }
}

fn odd(name: &str, state: VariableState) -> Option<Finding> {
    let (rule, message) = match state {
        VariableState::Set | VariableState::Missing => return None,
        VariableState::Empty => (
            Rule::VariableEmpty,
            format!("the variable {name} is set, and empty"),
        ),
        VariableState::Shadowed => (
            Rule::VariableShadowed,
            format!(
                "the project sets {name} to another value than the environment has; the project's counts"
            ),
        ),
    };
    Some(Finding::new(rule, Level::Note, message))
}

/// Whether a variable of the example is set anywhere.
fn look_for(
    variable: &ExampleVariable,
    example: &Example,
    config: &Config,
    context: &Context,
    report: &mut Report,
) {
    let ExampleVariable { name, line } = variable;
    if config.env.iter().any(|(own, _)| own == name) {
        return;
    }
    let state = match context.env.get(name) {
        Some(_) => VariableState::Set,
        None => VariableState::Missing,
    };
    report.variables.push(CheckedVariable {
        name: name.clone(),
        state,
    });
    if state == VariableState::Missing {
        let message = format!(
            "the variable {name} is not set, neither by the project nor in the environment"
        );
        let file = context.shown(config.env_file.as_ref().unwrap_or(&config.path));
        report.add(
            Finding::new(Rule::VariableMissing, Level::Warning, message)
                .hint(format!(
                    "set it in {file}, or make it a comment in the example if the project does without"
                ))
                .or_at(FoundAt::line(&example.file, Some(*line))),
        );
    }
}
