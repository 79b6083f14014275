//! `--tunnel`: whether a tunnel may lead to a project, and what it does beside the server.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lgx_devserver::{TunnelAudience, TunnelEntrance};
use serde_json::json;

use super::on_reload::LoadObserver;
use crate::cloudflared::{Cloudflared, TunnelWord};
use crate::context::Context;
use crate::ui::error::Advised;
use crate::ui::reporter::Reporter;
use crate::ui::{printer, style};

/// Whether such a tunnel may lead to the project of this configuration; else why not.
pub(super) fn may_open(
    audience: TunnelAudience,
    config: &Path,
    context: &Context,
) -> Result<(), Advised> {
    let variable = |name: &str| context.env.get(name)?.to_str().map(str::to_owned);
    // What is wrong with the configuration is told by the start.
    let has_no_auth =
        lgx_config::load(config, &variable).is_ok_and(|loaded| loaded.config.auth.is_none());
    if audience == TunnelAudience::Everybody || !has_no_auth {
        return Ok(());
    }
    Err(Advised::new(
        "--tunnel needs `auth` in langgraph.json: without it, everybody who has the URL can run the project's code and read its threads",
        "add `auth`, or let everybody in with --tunnel --tunnel-open",
    ))
}

/// A tunnel that is to lead to a server.
pub(super) struct Tunnel {
    /// What it is made with.
    pub(super) program: PathBuf,
    /// Where it leads.
    pub(super) entrance: TunnelEntrance,
    /// Who hears of it.
    pub(super) reporter: Arc<Reporter>,
    /// Nobody reads stdout, so that a script does.
    pub(super) tells_script: bool,
}

impl Tunnel {
    /// Has it lead to the server until that is about to end, or the tunnel ends. `opened` gives what to say of it.
    pub(super) async fn run(&self, observer: &LoadObserver, opened: impl Fn() -> String) {
        let mut running = match Cloudflared::start(&self.program, self.entrance.address()) {
            Ok(running) => running,
            Err(error) => return self.warn(format_args!("the tunnel cannot be started: {error}")),
        };
        loop {
            let word = tokio::select! {
                word = running.next() => word,
                () = observer.ended() => break,
            };
            match word {
                TunnelWord::Open(name) => self.tell(&name, &opened),
                TunnelWord::Ended(last) => {
                    let last = last.trim();
                    // Whoever reads this may ask at once.
                    self.entrance.close();
                    self.warn(format_args!(
                        "the tunnel has ended, and the server goes on: cloudflared said last \"{last}\""
                    ));
                    break;
                }
            }
        }
        self.entrance.close();
        running.stop().await;
    }

    /// It is open under this name.
    fn tell(&self, name: &str, opened: impl Fn() -> String) {
        self.entrance.open(name);
        self.reporter.say(opened());
        if self.tells_script {
            let event = json!({"event": "tunnel", "url": self.entrance.url()});
            // Without a reader it is as good.
            let _ = printer::put(event);
        }
    }

    fn warn(&self, said: std::fmt::Arguments<'_>) {
        self.reporter.say(format!("{} {said}", style::warning()));
    }
}
