//! What is told of recorded calls of models when a command has ended.

use std::sync::Arc;

use lgx_cassettes::{Library, Uses};
use lgx_record::Told;

use crate::context::Context;
use crate::ui::{printer, style};

/// How many things are told that went wrong.
pub(super) const MOST: usize = 10;

/// Tells how many calls a replay has left without an answer, beside a command that ended with this code.
pub(super) fn tell_missing(missing: usize, ended: u8) {
    let called = match missing {
        0 => return,
        1 => "1 call of a model was".to_owned(),
        more => format!("{more} calls of models were"),
    };
    let code = if ended == 0 {
        "; this is exit code 1, though the command ended with 0"
    } else {
        ""
    };
    printer::say(format_args!(
        "{} {called} not answered by a recording{code}",
        style::error()
    ));
}

/// Recordings, as a command has used them.
#[derive(Debug)]
pub(super) struct UsedCassettes {
    uses: Uses,
    folder: String,
}

impl UsedCassettes {
    /// What was used of a library. If the command went well, that is remembered: `lgx cassettes prune` goes by it.
    pub(super) fn of(library: &Arc<Library>, code: u8, context: &Context) -> Option<Self> {
        let used = library.used().map(|uses| Self {
            uses,
            folder: context.shown(library.folder()),
        });
        let used = match used {
            Ok(used) => used,
            Err(error) => {
                printer::say(format_args!("{} {error}", style::warning()));
                return None;
            }
        };
        if code == 0
            && !used.uses.used.is_empty()
            && let Err(error) = library.remember_green_run()
        {
            let what = "what this run has used of its recordings is not remembered";
            printer::say(format_args!("{} {what}: {error}", style::warning()));
        }
        Some(used)
    }

    /// Tells the terminal what is new, and what went wrong.
    pub(super) fn tell(&self, heard: &[Told]) {
        for told in heard.iter().take(MOST) {
            let word = if told.is_unanswered() {
                style::error()
            } else {
                style::warning()
            };
            printer::say(format_args!("{word} {told}"));
        }
        if heard.len() > MOST {
            let left = heard.len() - MOST;
            printer::say(format_args!("{} and {left} more", style::warning()));
        }
        let new = self.uses.new.len();
        if new > 0 {
            let noun = if new == 1 { "call" } else { "calls" };
            let note = style::strong("note:");
            let folder = &self.folder;
            printer::say(format_args!("{note} {new} {noun} recorded in {folder}"));
        }
    }

    /// A line of the summary, in Markdown.
    pub(super) fn summary(&self, unanswered: usize) -> String {
        let Uses {
            hits, new, unused, ..
        } = &self.uses;
        format!(
            "\nRecorded calls of models: {hits} played, {} new, {unanswered} missing, {} not used.\n",
            new.len(),
            unused.len()
        )
    }
}
