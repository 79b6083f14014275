//! `lgx-cli`: becomes the `lgx` beside it, so that `uvx lgx-cli dev` works, where the command is named after the package.

use std::env;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

const NAME: &str = "lgx";

#[expect(
    clippy::print_stderr,
    reason = "this command has no printer, and says one thing"
)]
fn main() -> ExitCode {
    let beside = env::current_exe()
        .ok()
        .map(|path| path.with_file_name(NAME))
        .filter(|path| path.is_file());
    let error = Command::new(beside.unwrap_or_else(|| NAME.into()))
        .args(env::args_os().skip(1))
        .exec();
    eprintln!("error: {NAME} cannot be run: {error}; it is installed together with this command");
    ExitCode::FAILURE
}
