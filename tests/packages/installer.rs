//! The files of a release: the shell installer against a server on this machine, the formula, and that they are the same each time.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;

use anyhow::{Result, ensure};
use lgx_tests::workspace_root;
use tempfile::TempDir;

use crate::{VERSION, run, said, script, stripped, target};

const DOWNLOADS: &str = "https://example.com/o/lgx/releases/download";

/// Serves the files of a folder for as long as the test process lives, and gives the URL.
fn serve(folder: PathBuf) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    thread::spawn(move || {
        for connection in listener.incoming() {
            let answered = connection.and_then(|mut connection| {
                let path = requested(&connection)?;
                let (status, body) = match std::fs::read(folder.join(path.trim_start_matches('/')))
                {
                    Ok(body) => ("200 OK", body),
                    Err(_) => ("404 Not Found", Vec::new()),
                };
                let length = body.len();
                write!(
                    connection,
                    "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
                )?;
                connection.write_all(&body)
            });
            // A client that leaves is a failure of its own, and told there.
            drop(answered);
        }
    });
    Ok(url)
}

/// The path that a request asks for.
fn requested(connection: &std::net::TcpStream) -> std::io::Result<String> {
    use std::io::BufRead as _;
    let mut path = String::new();
    for (number, line) in std::io::BufReader::new(connection).lines().enumerate() {
        let line = line?;
        if number == 0 {
            line.split(' ')
                .nth(1)
                .unwrap_or_default()
                .clone_into(&mut path);
        }
        if line.is_empty() {
            break;
        }
    }
    Ok(path)
}

/// Writes a release of this binary, as that of all these targets.
fn release(into: &Path, binary: &Path, targets: &[&str]) -> Result<()> {
    let mut command = script("release_files.py");
    command.arg(into).args(["--downloads", DOWNLOADS]);
    for target in targets {
        command.arg(format!("{target}={}", binary.display()));
    }
    said(&mut command).map(drop)
}

#[test]
fn the_installer_compares_the_checksum_and_puts_the_binary_into_a_folder() -> Result<()> {
    let Some(target) = target() else {
        return Ok(());
    };
    let temp = TempDir::new()?;
    let version = concat!("v", env!("CARGO_PKG_VERSION"));
    let files = temp.path().join("releases").join(version);
    release(&files, &stripped(temp.path())?, &[target])?;
    let url = serve(temp.path().join("releases"))?;
    let folder = temp.path().join("bin");
    let install = |more: &[(&str, &str)]| -> Result<Output> {
        let mut sh = Command::new("sh");
        sh.arg(files.join("install.sh"))
            .env("LGX_DOWNLOADS", &url)
            .env("LGX_INSTALL_DIR", &folder)
            .env("no_proxy", "127.0.0.1")
            .envs(more.iter().copied());
        run(&mut sh)
    };
    let done = install(&[])?;
    let told = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "{told}");
    ensure!(
        told.contains("export PATH="),
        "it says how to reach it: {told}"
    );
    assert_eq!(
        said(Command::new(folder.join("lgx")).arg("--version"))?,
        VERSION
    );
    // Again, over the one that is there, and where the folder is on the PATH.
    let path = format!("{}:{}", folder.display(), std::env::var("PATH")?);
    let again = install(&[("PATH", &path)])?;
    let told = String::from_utf8_lossy(&again.stderr);
    ensure!(
        again.status.success() && !told.contains("export PATH="),
        "{told}"
    );

    let none = install(&[("LGX_VERSION", "9.9.9")])?;
    let told = String::from_utf8_lossy(&none.stderr);
    ensure!(
        none.status.code() == Some(1) && told.contains("/v9.9.9/"),
        "{told}"
    );

    fs_err::remove_file(folder.join("lgx"))?;
    let sums = fs_err::read_to_string(files.join("SHA256SUMS"))?;
    fs_err::write(
        files.join("SHA256SUMS"),
        format!("{}{}", "0".repeat(64), &sums[64..]),
    )?;
    let wrong = install(&[])?;
    let told = String::from_utf8_lossy(&wrong.stderr);
    ensure!(
        wrong.status.code() == Some(1) && told.contains("nothing was installed"),
        "{told}"
    );
    ensure!(!folder.join("lgx").exists(), "it was not installed");
    Ok(())
}

#[test]
fn a_release_is_the_same_each_time_and_the_formula_names_each_archive() -> Result<()> {
    let temp = TempDir::new()?;
    let binary = temp.path().join("binary");
    fs_err::write(&binary, "not a binary")?;
    let platforms = fs_err::read_to_string(workspace_root().join("packaging/npm/platforms.json"))?;
    let platforms: Vec<BTreeMap<String, String>> = serde_json::from_str(&platforms)?;
    let targets: Vec<_> = platforms
        .iter()
        .map(|platform| platform["target"].as_str())
        .collect();
    let [one, other] = ["one", "other"].map(|name| temp.path().join(name));
    release(&one, &binary, &targets)?;
    release(&other, &binary, &targets)?;
    let sums = fs_err::read_to_string(one.join("SHA256SUMS"))?;
    assert_eq!(sums, fs_err::read_to_string(other.join("SHA256SUMS"))?);
    assert_eq!(sums.lines().count(), targets.len());

    let formula = fs_err::read_to_string(one.join("lgx.rb"))?;
    let version = env!("CARGO_PKG_VERSION");
    ensure!(
        formula.contains(&format!("version \"{version}\"")),
        "{formula}"
    );
    for target in targets.iter().filter(|target| !target.ends_with("musl")) {
        let archive = format!("lgx-{target}.tar.gz");
        let sum = sums.lines().find_map(|line| line.strip_suffix(&archive));
        let sum = sum.map(str::trim).unwrap_or_default();
        let expected =
            format!("url \"{DOWNLOADS}/v{version}/{archive}\"\n      sha256 \"{sum}\"\n");
        ensure!(
            !sum.is_empty() && formula.contains(&expected),
            "{expected}{formula}"
        );
    }
    for file in ["lgx.rb", "install.sh"] {
        let text = fs_err::read_to_string(one.join(file))?;
        let left: Vec<_> = text
            .split('@')
            .skip(1)
            .step_by(2)
            .filter(|name| *name == name.to_uppercase() && !name.contains(char::is_whitespace))
            .collect();
        ensure!(left.is_empty(), "{file} has {left:?} still to be filled in");
    }
    Ok(())
}
