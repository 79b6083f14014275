//! `.env.example`: which variables a project asks for, to compare with those that it has.

use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::dotenv;
use crate::plain_file::read_plain_file;

/// The example beside the `.env` of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The file, absolute.
    pub file: PathBuf,
    /// The variables that it sets, in order. What is commented out in it is optional.
    pub variables: Vec<ExampleVariable>,
}

/// A variable that an example sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleVariable {
    /// Its name.
    pub name: String,
    /// The line, from 1.
    pub line: u32,
}

impl Config {
    /// The example of the file that `env` names, or of `.env`, if there is one that can be read.
    pub fn env_example(&self) -> Option<Example> {
        let named = self.env_file.as_deref().map(example_of);
        let usual = self.root.join(".env.example");
        let files = named.into_iter().chain([usual]);
        files.into_iter().find_map(|file| read(&file))
    }
}

/// `.env.example` of `.env`.
fn example_of(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!("{name}.example"))
}

fn read(file: &Path) -> Option<Example> {
    let text = String::from_utf8(read_plain_file(file).ok()?).ok()?;
    let parsed = dotenv::parse(&text, &|_| None);
    let names = parsed.variables.into_iter().map(|(name, _)| name);
    let variables = names.zip(parsed.lines);
    Some(Example {
        file: file.to_owned(),
        variables: variables
            .map(|(name, line)| ExampleVariable { name, line })
            .collect(),
    })
}
