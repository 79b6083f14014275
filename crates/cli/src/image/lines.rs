//! A Dockerfile as it is written: its instructions, one after the other.

use std::fmt::Display;
use std::path::Path;

use crate::shell;

/// Instructions.
#[derive(Debug, Default)]
pub(crate) struct DockerLines(String);

impl DockerLines {
    /// A stage begins.
    pub(crate) fn stage(&mut self, image: &str, name: Option<&str>) {
        let name = name.map(|name| format!(" AS {name}")).unwrap_or_default();
        self.add(format_args!("FROM {image}{name}"));
    }

    /// One instruction.
    pub(crate) fn add(&mut self, line: impl Display) {
        self.0.push_str(&line.to_string());
        self.0.push('\n');
    }

    /// A line for whoever reads it.
    pub(crate) fn comment(&mut self, text: impl Display) {
        self.add(format_args!("# {text}"));
    }

    /// Nothing, to set apart what follows.
    pub(crate) fn gap(&mut self) {
        self.0.push('\n');
    }

    /// Copies files into a folder, all by their last names.
    pub(crate) fn copy_into(&mut self, files: &[String], folder: &str) {
        let mut words = files.to_vec();
        words.push(format!("{}/", folder.trim_end_matches('/')));
        self.copy(None, &words);
    }

    /// Copies; the last word is where to.
    pub(crate) fn copy(&mut self, from: Option<&str>, words: &[String]) {
        let from = from
            .map(|stage| format!("--from={stage} "))
            .unwrap_or_default();
        let is_plain = |word: &String| shell::quoted(word) == *word;
        if words.iter().all(is_plain) {
            self.add(format_args!("COPY {from}{}", words.join(" ")));
        } else {
            self.add(format_args!("COPY {from}{}", exec_form(words)));
        }
    }

    /// Runs a command of the shell, with what is mounted for it.
    pub(crate) fn run(&mut self, mounts: &[String], command: impl Display) {
        let mut line = String::from("RUN ");
        for mount in mounts {
            line.push_str("--mount=");
            line.push_str(mount);
            line.push_str(" \\\n    ");
        }
        self.add(format_args!("{line}{command}"));
    }

    /// All of it.
    pub(crate) fn finish(self) -> String {
        self.0
    }
}

/// Words as instructions take them that no shell reads.
pub(crate) fn exec_form<T: AsRef<str>>(words: &[T]) -> String {
    let quoted: Vec<String> = words
        .iter()
        .map(|word| serde_json::Value::from(word.as_ref()).to_string())
        .collect();
    format!("[{}]", quoted.join(", "))
}

/// Where whoever builds an image is at home.
pub(crate) const HOME_OF_BUILDS: &str = "/root";

/// A cache of a tool that downloads, kept between builds and in no image; it lies in the home of builds, if not elsewhere.
pub(crate) fn cache(folder: &str) -> String {
    let folder = Path::new(HOME_OF_BUILDS).join(folder);
    format!("type=cache,target={}", folder.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_spaces_are_copied_too() {
        let mut lines = DockerLines::default();
        lines.copy_into(&["my app/package.json".to_owned()], "/app/my app");
        lines.copy(Some("build"), &["/a".to_owned(), "/b".to_owned()]);
        assert_eq!(
            lines.finish(),
            "COPY [\"my app/package.json\", \"/app/my app/\"]\nCOPY --from=build /a /b\n"
        );
    }
}
