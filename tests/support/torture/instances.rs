//! Several instances on one database behind a balancer, and what is done to them while clients work.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lgx_test_postgres::{Installation, PrivateServer, TestDatabase};
use rustix::process::Signal;

use super::faults::{Blow, Fault};
use super::served::Served;
use super::target::{Blows, Target};
use crate::processes::working_in;
use crate::server::send;
use crate::{Alive, Balancer, Client, DevServer, Project, Random, python_env};

/// An instance that has stood still for so long counts as dead to the others.
const STANDS_STILL: Duration = Duration::from_secs(18);
/// After so long all is as before: an instance is dead after 15 s, and others look each 5 s.
const TROUBLE: Duration = Duration::from_secs(25);
/// As many kills as a run is executed at most: a database that falls may end any run.
const ENDS_RUNS: u64 = 3;
/// What all instances of the project know.
const SECRET: &str = "the instances of a torture all know this";

/// All instances, one database, one balancer.
pub(super) struct Instances<'a> {
    served: &'a Served,
    project: Project,
    postgres: PrivateServer,
    database: TestDatabase,
    balancer: Balancer,
    running: Vec<DevServer>,
    started: usize,
    random: Random,
    struck: BTreeMap<Fault, usize>,
    restarts: Vec<Duration>,
    checked: usize,
}

impl<'a> Instances<'a> {
    /// Serves a project with so many.
    pub(super) fn start(
        served: &'a Served,
        project: Project,
        random: Random,
        count: usize,
    ) -> Result<Self> {
        let installation = Installation::find().context("no Postgres is installed")?;
        let postgres = PrivateServer::start(&installation)?;
        let database = postgres.make_database()?;
        let mut instances = Self {
            served,
            project,
            postgres,
            database,
            balancer: Balancer::start()?,
            running: Vec::new(),
            started: 0,
            random,
            struck: BTreeMap::new(),
            restarts: Vec::new(),
            checked: 0,
        };
        for _ in 0..count {
            instances.add()?;
        }
        served.appears(Client::apart(instances.balancer.url()));
        Ok(instances)
    }

    /// Starts one more; how long that took.
    fn add(&mut self) -> Result<Duration> {
        // More slots than there are clients, so that only runs before it keep a run waiting.
        let arguments = ["--no-auth", "--drain", "5s", "--n-jobs-per-worker", "40"];
        let mut command: Command = DevServer::production(&self.project, &arguments)?;
        command
            .args(["--host", "127.0.0.1"])
            .env("LGX_PYTHON", python_env()?.python())
            .env("LGX_SECRET", SECRET)
            .env("DATABASE_URI", self.database.address());
        let begun = Instant::now();
        let server = DevServer::spawn(command)?;
        let took = begun.elapsed();
        self.started += 1;
        self.served.hears(
            &format!("instance {} ({})", self.started, server.url()),
            &server,
        );
        self.balancer.add(server.url())?;
        self.running.push(server);
        Ok(took)
    }

    /// Takes one away from the balancer, to end it.
    fn take(&mut self, number: u64) -> Result<DevServer> {
        let which = number % (self.running.len().max(1) as u64);
        ensure!(!self.running.is_empty(), "no instance is running");
        let server = self.running.remove(usize::try_from(which)?);
        self.balancer.remove(server.url())?;
        Ok(server)
    }

    fn replace(&mut self, number: u64, end: fn(DevServer) -> Result<()>) -> Result<()> {
        let server = self.take(number)?;
        let processes = Alive::of(&server.children()?)?;
        end(server)?;
        processes.gone()?;
        let took = self.add()?;
        self.restarts.push(took);
        Ok(())
    }

    fn stand_still(&self, number: u64, whole: bool) -> Result<()> {
        let which = usize::try_from(number)? % self.running.len().max(1);
        let server = self.running.get(which).context("no instance is running")?;
        let children = if whole {
            server.children()?
        } else {
            Vec::new()
        };
        let all: Vec<u32> = std::iter::once(server.pid()).chain(children).collect();
        for pid in &all {
            send(*pid, Signal::STOP)?;
        }
        std::thread::sleep(STANDS_STILL);
        for pid in all.iter().rev() {
            send(*pid, Signal::CONT)?;
        }
        Ok(())
    }

    /// No row is of a thread that is gone, and no thread has two runs that execute.
    fn is_whole(&mut self) -> Result<()> {
        const OF_THREADS: &str = "SELECT table_name FROM information_schema.columns \
             WHERE table_schema = current_schema() AND column_name = 'thread_id'";
        // What is kept of stateless runs outlives their threads.
        let outlive = ["threads", "gone_runs", "known_runs"];
        let tables = self.database.query(OF_THREADS)?;
        for table in tables.lines().filter(|table| !outlive.contains(table)) {
            let left = self.database.query(&format!(
                "SELECT count(*) FROM {table} WHERE thread_id IS NOT NULL \
                 AND thread_id NOT IN (SELECT thread_id FROM threads)"
            ))?;
            ensure!(
                left.trim() == "0",
                "{table} has {left} rows of threads that are gone"
            );
        }
        self.checked += 1;
        Ok(())
    }
}

impl Target for Instances<'_> {
    fn strike(&mut self) -> Result<String> {
        let before = self.struck.values().sum();
        let Blow {
            fault,
            after,
            number,
        } = Blow::next(&mut self.random, before);
        self.served.wait_for_requests(after)?;
        *self.struck.entry(fault).or_default() += 1;
        let begun = Instant::now();
        self.served.is_in_trouble(TROUBLE);
        let kills = match fault {
            Fault::DatabaseFell => ENDS_RUNS,
            Fault::Drained => 0,
            _ => 1,
        };
        self.served.strikes(kills);
        match fault {
            Fault::Killed => self.replace(number, DevServer::kill)?,
            Fault::KilledWhole => self.replace(number, DevServer::kill_everything)?,
            Fault::Frozen => self.stand_still(number, false)?,
            Fault::FrozenWhole => self.stand_still(number, true)?,
            Fault::DatabaseFell => {
                self.postgres.fall()?;
                self.postgres.rise()?;
            }
            Fault::Drained => self.replace(number, |server| {
                let status = server.stop(Signal::TERM)?;
                ensure!(status.success(), "SIGTERM ended it with {status}");
                Ok(())
            })?,
            Fault::Workers => {
                let which = usize::try_from(number)? % self.running.len().max(1);
                let server = self.running.get(which).context("no instance is running")?;
                server.kill_workers()?;
            }
        }
        self.served.is_in_trouble(TROUBLE);
        let took = begun.elapsed().as_millis();
        Ok(format!(
            "{} after {after} requests, in {took} ms",
            fault.name()
        ))
    }

    fn kill_everything(&mut self) -> Result<()> {
        let count = self.running.len();
        self.served.is_in_trouble(TROUBLE);
        self.served.strikes(1);
        while !self.running.is_empty() {
            self.take(0)?.kill_everything()?;
        }
        let left = working_in(self.project.dir())?;
        Alive::of(&left)?.gone()?;
        self.is_whole()?;
        for _ in 0..count {
            self.add()?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Blows> {
        while !self.running.is_empty() {
            let status = self.take(0)?.stop(Signal::TERM)?;
            ensure!(status.success(), "SIGTERM ended it with {status}");
        }
        self.is_whole()?;
        let struck = self.struck.into_iter();
        Ok(Blows {
            struck: struck.map(|(fault, count)| (fault.name(), count)).collect(),
            restarts: self.restarts,
            checked: self.checked,
        })
    }
}
