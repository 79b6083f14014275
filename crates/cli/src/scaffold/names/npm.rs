//! The names that npm allows for new packages.

/// Names of packages the project installs: npm refuses to install a package into one of its own name.
const TAKEN: [&str; 13] = [
    "@langchain/anthropic",
    "@langchain/core",
    "@langchain/langgraph",
    "@langchain/langgraph-checkpoint",
    "@langchain/langgraph-sdk",
    "@langchain/openai",
    "@types/node",
    "deepagents",
    "langchain",
    "typescript",
    "vite",
    "vitest",
    "zod",
];

/// Names that mean something else to Node.js, which npm therefore refuses.
const RESERVED: [&str; 43] = [
    "assert",
    "async_hooks",
    "buffer",
    "child_process",
    "cluster",
    "console",
    "constants",
    "crypto",
    "dgram",
    "diagnostics_channel",
    "dns",
    "domain",
    "events",
    "favicon.ico",
    "fs",
    "http",
    "http2",
    "https",
    "inspector",
    "module",
    "net",
    "node_modules",
    "os",
    "path",
    "perf_hooks",
    "process",
    "punycode",
    "querystring",
    "readline",
    "repl",
    "stream",
    "string_decoder",
    "sys",
    "timers",
    "tls",
    "trace_events",
    "tty",
    "url",
    "util",
    "v8",
    "vm",
    "worker_threads",
    "zlib",
];

/// How long a name may be.
const LONGEST: usize = 214;

/// What names are made of.
pub(super) const FORM: &str = "names are made of small letters, digits, `-`, `_` and `.`, start with a letter or digit, and may have a scope before them, as in `@acme/agent`";

/// Whether it is of that form.
pub(super) fn is_well_formed(name: &str) -> bool {
    let fits = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit())
            && part.chars().all(|character| {
                character.is_ascii_lowercase()
                    || character.is_ascii_digit()
                    || "-_.".contains(character)
            })
    };
    let all_fit = match name.strip_prefix('@') {
        Some(scoped) => scoped
            .split_once('/')
            .is_some_and(|(scope, name)| fits(scope) && fits(name)),
        None => fits(name),
    };
    all_fit && name.len() <= LONGEST
}

/// Whether the project itself installs a package of that name.
pub(super) fn is_installed(name: &str) -> bool {
    TAKEN.contains(&name)
}

/// Whether an import of that name would find something else.
pub(super) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_npm_allows_are_fine_with_a_scope_too() {
        for name in [
            "agent",
            "my-agent",
            "my_agent.2",
            "3d",
            "agent-",
            "@acme/agent",
        ] {
            assert!(is_well_formed(name), "{name}");
        }
        let long = "a".repeat(LONGEST + 1);
        for name in [
            "Agent",
            "my agent",
            "-agent",
            "_agent",
            ".agent",
            "a~b",
            "@acme",
            "@acme/",
            "@/agent",
            "acme/agent",
            "@acme/a/b",
            "über-bot",
            "",
            &long,
        ] {
            assert!(!is_well_formed(name), "{name}");
        }
    }

    #[test]
    fn what_node_or_the_project_has_already_is_known() {
        assert!(is_reserved("http") && is_reserved("node_modules"));
        assert!(is_installed("langchain") && is_installed("@langchain/langgraph"));
        assert!(!is_reserved("agent") && !is_installed("langgraph"));
    }
}
