//! One server of `lgx dev`, from its start to its end, and what the terminal, the browser and scripts hear of it.

use std::future::pending;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use lgx_devserver::on_disk::{self, Amount};
use lgx_devserver::{Listener, Ready, Running, TunnelAudience, TunnelEntrance};
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::on_reload::{LoadObserver, OnReload};
use super::tunnel::Tunnel;
use crate::browser;
use crate::cloudflared;
use crate::commands::exec::environment;
use crate::commands::recorded::Recorded;
use crate::commands::served::{HOSTED_STUDIO, Served};
use crate::descriptors;
use crate::disk::Disk;
use crate::env_names;
use crate::exit::Outcome;
use crate::network;
use crate::project;
use crate::ready_file::ReadyFile;
use crate::server_file::ServerFile;
use crate::settings::server::StateLife;
use crate::signals::StopSignals;
use crate::ui::banner::{self, Banner};
use crate::ui::keys::{self, Key};
use crate::ui::reporter::Reporter;
use crate::ui::{cancelled_runs, debugging, left_runs, style};

/// How long the first words of a server wait for its interpreter.
const INTRODUCTION: Duration = Duration::from_secs(2);

/// How long they wait to say how much is kept.
const COUNTING: Duration = Duration::from_millis(500);

/// One server, from its start to its end.
pub(super) struct Session<'a> {
    pub(super) served: Served<'a>,
    pub(super) reporter: Arc<Reporter>,
    pub(super) observer: Arc<LoadObserver>,
}

impl Session<'_> {
    /// Serves until the person, a signal or a failure ends it.
    pub(super) async fn serve(
        self,
        held: Option<Listener>,
        mut keys: UnboundedReceiver<Key>,
    ) -> anyhow::Result<Outcome> {
        descriptors::raise_limit();
        let mut signals = StopSignals::catch().context("cannot listen for signals")?;
        let ready_file = self
            .served
            .settings
            .ready_file
            .as_deref()
            .map(ReadyFile::claim)
            .transpose();
        let ready_file = ready_file.context("cannot use the file of --ready-file")?;
        let reporter = Arc::clone(&self.reporter);
        let tell = move |told| reporter.say(format!("{} {told}", style::warning()));
        let recorded = self
            .served
            .record("lgx dev --record".to_owned(), Arc::new(tell));
        let recorded = recorded.await?;
        let started = tokio::select! {
            started = self.served.start(held, recorded.as_ref()) => started?,
            outcome = signals.next() => return Ok(outcome),
        };
        let Some(running) = started else {
            return Ok(Outcome::Failure);
        };
        let server_file = self.write_server_file(&running);
        for warning in self.served.passed_over(&running) {
            self.reporter.say(warning);
        }
        let on_reload = self.on_reload(&running);
        let tunnel = self.tunnel(&running)?;
        let introduced = Notify::new();
        let mut beside = pin!(async {
            let command = async {
                if let Some(command) = &on_reload {
                    command.run(&self.observer).await;
                }
            };
            let tunnel = async {
                if let Some(tunnel) = &tunnel {
                    let said = || self.tunnel_rows(&tunnel.entrance);
                    tokio::select! {
                        biased;
                        () = self.observer.ended() => {}
                        () = introduced.notified() => tunnel.run(&self.observer, said).await,
                    }
                }
            };
            tokio::join!(command, tunnel);
        });
        let mut is_over = false;
        let until_end = async {
            (&mut beside).await;
            is_over = true;
            pending::<()>().await;
        };
        let outcome = tokio::select! {
            () = until_end => Ok(Outcome::Success),
            outcome = signals.next() => Ok(outcome),
            () = self.obey(&running, &mut keys) => Ok(Outcome::Success),
            fatal = self.run(&running, ready_file.as_ref(), recorded.as_ref(), &introduced) => Err(fatal),
        };
        // Scripts must not find a server that is about to go.
        drop((ready_file, server_file));
        if outcome.is_ok() {
            self.reporter.say("Stopping; once more stops at once");
        }
        self.observer.end();
        let stop = async {
            if is_over {
                running.stop().await;
            } else {
                tokio::join!(running.stop(), beside);
            }
            if let Some(recorded) = recorded {
                recorded.close().await;
            }
        };
        tokio::select! {
            () = stop => outcome,
            outcome = signals.next() => Ok(outcome),
            () = quits(&mut keys) => outcome,
        }
    }

    /// The command that runs with each code that is loaded, if there is one.
    fn on_reload(&self, running: &Running) -> Option<OnReload> {
        let served = &self.served;
        let command = served.settings.on_reload.clone()?;
        let mut variables = environment::variables(
            served.environment(),
            project::directory_of(served.config),
            served.interpreters,
            &Disk,
        );
        let names = [env_names::LANGGRAPH_API_URL, env_names::LGX_URL];
        variables.retain(|(name, _)| names.iter().all(|known| name != known));
        variables.extend(names.map(|name| (name.into(), running.inner_url().into())));
        Some(OnReload {
            command,
            variables,
            folder: served.context.cwd.clone(),
        })
    }

    /// The tunnel that is to lead to it, if there is to be one.
    fn tunnel(&self, running: &Running) -> anyhow::Result<Option<Tunnel>> {
        let Some(entrance) = running.tunnel_entrance() else {
            return Ok(None);
        };
        let context = self.served.context;
        Ok(Some(Tunnel {
            program: cloudflared::find(context)?,
            entrance: entrance.clone(),
            reporter: Arc::clone(&self.reporter),
            tells_script: !context.terminal.stdout,
        }))
    }

    /// Lets other commands find the server. It serves without that too.
    fn write_server_file(&self, running: &Running) -> Option<ServerFile> {
        let encryption = self.served.encryption;
        let fingerprint = encryption.map(|it| it.fingerprint.as_str());
        let written = ServerFile::write(&running.state_dir(), running.url(), fingerprint);
        let warn = |error: &io::Error| {
            self.reporter.say(format!(
                "{} `lgx run` will not find this server: {error}",
                style::warning()
            ));
        };
        written.inspect_err(warn).ok()
    }

    /// Does what the person asks for with keys; comes back when they want to stop.
    async fn obey(&self, running: &Running, keys: &mut UnboundedReceiver<Key>) {
        while let Some(key) = keys.recv().await {
            match key {
                Key::Reload => running.reload(),
                Key::Open => self.open_studio(running),
                Key::Urls => {
                    self.reporter
                        .say(self.banner(running, None, None).addresses());
                    let tunnel = running.tunnel_entrance();
                    if let Some(open) = tunnel.filter(|it| it.url().is_some()) {
                        self.reporter.say(self.tunnel_rows(open));
                    }
                }
                Key::Cancel => {
                    let cancelled = running.cancel_runs().await;
                    self.reporter.say(cancelled_runs::text(cancelled.as_ref()));
                }
                Key::Quit => return,
                // Of the screen, which has done it.
                Key::Clear | Key::Help | Key::LogLevel | Key::Traceback => {}
            }
        }
        pending::<()>().await;
    }

    /// Opens hosted Studio if it was asked for, else the local one.
    fn open_studio(&self, running: &Running) {
        let Some(studio) = self.hosted_studio(running).or_else(|| running.studio()) else {
            let said =
                "there is no Studio: start without --no-studio, or name one with --studio-url";
            self.reporter.say(format!("{} {said}", style::warning()));
            return;
        };
        if browser::open(&studio, &self.served.context.env).is_err() {
            self.reporter.say(format!(
                "{} cannot open a browser; Studio is at {studio}",
                style::warning()
            ));
        }
    }

    fn hosted_studio(&self, running: &Running) -> Option<String> {
        let studio = self.served.settings.studio_url.as_deref()?;
        Some(banner::hosted_studio(studio, running.url()))
    }

    /// Where the other end of the tunnel is, and hosted Studio there.
    fn tunnel_rows(&self, entrance: &TunnelEntrance) -> String {
        let studio = self.served.settings.studio_url.as_deref();
        let url = entrance.url().unwrap_or_default();
        let hosted = banner::hosted_studio(studio.unwrap_or(HOSTED_STUDIO), &url);
        let is_for_everybody = self.served.settings.tunnel == Some(TunnelAudience::Everybody);
        banner::tunnel(&url, &hosted, is_for_everybody)
    }

    /// Announces the server once it is ready. Comes back only with the reason why it cannot go on.
    async fn run(
        &self,
        running: &Running,
        ready_file: Option<&ReadyFile>,
        recorded: Option<&Recorded>,
        introduced: &Notify,
    ) -> anyhow::Error {
        // Addresses are of no use when the server is about to end; a slow interpreter does not hold them up.
        let folder = running.state_dir();
        let counted = spawn_blocking(move || on_disk::amount(&folder).ok().flatten());
        let (_, counted) = tokio::join!(
            timeout(INTRODUCTION, running.interpreter_checked()),
            timeout(COUNTING, counted)
        );
        let kept = counted.ok().and_then(Result::ok).flatten();
        let fatal = tokio::select! {
            biased;
            fatal = running.failed() => Some(fatal),
            () = std::future::ready(()) => None,
        };
        if let Some(fatal) = fatal {
            return self.served.explain(&fatal).await;
        }
        self.reporter
            .say(self.banner(running, recorded, kept).render());
        if let Some(left) = left_runs::render(running.left_runs(), running.url()) {
            self.reporter.say(left);
        }
        if let Some(attach) = debugging::how_to_attach(running.debug_addresses()) {
            self.reporter.say(attach);
        }
        if self.served.context.can_ask() {
            self.reporter.say(keys::hint());
        }
        introduced.notify_one();
        match running.ready().await {
            Ok(ready) => {
                if let Err(error) = self.announce(&ready, running, ready_file) {
                    return error;
                }
            }
            Err(fatal) => return self.served.explain(&fatal).await,
        }
        self.served.explain(running.failed().await.as_ref()).await
    }

    /// Tells the person, the script and the browser that the server is ready.
    fn announce(
        &self,
        ready: &Ready,
        running: &Running,
        ready_file: Option<&ReadyFile>,
    ) -> anyhow::Result<()> {
        self.reporter.say(banner::ready(ready));
        if ready.graphs > 0 {
            self.observer.loaded();
        }
        self.served.tell_scripts(ready, running, ready_file)?;
        // Without one there is nothing to open, and nothing to complain of.
        if self.served.settings.browser
            && (self.served.settings.studio || self.served.settings.studio_url.is_some())
        {
            self.open_studio(running);
        }
        Ok(())
    }

    fn state_row(&self, running: &Running, kept: Option<Amount>) -> String {
        let folder = self.served.context.shown(&running.state_dir());
        let goes = self.served.settings.state_life == StateLife::Ephemeral;
        let kept = kept.map(|amount| (amount.threads, amount.bytes));
        banner::state(&folder, kept, goes)
    }

    fn banner(
        &self,
        running: &Running,
        recorded: Option<&Recorded>,
        kept: Option<Amount>,
    ) -> Banner<'_> {
        let served = &self.served;
        let scheme = served.encryption.map_or("http", |_| "https");
        let runtimes = running.runtimes().into_iter();
        let interpreters = runtimes
            .filter_map(|runtime| Some((runtime, served.interpreters.of(runtime).ok()?)))
            .collect();
        let network = network::addresses(running.address()).into_iter();
        let variables = match running.variables() {
            (Some(file), count) => Some((served.context.shown(&file), count)),
            (None, 0) => None,
            (None, count) => Some((served.context.shown(served.config), count)),
        };
        let cassettes = recorded.map(|recorded| recorded.library().folder());
        Banner {
            url: running.url().to_owned(),
            host: served.settings.host,
            network: network
                .map(|address| format!("{scheme}://{address}"))
                .collect(),
            studio: running.studio(),
            hosted_studio: self.hosted_studio(running),
            interpreters,
            config: served.context.shown(served.config),
            auth: running.auth(),
            debuggers: running.debug_addresses().to_vec(),
            cassettes: cassettes.map(|folder| served.context.shown(folder)),
            variables,
            state: self.state_row(running, kept),
        }
    }
}

/// Waits for the key that stops the server.
async fn quits(keys: &mut UnboundedReceiver<Key>) {
    while let Some(key) = keys.recv().await {
        if key == Key::Quit {
            return;
        }
    }
    pending::<()>().await;
}
