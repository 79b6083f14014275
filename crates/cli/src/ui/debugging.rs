//! How it reads that debuggers may attach to the project's code, and do.

use std::net::SocketAddr;

use lgx_config::Runtime;
use lgx_devserver::DebuggerNotice;
use serde_json::{Value, json};

use super::style;

/// What to put into `.vscode/launch.json`, one line for each runtime; none if there is nothing to attach to.
pub(crate) fn how_to_attach(debuggers: &[(Runtime, SocketAddr)]) -> Option<String> {
    let configurations = debuggers
        .iter()
        .map(|(runtime, address)| format!("\n  {}", configuration(*runtime, *address)));
    let configurations: String = configurations.collect();
    (!configurations.is_empty()).then(|| {
        format!(
            "{} to attach with VS Code, a configuration of .vscode/launch.json; docs/debugging.md has the others:{configurations}",
            style::help()
        )
    })
}

/// A configuration of VS Code.
fn configuration(runtime: Runtime, address: SocketAddr) -> Value {
    let (host, port) = (address.ip().to_string(), address.port());
    match runtime {
        Runtime::Python => json!({
            "name": "lgx dev", "type": "debugpy", "request": "attach",
            "connect": {"host": host, "port": port}, "restart": true,
        }),
        Runtime::Node => json!({
            "name": "lgx dev (Node.js)", "type": "node", "request": "attach",
            "address": host, "port": port, "restart": true,
        }),
    }
}

/// Something happened to them.
pub(super) fn text(notice: &DebuggerNotice) -> String {
    match notice {
        DebuggerNotice::Awaited { runtime, address } => format!(
            "{} the project's code is loaded once a debugger of {} is attached at {address}",
            style::place("Waiting:"),
            runtime.name()
        ),
        DebuggerNotice::StaysAway => format!(
            "{} the debugger has not attached to the new code, so that is loaded without it\n  {} `\"restart\": true` has VS Code attach by itself",
            style::warning(),
            style::help()
        ),
        DebuggerNotice::Attached { runtime } => {
            format!(
                "{} to {}",
                style::success("Debugger attached"),
                runtime.name()
            )
        }
        DebuggerNotice::Left { runtime } => format!("Debugger of {} has left", runtime.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    #[test]
    fn what_to_paste_is_a_whole_configuration_for_each_runtime() {
        assert_eq!(how_to_attach(&[]), None);
        let both = [(Runtime::Python, at(5678)), (Runtime::Node, at(5679))];
        let shown = how_to_attach(&both).unwrap();
        insta::assert_snapshot!(anstream::adapter::strip_str(&shown), @r#"
        help: to attach with VS Code, a configuration of .vscode/launch.json; docs/debugging.md has the others:
          {"name":"lgx dev","type":"debugpy","request":"attach","connect":{"host":"127.0.0.1","port":5678},"restart":true}
          {"name":"lgx dev (Node.js)","type":"node","request":"attach","address":"127.0.0.1","port":5679,"restart":true}
        "#);
    }

    #[test]
    fn whoever_waits_for_a_debugger_says_where() {
        let (runtime, address) = (Runtime::Python, at(5678));
        let shown = text(&DebuggerNotice::Awaited { runtime, address });
        insta::assert_snapshot!(anstream::adapter::strip_str(&shown), @"Waiting: the project's code is loaded once a debugger of Python is attached at 127.0.0.1:5678");
        let shown = text(&DebuggerNotice::StaysAway);
        insta::assert_snapshot!(anstream::adapter::strip_str(&shown), @r#"
        warning: the debugger has not attached to the new code, so that is loaded without it
          help: `"restart": true` has VS Code attach by itself
        "#);
    }
}
