//! A project in a temporary directory.

use std::path::{Path, PathBuf};

use lgx_config::{Config, Loaded, load};
use tempfile::TempDir;

/// Some files and a langgraph.json.
pub(crate) struct Project {
    directory: TempDir,
}

impl Project {
    /// A project with these files, all but empty.
    pub(crate) fn with(files: &[&str]) -> Self {
        let project = Self {
            directory: TempDir::with_prefix("lgx-config-").unwrap(),
        };
        for file in files {
            project.write(file, "");
        }
        project
    }

    /// Writes a file.
    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.root().join(file);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }

    pub(crate) fn root(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.root().join(file)
    }

    /// What comes of this langgraph.json: the configuration and its warnings, as shown, or all problems, as shown.
    pub(crate) fn load(&self, langgraph_json: &str) -> Result<(Config, String), String> {
        self.write("langgraph.json", langgraph_json);
        self.load_file("langgraph.json")
    }

    /// What comes of this file.
    pub(crate) fn load_file(&self, file: &str) -> Result<(Config, String), String> {
        let environment = |name: &str| (name == "HOME").then(|| "/home/ada".to_owned());
        let shown = |text: String| text.replace(&format!("{}/", self.root().display()), "");
        match load(&self.path(file), &environment) {
            Ok(Loaded { config, warnings }) => {
                let warnings: Vec<String> = warnings.iter().map(ToString::to_string).collect();
                Ok((config, shown(warnings.join("\n\n"))))
            }
            Err(error) => Err(shown(error.to_string())),
        }
    }

    /// The configuration, when there is nothing to say about it.
    pub(crate) fn config(&self, langgraph_json: &str) -> Config {
        let (config, warnings) = self.load(langgraph_json).unwrap();
        assert_eq!(warnings, "");
        config
    }

    /// The warnings about a file that can be served.
    pub(crate) fn warnings(&self, langgraph_json: &str) -> String {
        self.load(langgraph_json).unwrap().1
    }

    /// The problems with a file that cannot.
    pub(crate) fn errors(&self, langgraph_json: &str) -> String {
        match self.load(langgraph_json) {
            Ok(_) => panic!("{langgraph_json} was accepted"),
            Err(errors) => errors,
        }
    }
}

/// A project with one graph; its langgraph.json lacks only what is to be tested.
pub(crate) fn with_agent(rest: &str) -> (Project, String) {
    let project = Project::with(&["agent.py"]);
    (
        project,
        format!("{{\n  \"graphs\": {{\"agent\": \"./agent.py:graph\"}},\n  {rest}\n}}"),
    )
}

/// The one line of a rendering that says what is wrong.
pub(crate) fn messages(rendered: &str) -> Vec<&str> {
    rendered
        .lines()
        .filter(|line| line.contains("langgraph.json:"))
        .collect()
}
