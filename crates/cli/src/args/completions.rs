//! The arguments of `lgx completions`.

use clap::Args;
use clap_complete::Shell;

/// Print a script that completes commands and flags in your shell
///
/// For bash: `lgx completions bash > ~/.local/share/bash-completion/completions/lgx`. For zsh, into a directory of `$fpath`, as `_lgx`. For fish: `lgx completions fish > ~/.config/fish/completions/lgx.fish`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: Shell,
}
