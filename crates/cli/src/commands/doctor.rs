//! `lgx doctor`: how the project and the machine are, line by line, and what to do where they are not well.

use serde_json::json;

use crate::context::Context;
use crate::doctor::{self, Condition, Examination, Examined};
use crate::exit::Outcome;
use crate::settings::doctor::DoctorSettings;
use crate::signals;
use crate::ui::{printer, style};

/// The number of the form of its JSON; another one means that something has gone from it.
const FORM: u32 = 1;

/// Runs the command.
pub(crate) fn run(settings: &DoctorSettings, context: &Context) -> anyhow::Result<Outcome> {
    let looking = async { Ok(doctor::examine(settings, context).await) };
    let examination = match signals::unless_stopped(looking)? {
        Ok(examination) => examination,
        Err(interrupted) => return Ok(interrupted),
    };
    let is_well = examination.count(Condition::Fail) == 0;
    if settings.json {
        let told = json!({
            "version": FORM,
            "lgx": env!("CARGO_PKG_VERSION"),
            "ok": is_well,
            "project": examination.project,
            "rows": examination.rows,
        });
        printer::put(format_args!("{told:#}"))?;
    } else {
        printer::put(text(&examination))?;
    }
    Ok(if is_well {
        Outcome::Success
    } else {
        Outcome::Failure
    })
}

fn text(examination: &Examination) -> String {
    let rows = examination.rows.iter();
    let width = rows.clone().map(|row| row.id.len()).max();
    let rows = rows.map(|row| line(row, width.unwrap_or_default()));
    let rows: Vec<String> = rows.chain([String::new(), verdict(examination)]).collect();
    rows.join("\n")
}

fn line(row: &Examined, width: usize) -> String {
    let word = match row.condition {
        Condition::Ok => style::success("ok  "),
        Condition::Warn => style::caution("warn"),
        Condition::Fail => style::failure("fail"),
        Condition::Note => style::quiet("note"),
    };
    let line = format!("{word}  {:width$}  {}", row.id, row.message);
    match &row.hint {
        Some(hint) => format!("{line}\n      {:width$}  {} {hint}", "", style::help()),
        None => line,
    }
}

fn verdict(examination: &Examination) -> String {
    let counted = |condition, what: &str| match examination.count(condition) {
        0 => None,
        1 => Some(format!("1 {what}")),
        count => Some(format!("{count} {what}s")),
    };
    let told = [
        counted(Condition::Fail, "failure"),
        counted(Condition::Warn, "warning"),
    ];
    let told: Vec<String> = told.into_iter().flatten().collect();
    let failed = examination.count(Condition::Fail) > 0;
    match (failed, told.is_empty()) {
        (true, _) => format!("{} {}", style::failure("✗"), told.join(", ")),
        (false, true) => format!("{} all is well", style::success("✓")),
        (false, false) => format!("{} nothing fails; {}", style::success("✓"), told.join(", ")),
    }
}
