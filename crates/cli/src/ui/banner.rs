//! What a server says about itself once it listens, and once it is ready.

use std::net::{IpAddr, SocketAddr};

use lgx_config::Runtime;
use lgx_devserver::Ready;

use super::style;
use crate::interpreter::Interpreter;

/// The server, as a person needs to know it.
#[derive(Debug)]
pub(crate) struct Banner<'a> {
    /// Where it listens.
    pub(crate) url: String,
    /// The address given with `--host`.
    pub(crate) host: IpAddr,
    /// Where other machines of the network reach it, when it listens for them.
    pub(crate) network: Vec<String>,
    /// Where the local Studio is, if it is served.
    pub(crate) studio: Option<String>,
    /// Where hosted Studio shows this server, if it was asked for.
    pub(crate) hosted_studio: Option<String>,
    /// What runs the project: one for each runtime that it is written in.
    pub(crate) interpreters: Vec<(Runtime, &'a Interpreter)>,
    /// The configuration, as the person would write it.
    pub(crate) config: String,
    /// What decides who may do what, if anything does: `src/auth.py:auth`.
    pub(crate) auth: Option<String>,
    /// Where debuggers attach to the project's code, by what it is written in.
    pub(crate) debuggers: Vec<(Runtime, SocketAddr)>,
    /// Where calls of models are recorded, if they are.
    pub(crate) cassettes: Option<String>,
    /// Where variables of the project's code are from, and how many there are.
    pub(crate) variables: Option<(String, usize)>,
    /// What is kept, and where.
    pub(crate) state: String,
}

impl Banner<'_> {
    /// The text, once the server listens.
    pub(crate) fn render(&self) -> String {
        let interpreters = self.interpreters.iter();
        let interpreters = interpreters.map(|(runtime, found)| (runtime.name(), chosen(found)));
        let title = format!("\n{} {}\n", style::strong("lgx"), env!("CARGO_PKG_VERSION"));
        let auth = self.auth.iter().map(|auth| ("Auth", auth.clone()));
        let cassettes = self.cassettes.iter().map(|folder| {
            let meant = style::quiet("(calls of models are recorded here, and played)");
            ("Record", format!("{folder} {meant}"))
        });
        let debuggers = self.debuggers.iter().map(|(runtime, address)| {
            let meant = style::quiet(format_args!(
                "(attach a debugger of {} here)",
                runtime.name()
            ));
            ("Debugger", format!("{} {meant}", style::place(address)))
        });
        let variables = self.variables.iter().map(|(file, count)| {
            let noun = if *count == 1 { "variable" } else { "variables" };
            ("Env", format!("{file} ({count} {noun})"))
        });
        let project = [("Project", self.config.clone())];
        let rows = project
            .into_iter()
            .chain(interpreters)
            .chain(variables)
            .chain([("State", self.state.clone())])
            .chain(auth)
            .chain(cassettes)
            .chain(debuggers)
            .map(row);
        let warning = (!self.host.to_canonical().is_loopback())
            .then(|| exposed(self.host, self.auth.is_some()));
        let lines: Vec<_> = [title, self.addresses()]
            .into_iter()
            .chain(rows)
            .chain(warning)
            .chain([String::new()])
            .collect();
        lines.join("\n")
    }

    /// The rows that say where the server is.
    pub(crate) fn addresses(&self) -> String {
        let network = self.network.iter();
        let network = network.map(|address| ("Network", style::place(address)));
        let studio = self.studio.iter().map(|url| ("Studio", style::place(url)));
        let hosted = self
            .hosted_studio
            .iter()
            .map(|url| ("Hosted", style::place(url)));
        let docs = style::place(format_args!("{}/docs", self.url));
        let rows: Vec<_> = [("API", style::place(&self.url))]
            .into_iter()
            .chain(network)
            .chain(studio)
            .chain(hosted)
            .chain([("API docs", docs)])
            .map(row)
            .collect();
        rows.join("\n")
    }
}

/// A row of the banner.
fn row((name, value): (&str, String)) -> String {
    format!("  {name:<9} {value}")
}

/// What is to be known of a server that others can reach. Without auth that is as bad as a failure, and looks like one.
fn exposed(host: IpAddr, has_auth: bool) -> String {
    if has_auth {
        let word = style::warning();
        format!(
            "\n{word} the server listens on {host}: whoever reaches this machine can ask, and the project's auth decides"
        )
    } else {
        let alarm = style::failure(format_args!(
            "WARNING: the server listens on {host} and has no auth: whoever reaches this machine can run the project's code and read its threads"
        ));
        let help = style::help();
        format!("\n{alarm}\n  {help} leave out --host, or add `auth` to langgraph.json")
    }
}

/// What is kept, as far as it is known, and where; `goes`: only as long as the server lives.
pub(crate) fn state(folder: &str, kept: Option<(Option<u64>, u64)>, goes: bool) -> String {
    if goes {
        let meant = style::quiet("(gone when the server ends)");
        return format!("{folder} {meant}");
    }
    match kept {
        Some((threads, bytes)) => format!("{folder} ({})", style::amount(threads, bytes)),
        None => folder.to_owned(),
    }
}

/// Where hosted Studio shows this server.
pub(crate) fn hosted_studio(studio_url: &str, url: &str) -> String {
    format!("{studio_url}/studio/?baseUrl={url}")
}

/// The rows of a tunnel that is open: where its other end is, where hosted Studio shows the server there, and whether auth is not needed.
pub(crate) fn tunnel(url: &str, hosted_studio: &str, is_for_everybody: bool) -> String {
    let rows = [
        ("Tunnel", style::place(url)),
        ("Hosted", style::place(hosted_studio)),
    ];
    let alarm = is_for_everybody.then(|| {
        style::failure(
            "WARNING: without auth, everybody who has the URL of the tunnel can run the project's code and read its threads",
        )
    });
    let lines: Vec<_> = rows.map(row).into_iter().chain(alarm).collect();
    lines.join("\n")
}

/// The line that says that the project is loaded.
pub(crate) fn ready(ready: &Ready) -> String {
    let all = ready.graphs + ready.failed.len();
    let noun = if all == 1 { "graph" } else { "graphs" };
    let took = ready.took.as_secs_f64();
    if ready.failed.is_empty() {
        let word = style::success("Ready:");
        return format!("{word} {all} {noun} loaded in {took:.1} s");
    }
    let word = style::caution("Ready:");
    let loaded = ready.graphs;
    format!(
        "{word} {loaded} of {all} {noun} loaded in {took:.1} s; what is wrong with the others is above"
    )
}

fn chosen(Interpreter { path, reason, .. }: &Interpreter) -> String {
    let reason = style::quiet(format_args!("({reason})"));
    format!("{} {reason}", path.display())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use super::*;

    fn plain(host: IpAddr, auth: Option<&str>) -> String {
        let python = Interpreter {
            path: "/p/.venv/bin/python".into(),
            reason: "`.venv` of the project".into(),
            passed_over: vec![],
        };
        let banner = Banner {
            url: "http://127.0.0.1:2024".to_owned(),
            host,
            network: if host.is_unspecified() {
                vec![
                    "http://192.168.1.20:2024".to_owned(),
                    "http://172.17.0.1:2024".to_owned(),
                ]
            } else {
                vec![]
            },
            studio: Some("http://127.0.0.1:2024/studio/".to_owned()),
            hosted_studio: None,
            interpreters: vec![(Runtime::Python, &python)],
            config: "langgraph.json".to_owned(),
            auth: auth.map(str::to_owned),
            debuggers: vec![],
            cassettes: None,
            variables: Some((".env".to_owned(), 7)),
            state: ".lgx (12 threads, 3.1 MB)".to_owned(),
        };
        anstream::adapter::strip_str(&banner.render()).to_string()
    }

    #[test]
    fn the_banner_says_where_everything_is() {
        insta::assert_snapshot!(plain(Ipv4Addr::LOCALHOST.into(), Some("src/auth.py:auth")).replace(env!("CARGO_PKG_VERSION"), "[version]"), @"
        lgx [version]

          API       http://127.0.0.1:2024
          Studio    http://127.0.0.1:2024/studio/
          API docs  http://127.0.0.1:2024/docs
          Project   langgraph.json
          Python    /p/.venv/bin/python (`.venv` of the project)
          Env       .env (7 variables)
          State     .lgx (12 threads, 3.1 MB)
          Auth      src/auth.py:auth
        ");
    }

    #[test]
    fn a_server_without_auth_has_no_line_for_it() {
        assert!(!plain(Ipv4Addr::LOCALHOST.into(), None).contains("Auth"));
    }

    #[test]
    fn a_server_that_others_can_reach_says_so() {
        let shown = plain(Ipv4Addr::UNSPECIFIED.into(), Some("src/auth.py:auth"));
        assert!(shown.contains("\nwarning: the server listens on 0.0.0.0: "));
        assert!(shown.contains(
            "  Network   http://192.168.1.20:2024\n  Network   http://172.17.0.1:2024\n"
        ));
        for host in ["0.0.0.0", "::", "192.168.1.20", "::ffff:192.168.1.20"] {
            let shown = plain(host.parse().unwrap(), None);
            let alarm = format!("\nWARNING: the server listens on {host} and has no auth: ");
            assert!(shown.contains(&alarm), "{shown}");
        }
        for host in ["127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1"] {
            let shown = plain(host.parse().unwrap(), None);
            assert!(!shown.to_lowercase().contains("warning"), "{shown}");
        }
    }

    #[test]
    fn what_everybody_can_use_is_told_in_red_and_what_auth_guards_is_not() {
        const RED: &str = "\u{1b}[31m";
        let everywhere = Ipv4Addr::UNSPECIFIED.into();
        assert!(exposed(everywhere, false).contains(&format!("{RED}WARNING: ")));
        assert!(!exposed(everywhere, true).contains(RED));
    }

    #[test]
    fn being_ready_counts_the_graphs() {
        let plain = |graphs, failed: &[&str]| {
            let told = ready(&Ready {
                graphs,
                failed: failed.iter().map(ToString::to_string).collect(),
                took: Duration::from_millis(1234),
            });
            anstream::adapter::strip_str(&told).to_string()
        };

        assert_eq!(plain(1, &[]), "Ready: 1 graph loaded in 1.2 s");
        assert_eq!(plain(2, &[]), "Ready: 2 graphs loaded in 1.2 s");
        assert_eq!(
            plain(2, &["syn", "gone"]),
            "Ready: 2 of 4 graphs loaded in 1.2 s; what is wrong with the others is above"
        );
        assert_eq!(
            plain(0, &["syn"]),
            "Ready: 0 of 1 graph loaded in 1.2 s; what is wrong with the others is above"
        );
    }
}
