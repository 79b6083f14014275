//! `lgx dev --tunnel` with the real binary, and a program in the place of `cloudflared` that says what that says.

use std::os::unix::fs::PermissionsExt as _;

use anyhow::{Context as _, Result, ensure};
use fs_err as fs;
use lgx_tests::{Alive, Client, DevServer, Project, python_env};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

const NAME: &str = "some-words-here.trycloudflare.com";

/// Says what it was given, opens a tunnel that leads nowhere, and stays until it is told to end.
const CLOUDFLARED: &str = r#"#!/bin/sh
echo "$@" > arguments
echo $$ > process
cat >&2 <<END
2026-01-02T03:04:05Z INF Thank you for trying Cloudflare Tunnel. Doing so, without a Cloudflare account, is a quick way to experiment.
2026-01-02T03:04:05Z INF Requesting new quick Tunnel on trycloudflare.com...
2026-01-02T03:04:06Z INF +--------------------------------------------------------------------------------------------+
2026-01-02T03:04:06Z INF |  Your quick Tunnel has been created! Visit it at (it may take some time to be reachable):  |
2026-01-02T03:04:06Z INF |  https://some-words-here.trycloudflare.com                                                 |
2026-01-02T03:04:06Z INF +--------------------------------------------------------------------------------------------+
2026-01-02T03:04:06Z INF Version 2026.1.0
END
exec sleep 1000
"#;

/// A server with a tunnel, a client at the end of it, and the process of the tunnel.
fn tunnelled(project: &Project, arguments: &[&str]) -> Result<(DevServer, Client, Alive, Pid)> {
    project.write("bin/cloudflared", CLOUDFLARED)?;
    let program = project.path("bin/cloudflared");
    fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755))?;
    let arguments = [&["--no-reload", "--tunnel"], arguments].concat();
    let mut command = DevServer::command(project, &arguments)?;
    command.env("LGX_PYTHON", python_env()?.python());
    let path = std::env::var("PATH")?;
    command.env("PATH", format!("{}:{path}", project.path("bin").display()));
    let server = DevServer::spawn(command)?;
    server.wait_for_stderr(0, &["Tunnel", &format!("https://{NAME}")])?;
    let hosted = format!("https://smith.langchain.com/studio/?baseUrl=https://{NAME}");
    server.wait_for_stderr(0, &["Hosted", &hosted])?;

    let given = project.read("arguments")?;
    let url = given
        .trim_end()
        .strip_prefix("tunnel --no-autoupdate --url ");
    let url = url.with_context(|| given.clone())?;
    ensure!(url != server.url(), "{url}");
    let outside = Client::new(url).with_header("host", NAME);
    let process: u32 = project.read("process")?.trim().parse()?;
    let alive = Alive::of(&[process])?;
    assert_eq!(alive.count(), 1);
    let process = Pid::from_raw(i32::try_from(process)?).context("a process id is not 0")?;
    Ok((server, outside, alive, process))
}

#[test]
fn a_tunnel_leads_to_the_auth_of_the_project_and_its_end_is_one_line() -> Result<()> {
    let project = Project::copy_of("auth")?;
    let (server, outside, alive, process) = tunnelled(&project, &[])?;
    outside.get("/ok")?.ok()?;
    let studio = outside.clone().with_header("x-auth-scheme", "langsmith");
    assert_eq!(studio.post("/threads", &json!({}))?.status, 401);
    let here = server.client().with_header("x-auth-scheme", "langsmith");
    here.post("/threads", &json!({}))?.ok()?;

    let from = server.stderr().len();
    kill_process(process, Signal::TERM)?;
    alive.gone()?;
    let line = server.wait_for_stderr(from, &["the tunnel has ended"])?;
    ensure!(line.contains("INF Version 2026.1.0"), "{line}");
    assert_eq!(outside.get("/ok")?.status, 403);
    server.client().get("/ok")?.ok()?;
    Ok(())
}

#[test]
fn a_tunnel_ends_with_the_server_however_that_ends() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    let (server, outside, alive, _) = tunnelled(&project, &["--tunnel-open"])?;
    server.wait_for_stderr(0, &["WARNING", "everybody who has the URL"])?;
    outside.new_thread()?;
    server.stop(Signal::INT)?;
    alive.gone()?;

    let (server, _, alive, _) = tunnelled(&project, &["--tunnel-open"])?;
    server.kill()?;
    alive.gone()
}
