//! `lgx dev --on-reload`: a command that runs beside the server with each code that is loaded.

use anyhow::{Result, ensure};
use lgx_tests::{DevServer, Project};
#[cfg(target_os = "linux")]
use {lgx_tests::Alive, lgx_tests::NamedPipe, rustix::process::Signal};

#[test]
fn a_command_runs_with_each_code_and_what_passes_is_a_line() -> Result<()> {
    let project = Project::copy_of("terminal")?;
    let command = "echo no-$((40+2)); python -c 'import langgraph' && test -n \"$LGX_URL\" && ! grep -q wrong src/output.py || { seq 40; exit 3; }";
    let server = DevServer::start(&project, &["--on-reload", command])?;
    server.wait_for_stderr(0, &["✓ ", " passed in "])?;
    ensure!(!server.stderr().text().contains("no-42"));

    let from = server.stderr().len();
    project.edit("src/output.py", "naïve", "wrong")?;
    server.wait_for_stderr(from, &["✗ ", "failed with exit code 3"])?;
    server.wait_for_stderr(from, &["… 11 lines before these are left out"])?;
    server.wait_for_stderr(from, &["  40"])?;

    let from = server.stderr().len();
    project.edit("src/output.py", "wrong", "right")?;
    server.wait_for_stderr(from, &["✓ ", " passed in "])?;
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn newer_code_ends_a_command_and_so_does_the_end_of_the_server() -> Result<()> {
    let project = Project::copy_of("terminal")?;
    let pipe = NamedPipe::make(&project.path("begun"))?;
    // Whoever reads the pipe waits for the command to begin, and hears what it has started.
    let begun = || -> Result<Alive> {
        let id = pipe.read()?;
        Alive::of(&[id.trim().parse()?])
    };
    let command = "sleep 1000 & echo $! > begun; wait";
    let server = DevServer::start(&project, &["--on-reload", command])?;
    let first = begun()?;
    assert_eq!(first.count(), 1);
    project.edit("src/output.py", "naïve", "new")?;
    let second = begun()?;
    first.gone()?;
    assert_eq!(second.count(), 1);
    server.stop(Signal::INT)?;
    second.gone()
}
