//! `lgx reset` beside a server, with a person at the terminal, and what the next server finds.

use std::process::Command;

use anyhow::{Result, ensure};
use lgx_tests::{AtTerminal, DevServer, EndsInTime, Project, lgx};
use rustix::process::Signal;
use serde_json::json;

fn reset(project: &Project) -> Result<Command> {
    let mut command = lgx()?;
    command.current_dir(project.dir()).arg("reset");
    command.env_remove("CI");
    Ok(command)
}

#[test]
fn state_is_removed_when_the_person_says_so_and_never_from_under_a_server() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    for _ in 0..2 {
        server.client().new_thread()?;
    }

    let refused = reset(&project)?.arg("--yes").output_in_time()?;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    for part in [
        server.url(),
        &format!("(process {})", server.pid()),
        "nothing was removed",
    ] {
        ensure!(said.contains(part), "{said}");
    }
    server.stop(Signal::TERM)?;

    let question = "Remove 2 threads, ";
    for (keys, code, said) in [
        ("n", 1, "nothing was removed"),
        ("\x03", 130, question),
        ("y", 0, "removed: 2 threads, "),
    ] {
        let mut person = AtTerminal::start(&reset(&project)?)?;
        person.press(question, keys)?;
        let (ended, shown) = person.wait()?;
        assert_eq!(ended, Some(code), "{shown}");
        ensure!(shown.contains(said), "{shown}");
    }

    let server = DevServer::start(&project, &["--no-reload"])?;
    let count = server.client().post("/threads/count", &json!({}))?.ok()?;
    assert_eq!(count, json!(0));
    Ok(())
}
