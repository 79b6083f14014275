//! HTTPS with the real binary: clients in other languages, the project's own code, and the commands that look for the server.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use lgx_tests::{DevServer, EndsInTime, Project, lgx, python_env};
use rcgen::{CertificateParams, KeyPair};

/// What the SDK says of the server, and what the project's own code says when it asks the server that runs it.
const ASKS: &str = r#"
import asyncio, os
from langgraph_sdk import get_client

async def main():
    client = get_client(url=os.environ["LGX_URL"])
    chunks = [chunk async for chunk in client.runs.stream(None, "agent", input={}, stream_mode="values")]
    print(len(chunks) > 1, "version" in chunks[-1].data["answer"])

asyncio.run(main())
"#;

/// A certificate for these names, with its key, in two files.
fn certificate(folder: &Path, names: &[&str]) -> Result<[PathBuf; 2]> {
    let key = KeyPair::generate()?;
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    let certificate = CertificateParams::new(names)?.self_signed(&key)?;
    let files = [folder.join("cert.pem"), folder.join("key.pem")];
    fs_err::write(&files[0], certificate.pem())?;
    fs_err::write(&files[1], key.serialize_pem())?;
    Ok(files)
}

/// What a program says on stdout; it has to go well.
fn said(command: &mut Command) -> Result<String> {
    let output = command.output_in_time()?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {stderr}");
    Ok(String::from_utf8(output.stdout)?)
}

fn served(project: &Project, names: &[&str]) -> Result<(DevServer, PathBuf)> {
    let [certificate, key] = certificate(project.dir(), names)?;
    let arguments = [
        "--no-reload",
        "--ssl-certfile",
        certificate.to_str().context("a path in UTF-8")?,
        "--ssl-keyfile",
        key.to_str().context("a path in UTF-8")?,
    ];
    Ok((DevServer::start(project, &arguments)?, certificate))
}

#[test]
fn clients_that_trust_the_certificate_and_the_projects_own_code_reach_the_server() -> Result<()> {
    let project = Project::copy_of("app")?;
    let (server, certificate) = served(&project, &["localhost", "127.0.0.1"])?;
    let url = server.url();
    ensure!(url.starts_with("https://127.0.0.1:"), "{url}");
    let ready = fs_err::read_to_string(server.ready_file())?;
    assert_eq!(ready.trim_end(), url);
    server.wait_for_stderr(0, &["Studio", &format!("{url}/studio/")])?;

    let asked = said(
        Command::new(python_env()?.python())
            .args(["-c", ASKS])
            .env("LGX_URL", url)
            .env("SSL_CERT_FILE", &certificate),
    )?;
    assert_eq!(asked.trim_end(), "True True");
    let curl = |arguments: &[&str]| {
        let mut curl = Command::new("curl");
        curl.args(["-sS", "--max-time", "30"]).args(arguments);
        curl
    };
    let trusted = certificate.to_str().context("a path in UTF-8")?;
    let ok = said(&mut curl(&["--cacert", trusted, &format!("{url}/ok")]))?;
    ensure!(ok.starts_with(r#"{"ok":true"#), "{ok}");
    // Who does not trust it hears of it, and who speaks in the clear is told what to do.
    let distrusted = curl(&[&format!("{url}/ok")]).output_in_time()?;
    assert_eq!(distrusted.status.code(), Some(60), "{distrusted:?}");
    let clear = url.replace("https:", "http:");
    let told = said(&mut curl(&[&format!("{clear}/ok")]))?;
    ensure!(told.contains(&format!("use {url}.")), "{told}");
    Ok(())
}

#[test]
fn a_server_goes_by_the_names_in_its_certificate() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    let (server, certificate) = served(&project, &["dev.test"])?;
    let url = server.url();
    ensure!(url.starts_with("https://dev.test:"), "{url}");
    let port = url.rsplit(':').next().context("a port")?;
    let asked = said(Command::new("curl").args([
        "-sS",
        "--resolve",
        &format!("dev.test:{port}:127.0.0.1"),
        "--cacert",
        certificate.to_str().context("a path in UTF-8")?,
        &format!("{url}/ok"),
    ]))?;
    ensure!(asked.starts_with(r#"{"ok":true"#), "{asked}");
    // A certificate of another name is not taken for one of this.
    let mut named = lgx()?;
    named.current_dir(project.dir());
    named.args(["run", "chat", "-m", "hi", "--url"]);
    named.arg(format!("https://127.0.0.1:{port}"));
    let refused = named.env("SSL_CERT_FILE", certificate).output_in_time()?;
    let stderr = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{stderr}");
    ensure!(stderr.contains("not valid for name"), "{stderr}");
    Ok(())
}

#[test]
fn lgx_run_and_lgx_status_find_a_server_that_speaks_https() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    let (server, certificate) = served(&project, &["localhost"])?;
    ensure!(
        server.url().starts_with("https://localhost:"),
        "{}",
        server.url()
    );
    let command = |arguments: &[&str]| -> Result<Command> {
        let mut command = lgx()?;
        command.current_dir(project.dir()).args(arguments);
        Ok(command)
    };
    let ran = said(&mut command(&["run", "chat", "-m", "hi"])?)?;
    assert_eq!(ran, "You said: hi\n");
    let status = said(&mut command(&["status", "--json"])?)?;
    let status: serde_json::Value = serde_json::from_str(&status)?;
    assert_eq!(status["url"], server.url(), "{status}");
    ensure!(status["threads"]["all"].is_u64(), "{status}");
    // Elsewhere it is trusted as programs trust others.
    let named = said(
        command(&["run", "chat", "-m", "more", "--url", server.url()])?
            .env("SSL_CERT_FILE", certificate),
    )?;
    assert_eq!(named, "You said: more\n");
    Ok(())
}

#[test]
fn one_authority_is_for_all_projects_of_a_user() -> Result<()> {
    let home = tempfile::TempDir::new()?;
    let authority = home.path().join("lgx/tls/authority.pem");
    let mut trusted = None;
    for _ in 0..2 {
        let project = Project::copy_of("app")?;
        let mut command = DevServer::command(&project, &["--no-reload", "--tls"])?;
        command.env("LGX_PYTHON", python_env()?.python());
        command.env("XDG_DATA_HOME", home.path());
        let server = DevServer::spawn(command)?;
        let pem = fs_err::read_to_string(&authority)?;
        assert_eq!(trusted.get_or_insert_with(|| pem.clone()), &pem);
        let asked = said(
            Command::new(python_env()?.python())
                .args(["-c", ASKS])
                .env("LGX_URL", server.url())
                .env("SSL_CERT_FILE", &authority),
        )?;
        assert_eq!(asked.trim_end(), "True True");
        let port = server.url().rsplit(':').next().context("a port")?;
        for host in ["localhost", "127.0.0.1"] {
            let mut curl = Command::new("curl");
            curl.args(["-sS", "--cacert"]).arg(&authority);
            let ok = said(curl.arg(format!("https://{host}:{port}/ok")))?;
            ensure!(ok.starts_with(r#"{"ok":true"#), "{ok}");
        }
    }
    Ok(())
}
