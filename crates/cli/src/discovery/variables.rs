//! The variables of the environment that code reads itself, and the keys that the models need which it names.

use std::path::PathBuf;

use super::CodeFile;
use super::statements::is_part_of_name;

/// How code reads a variable; its name comes next, quoted or as a word.
const READS: [&str; 8] = [
    "os.environ[",
    "os.environ.get(",
    "environ[",
    "environ.get(",
    "getenv(",
    "process.env.",
    "process.env[",
    "env::var(",
];

/// What names a provider in code, and the key that its SDK insists on.
const KEYS: [(&[&str], &str); 10] = [
    (
        &[
            "langchain_openai",
            "@langchain/openai",
            "\"openai:",
            "import openai",
            "from openai",
        ],
        "OPENAI_API_KEY",
    ),
    (
        &[
            "langchain_anthropic",
            "@langchain/anthropic",
            "\"anthropic:",
            "import anthropic",
            "from anthropic",
        ],
        "ANTHROPIC_API_KEY",
    ),
    (
        &[
            "langchain_google_genai",
            "@langchain/google-genai",
            "\"google_genai:",
        ],
        "GOOGLE_API_KEY",
    ),
    (
        &[
            "langchain_mistralai",
            "@langchain/mistralai",
            "\"mistralai:",
        ],
        "MISTRAL_API_KEY",
    ),
    (
        &["langchain_groq", "@langchain/groq", "\"groq:"],
        "GROQ_API_KEY",
    ),
    (
        &["langchain_cohere", "@langchain/cohere", "\"cohere:"],
        "COHERE_API_KEY",
    ),
    (
        &["langchain_deepseek", "@langchain/deepseek", "\"deepseek:"],
        "DEEPSEEK_API_KEY",
    ),
    (
        &["langchain_xai", "@langchain/xai", "\"xai:"],
        "XAI_API_KEY",
    ),
    (
        &["langchain_fireworks", "\"fireworks:"],
        "FIREWORKS_API_KEY",
    ),
    (
        &[
            "langchain_tavily",
            "@langchain/tavily",
            "TavilySearch",
            "TavilyClient",
        ],
        "TAVILY_API_KEY",
    ),
];

/// What is set by others than the project.
const OF_OTHERS: [&str; 16] = [
    "CI",
    "DEBUG",
    "ENV",
    "HOME",
    "HOST",
    "LANGGRAPH_API_URL",
    "LANG",
    "LGX_URL",
    "NODE_ENV",
    "PATH",
    "PORT",
    "PWD",
    "PYTHONPATH",
    "SHELL",
    "TMPDIR",
    "USER",
];

/// A variable that the code reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReadVariable {
    pub(crate) name: String,
    /// Where it is first read, or what needs it is first named.
    pub(crate) file: PathBuf,
    /// Whether the code does without.
    pub(crate) is_optional: bool,
}

/// The variables that the code reads, in the order of their names.
pub(crate) fn variables_of(code: &[CodeFile]) -> Vec<ReadVariable> {
    let mut found: Vec<ReadVariable> = Vec::new();
    for file in code {
        for line in file.text.lines() {
            let trimmed = line.trim_start();
            if trimmed.starts_with(['#', '*']) || trimmed.starts_with("//") {
                continue;
            }
            let keys = KEYS
                .iter()
                .filter(|(names, _)| names.iter().any(|name| line.contains(name)));
            let keys = keys.map(|(_, key)| ((*key).to_owned(), false));
            for (name, is_optional) in keys.chain(read_in(line)) {
                if OF_OTHERS.contains(&name.as_str()) {
                    continue;
                }
                match found.iter_mut().find(|known| known.name == name) {
                    Some(known) => known.is_optional &= is_optional,
                    None => found.push(ReadVariable {
                        name,
                        file: file.path.clone(),
                        is_optional,
                    }),
                }
            }
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

/// The variables that a line reads, each with whether there is something else in its place.
fn read_in(line: &str) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    for read in READS {
        for (at, _) in line.match_indices(read) {
            let rest = &line[at + read.len()..];
            let quoted = rest.strip_prefix(['"', '\'']);
            if quoted.is_none() && !read.ends_with('.') {
                continue;
            }
            let rest = quoted.unwrap_or(rest);
            let end = rest.find(|it| !is_part_of_name(it)).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            if !is_name(name) {
                continue;
            }
            let after = after.trim_start_matches(['"', '\'', ']']).trim_start();
            let is_optional = after.starts_with([',', '?'])
                || after.starts_with("||")
                || after
                    .trim_start_matches(')')
                    .trim_start()
                    .starts_with("or ");
            if !found.iter().any(|(known, _)| known == name) {
                found.push((name.to_owned(), is_optional));
            }
        }
    }
    found
}

fn is_name(name: &str) -> bool {
    let is_capital = |it: char| it.is_ascii_uppercase() || it.is_ascii_digit() || it == '_';
    name.starts_with(|it: char| it.is_ascii_uppercase()) && name.chars().all(is_capital)
}

#[cfg(test)]
mod tests {
    use lgx_config::Runtime;

    use super::*;

    fn read(text: &str) -> Vec<(String, bool)> {
        let file = CodeFile {
            path: "/p/a.py".into(),
            runtime: Runtime::Python,
            text: text.to_owned(),
        };
        let read = variables_of(&[file]);
        read.into_iter()
            .map(|it| (it.name, it.is_optional))
            .collect()
    }

    #[test]
    fn variables_are_found_however_they_are_read_with_whether_the_code_does_without() {
        for (line, expected) in [
            ("key = os.environ[\"A_KEY\"]", Some(false)),
            ("key = os.environ.get('A_KEY')", Some(false)),
            ("key = os.getenv(\"A_KEY\", \"none\")", Some(true)),
            ("key = os.getenv(\"A_KEY\") or 'none'", Some(true)),
            ("const key = process.env.A_KEY;", Some(false)),
            ("const key = process.env.A_KEY ?? 'none';", Some(true)),
            ("const key = process.env['A_KEY'] || 'none';", Some(true)),
            ("# os.environ[\"A_KEY\"]", None),
            ("key = os.environ[name]", None),
            ("key = os.environ['lower']", None),
        ] {
            let expected: Vec<_> = expected
                .map(|optional| ("A_KEY".to_owned(), optional))
                .into_iter()
                .collect();
            assert_eq!(read(line), expected, "{line}");
        }
        assert!(read("home = os.environ['HOME']").is_empty());
    }

    #[test]
    fn a_provider_that_is_named_needs_its_key() {
        assert_eq!(
            read(
                "from langchain_openai import ChatOpenAI\nmodel = init_chat_model(\"anthropic:x\")\nos.getenv('OPENAI_API_KEY', '')\n"
            ),
            [
                ("ANTHROPIC_API_KEY".to_owned(), false),
                ("OPENAI_API_KEY".to_owned(), false)
            ]
        );
    }
}
