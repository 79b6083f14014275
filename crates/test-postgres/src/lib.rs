//! A Postgres of the tests' own: started by the first test of a process that asks, gone with that process, however it ends.
//!
//! `LGX_TEST_POSTGRES` may name a server to use instead, as `postgres://…`, where databases may be made.

mod held;
mod installation;
mod server;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context as _, Result, ensure};
use uuid::Uuid;

pub use self::held::HeldTransaction;
pub use self::installation::Installation;
pub use self::server::PrivateServer;

/// A database, empty at first. It goes with its server.
#[derive(Debug, Clone)]
pub struct TestDatabase {
    address: String,
    programs: Installation,
}

impl TestDatabase {
    /// Makes one; why not, if there is no Postgres to be had here.
    ///
    /// # Errors
    /// When there is one, and it does not do this.
    pub fn make() -> Result<Result<Self, NoPostgres>> {
        static SERVER: OnceLock<Result<Where, String>> = OnceLock::new();
        let server = SERVER.get_or_init(|| Where::find().map_err(|error| format!("{error:#}")));
        match server {
            Ok(Where::Nowhere(reason)) => Ok(Err(reason.clone())),
            Ok(Where::Private(server)) => server.make_database().map(Ok),
            Ok(Where::Given(programs, address)) => make_database(programs, address).map(Ok),
            Err(error) => Err(anyhow::anyhow!("{error}")),
        }
    }

    /// All that is in it, as text.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn dump(&self) -> Result<String> {
        let output = Command::new(self.programs.program("pg_dump"))
            .args(["--data-only", "--inserts", "--dbname"])
            .arg(&self.address)
            .output()
            .context("pg_dump does not start")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "the database cannot be dumped: {said}"
        );
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// What a statement gives, a line a row.
    ///
    /// # Errors
    /// When it fails.
    pub fn query(&self, statement: &str) -> Result<String> {
        let output = Command::new(self.programs.program("psql"))
            .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
            .args(["--set=ON_ERROR_STOP=1", "--command", statement])
            .arg(&self.address)
            .output()
            .context("psql does not start")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`{statement}` failed: {said}");
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// A transaction that has done this, and has locked what that locks until it is let go.
    ///
    /// # Errors
    /// When it cannot be begun.
    pub fn hold(&self, statement: &str) -> Result<HeldTransaction> {
        HeldTransaction::begin(&self.programs, &self.address, statement)
    }

    /// Waits until somebody waits for a lock in it.
    ///
    /// # Errors
    /// When that cannot be seen.
    pub fn wait_for_waiting(&self) -> Result<()> {
        // The database looks, and not this process, so that it is one question.
        let looks = "DO $$ BEGIN
            WHILE NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock') LOOP
                PERFORM pg_sleep(0.01), pg_stat_clear_snapshot();
            END LOOP;
        END $$";
        self.query(looks).map(drop)
    }

    /// The socket at which it is reached, if it is one.
    pub fn socket(&self) -> Option<PathBuf> {
        let (_, folder) = self.address.split_once("?host=")?;
        Some(Path::new(folder).join(".s.PGSQL.5432"))
    }

    /// The same database, reached at another address.
    #[must_use]
    pub fn at(&self, address: SocketAddr) -> Self {
        let (before, _) = self.address.split_once('?').unwrap_or((&self.address, ""));
        let name = before.rsplit('/').next().unwrap_or_default();
        Self {
            address: format!("postgres://lgx@{address}/{name}"),
            programs: self.programs.clone(),
        }
    }

    /// Its address, as `DATABASE_URI` has it.
    pub fn address(&self) -> &str {
        &self.address
    }
}

/// Why there is no Postgres.
#[derive(Debug, Clone)]
pub struct NoPostgres(String);

impl fmt::Display for NoPostgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no Postgres here: {}", self.0)
    }
}

enum Where {
    Given(Installation, String),
    Private(PrivateServer),
    Nowhere(NoPostgres),
}

impl Where {
    fn find() -> Result<Self> {
        if let Ok(address) = std::env::var("LGX_TEST_POSTGRES") {
            return Ok(Self::Given(Installation::at(Path::new("")), address));
        }
        Ok(match Installation::find() {
            Some(installation) => Self::Private(PrivateServer::start(&installation)?),
            None => Self::Nowhere(NoPostgres(
                "neither Debian's package `postgresql` is installed, nor is `initdb` on PATH; LGX_TEST_POSTGRES may name a server".to_owned(),
            )),
        })
    }
}

/// Makes a database where `server`, an address with any database, is.
fn make_database(programs: &Installation, server: &str) -> Result<TestDatabase> {
    let name = format!("lgx_test_{}", Uuid::now_v7().simple());
    let output = Command::new(programs.program("psql"))
        .args(["--no-psqlrc", "--quiet", "--command"])
        .arg(format!("CREATE DATABASE {name}"))
        .arg(server)
        .output()
        .context("psql does not start")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "no database can be made: {said}");
    let (before, parameters) = server.split_once('?').map_or((server, ""), |parts| parts);
    let before = before.rsplit_once('/').map_or(before, |(before, _)| before);
    let parameters = match parameters {
        "" => String::new(),
        parameters => format!("?{parameters}"),
    };
    Ok(TestDatabase {
        address: format!("{before}/{name}{parameters}"),
        programs: programs.clone(),
    })
}
