//! The server's own keys on a terminal, and the terminal as the server leaves it.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use lgx_tests::{AtTerminal, DevServer, Project, Terminal, lgx, python_env};
use rustix::process::Signal;
use serde_json::json;

/// What is typed for Ctrl-Z.
#[cfg(target_os = "linux")]
const CTRL_Z: &str = "\x1a";

fn serve() -> Result<(Project, DevServer, Terminal)> {
    let project = Project::copy_of("terminal")?;
    let (server, terminal) = DevServer::start_on_terminal(&project, &["--no-reload"])?;
    Ok((project, server, terminal))
}

#[test]
fn keys_are_pressed_without_enter() -> Result<()> {
    let (_project, server, mut terminal) = serve()?;
    server.wait_for_stderr(0, &["press h for"])?;
    for (key, shown) in [
        ("h", vec!["q", "stop the server"]),
        ("u", vec!["API", server.url()]),
        ("l", vec!["Log level debug"]),
        ("t", vec!["Nothing has failed"]),
        ("k", vec!["No run executes or waits"]),
    ] {
        let from = server.stderr().len();
        terminal.press(key)?;
        server.wait_for_stderr(from, &shown)?;
    }
    ensure!(!terminal.gives_lines()?);
    // With Enter they do the same.
    let from = server.stderr().len();
    terminal.enter("r")?;
    server.wait_for_stderr(from, &["Reloading: as asked"])?;
    server.wait_for_stderr(from, &["Reloaded in"])?;
    terminal.press("q")?;
    ensure!(server.wait()?.success());
    ensure!(terminal.gives_lines()?, "the terminal is as it was");
    Ok(())
}

#[test]
fn the_key_k_cancels_what_runs_and_says_how_many() -> Result<()> {
    let (_project, server, mut terminal) = serve()?;
    let client = server.client();
    let thread = client.new_thread()?;
    let path = format!("/threads/{thread}/runs");
    let ask = json!({"assistant_id": "dotter", "input": {}, "multitask_strategy": "enqueue"});
    let first = client.post(&path, &ask)?.ok()?;
    server.wait_for_prompt("...")?;
    client.post(&path, &ask)?.ok()?;
    let from = server.stderr().len();
    terminal.press("k")?;
    server.wait_for_stderr(
        from,
        &["Cancelled:", "1 run that executes and 1 run that waits"],
    )?;
    let run = first["run_id"].as_str().context("a run has an id")?;
    client.get(&format!("{path}/{run}/join"))?;
    let ended = client.get(&format!("{path}/{run}"))?.ok()?;
    assert_eq!(ended["status"], "interrupted");
    Ok(())
}

#[test]
fn the_last_failure_is_shown_again() -> Result<()> {
    let (_project, server, mut terminal) = serve()?;
    let ask = json!({"assistant_id": "asking", "input": {}});
    let client = server.client();
    let thread = client.new_thread()?;
    client
        .post(&format!("/threads/{thread}/runs"), &ask)?
        .ok()?;
    server.wait_for_prompt("Name? ")?;
    ensure!(
        terminal.gives_lines()?,
        "an answer is typed with the line editing of the terminal"
    );
    terminal.press("\x04")?;
    server.wait_for_stderr(0, &["EOFError"])?;
    let from = server.stderr().len();
    // What was held for the prompt comes first.
    server.wait_for_stderr(0, &["Traceback"])?;
    terminal.press("\n")?;
    terminal.press("t")?;
    server.wait_for_stderr(from + 1, &["questions.py", "in ask"])?;
    ensure!(!terminal.gives_lines()?);
    Ok(())
}

#[test]
fn the_terminal_is_put_back_however_the_server_is_stopped() -> Result<()> {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let (_project, server, terminal) = serve()?;
        ensure!(!terminal.gives_lines()?);
        server.stop(signal)?;
        ensure!(terminal.gives_lines()?, "after {signal:?}");
    }
    Ok(())
}

#[test]
fn the_terminal_is_put_back_when_the_server_cannot_go_on() -> Result<()> {
    let project = Project::copy_of("terminal")?;
    project.write("src/output.py", "1 / 0\n")?;
    let mut command = DevServer::command(&project, &["--strict"])?;
    command.env("LGX_PYTHON", python_env()?.python());
    command.env_remove("CI");
    let started = AtTerminal::start(&command)?;
    started.wait_for(0, "ZeroDivisionError")?;
    let (code, lines) = started.wait_and_look()?;
    assert_eq!(code, Some(1));
    ensure!(lines, "the terminal is as it was");
    Ok(())
}

#[test]
fn without_a_terminal_nothing_is_said_of_keys() -> Result<()> {
    let project = Project::copy_of("terminal")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    server.wait_for_stderr(0, &["Ready:"])?;
    let text = server.stderr().text();
    ensure!(!text.contains("press h"), "{text}");
    Ok(())
}

/// A shell with job control, in the foreground of a terminal of its own.
#[cfg(target_os = "linux")]
fn shell(project: &Project) -> Result<AtTerminal> {
    let mut command = Command::new("bash");
    command
        .args(["--norc", "--noediting", "-i"])
        .current_dir(project.dir())
        .env("LGX", lgx()?.get_program())
        .env("LGX_PYTHON", python_env()?.python())
        .env("PS1", "at the shell$ ")
        .env_remove("CI");
    AtTerminal::start(&command)
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_z_gives_the_terminal_to_the_shell_and_fg_takes_it_again() -> Result<()> {
    let project = Project::copy_of("terminal")?;
    let mut shell = shell(&project)?;
    shell.answer("at the shell$ ", "\"$LGX\" dev --no-browser --port 0")?;
    let mut from = shell.wait_for(0, "Ready:")?;
    ensure!(!shell.gives_lines()?);
    for _ in 0..2 {
        shell.keys(CTRL_Z)?;
        from = shell.wait_for(from, "Stopped")?;
        shell.wait_for_beginning("at the shell$ ")?;
        ensure!(shell.gives_lines()?);
        shell.answer("at the shell$ ", "stty -a")?;
        shell.wait_for(from, "susp = ^Z")?;
        shell.answer("at the shell$ ", "fg")?;
        from = shell.wait_for(from, "LGX\" dev")?;
        // Whether it has the terminal again is seen when keys come one by one.
        shell.keys("u")?;
        from = shell.wait_for(from, "API docs")?;
        ensure!(!shell.gives_lines()?);
    }
    // In the background it leaves the terminal alone, and comes back to it.
    shell.keys(CTRL_Z)?;
    shell.answer("at the shell$ ", "bg")?;
    shell.answer("at the shell$ ", "echo still $((40 + 2))")?;
    from = shell.wait_for(from, "still 42")?;
    ensure!(shell.gives_lines()?);
    shell.answer("at the shell$ ", "fg")?;
    shell.wait_for(from, "LGX\" dev")?;
    shell.keys("q\n")?;
    shell.answer("at the shell$ ", "echo ended with $?")?;
    shell.wait_for(from, "ended with 0")?;
    shell.answer("at the shell$ ", "exit")?;
    shell.wait()?;
    Ok(())
}
