//! What a build must see and an image must not hold, and what of the configuration it would hold all the same.

use std::path::{Path, PathBuf};

use lgx_config::{Config, ImageKeys};

use super::javascript::NodePackages;
use super::lines::HOME_OF_BUILDS;
use crate::disk::Probe;

/// Words in the names of variables that hold secrets.
const SECRET_WORDS: [&str; 4] = ["KEY", "TOKEN", "SECRET", "PASSWORD"];

/// A file that is mounted for single steps of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BuildSecret {
    /// What the build knows it by.
    pub(crate) id: &'static str,
    /// The file, absolute.
    pub(crate) file: PathBuf,
    /// Where the step finds it.
    target: String,
}

impl BuildSecret {
    /// The mount of a step of pip, if it is for that.
    pub(super) fn for_pip(&self) -> Option<String> {
        (self.id == PIP).then(|| self.mount())
    }

    /// The mount of a step that installs packages of JavaScript, if it is for that.
    pub(super) fn for_npm(&self) -> Option<String> {
        (self.id == NPM).then(|| self.mount())
    }

    /// Whether it is the file of this name.
    pub(super) fn is_file(&self, name: &str) -> bool {
        self.file.ends_with(name)
    }

    fn mount(&self) -> String {
        let Self { id, target, .. } = self;
        format!("type=secret,id={id},target={target},required=true")
    }
}

const PIP: &str = "pip_config";
const NPM: &str = "npmrc";

/// The files of a project that are secrets, or may hold some.
pub(super) fn of(
    config: &Config,
    keys: &ImageKeys,
    node: Option<&NodePackages>,
    disk: &impl Probe,
) -> Vec<BuildSecret> {
    let mut secrets = Vec::new();
    if let Some(file) = &keys.pip_config_file {
        secrets.push(BuildSecret {
            id: PIP,
            file: config.root.join(file).components().collect(),
            target: "/etc/pip.conf".to_owned(),
        });
    }
    if let Some(npmrc) = node.map(|node| node.folder.join(".npmrc"))
        && disk.read(&npmrc).is_some_and(|text| holds_a_token(&text))
    {
        secrets.push(BuildSecret {
            id: NPM,
            file: npmrc,
            target: format!("{HOME_OF_BUILDS}/.npmrc"),
        });
    }
    secrets
}

/// Whether a file of npm's settings lets whoever has it in.
fn holds_a_token(npmrc: &str) -> bool {
    let lines = npmrc.lines().map(str::trim);
    let mut lines = lines.filter(|line| !line.starts_with(['#', ';']));
    lines.any(|line| {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        let is_secret = ["_authToken", "_auth", "_password"]
            .iter()
            .any(|secret| name.trim().ends_with(secret));
        is_secret && !value.trim().starts_with("${")
    })
}

/// Secrets that stand in langgraph.json itself, which is in the image.
pub(super) fn notes_on_env(config: &Config) -> Vec<String> {
    if config.env_file.is_some() {
        return Vec::new();
    }
    let names = config.env.iter().map(|(name, _)| name.as_str());
    let secret: Vec<_> = names.filter(|name| is_secret_name(name)).collect();
    if secret.is_empty() {
        return Vec::new();
    }
    vec![format!(
        "langgraph.json goes into the image, and has the value of {} in `env`: write it into a file that `env` names, which stays out",
        secret.join(", ")
    )]
}

fn is_secret_name(name: &str) -> bool {
    let mut words = name.split('_');
    words.any(|word| {
        SECRET_WORDS
            .iter()
            .any(|secret| word.eq_ignore_ascii_case(secret))
    })
}

/// A file seen from a folder, if it lies there.
pub(super) fn below<'a>(file: &'a Path, folder: &Path) -> Option<&'a Path> {
    file.strip_prefix(folder).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_of_npm_is_one_that_stands_there() {
        assert!(holds_a_token("//registry.example.com/:_authToken=abc"));
        assert!(holds_a_token("_auth = abc"));
        assert!(!holds_a_token(
            "//registry.example.com/:_authToken=${TOKEN}"
        ));
        assert!(!holds_a_token("# _auth=abc\nnode-linker=hoisted"));
    }

    #[test]
    fn secrets_are_known_by_words_of_their_names() {
        assert!(is_secret_name("OPENAI_API_KEY") && is_secret_name("gh_token"));
        assert!(!is_secret_name("MONKEY_MODE") && !is_secret_name("MODEL"));
    }
}
