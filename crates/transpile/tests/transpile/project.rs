//! A project in a folder of its own, compiled and run by a real Node.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use lgx_model::Diagnostic;
use lgx_transpile::{Format, Sources, Transpiler};
use serde::Serialize;
use tempfile::TempDir;

/// Sources of a project that is yet to run.
pub(crate) struct Project {
    dir: TempDir,
}

/// What a run printed.
pub(crate) struct Printed {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

#[derive(Serialize)]
struct Compiled {
    format: &'static str,
    code: String,
    imports: HashMap<String, PathBuf>,
    common_js: BTreeMap<String, BTreeSet<String>>,
}

impl Project {
    /// A project of these files.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let project = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        for (name, text) in files {
            project.write(name, text);
        }
        project
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join(name)
    }

    /// Why the project cannot be loaded.
    #[track_caller]
    pub(crate) fn error(&self, entry: &str) -> Diagnostic {
        match self.compile(entry) {
            Ok(_) => panic!("{entry} is loaded"),
            Err(diagnostic) => *diagnostic,
        }
    }

    /// The code of one file.
    #[track_caller]
    pub(crate) fn code(&self, name: &str) -> String {
        let loaded = sources().load(&self.path(name)).unwrap();
        let code = &loaded.module.code;
        let code = code.split("//# sourceMappingURL").next().unwrap();
        code.to_owned()
    }

    /// What Node prints when it runs the file, which must end well; nothing without Node.
    #[track_caller]
    pub(crate) fn prints(&self, entry: &str, expected: &str) {
        let Some(printed) = self.run(entry) else {
            return;
        };
        let lines = |text: &str| {
            text.trim()
                .lines()
                .map(str::trim)
                .collect::<Vec<_>>()
                .join("\n")
        };
        assert_eq!(
            lines(&printed.stdout),
            lines(expected),
            "stderr: {}",
            printed.stderr
        );
    }

    /// Runs a file and what it imports; nothing without Node.
    #[track_caller]
    pub(crate) fn run(&self, entry: &str) -> Option<Printed> {
        let compiled = self
            .compile(entry)
            .unwrap_or_else(|diagnostic| panic!("{diagnostic:#?}"));
        let node = NODE.as_ref()?;
        let data = self.path("compiled.json");
        fs_err::write(&data, serde_json::to_vec(&compiled).unwrap()).unwrap();
        let runner = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transpile/run.mjs");
        let mut command = Command::new(node);
        command.args(["--enable-source-maps", "--no-warnings"]);
        command.arg(runner).arg(data).arg(self.path(entry));
        command.env_remove("NODE_OPTIONS");
        let output = command.output().unwrap();
        Some(Printed {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        })
    }

    /// A file and what it imports, and so on.
    fn compile(&self, entry: &str) -> Result<HashMap<PathBuf, Compiled>, Box<Diagnostic>> {
        let mut sources = sources();
        let mut found = HashMap::new();
        let mut waiting = vec![self.path(entry)];
        while let Some(path) = waiting.pop() {
            if found.contains_key(&path) {
                continue;
            }
            let loaded = sources.load(&path)?;
            let imports: HashMap<_, _> = loaded
                .imports()
                .filter_map(|(import, file)| Some((import.specifier.clone(), file?.to_owned())))
                .collect();
            waiting.extend(imports.values().cloned());
            let compiled = Compiled {
                format: match loaded.module.format {
                    Format::Module => "module",
                    Format::CommonJs => "commonjs",
                },
                code: loaded.module.code.clone(),
                imports,
                common_js: loaded.common_js,
            };
            found.insert(path, compiled);
        }
        Ok(found)
    }
}

/// Sources of a load that nothing was loaded before.
pub(crate) fn sources() -> Sources {
    Transpiler::default().sources()
}

/// The Node that runs what was compiled; without one a line says why nothing was run.
static NODE: LazyLock<Option<PathBuf>> = LazyLock::new(|| match node() {
    Ok(node) => Some(node),
    Err(reason) => {
        // Not `eprintln!`, which nobody sees of a test that passes.
        let line = format!("SKIPPED: compiled code is not run: {reason}\n");
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        None
    }
});

fn node() -> Result<PathBuf, String> {
    let node = std::env::var_os("LGX_TEST_NODE").map_or_else(|| "node".into(), PathBuf::from);
    let version = Command::new(&node).arg("--version").output();
    let version = version.map_err(|_| "there is no Node; install 20.19 or newer")?;
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    let numbers = version.trim_start_matches('v').split('.');
    let numbers: Vec<u32> = numbers.map_while(|number| number.parse().ok()).collect();
    if numbers < vec![20, 19] {
        return Err(format!("Node {version} is too old; 20.19 is needed"));
    }
    Ok(node)
}
