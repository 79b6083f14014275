//! `lgx trust`: has this machine trust the certificates of `lgx dev --tls`, and undoes it.

use std::io::{self, BufRead as _};
use std::process::Command;

use anyhow::Context as _;

use crate::args::trust::TrustArgs;
use crate::context::Context;
use crate::disk::Disk;
use crate::env_names;
use crate::exit::Outcome;
use crate::local_authority::stores::{self, Plan, Step};
use crate::local_authority::{self, CERTIFICATE};
use crate::shell;
use crate::ui::{printer, style};

/// Runs the command.
pub(crate) fn run(args: &TrustArgs, context: &Context) -> anyhow::Result<Outcome> {
    let (_, folder) = local_authority::open(context)?;
    let home = context.env.path(env_names::HOME);
    let profiles = home.map(stores::profiles).unwrap_or_default();
    let certificate = folder.join(CERTIFICATE);
    let plan = stores::plan(&certificate, args.remove, &profiles, context, &Disk);
    for note in &plan.notes {
        printer::say(format_args!("{} {note}", style::strong("note:")));
    }
    printer::say(format_args!(
        "{} programs with a list of their own are told by SSL_CERT_FILE (Python) and NODE_EXTRA_CA_CERTS (Node.js): {}",
        style::strong("note:"),
        certificate.display()
    ));
    if plan.steps.is_empty() {
        printer::say(format_args!(
            "{} no store was found that could be changed",
            style::error()
        ));
        return Ok(Outcome::Failure);
    }
    for step in &plan.steps {
        printer::put(written(step)).context("cannot write to stdout")?;
    }
    if !args.yes && !agreed(context)? {
        printer::say("Nothing was run");
        return Ok(Outcome::Success);
    }
    carry_out(&plan)
}

/// Whether the person wants it; nobody is asked where nobody answers.
fn agreed(context: &Context) -> io::Result<bool> {
    if !context.can_ask() {
        return Ok(false);
    }
    printer::say("Run these commands? [y/N]");
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn carry_out(plan: &Plan) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::Success;
    for step in &plan.steps {
        let Some((program, arguments)) = step.split_first() else {
            continue;
        };
        let status = Command::new(program).args(arguments).status();
        let status = status.with_context(|| format!("cannot run {}", program.display()))?;
        if !status.success() {
            printer::say(format_args!(
                "{} {}: {status}",
                style::error(),
                written(step)
            ));
            outcome = Outcome::Failure;
        }
    }
    Ok(outcome)
}

/// A command as a shell takes it.
fn written(step: &Step) -> String {
    let words: Vec<_> = step
        .iter()
        .map(|word| shell::quoted(&word.to_string_lossy()))
        .collect();
    words.join(" ")
}
