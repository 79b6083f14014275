//! What runs the project: each interpreter, and whether it has a langgraph that lgx works with.

use std::path::Path;

use lgx_config::{Runtime, Version};
use serde::Deserialize;

use super::examined::Examined;
use super::known_versions::{self, CHECKPOINT, KnownVersions};
use super::program::asked;
use crate::context::Context;
use crate::disk::{Disk, Probe as _};
use crate::interpreter::{Interpreter, Interpreters, what_to_do};
use crate::remedy;
use crate::trial::environment;

/// From this Python on, code in async nodes finds the run that it belongs to.
const KEEPS_CONTEXT: Version = Version {
    major: 3,
    minor: 11,
};

/// Prints the versions of the interpreter and of packages as JSON. What lies in the current directory is not looked at.
const VERSIONS: &str = "
import json, platform, sys
sys.path[:] = [path for path in sys.path if path]
from importlib.metadata import PackageNotFoundError, version
def of(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None
print(json.dumps({
    'python': platform.python_version(),
    'langgraph': of('langgraph'),
    'checkpoint': of('langgraph-checkpoint'),
    'debugpy': of('debugpy'),
}))
";

/// What a Python says of itself.
#[derive(Debug, Deserialize)]
struct PythonVersions {
    python: String,
    langgraph: Option<String>,
    checkpoint: Option<String>,
    debugpy: Option<String>,
}

/// The Python, and its packages if it is to run a project in it.
pub(super) async fn python(
    interpreters: &Interpreters,
    project: Option<&Path>,
    context: &Context,
) -> Vec<Examined> {
    let found = match &interpreters.python {
        Ok(found) => found,
        Err(error) => {
            let advised = what_to_do(error);
            let row = match project {
                Some(_) => Examined::fail("python", advised.to_string()),
                None => Examined::warn("python", advised.to_string()),
            };
            return vec![row.hint(advised.advice())];
        }
    };
    let mut rows = passed_over("python", found);
    let environment = environment(interpreters, context);
    let said = asked(&found.path, &["-c", VERSIONS], Some(environment)).await;
    let said = said.and_then(|said| {
        serde_json::from_str::<PythonVersions>(&said).map_err(|_| "it is no Python".to_owned())
    });
    match said {
        Err(why) => rows.push(does_not_run(Runtime::Python, found, &why, context)),
        Ok(versions) => {
            rows.push(python_row(&versions.python, found, context));
            if let Some(project) = project {
                let install = remedy::for_project(project, &found.path, context);
                let known = known_versions::langgraph(Runtime::Python);
                rows.push(langgraph(known, versions.langgraph.as_deref(), &install));
                if versions.langgraph.is_some() {
                    let version = versions.checkpoint.as_deref();
                    rows.push(langgraph(CHECKPOINT, version, &install));
                }
                rows.push(debugpy(versions.debugpy));
            }
        }
    }
    rows
}

/// The Node.js of a project that has graphs for it, and its langgraph.
pub(super) async fn node(
    interpreters: &Interpreters,
    project: &Path,
    context: &Context,
) -> Vec<Examined> {
    let found = match &interpreters.node {
        Ok(found) => found,
        Err(error) => {
            let advised = what_to_do(error);
            return vec![Examined::fail("node", advised.to_string()).hint(advised.advice())];
        }
    };
    let mut rows = passed_over("node", found);
    rows.push(match asked(&found.path, &["--version"], None).await {
        Err(why) => does_not_run(Runtime::Node, found, &why, context),
        Ok(said) => suited(
            "node",
            Runtime::Node,
            said.trim_start_matches('v'),
            &shown(found, context),
        ),
    });
    let install = remedy::node::for_project(project, context);
    let known = known_versions::langgraph(Runtime::Node);
    match installed_for_node(known.package, project) {
        Installed::Unknown => {}
        Installed::Missing => rows.push(langgraph(known, None, &install)),
        Installed::Version(version) => {
            rows.push(langgraph(known, Some(&version), &install));
        }
    }
    rows
}

fn passed_over(id: &'static str, found: &Interpreter) -> Vec<Examined> {
    let places = found.passed_over.iter();
    places
        .map(|place| Examined::warn(id, place.clone()))
        .collect()
}

fn shown(found: &Interpreter, context: &Context) -> String {
    format!("{} ({})", context.shown(&found.path), found.reason)
}

fn does_not_run(runtime: Runtime, found: &Interpreter, why: &str, context: &Context) -> Examined {
    let (id, flag) = match runtime {
        Runtime::Python => ("python", "--python"),
        Runtime::Node => ("node", "--node"),
    };
    Examined::fail(id, format!("{} does not run: {why}", shown(found, context)))
        .hint(format!("mend it, or name another one with {flag} PATH"))
}

fn python_row(version: &str, found: &Interpreter, context: &Context) -> Examined {
    let place = shown(found, context);
    let row = suited("python", Runtime::Python, version, &place);
    match version.parse::<Version>() {
        Ok(parsed) if parsed >= Runtime::Python.oldest() && parsed < KEEPS_CONTEXT => Examined::warn(
            "python",
            format!("Python {version} at {place}: `interrupt` and `get_config` do not work in async nodes"),
        )
        .hint(format!("use Python {KEEPS_CONTEXT} or newer")),
        _ => row,
    }
}

/// Whether an interpreter is new enough.
fn suited(id: &'static str, runtime: Runtime, version: &str, place: &str) -> Examined {
    let oldest = runtime.oldest();
    let message = format!("{runtime} {version} at {place}");
    match version.parse::<Version>() {
        Ok(parsed) if parsed < oldest => {
            Examined::fail(id, message).hint(format!("langgraph needs {runtime} {oldest} or newer"))
        }
        _ => Examined::ok(id, message),
    }
}

/// Whether a package is one that lgx works with.
fn langgraph(known: KnownVersions, version: Option<&str>, install: &str) -> Examined {
    const ID: &str = "langgraph";
    let KnownVersions {
        package,
        needed,
        tried: [oldest, newest],
    } = known;
    let Some(version) = version else {
        return Examined::fail(ID, format!("{package} is not installed")).hint(install);
    };
    let Ok(parsed) = version.parse::<Version>() else {
        return Examined::note(ID, format!("{package} {version}"));
    };
    match needed {
        Some(needed) if parsed < needed => {
            return Examined::fail(
                ID,
                format!("{package} {version} is too old: lgx needs {needed}"),
            )
            .hint(format!(
                "ask for {package}>={needed} in the project, and install its packages again"
            ));
        }
        _ => {}
    }
    let tried = format!("this lgx was tried with {oldest} to {newest}");
    if parsed < oldest {
        Examined::warn(ID, format!("{package} {version}: {tried}"))
    } else if parsed > newest {
        Examined::note(ID, format!("{package} {version}: {tried}"))
    } else {
        Examined::ok(ID, format!("{package} {version}"))
    }
}

fn debugpy(version: Option<String>) -> Examined {
    match version {
        Some(version) => Examined::note("debugpy", format!("debugpy {version}")),
        None => Examined::note(
            "debugpy",
            "not installed for this Python: debuggers attach with it",
        ),
    }
}

/// A package as Node.js would find it from the project.
enum Installed {
    Version(String),
    Missing,
    /// What Yarn keeps elsewhere only Yarn knows.
    Unknown,
}

fn installed_for_node(package: &str, project: &Path) -> Installed {
    for directory in project.ancestors() {
        let manifest = directory
            .join("node_modules")
            .join(package)
            .join("package.json");
        if let Some(text) = Disk.read(&manifest) {
            let manifest: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
            return match manifest["version"].as_str() {
                Some(version) => Installed::Version(version.to_owned()),
                None => Installed::Unknown,
            };
        }
        if Disk.exists(&directory.join(".pnp.cjs")) {
            return Installed::Unknown;
        }
    }
    Installed::Missing
}

#[cfg(test)]
mod tests {
    use super::super::examined::Condition;
    use super::*;

    #[test]
    fn a_langgraph_is_judged_by_the_versions_that_were_tried() {
        let [python, node] = Runtime::ALL.map(known_versions::langgraph);
        let judged = |known, version: Option<&str>| langgraph(known, version, "pip install it");
        for known in [python, node, CHECKPOINT] {
            for version in known.tried {
                let row = judged(known, Some(&format!("{version}.7")));
                assert_eq!(row.condition, Condition::Ok, "{row:?}");
            }
            let newer = judged(known, Some("99.0.1"));
            assert_eq!(newer.condition, Condition::Note, "{newer:?}");
        }
        assert_eq!(judged(python, Some("0.5.4")).condition, Condition::Fail);
        assert_eq!(judged(node, Some("1.0.2")).condition, Condition::Warn);
        let missing = judged(python, None);
        assert_eq!(missing.condition, Condition::Fail);
        assert_eq!(missing.hint.as_deref(), Some("pip install it"));
    }

    #[test]
    fn an_interpreter_that_langgraph_does_not_run_on_fails() {
        for (version, condition) in [
            ("3.9.18", Condition::Fail),
            ("3.10.2", Condition::Warn),
            ("3.12.4", Condition::Ok),
        ] {
            let found = Interpreter {
                path: "/p/.venv/bin/python".into(),
                reason: "`.venv` of the project".to_owned(),
                passed_over: Vec::new(),
            };
            let context = Context {
                env: [("HOME", "/home/ada")].into_iter().collect(),
                cwd: "/p".into(),
                terminal: crate::context::Terminal::default(),
            };
            let row = python_row(version, &found, &context);
            assert_eq!(row.condition, condition, "{row:?}");
            assert!(
                row.message.contains(".venv/bin/python (`.venv` of"),
                "{row:?}"
            );
        }
        let node = suited("node", Runtime::Node, "18.2.0", "/usr/bin/node");
        assert_eq!(node.condition, Condition::Fail);
    }
}
