//! One server of `lgx serve`, from its start to its end, and what programs hear of it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use lgx_devserver::{Running, on_disk};

use crate::args::code::LogLevel;
use crate::commands::served::Served;
use crate::descriptors;
use crate::exit::Outcome;
use crate::ready_file::ReadyFile;
use crate::server_file::ServerFile;
use crate::signals::StopSignals;
use crate::ui::log_record::LogRecord;
use crate::ui::reporter::Reporter;
use crate::ui::{banner, left_runs, style};

/// One server, from its start to its end.
pub(super) struct Instance<'a> {
    pub(super) served: Served<'a>,
    pub(super) reporter: Arc<Reporter>,
    /// How long runs may take to end once it is to stop.
    pub(super) drain: Duration,
}

impl Instance<'_> {
    /// Serves until a signal or a failure ends it.
    pub(super) async fn serve(self) -> anyhow::Result<Outcome> {
        descriptors::raise_limit();
        let mut signals = StopSignals::catch().context("cannot listen for signals")?;
        let path = self.served.settings.ready_file.as_deref();
        let ready_file = path.map(ReadyFile::claim).transpose();
        let ready_file = ready_file.context("cannot use the file of --ready-file")?;
        let started = tokio::select! {
            started = self.served.start(None, None) => started?,
            outcome = signals.next() => return Ok(outcome),
        };
        let Some(running) = started else {
            return Ok(Outcome::Failure);
        };
        let server_file = self.write_server_file(&running);
        for warning in self.served.passed_over(&running) {
            self.tell(LogLevel::Warning, "passed_over", warning);
        }
        self.introduce(&running);
        let outcome = tokio::select! {
            outcome = signals.next() => Ok(outcome),
            fatal = self.run(&running, ready_file.as_ref()) => Err(fatal),
        };
        // Scripts must not find a server that is about to go.
        drop((ready_file, server_file));
        let end = async {
            if outcome.is_ok() {
                self.come_to_rest(&running).await;
            }
            running.stop().await;
            self.tell(LogLevel::Info, "stopped", "Stopped");
        };
        tokio::select! {
            () = end => outcome,
            // Nothing that was acknowledged is lost.
            outcome = signals.next() => Ok(outcome),
        }
    }

    /// Announces the server once it is ready. Comes back only with the reason why it cannot go on.
    async fn run(&self, running: &Running, ready_file: Option<&ReadyFile>) -> anyhow::Error {
        match running.ready().await {
            Ok(ready) => {
                let record = LogRecord::new(LogLevel::Info, "ready", banner::ready(&ready));
                let record = record
                    .with("url", running.url())
                    .with("graphs", ready.graphs)
                    .with("failed", ready.failed.clone());
                self.reporter.record(record);
                if let Err(error) = self.served.tell_scripts(&ready, running, ready_file) {
                    return error;
                }
            }
            Err(fatal) => return self.served.explain(&fatal).await,
        }
        self.served.explain(running.failed().await.as_ref()).await
    }

    /// Has runs come to their end before the server stops.
    async fn come_to_rest(&self, running: &Running) {
        let executing = running.executing_runs();
        let time = style::duration(self.drain);
        let runs = if executing == 1 {
            "run executes"
        } else {
            "runs execute"
        };
        let told = format!("Draining for at most {time}: {executing} {runs}");
        let record = LogRecord::new(LogLevel::Info, "draining", told);
        let record = record
            .with("runs", executing)
            .with("seconds", self.drain.as_secs());
        self.reporter.record(record);
        let left = running.drain(self.drain).await;
        if left > 0 {
            let runs = if left == 1 { "run goes" } else { "runs go" };
            let told = format!("{left} {runs} on at the next start, from the last checkpoint");
            let record = LogRecord::new(LogLevel::Warning, "handed_back", told);
            self.reporter.record(record.with("runs", left));
        }
    }

    /// Tells where it listens, and what it serves how.
    fn introduce(&self, running: &Running) {
        let served = &self.served;
        let address = running.address();
        let scheme = served.encryption.map_or("http", |_| "https");
        let state = running.state_dir().display().to_string();
        let auth = running.auth();
        let (word, level) = match &auth {
            Some(auth) => (format!("auth by {auth}"), LogLevel::Info),
            None => (
                "no auth: everybody who reaches it can run its code".to_owned(),
                LogLevel::Warning,
            ),
        };
        let told = format!("Listening on {scheme}://{address}, {word}, state in {state}");
        let (env_file, variables) = running.variables();
        let record = LogRecord::new(level, "listening", told)
            .with("address", address.to_string())
            .with("version", env!("CARGO_PKG_VERSION"))
            .with("config", served.config.display().to_string())
            .with("auth", auth)
            .with("state", state)
            .with("workers", served.settings.workers)
            .with("env_file", env_file.map(|file| file.display().to_string()))
            .with("env_variables", variables);
        self.reporter.record(record);
        if let Some(left) = left_runs::render(running.left_runs(), running.url()) {
            let going_on = running.left_runs().going_on.len();
            let record = LogRecord::new(LogLevel::Info, "left_runs", left);
            self.reporter.record(record.with("runs", going_on));
        }
    }

    /// Lets other commands find the server. It serves without that too.
    fn write_server_file(&self, running: &Running) -> Option<ServerFile> {
        let encryption = self.served.encryption;
        let fingerprint = encryption.map(|it| it.fingerprint.as_str());
        let folder = running.state_dir();
        // It is not there where a database keeps the state.
        let written = on_disk::make_folder(&folder)
            .and_then(|()| ServerFile::write(&folder, running.url(), fingerprint));
        let warn = |error: &io::Error| {
            let told = format!("`lgx status` will not find this server: {error}");
            self.tell(LogLevel::Warning, "server_file", told);
        };
        written.inspect_err(warn).ok()
    }

    fn tell(&self, level: LogLevel, event: &'static str, told: impl AsRef<str>) {
        self.reporter.record(LogRecord::new(level, event, told));
    }
}
