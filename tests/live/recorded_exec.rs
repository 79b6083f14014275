//! `lgx exec --mode` over a project whose one graph is told by whom to call a model; for the tests of recorded calls.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};
use lgx_tests::{EndsInTime, ModelProvider, Project, PythonEnv, lgx};
use serde_json::{Value, json};

/// Asks for all of its arguments at once, and prints what became of each in their order.
pub(super) const ASK: &str = r#"
import json, os, sys, urllib.request
assert "LGX_RECORDS" not in os.environ and "NODE_USE_ENV_PROXY" not in os.environ
from concurrent.futures import ThreadPoolExecutor
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
def ask(by):
    body = json.dumps({"assistant_id": "agent", "input": {"by": by}}).encode()
    request = urllib.request.Request(os.environ["LGX_URL"] + "/runs/wait", body, {"content-type": "application/json"})
    return json.dumps(json.load(opener.open(request)))
with ThreadPoolExecutor(8) as pool:
    print(*pool.map(ask, sys.argv[1:]), sep="\n")
"#;
/// Keys of all of the providers, which no file may have in it.
pub(super) const KEYS: [(&str, &str); 4] = [
    ("OPENAI_API_KEY", "opensesame-of-openai"),
    ("ANTHROPIC_API_KEY", "opensesame-of-anthropic"),
    ("GOOGLE_API_KEY", "opensesame-of-google"),
    ("MISTRAL_API_KEY", "opensesame-of-mistral"),
];

/// The project, and how lgx is run in it.
pub(super) struct RecordedProject {
    pub(super) project: Project,
    python: PathBuf,
    /// What runs lgx, with its arguments.
    pub(super) within: Vec<String>,
    /// Variables beside those of this process, keys and the provider.
    pub(super) variables: Vec<(&'static str, String)>,
    /// Flags of `lgx exec`.
    pub(super) flags: Vec<String>,
}

/// How it ended.
pub(super) struct Ran {
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Ran {
    /// What models said, if all went well.
    pub(super) fn said(&self) -> Result<Vec<String>> {
        ensure!(self.code == Some(0), "{}{}", self.stdout, self.stderr);
        let lines = self.stdout.lines().map(serde_json::from_str::<Value>);
        let lines: Vec<Value> = lines.collect::<Result<_, _>>()?;
        let said = lines.iter().map(|line| match &line["said"] {
            Value::String(said) => said.clone(),
            _ => line.to_string(),
        });
        Ok(said.collect())
    }
}

impl RecordedProject {
    /// One in Python, with a graph of this code.
    pub(super) fn in_python(code: &str, env: &PythonEnv) -> Result<Self> {
        let project = Project::copy_of("bench")?;
        project.write("agent.py", code)?;
        let config = json!({"dependencies": ["."], "graphs": {"agent": "./agent.py:graph"}});
        project.write("langgraph.json", &config.to_string())?;
        Self::of(project, env)
    }

    /// One that is there already.
    pub(super) fn of(project: Project, env: &PythonEnv) -> Result<Self> {
        project.write("ask.py", ASK)?;
        Ok(Self {
            project,
            python: env.python(),
            within: Vec::new(),
            variables: Vec::new(),
            flags: vec!["--workers=2".to_owned()],
        })
    }

    /// Where its recordings are.
    pub(super) fn cassettes(&self) -> PathBuf {
        self.project.dir().join("cassettes")
    }

    /// `lgx exec` in this mode, while the graph calls by each of these. Without a provider there is no key either.
    pub(super) fn exec(
        &self,
        mode: &str,
        provider: Option<&ModelProvider>,
        by: &[&str],
    ) -> Result<Ran> {
        self.exec_of(mode, provider, &[&["python", "ask.py"], by].concat())
    }

    /// Sees to it that without a provider and keys the same is printed.
    pub(super) fn plays(&self, recorded: &Ran, by: &[&str]) -> Result<()> {
        let Ran {
            code,
            stdout,
            stderr,
        } = self.exec("replay", None, by)?;
        ensure!(
            (code, &stdout) == (Some(0), &recorded.stdout),
            "{stdout}{stderr}"
        );
        Ok(())
    }

    /// The same as `exec` of any command.
    pub(super) fn exec_of(
        &self,
        mode: &str,
        provider: Option<&ModelProvider>,
        words: &[&str],
    ) -> Result<Ran> {
        let output = self.command(mode, provider, words)?.output_in_time()?;
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Ok(Ran {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        })
    }

    /// The same, not yet run.
    pub(super) fn command(
        &self,
        mode: &str,
        provider: Option<&ModelProvider>,
        words: &[&str],
    ) -> Result<Command> {
        let mut command = self.lgx()?;
        command
            .current_dir(self.project.dir())
            .args(["exec", "--mode", mode])
            .args(&self.flags)
            .arg("--")
            .args(words)
            .env("LGX_PYTHON", &self.python)
            .stdin(Stdio::null());
        for (name, key) in KEYS {
            if provider.is_some() {
                command.env(name, key);
            } else {
                command.env_remove(name);
            }
        }
        if let Some(provider) = provider {
            command.envs(provider.variables());
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }

    /// lgx, within what runs it.
    fn lgx(&self) -> Result<Command> {
        let lgx = lgx()?;
        let Some((program, arguments)) = self.within.split_first() else {
            return Ok(lgx);
        };
        let mut command = Command::new(program);
        command.args(arguments).arg(lgx.get_program());
        for (name, value) in lgx.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        Ok(command)
    }
}

/// All files below a folder with what is in them, one text.
pub(super) fn everything(folder: &Path) -> Result<String> {
    let mut text = String::new();
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            text.push_str(&everything(&path)?);
        } else {
            text.push_str(&String::from_utf8_lossy(&fs_err::read(path)?));
        }
    }
    Ok(text)
}
