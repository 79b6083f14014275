//! A report for programs. `docs/cli.md` describes its form; what is there stays there.

use lgx_devserver::TrialPart;
use serde_json::{Value, json};

use super::super::finding::{Evidence, Finding, Level};
use super::super::place::named_from;
use super::super::report::{CheckedPart, PartState, Report, VariableState};

/// The number of this form; another one means that something has gone from it.
const FORM: u32 = 1;

/// The report.
pub(super) fn write(report: &Report) -> String {
    format!("{:#}", value(report))
}

fn value(report: &Report) -> Value {
    let named = |path| named_from(path, &report.root);
    let one = |wanted: &TrialPart| {
        let mut parts = report.parts.iter();
        parts.find(|it| it.part == *wanted).map(part)
    };
    json!({
        "version": FORM,
        "lgx": env!("CARGO_PKG_VERSION"),
        "ok": report.is_good(),
        "root": report.root,
        "config": named(&report.config),
        "imported": report.imported,
        "errors": report.count(Level::Error),
        "warnings": report.count(Level::Warning),
        "notes": report.count(Level::Note),
        "interpreters": report.interpreters.iter().map(|used| json!({
            "runtime": used.runtime,
            "version": used.version,
            "path": used.path,
            "reason": used.reason,
        })).collect::<Vec<_>>(),
        "auth": one(&TrialPart::Auth),
        "embeddings": one(&TrialPart::Embeddings),
        "app": one(&TrialPart::App),
        "graphs": report.parts.iter().filter_map(graph).collect::<Vec<_>>(),
        "environment": {
            "file": report.env_file.as_deref().map(named),
            "example": report.example.as_deref().map(named),
            "variables": report.variables.iter().map(|variable| json!({
                "name": variable.name,
                "status": state_of_variable(variable.state),
            })).collect::<Vec<_>>(),
        },
        "findings": report.findings.iter().map(|it| finding(it, report)).collect::<Vec<_>>(),
    })
}

fn part(checked: &CheckedPart) -> Value {
    json!({
        "target": checked.target,
        "status": match checked.state {
            PartState::NotImported => "not_imported",
            PartState::Loaded => "loaded",
            PartState::Failed => "failed",
        },
        "import_ms": checked.took.map(|took| took.as_millis()),
    })
}

fn graph(checked: &CheckedPart) -> Option<Value> {
    let TrialPart::Graph(id) = &checked.part else {
        return None;
    };
    let mut value = json!({"id": id});
    let known = part(checked);
    let described = known.as_object().into_iter().flatten();
    for (key, what) in described {
        value[key] = what.clone();
    }
    value["schemas"] = json!(checked.schemas);
    Some(value)
}

const fn state_of_variable(state: VariableState) -> &'static str {
    match state {
        VariableState::Set => "set",
        VariableState::Empty => "empty",
        VariableState::Missing => "missing",
        VariableState::Shadowed => "shadowed",
    }
}

fn finding(finding: &Finding, report: &Report) -> Value {
    let place = finding.place.as_ref();
    let exception = match &finding.evidence {
        Evidence::Failure(failure) => json!({
            "type": failure.kind,
            "message": failure.message,
            "function": failure.function,
            "source": failure.source,
            "traceback": failure.traceback,
        }),
        Evidence::None | Evidence::Problem(_) => Value::Null,
    };
    json!({
        "rule": finding.rule.id(),
        "level": finding.level.word(),
        "message": finding.message,
        "hint": finding.hint,
        "file": place.map(|place| named_from(&place.file, &report.root)),
        "line": place.and_then(|place| place.line),
        "column": place.and_then(|place| place.column),
        "graph": finding.graph,
        "exception": exception,
    })
}
