//! Which editor a page may have a file opened in: one with a window of its own. One that runs in a terminal would fight for the terminal of the server.

use std::path::{Path, PathBuf};

use lgx_devserver::{Editor, PlaceForm};

use crate::context::Env;
use crate::env_names;

/// Editors with windows, and how each is told the line.
const WITH_WINDOWS: [(&str, PlaceForm); 21] = [
    ("code", PlaceForm::Goto),
    ("code-insiders", PlaceForm::Goto),
    ("codium", PlaceForm::Goto),
    ("vscodium", PlaceForm::Goto),
    ("cursor", PlaceForm::Goto),
    ("windsurf", PlaceForm::Goto),
    ("positron", PlaceForm::Goto),
    ("zed", PlaceForm::FileLine),
    ("zeditor", PlaceForm::FileLine),
    ("subl", PlaceForm::FileLine),
    ("sublime_text", PlaceForm::FileLine),
    ("gvim", PlaceForm::PlusLine),
    ("mvim", PlaceForm::PlusLine),
    ("gedit", PlaceForm::PlusLine),
    ("gnome-text-editor", PlaceForm::PlusLine),
    ("kate", PlaceForm::LineFlag),
    ("mate", PlaceForm::LineFlag),
    ("pycharm", PlaceForm::LineFlag),
    ("idea", PlaceForm::LineFlag),
    ("webstorm", PlaceForm::LineFlag),
    ("fleet", PlaceForm::FileLine),
];

/// Editors that need a terminal, or may.
const IN_TERMINALS: [&str; 15] = [
    "vi",
    "vim",
    "nvim",
    "view",
    "nano",
    "pico",
    "emacs",
    "emacsclient",
    "micro",
    "helix",
    "hx",
    "kak",
    "joe",
    "ed",
    "ne",
];

/// The variables that name one, the first that counts first.
const NAMED: [&str; 3] = [env_names::LGX_EDITOR, env_names::VISUAL, env_names::EDITOR];

/// The editor that the person prefers, if it has windows, else one that is there. `find` finds commands.
pub(crate) fn find(env: &Env, find: impl Fn(&str) -> Option<PathBuf>) -> Option<Editor> {
    let named = NAMED.iter().find_map(|variable| {
        let command = env.get(variable)?.to_str()?;
        named(command, *variable == env_names::LGX_EDITOR, &find)
    });
    named.or_else(|| {
        let mut usual = ["code", "cursor"].into_iter();
        let there = usual.find_map(|name| Some((name, find(name)?)));
        there.map(|(name, program)| Editor {
            name: name.to_owned(),
            program,
            arguments: Vec::new(),
            form: PlaceForm::Goto,
        })
    })
}

/// The editor of a command with its arguments. What lgx does not know may need a terminal, so it has to be meant for lgx.
fn named(
    command: &str,
    is_for_lgx: bool,
    find: &impl Fn(&str) -> Option<PathBuf>,
) -> Option<Editor> {
    let mut words = command.split_whitespace();
    let program = words.next()?;
    let name = Path::new(program).file_name()?.to_str()?.to_owned();
    if IN_TERMINALS.contains(&&*name) {
        return None;
    }
    let known = WITH_WINDOWS.iter().find(|(known, _)| *known == name);
    let form = match known {
        Some((_, form)) => *form,
        None if is_for_lgx => PlaceForm::FileLine,
        None => return None,
    };
    // Git waits for its editor; nobody does here.
    let arguments = words.filter(|word| !matches!(*word, "--wait" | "-w"));
    Some(Editor {
        name,
        program: find(program)?,
        arguments: arguments.map(str::to_owned).collect(),
        form,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The program that is started with its form, where these commands are there.
    fn found(variables: &[(&str, &str)], there: &[&str]) -> Option<(String, PlaceForm)> {
        let env: Env = variables.iter().copied().collect();
        let editor = find(&env, |name| {
            there.contains(&name).then(|| Path::new("/bin").join(name))
        })?;
        let program = editor.program.display().to_string();
        let words = [program].into_iter().chain(editor.arguments);
        Some((words.collect::<Vec<_>>().join(" "), editor.form))
    }

    #[test]
    fn the_first_that_is_named_and_has_windows_is_taken() {
        let there = ["code", "cursor", "zed", "vim", "open-it", "emacs"];
        for (variables, program, form) in [
            (vec![], "/bin/code", PlaceForm::Goto),
            (
                vec![("LGX_EDITOR", "open-it")],
                "/bin/open-it",
                PlaceForm::FileLine,
            ),
            (
                vec![("LGX_EDITOR", "cursor -r")],
                "/bin/cursor -r",
                PlaceForm::Goto,
            ),
            (
                vec![("EDITOR", "zed --wait")],
                "/bin/zed",
                PlaceForm::FileLine,
            ),
            (
                vec![("VISUAL", "vim"), ("EDITOR", "zed")],
                "/bin/zed",
                PlaceForm::FileLine,
            ),
            (vec![("EDITOR", "vim")], "/bin/code", PlaceForm::Goto),
            (vec![("EDITOR", "emacs -nw")], "/bin/code", PlaceForm::Goto),
            (vec![("EDITOR", "open-it")], "/bin/code", PlaceForm::Goto),
        ] {
            let expected = Some((program.to_owned(), form));
            assert_eq!(found(&variables, &there), expected, "{variables:?}");
        }
        assert_eq!(found(&[("EDITOR", "vim")], &["vim"]), None);
        assert_eq!(found(&[("LGX_EDITOR", "nvim")], &["nvim"]), None);
    }
}
