//! `cloudflared`, the program whose quick tunnels lead from the internet to a server of this machine: found, started, read and ended.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdin, Command};
use tokio::time::timeout;

use crate::context::Context;
use crate::ui::error::Advised;

/// What the names of quick tunnels end with.
const DOMAIN: &str = ".trycloudflare.com";
/// What is asked for a tunnel, which errors name.
const SERVICE: &str = "api.trycloudflare.com";
/// How long it may take to end when it is told to.
const GRACE: Duration = Duration::from_secs(2);
/// Runs a program until it ends or stdin does, which is when this process ends, however that happens. Its stderr ends with the program.
const UNTIL_STDIN_ENDS: &str =
    r#""$@" & program=$!; exec 2>&-; read -r _; kill $program && sleep 2 && kill -9 $program"#;

/// The program.
pub(crate) fn find(context: &Context) -> Result<PathBuf, Advised> {
    context.find_command("cloudflared").ok_or_else(|| {
        Advised::new(
            "--tunnel needs the program `cloudflared`, and there is none on the PATH",
            "install it: `brew install cloudflared`, or a package of https://github.com/cloudflare/cloudflared/releases; it needs no account",
        )
    })
}

/// What a tunnel says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TunnelWord {
    /// It is open under this name.
    Open(String),
    /// It has ended; what it said last.
    Ended(String),
}

/// A tunnel, in a process group of its own: Ctrl-C is for the server, which ends it then. It ends when this is dropped, too.
pub(crate) struct Cloudflared {
    lines: Lines<BufReader<ChildStderr>>,
    last: String,
    child: Child,
    until: Option<ChildStdin>,
}

impl Cloudflared {
    /// Starts one that leads to `entrance`.
    pub(crate) fn start(program: &Path, entrance: SocketAddr) -> io::Result<Self> {
        let mut child = Command::new("sh")
            .args(["-c", UNTIL_STDIN_ENDS, "sh"])
            .arg(program)
            .args(["tunnel", "--no-autoupdate", "--url"])
            .arg(format!("http://{entrance}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let until = child.stdin.take();
        let said = child.stderr.take();
        let said = said.ok_or_else(|| io::Error::other("it has no stderr"))?;
        Ok(Self {
            lines: BufReader::new(said).lines(),
            last: String::new(),
            child,
            until,
        })
    }

    /// What it says next.
    pub(crate) async fn next(&mut self) -> TunnelWord {
        while let Ok(Some(line)) = self.lines.next_line().await {
            if let Some(name) = name_in(&line) {
                return TunnelWord::Open(name.to_owned());
            }
            if !line.trim().is_empty() {
                self.last = line;
            }
        }
        TunnelWord::Ended(std::mem::take(&mut self.last))
    }

    /// Ends it, and waits until it has.
    pub(crate) async fn stop(mut self) {
        drop(self.until.take());
        let silent = async { while matches!(self.next().await, TunnelWord::Open(_)) {} };
        let _ = timeout(GRACE, silent).await;
        let group = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(group) = group.and_then(Pid::from_raw) {
            // All may have gone.
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.wait().await;
    }
}

/// The name of a tunnel in a line of its log.
fn name_in(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("https://")?;
    let end = rest.find(|letter: char| !(letter.is_ascii_alphanumeric() || "-.".contains(letter)));
    let name = &rest[..end.unwrap_or(rest.len())];
    (name.ends_with(DOMAIN) && name != SERVICE).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_in_a_box_and_other_urls_are_none() {
        for (line, expected) in [
            (
                "2026-01-02T03:04:05Z INF |  https://some-words-here.trycloudflare.com                |",
                Some("some-words-here.trycloudflare.com"),
            ),
            (
                "INF Requesting new quick Tunnel on trycloudflare.com...",
                None,
            ),
            (
                r#"ERR failed to request quick Tunnel: Post "https://api.trycloudflare.com/tunnel": dial tcp"#,
                None,
            ),
            (
                "INF see https://developers.cloudflare.com/cloudflare-one/",
                None,
            ),
            ("INF https://a.trycloudflare.com.evil.example", None),
        ] {
            assert_eq!(name_in(line), expected, "{line}");
        }
    }
}
