//! A transaction beside those that are tested: what it has locked, others wait for.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::Installation;

/// What the transaction says once it has its locks.
const HELD: &str = "it is held";

/// A transaction that has begun. It is undone when this is dropped.
#[derive(Debug)]
pub struct HeldTransaction {
    session: Child,
    told: Option<ChildStdin>,
}

impl HeldTransaction {
    pub(crate) fn begin(programs: &Installation, address: &str, statement: &str) -> Result<Self> {
        let mut session = Command::new(programs.program("psql"))
            .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
            .arg("--set=ON_ERROR_STOP=1")
            .arg(address)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("psql does not start")?;
        let said = session.stdout.take().context("stdout is piped")?;
        let mut told = session.stdin.take().context("stdin is piped")?;
        writeln!(told, "BEGIN; {statement}; SELECT '{HELD}';")?;
        let mut held = false;
        for line in BufReader::new(said).lines() {
            if line? == HELD {
                held = true;
                break;
            }
        }
        ensure!(held, "`{statement}` failed");
        Ok(Self {
            session,
            told: Some(told),
        })
    }

    /// Ends it: whoever waits goes on.
    ///
    /// # Errors
    /// When that is not known.
    pub fn let_go(mut self) -> Result<()> {
        drop(self.told.take());
        let status = self.session.wait()?;
        ensure!(status.success(), "the transaction ended with {status}");
        Ok(())
    }
}

impl Drop for HeldTransaction {
    fn drop(&mut self) {
        drop(self.told.take());
        let _ = self.session.wait();
    }
}
