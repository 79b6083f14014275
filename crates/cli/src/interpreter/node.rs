//! Which Node.js runs the project's JavaScript: the order in which the places are asked that may have it.
//!
//! A project says which version it wants in the file of some version manager, and the managers keep the versions in directories of their
//! own. A shell sees the right one only where the manager has been hooked into it, so the directories are looked into.

mod wanted;

use std::path::{Path, PathBuf};

use lgx_config::Runtime;

use self::wanted::{Wanted, WantedBy};
use super::find::{Interpreter, NoInterpreter, Search, named_executable};
use crate::context::Env;
use crate::disk::Probe;
use crate::env_names;

/// What a person can name.
const WHAT: &str = "a Node.js executable, or the directory that it is installed in";

/// Finds the Node.js of a project.
pub(super) fn find(search: Search<'_>, disk: &impl Probe) -> Result<Interpreter, NoInterpreter> {
    let named = |path, asked_by| {
        named_executable(path, &["bin/node", "node"], search, disk)
            .map(|path| Interpreter {
                path,
                reason: String::from(asked_by),
                passed_over: Vec::new(),
            })
            .ok_or(NoInterpreter::NotThere {
                path: path.to_owned(),
                asked_by,
                runtime: Runtime::Node,
                what: WHAT,
            })
    };
    if let Some(path) = search.asked_for {
        return named(path, "--node");
    }
    if let Some(path) = search.env.path(env_names::LGX_NODE) {
        return named(path, env_names::LGX_NODE);
    }
    let mut passed_over = Vec::new();
    if let Some(WantedBy { file, wanted }) = wanted::of_project(search.project, disk) {
        if let Some((path, manager)) = managed(&wanted, search.env, disk) {
            return Ok(Interpreter {
                path,
                reason: format!("`{file}`, from {manager}"),
                passed_over,
            });
        }
        passed_over.push(format!(
            "`{file}` asks for Node.js {wanted}, and no version manager has it here"
        ));
    }
    let mut directories = search.env.search_path().into_iter();
    let on_path = directories.find_map(|directory| {
        let path = directory.join("node");
        disk.is_executable(&path).then_some(path)
    });
    match on_path {
        Some(path) => Ok(Interpreter {
            path,
            reason: "`node` on the PATH".to_owned(),
            passed_over,
        }),
        None => Err(NoInterpreter::NowhereNode),
    }
}

/// A program that keeps several versions: its name, where it keeps them, and where the executable is in each.
struct Manager {
    name: &'static str,
    versions: Option<PathBuf>,
    executable: &'static str,
}

/// The managers, in the order in which they are asked.
fn managers(env: &Env) -> [Manager; 6] {
    let home = env.path(env_names::HOME);
    let below = |variable: &str, default: &str, versions: &str| {
        let named = env.path(variable).map(Path::to_owned);
        let root = named.or_else(|| Some(home?.join(default)));
        root.map(|root| root.join(versions))
    };
    let fnm = if cfg!(target_os = "macos") {
        "Library/Application Support/fnm"
    } else {
        ".local/share/fnm"
    };
    [
        Manager {
            name: "Volta",
            versions: below(env_names::VOLTA_HOME, ".volta", "tools/image/node"),
            executable: "bin/node",
        },
        Manager {
            name: "nvm",
            versions: below(env_names::NVM_DIR, ".nvm", "versions/node"),
            executable: "bin/node",
        },
        Manager {
            name: "fnm",
            versions: below(env_names::FNM_DIR, fnm, "node-versions"),
            executable: "installation/bin/node",
        },
        Manager {
            name: "mise",
            versions: below(
                env_names::MISE_DATA_DIR,
                ".local/share/mise",
                "installs/node",
            ),
            executable: "bin/node",
        },
        Manager {
            name: "asdf",
            versions: below(env_names::ASDF_DATA_DIR, ".asdf", "installs/nodejs"),
            executable: "bin/node",
        },
        Manager {
            name: "nodenv",
            versions: below(env_names::NODENV_ROOT, ".nodenv", "versions"),
            executable: "bin/node",
        },
    ]
}

/// The newest version that a manager has of those that are wanted.
fn managed(wanted: &Wanted, env: &Env, disk: &impl Probe) -> Option<(PathBuf, &'static str)> {
    managers(env).into_iter().find_map(|manager| {
        let versions = manager.versions?;
        let executable = |name: &str| versions.join(name).join(manager.executable);
        let there = disk.names(&versions).into_iter();
        let there = there.filter_map(|name| Some((wanted.accepts(&name)?, name)));
        let (_, newest) = there
            .filter(|(_, name)| disk.is_executable(&executable(name)))
            .max()?;
        Some((executable(&newest), manager.name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::tests::MadeUp;

    const PROJECT: &str = "/home/ada/work/agent";

    fn found(
        disk: &MadeUp,
        variables: &[(&str, &str)],
        asked_for: Option<&str>,
    ) -> Result<Interpreter, NoInterpreter> {
        let env: Env = variables.iter().copied().collect();
        let search = Search {
            asked_for: asked_for.map(Path::new),
            project: Path::new(PROJECT),
            cwd: Path::new("/home/ada/work"),
            env: &env,
        };
        find(search, disk)
    }

    const HOME: (&str, &str) = ("HOME", "/home/ada");
    const PATH: (&str, &str) = ("PATH", "/opt/bin:/usr/bin");

    #[test]
    fn the_flag_comes_before_the_variable_and_both_before_the_rest() {
        let disk = MadeUp::with_executables(&["/n/bin/node", "/usr/bin/node", "/usr/bin/node22"]);
        let variable = ("LGX_NODE", "/n");
        let shown = |found: Result<Interpreter, NoInterpreter>| {
            found.map(|found| (found.path.display().to_string(), found.reason))
        };
        let pair = |path: &str, reason: &str| Ok((path.to_owned(), reason.to_owned()));

        assert_eq!(
            shown(found(&disk, &[PATH, variable], Some("node22"))),
            pair("/usr/bin/node22", "--node")
        );
        assert_eq!(
            shown(found(&disk, &[PATH, variable], Some("/n/bin"))),
            pair("/n/bin/node", "--node")
        );
        assert_eq!(
            shown(found(&disk, &[PATH, variable], None)),
            pair("/n/bin/node", "LGX_NODE")
        );
        assert_eq!(
            shown(found(&disk, &[PATH], None)),
            pair("/usr/bin/node", "`node` on the PATH")
        );
        assert_eq!(
            found(&disk, &[PATH], Some("/gone")),
            Err(NoInterpreter::NotThere {
                path: "/gone".into(),
                asked_by: "--node",
                runtime: Runtime::Node,
                what: WHAT
            })
        );
    }

    #[test]
    fn each_manager_is_looked_into_for_what_the_project_asks_for() {
        let places = [
            ("/home/ada/.volta/tools/image/node/22.3.0/bin/node", "Volta"),
            ("/home/ada/.nvm/versions/node/v22.3.0/bin/node", "nvm"),
            (
                "/home/ada/.local/share/mise/installs/node/22.3.0/bin/node",
                "mise",
            ),
            ("/home/ada/.asdf/installs/nodejs/22.3.0/bin/node", "asdf"),
            ("/home/ada/.nodenv/versions/22.3.0/bin/node", "nodenv"),
        ];
        for (path, manager) in places {
            let disk = MadeUp::with_executables(&[path, "/usr/bin/node"])
                .and_file("/home/ada/work/agent/.nvmrc", "22\n");
            let node = found(&disk, &[HOME, PATH], None).unwrap();
            assert_eq!(
                (node.path.display().to_string(), node.reason),
                (path.to_owned(), format!("`.nvmrc`, from {manager}"))
            );
        }
    }

    #[test]
    fn the_newest_one_that_suits_is_taken_and_versions_are_numbers() {
        let disk = MadeUp::with_executables(&[
            "/nvm/versions/node/v20.9.0/bin/node",
            "/nvm/versions/node/v20.19.2/bin/node",
            "/nvm/versions/node/v22.1.0/bin/node",
        ])
        .and_file("/home/ada/work/.nvmrc", "v20");
        let node = found(&disk, &[("NVM_DIR", "/nvm")], None).unwrap();
        assert_eq!(node.path, Path::new("/nvm/versions/node/v20.19.2/bin/node"));
    }

    #[test]
    fn a_version_that_is_not_installed_is_passed_over_aloud() {
        let disk = MadeUp::with_executables(&["/usr/bin/node"])
            .and_file("/home/ada/work/agent/.node-version", "24.1.0");
        let node = found(&disk, &[HOME, PATH], None).unwrap();
        assert_eq!(node.path, Path::new("/usr/bin/node"));
        assert_eq!(
            node.passed_over,
            ["`.node-version` asks for Node.js 24.1.0, and no version manager has it here"]
        );
        assert_eq!(
            found(&MadeUp::default(), &[HOME, PATH], None),
            Err(NoInterpreter::NowhereNode)
        );
    }
}
