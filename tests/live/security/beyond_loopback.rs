//! A server listens for this machine alone, unless `--host` says otherwise; without auth it then says so in red.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lgx_tests::{DevServer, Project, python_env};

const ALARM: &str = "WARNING: the server listens on 0.0.0.0 and has no auth";

/// What a server of this project says about itself with these arguments, in colour or without.
fn banner(project: &str, arguments: &[&str], colour: &str) -> Result<String> {
    let project = Project::copy_of(project)?;
    let mut command = DevServer::command(&project, arguments)?;
    command
        .env("LGX_PYTHON", python_env()?.python())
        .env_remove("NO_COLOR")
        .env(colour, "1");
    let server = DevServer::spawn(command)?;
    Ok(server.stderr().text())
}

#[test]
fn what_everybody_can_reach_without_auth_is_told_in_red_and_in_words() -> Result<()> {
    let everywhere = ["--no-reload", "--host", "0.0.0.0"];
    let red = banner("fixtures", &everywhere, "CLICOLOR_FORCE")?;
    let (before, _) = red.split_once(ALARM).context(red.clone())?;
    let style = before.rsplit('\n').next().unwrap_or_default();
    ensure!(style.contains("\x1b[31m"), "not in red: {style:?}");
    let plain = banner("fixtures", &everywhere, "NO_COLOR")?;
    ensure!(plain.contains(ALARM) && !plain.contains('\x1b'), "{plain}");
    let guarded = banner("auth", &everywhere, "NO_COLOR")?;
    ensure!(guarded.contains("warning: the server listens on 0.0.0.0"));
    ensure!(!guarded.contains("no auth"), "{guarded}");
    Ok(())
}

#[test]
fn without_a_flag_only_this_machine_can_connect() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    ensure!(!server.stderr().text().contains("WARNING"));
    let address: SocketAddr = server.url().trim_start_matches("http://").parse()?;
    ensure!(address.ip().is_loopback(), "{address}");
    // On Linux all of this network is this machine, and a server for everybody would answer there.
    if cfg!(target_os = "linux") {
        let other = SocketAddr::from(([127, 0, 0, 2], address.port()));
        ensure!(TcpStream::connect_timeout(&other, Duration::from_secs(5)).is_err());
    }
    Ok(())
}
