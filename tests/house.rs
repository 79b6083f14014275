//! The house rules that a machine can check: sizes, names, headings, crate edges, who knows the database, links of the documents.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use lgx_tests::{EndsInTime as _, workspace_root};
use sha2::{Digest, Sha256};

const LONGEST: usize = 600;

/// What decides how the page of Studio comes out, beside its `src`.
const SEALED: [&str; 5] = [
    "index.html",
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "vite.config.ts",
];

/// Which crates of the workspace each crate stands on. The drawing is in docs/architecture.md.
const EDGES: [(&str, &[&str]); 16] = [
    ("model", &[]),
    ("cassettes", &[]),
    ("embedded", &[]),
    ("tls", &[]),
    ("test-postgres", &[]),
    ("record", &["cassettes", "tls"]),
    ("studio", &[]),
    ("config", &["model"]),
    ("store", &["model", "tls"]),
    ("transpile", &["model"]),
    ("worker", &["embedded", "model", "transpile"]),
    ("otlp", &["model"]),
    ("engine", &["config", "model", "otlp", "store", "worker"]),
    (
        "devserver",
        &[
            "config", "embedded", "engine", "model", "store", "studio", "worker",
        ],
    ),
    (
        "cli",
        &[
            "cassettes",
            "config",
            "devserver",
            "embedded",
            "record",
            "tls",
        ],
    ),
    (
        "testkit",
        &[
            "config",
            "devserver",
            "model",
            "store",
            "test-postgres",
            "tls",
            "worker",
        ],
    ),
];

#[test]
fn no_source_file_is_too_long_to_read_in_one_sitting() -> Result<()> {
    let long = sources()?.into_iter().filter_map(|(path, text)| {
        let lines = text.lines().count();
        (lines > LONGEST).then(|| format!("{path} has {lines} lines"))
    });
    assert_none("longer than 600 lines", long);
    Ok(())
}

#[test]
fn no_file_is_named_for_being_a_heap() -> Result<()> {
    let heaps = ["utils", "util", "common", "helpers", "misc"];
    let named = tracked()?.into_iter().filter(|path| {
        let stem = path
            .rsplit('/')
            .next()
            .and_then(|name| name.split('.').next())
            .unwrap_or_default();
        heaps.contains(&stem)
    });
    assert_none("named for nothing in particular", named);
    Ok(())
}

#[test]
fn every_source_file_says_what_it_is_in_its_first_line() -> Result<()> {
    let silent = sources()?.into_iter().filter_map(|(path, text)| {
        if path.starts_with("tests/projects/tutorial/") {
            return None; // printed in the tutorial, to the letter
        }
        let opens = match extension(&path) {
            "rs" => text.starts_with("//! "),
            "py" => {
                let first = text.trim_start_matches("#!/usr/bin/env python3\n");
                first.is_empty() || first.starts_with("\"\"\"")
            }
            "js" | "mjs" | "ts" | "tsx" => text
                .trim_start_matches("#!/usr/bin/env node\n")
                .starts_with("// "),
            _ => true,
        };
        (!opens).then_some(path)
    });
    assert_none("without a sentence that says what the file is", silent);
    Ok(())
}

#[test]
fn the_crates_stand_on_each_other_as_drawn() -> Result<()> {
    for (name, drawn) in EDGES {
        let path = workspace_root()
            .join("crates")
            .join(name)
            .join("Cargo.toml");
        let manifest: toml::Table = fs_err::read_to_string(path)?.parse()?;
        let drawn: BTreeSet<String> = drawn.iter().map(ToString::to_string).collect();
        assert_eq!(
            edges(&manifest, "dependencies"),
            drawn,
            "what lgx-{name} stands on"
        );
        let for_tests = edges(&manifest, "dev-dependencies");
        let extra: Vec<_> = for_tests
            .iter()
            .filter(|to| {
                !["testkit", "test-postgres"].contains(&to.as_str()) && !drawn.contains(*to)
            })
            .collect();
        ensure!(
            extra.is_empty(),
            "the tests of lgx-{name} reach past its own edges, to {extra:?}"
        );
    }
    let crates = fs_err::read_dir(workspace_root().join("crates"))?;
    let found: BTreeSet<String> = crates
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_>>()?;
    assert_eq!(
        found,
        EDGES.iter().map(|(name, _)| (*name).to_owned()).collect(),
        "the crates there are"
    );
    Ok(())
}

#[test]
fn what_lies_in_templates_is_what_is_tracked() -> Result<()> {
    // Everything that lies there is built into the binary, caches and secrets too.
    let mut stray = Vec::new();
    let tracked: BTreeSet<String> = tracked()?.into_iter().collect();
    let mut folders = vec!["templates".to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs_err::read_dir(workspace_root().join(&folder))? {
            let entry = entry?;
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if !tracked.contains(&path) {
                stray.push(path);
            }
        }
    }
    assert_none("in templates/ but not tracked", stray);
    Ok(())
}

#[test]
fn each_type_of_a_crate_has_a_name_of_its_own() -> Result<()> {
    let mut places: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for (path, text) in sources()? {
        let Some((crate_name, file)) = path
            .strip_prefix("crates/")
            .and_then(|path| path.split_once("/src/"))
        else {
            continue;
        };
        if extension(file) != "rs" || file.contains("tests") {
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for name in code.lines().filter_map(type_named_in) {
            let key = (crate_name.to_owned(), name.to_owned());
            places.entry(key).or_default().push(file.to_owned());
        }
    }
    assert!(places.len() > 400, "types are found: {}", places.len());
    let twice = places.into_iter().filter(|(_, files)| files.len() > 1);
    assert_none(
        "types that share a name",
        twice.map(|((crate_name, name), files)| format!("{name} of lgx-{crate_name}: {files:?}")),
    );
    Ok(())
}

/// The name of the type that a line begins to define.
fn type_named_in(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = match line.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => rest.split_once(") ")?.1,
        Some(rest) => rest.trim_start(),
        None => line,
    };
    let mut words = line.split_whitespace();
    let defines = ["struct", "enum", "trait", "union"].contains(&words.next()?);
    let name = words
        .next()?
        .split(|letter: char| !letter.is_alphanumeric());
    defines.then(|| name.into_iter().next()).flatten()
}

#[test]
fn a_module_and_its_folder_have_the_same_name() -> Result<()> {
    let other_style = tracked()?
        .into_iter()
        .filter(|path| path.ends_with("/mod.rs"));
    assert_none("in the other style of modules", other_style);
    Ok(())
}

#[test]
fn http_ends_where_it_is_listened_to() -> Result<()> {
    // The engine is a crate of its own, so that it cannot answer requests; what speaks HTTP beside it does so in one folder.
    let listening = [
        "crates/devserver/src/http/",
        "crates/devserver/src/listen.rs",
        "crates/devserver/src/listen/",
    ];
    let outside = sources()?.into_iter().filter_map(|(path, text)| {
        let answers = text.contains("StatusCode") || text.contains("axum");
        let served =
            path.starts_with("crates/devserver/src/") || path.starts_with("crates/engine/");
        let listens = listening.iter().any(|place| path.starts_with(place));
        (served && answers && !listens).then_some(path)
    });
    assert_none("answering requests outside `http` and `listen`", outside);
    Ok(())
}

#[test]
fn only_one_folder_knows_each_database() -> Result<()> {
    for (backend, driver) in [("sqlite", "rusqlite"), ("postgres", "tokio_postgres")] {
        let module = format!("crates/store/src/{backend}.rs");
        let folder = format!("crates/store/src/{backend}/");
        let knows = sources()?.into_iter().filter_map(|(path, text)| {
            let inside = path == module || path.starts_with(&folder) || path == "tests/house.rs";
            (!inside && text.contains(driver)).then_some(path)
        });
        assert_none(&format!("naming {driver} outside {folder}"), knows);
    }
    Ok(())
}

#[test]
fn links_of_the_documents_lead_somewhere() -> Result<()> {
    let root = workspace_root();
    let mut dead = Vec::new();
    for (path, text) in texts(tracked()?) {
        if extension(&path) != "md" || path.starts_with("templates/") {
            continue;
        }
        for target in text.split("](").skip(1) {
            let target = target.split([')', '#']).next().unwrap_or_default();
            let folder = root.join(&path);
            let folder = folder.parent().unwrap_or(&root);
            if !target.is_empty() && !target.contains("://") && !folder.join(target).exists() {
                dead.push(format!("{path} links to {target}"));
            }
        }
    }
    assert_none("a link to nothing", dead);
    Ok(())
}

#[test]
fn what_the_life_of_a_run_names_is_there() -> Result<()> {
    let root = workspace_root();
    let page = fs_err::read_to_string(root.join("docs/life-of-a-run.md"))?;
    let sources = sources()?;
    let mut missing = BTreeSet::new();
    for named in page.split('`').skip(1).step_by(2) {
        let (file, test) = named.split_once(": ").unwrap_or((named, named));
        let folders = ["", "crates/engine/src", "crates/devserver/tests/api"];
        let is_file = ["rs", "py"].contains(&extension(file));
        if is_file
            && !folders
                .iter()
                .any(|folder| root.join(folder).join(file).exists())
        {
            missing.insert(file);
        }
        let function = format!("fn {test}(");
        // Names of so many words are those of tests.
        let is_test = test.matches('_').count() > 2 && *test == *test.to_lowercase();
        if is_test && !sources.iter().any(|(_, text)| text.contains(&function)) {
            missing.insert(test);
        }
    }
    assert_none("not there", missing.into_iter().map(str::to_owned));
    Ok(())
}

#[test]
fn every_difference_from_the_official_server_has_its_reason() -> Result<()> {
    let text = fs_err::read_to_string(workspace_root().join("docs/compatibility.md"))?;
    let bare = text.lines().filter_map(|line| {
        let cells: Vec<&str> = line
            .strip_prefix('|')?
            .split(" | ")
            .map(str::trim)
            .collect();
        let empty = cells.iter().any(|cell| matches!(*cell, "" | "|"));
        empty.then(|| line.to_owned())
    });
    assert_none("a row with an empty cell", bare);
    Ok(())
}

#[test]
fn every_sentence_of_the_security_page_has_its_tests() -> Result<()> {
    let root = workspace_root();
    let page = fs_err::read_to_string(root.join("docs/security.md"))?;
    let tests: BTreeMap<String, bool> = sources()?
        .into_iter()
        .map(|(path, text)| {
            (
                path,
                text.contains("#[test]") || text.contains("#[tokio::test]"),
            )
        })
        .collect();
    let mut linked = BTreeSet::new();
    let mut untested = Vec::new();
    let points: Vec<&str> = page.split("\n- ").skip(1).collect();
    for point in &points {
        let point = point.split("\n\n").next().unwrap_or_default();
        let targets = point.split("](../").skip(1);
        let targets: Vec<&str> = targets
            .filter_map(|target| target.split(')').next())
            .filter(|target| tests.get(*target) == Some(&true))
            .collect();
        if targets.is_empty() {
            untested.push(point.lines().next().unwrap_or_default().to_owned());
        }
        linked.extend(targets);
    }
    assert!(points.len() > 15, "sentences are found: {}", points.len());
    assert_none(
        "a sentence of docs/security.md without a link to a test",
        untested,
    );
    let folders = [
        "crates/devserver/tests/api/security/",
        "tests/live/security/",
    ];
    let unnamed = tests.iter().filter(|(path, has_tests)| {
        **has_tests
            && folders.iter().any(|folder| path.starts_with(folder))
            && !linked.contains(path.as_str())
    });
    assert_none(
        "not named in docs/security.md",
        unnamed.map(|(path, _)| path.clone()),
    );
    Ok(())
}

#[test]
fn a_build_of_rust_needs_nothing_that_builds_pages() -> Result<()> {
    let npm = ["npm", "npx", "node", "yarn", "pnpm", "vite"];
    let asks = sources()?.into_iter().filter_map(|(path, text)| {
        let is_build = path == "build.rs" || path.ends_with("/build.rs");
        let names = |name: &&str| text.contains(&format!("\"{name}\""));
        let asks = text.contains("Command") && npm.iter().any(names);
        (is_build && asks).then_some(path)
    });
    assert_none("a build script that runs npm", asks);
    Ok(())
}

#[test]
fn the_page_of_studio_was_built_from_the_sources_that_lie_there() -> Result<()> {
    let studio = workspace_root().join("crates/studio");
    let sealed = fs_err::read_to_string(studio.join("dist/sources.sha256"));
    if !studio.join("dist/app.js").exists() {
        ensure!(sealed.is_err(), "dist has a seal and no app.js");
        return Ok(()); // nothing has been built yet that could be old
    }
    let sealed = sealed.context("`just studio` writes it with the page")?;
    let sealed: BTreeSet<String> = sealed.lines().map(str::to_owned).collect();
    let of_page = tracked()?.into_iter().filter_map(|path| {
        let path = path.strip_prefix("crates/studio/web/")?.to_owned();
        let (top, below) = path.split_once('/').unwrap_or((&path, ""));
        let counts = if below.is_empty() {
            SEALED.contains(&top)
        } else {
            top == "src"
        };
        counts.then_some(path)
    });
    let mut found = BTreeSet::new();
    for path in of_page {
        let text = fs_err::read_to_string(studio.join("web").join(&path))?;
        let digest = Sha256::digest(text.replace("\r\n", "\n"));
        let mut line = String::new();
        for byte in digest {
            write!(line, "{byte:02x}")?;
        }
        found.insert(format!("{line}  {path}"));
    }
    assert_none(
        "not what crates/studio/dist was built from: run `just studio` and commit what it writes",
        found.symmetric_difference(&sealed).cloned(),
    );
    Ok(())
}

#[test]
fn no_file_names_a_place_on_one_machine() -> Result<()> {
    let root = workspace_root().canonicalize()?;
    let here = root
        .ancestors()
        .take(2)
        .map(|folder| folder.display().to_string());
    let home = std::env::var("HOME").into_iter();
    let places: Vec<String> = here
        .chain(home)
        .map(|place| format!("{}/", place.trim_end_matches('/')))
        .collect();
    let elsewhere = ["..", "/shared"].concat();
    let mut found = Vec::new();
    for (path, text) in texts(tracked()?) {
        for (number, line) in text.lines().enumerate() {
            let place = places
                .iter()
                .any(|place| place != "/" && starts_a_path(line, place));
            if place || line.contains(&elsewhere) {
                found.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert_none("naming a place that other machines do not have", found);
    Ok(())
}

/// Whether `place` stands in the line as the beginning of a path, not as folders within one.
fn starts_a_path(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|before| !before.is_alphanumeric() && !"._-})/*".contains(before))
    })
}

fn edges(manifest: &toml::Table, section: &str) -> BTreeSet<String> {
    let names = manifest
        .get(section)
        .and_then(toml::Value::as_table)
        .into_iter()
        .flat_map(toml::Table::keys);
    names
        .filter_map(|name| name.strip_prefix("lgx-"))
        .map(str::to_owned)
        .collect()
}

/// The source files with their texts.
fn sources() -> Result<Vec<(String, String)>> {
    let written = ["rs", "py", "js", "mjs", "sh", "ts", "tsx"];
    let paths = tracked()?.into_iter().filter(|path| {
        written.contains(&extension(path)) && !path.starts_with("crates/studio/dist/")
    });
    Ok(texts(paths.collect()))
}

fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// The files that are text, with their texts.
fn texts(paths: Vec<String>) -> Vec<(String, String)> {
    let root = workspace_root();
    let read = |path: String| Some((fs_err::read_to_string(root.join(&path)).ok()?, path));
    paths
        .into_iter()
        .filter_map(read)
        .map(|(text, path)| (path, text))
        .collect()
}

/// The files git tracks or is about to.
fn tracked() -> Result<Vec<String>> {
    let output = Command::new("git")
        .current_dir(workspace_root())
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .output_in_time()
        .context("could not run git")?;
    ensure!(
        output.status.success(),
        "git ls-files failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let paths: Vec<String> = String::from_utf8(output.stdout)?
        .lines()
        .map(str::to_owned)
        .collect();
    ensure!(!paths.is_empty(), "git tracks no file");
    Ok(paths)
}

#[track_caller]
fn assert_none(what: &str, found: impl IntoIterator<Item = String>) {
    let found: Vec<String> = found.into_iter().collect();
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}
