//! One server that is killed, and what has to be so right after each time: no process is left, the database is whole, the next one comes up.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};

use super::plan::{Kill, Victim};
use super::served::Served;
use super::target::{Blows, Target};
use crate::processes::{parent_of, working_in};
use crate::{Alive, DevServer, EndsInTime, Project, Random, python_env};

/// Looks at a copy of the database: to open the file itself would recover it before lgx does.
const CHECK: &str = r#"
import pathlib, shutil, sqlite3, sys, tempfile

state = pathlib.Path(sys.argv[1])
with tempfile.TemporaryDirectory() as folder:
    for file in state.glob("state.db*"):
        shutil.copy(file, folder)
    database = sqlite3.connect(pathlib.Path(folder, "state.db"))
    problems = [row[0] for row in database.execute("PRAGMA integrity_check") if row[0] != "ok"]
    tables = [row[0] for row in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    for table in tables:
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        # What is kept of stateless runs outlives their threads.
        if "thread_id" in columns and table not in ("threads", "gone_runs"):
            left = database.execute(
                f"SELECT count(*) FROM {table} WHERE thread_id IS NOT NULL"
                " AND thread_id NOT IN (SELECT thread_id FROM threads)"
            ).fetchone()[0]
            if left:
                problems.append(f"{table} has {left} rows of threads that are gone")
    print("; ".join(problems), end="")
"#;

/// One server, and what kills it.
pub(super) struct Killer<'a> {
    served: &'a Served,
    project: Project,
    server: Option<DevServer>,
    random: Random,
    kills: BTreeMap<Victim, usize>,
    restarts: Vec<Duration>,
    checked: usize,
}

impl Target for Killer<'_> {
    /// The next kill of the plan.
    fn strike(&mut self) -> Result<String> {
        let kill = Kill::next(&mut self.random);
        let Kill {
            victim,
            after,
            number,
        } = kill;
        self.served.wait_for_requests(after)?;
        *self.kills.entry(victim).or_default() += 1;
        let told = format!("{} after {after} requests", victim.name());
        match victim {
            Victim::Server => self.replace(DevServer::kill, None)?,
            Victim::Everything => self.replace(DevServer::kill_everything, None)?,
            Victim::Starts => self.replace(DevServer::kill, Some(Duration::from_millis(number)))?,
            Victim::Worker | Victim::Workers | Victim::Zygote => {
                self.served.strikes(1);
                strike(self.server()?, victim, number)?;
                return Ok(told);
            }
        }
        let took = self.restarts.last().copied().unwrap_or_default();
        Ok(format!(
            "{told}; the next was ready in {} ms",
            took.as_millis()
        ))
    }

    fn kill_everything(&mut self) -> Result<()> {
        self.replace(DevServer::kill_everything, None)
    }

    fn finish(mut self) -> Result<Blows> {
        self.served.disappears();
        let server = self.server.take().context("no server is running")?;
        let status = server.stop(Signal::TERM)?;
        ensure!(status.success(), "SIGTERM ended it with {status}");
        let kills = self.kills.into_iter();
        Ok(Blows {
            struck: kills
                .map(|(victim, count)| (victim.name(), count))
                .collect(),
            restarts: self.restarts,
            checked: self.checked,
        })
    }
}

impl<'a> Killer<'a> {
    /// Serves a project.
    pub(super) fn start(served: &'a Served, project: Project, random: Random) -> Result<Self> {
        let mut killer = Self {
            served,
            project,
            server: None,
            random,
            kills: BTreeMap::new(),
            restarts: Vec::new(),
            checked: 0,
        };
        killer.restart()?;
        Ok(killer)
    }

    fn server(&self) -> Result<&DevServer> {
        self.server.as_ref().context("no server is running")
    }

    /// The command that serves it.
    fn command(&self) -> Result<Command> {
        // More slots than there are clients, so that only runs before it keep a run waiting.
        let mut command = DevServer::command(&self.project, &["--n-jobs-per-worker", "40"])?;
        command.env("LGX_PYTHON", python_env()?.python());
        Ok(command)
    }

    /// Serves it, and says how long that took.
    fn restart(&mut self) -> Result<Duration> {
        let command = self.command()?;
        let begun = Instant::now();
        let server = DevServer::spawn(command)?;
        let took = begun.elapsed();
        self.served.hears("a server", &server);
        self.served.appears(server.client());
        self.server = Some(server);
        Ok(took)
    }

    fn replace(
        &mut self,
        kill: fn(DevServer) -> Result<()>,
        next_dies_after: Option<Duration>,
    ) -> Result<()> {
        self.served.disappears();
        let server = self.server.take().context("no server is running")?;
        let processes = Alive::of(&server.children()?)?;
        kill(server)?;
        processes.gone()?;
        self.nothing_is_wrong()?;
        if let Some(patience) = next_dies_after {
            self.served.strikes(1);
            DevServer::cut_short(self.command()?, patience)?;
            self.nothing_is_wrong()?;
        }
        let took = self.restart()?;
        self.restarts.push(took);
        Ok(())
    }

    /// No process is left, and the database is whole.
    fn nothing_is_wrong(&mut self) -> Result<()> {
        let project = self.project.dir();
        loop {
            let left = working_in(project)?;
            if left.is_empty() {
                break;
            }
            Alive::of(&left)?.gone()?;
        }
        self.checked += 1;
        is_whole(&project.join(".lgx"))
    }
}

fn strike(server: &DevServer, victim: Victim, number: u64) -> Result<()> {
    let processes = server.children()?;
    let parents: Vec<u32> = processes.iter().filter_map(|pid| parent_of(*pid)).collect();
    let (zygotes, workers): (Vec<u32>, Vec<u32>) =
        processes.into_iter().partition(|pid| parents.contains(pid));
    let one_of = |pids: &[u32]| {
        let at = number % (pids.len().max(1) as u64);
        pids.iter()
            .copied()
            .skip(usize::try_from(at).unwrap_or_default())
            .take(1)
            .collect()
    };
    let struck: Vec<u32> = match victim {
        Victim::Worker => one_of(&workers),
        Victim::Zygote => one_of(&zygotes),
        _ => [zygotes, workers].concat(),
    };
    for pid in struck {
        let pid = Pid::from_raw(i32::try_from(pid)?).context("a process id is not 0")?;
        // It may have gone already.
        let _ = kill_process(pid, Signal::KILL);
    }
    Ok(())
}

fn is_whole(state: &Path) -> Result<()> {
    let output = Command::new(python_env()?.python())
        .args(["-c", CHECK])
        .arg(state)
        .output_in_time()?;
    let told = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success() && told.is_empty(),
        "the database is not whole: {told}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
