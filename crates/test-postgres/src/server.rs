//! A server with a cluster of its own in a temporary folder, reached by a socket there.

use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use crate::{Installation, TestDatabase, make_database};

const PATIENCE: Duration = Duration::from_secs(120);
const READY: &str = "database system is ready to accept connections";
const FALLEN: &str = "the server has fallen";

/// Runs the server, and has it fall and rise as it is told, until its own standard input ends, as it does when the process that started it is
/// gone. Then it clears the server's folder away.
const UNTIL_ALONE: &str = r#"
folder=$1; shift
"$@" < /dev/null &
server=$!
while read -r told; do
  case $told in
    fall) kill -QUIT $server; wait $server; echo "the server has fallen" >&2 ;;
    rise) "$@" < /dev/null &
      server=$! ;;
  esac
done
kill -QUIT $server
wait $server
rm -rf "$folder"
"#;

/// Settings of a server that need not survive the fall of the machine. What it has acknowledged survives its own.
const SETTINGS: &str = "
fsync = off
full_page_writes = off
synchronous_commit = on
listen_addresses = ''
max_connections = 400
shared_buffers = 32MB
";

/// A running server. It ends when this is dropped, or with the process.
#[derive(Debug)]
pub struct PrivateServer {
    programs: Installation,
    folder: PathBuf,
    child: Child,
    said: Mutex<Receiver<String>>,
}

impl PrivateServer {
    /// Makes a cluster and starts its server.
    ///
    /// # Errors
    /// When either does not work, with what was said about it.
    pub fn start(installation: &Installation) -> Result<Self> {
        let folder = TempDir::with_prefix("lgx-pg-")?.keep();
        let user = User::of_server(&folder)?;
        let data = folder.join("data");
        let mut initdb = user.command(&installation.program("initdb"));
        initdb
            .arg("--pgdata")
            .arg(&data)
            .args(["--username=lgx", "--auth=trust", "--no-sync"])
            .args(["--encoding=UTF8", "--locale=C.UTF-8"]);
        let output = initdb.output().context("initdb does not start")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "no cluster is made: {said}");
        let settings = format!(
            "{SETTINGS}unix_socket_directories = '{}'\n",
            folder.display()
        );
        fs_err::write(data.join("postgresql.auto.conf"), settings)?;

        let mut server = Command::new("sh");
        server.args(["-c", UNTIL_ALONE, "sh"]).arg(&folder);
        let mut postgres = user.command(&installation.program("postgres"));
        postgres.arg("-D").arg(&data);
        server.arg(postgres.get_program()).args(postgres.get_args());
        let mut child = server
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let said = child.stderr.take().context("stderr is piped")?;
        let server = Self {
            programs: installation.clone(),
            folder,
            child,
            said: Mutex::new(lines(BufReader::new(said))),
        };
        server.wait_for(READY)?;
        Ok(server)
    }

    /// An empty database on it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make_database(&self) -> Result<TestDatabase> {
        let address = format!("postgres://lgx@/postgres?host={}", self.folder.display());
        make_database(&self.programs, &address)
    }

    /// Ends it as a crash does: no connection is told anything, and what was not committed is gone.
    ///
    /// # Errors
    /// When it does not end.
    pub fn fall(&self) -> Result<()> {
        self.tell("fall")?;
        self.wait_for(FALLEN)
    }

    /// Starts it again, and waits until it takes connections.
    ///
    /// # Errors
    /// When it does not become ready.
    pub fn rise(&self) -> Result<()> {
        self.tell("rise")?;
        self.wait_for(READY)
    }

    fn tell(&self, told: &str) -> Result<()> {
        let mut told_to = self.child.stdin.as_ref().context("stdin is piped")?;
        Ok(writeln!(told_to, "{told}")?)
    }

    /// Waits until it says this.
    fn wait_for(&self, awaited: &str) -> Result<()> {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = String::new();
        loop {
            let line = said
                .recv_timeout(PATIENCE)
                .with_context(|| format!("the server did not say that {awaited}:\n{all}"))?;
            if line.contains(awaited) {
                return Ok(());
            }
            all.push_str(&line);
            all.push('\n');
        }
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        drop(self.child.wait());
    }
}

/// Reads what the server says for as long as it says something, so that it never waits for a reader. `LGX_TEST_POSTGRES_LOG` names a file
/// that it is added to: only there does the server say which statements a deadlock was between.
fn lines(said: impl BufRead + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    let log = std::env::var_os("LGX_TEST_POSTGRES_LOG").map(|path| {
        let mut options = fs_err::OpenOptions::new();
        options.create(true).append(true).open(path)
    });
    let mut log = log.and_then(Result::ok);
    std::thread::spawn(move || {
        for line in said.lines().map_while(Result::ok) {
            if let Some(log) = &mut log {
                let _ = writeln!(log, "{line}");
            }
            // Once the server is dropped, nobody listens.
            let _ = sender.send(line);
        }
    });
    receiver
}

/// Who the server runs as: Postgres refuses to be root.
struct User {
    is_root: bool,
}

impl User {
    /// Makes the folder theirs.
    fn of_server(folder: &Path) -> Result<Self> {
        let is_root = rustix::process::geteuid().is_root();
        if is_root {
            let given = Command::new("chown")
                .arg("nobody:nogroup")
                .arg(folder)
                .status()?;
            ensure!(given.success(), "{} cannot be given away", folder.display());
        }
        Ok(Self { is_root })
    }

    /// A program that they run.
    fn command(&self, program: &Path) -> Command {
        if !self.is_root {
            return Command::new(program);
        }
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"])
            .arg(program);
        command
    }
}
