//! The directories that code in Python is imported from, as `dependencies` of langgraph.json names them.

use std::path::{Path, PathBuf};

use lgx_config::Runtime;

use super::{CodeFile, FoundGraph};

/// The files that make a directory something that is installed.
const MANIFESTS: [&str; 3] = ["pyproject.toml", "setup.py", "requirements.txt"];

/// The directories that graphs are in and, in a repository of several packages, those that these import.
pub(crate) fn dependencies(
    graphs: &[FoundGraph],
    code: &[CodeFile],
    files: &[PathBuf],
    root: &Path,
) -> Vec<String> {
    let manifests = files
        .iter()
        .filter(|file| MANIFESTS.iter().any(|name| file.ends_with(name)));
    let mut packages: Vec<&Path> = manifests.filter_map(|file| file.parent()).collect();
    packages.sort_unstable();
    packages.dedup();
    let mut named: Vec<&Path> = Vec::new();
    let in_python = graphs
        .iter()
        .filter(|graph| graph.runtime == Runtime::Python);
    for directory in in_python.filter_map(|graph| package_of(&graph.file, &packages, root)) {
        if !named.contains(&directory) {
            named.push(directory);
        }
    }
    // Packages import packages, so whoever is named is looked at in turn.
    let mut next = 0;
    while let Some(importing) = named.get(next).copied() {
        next += 1;
        let texts = code
            .iter()
            .filter(|file| package_of(&file.path, &packages, root) == Some(importing));
        let texts: Vec<&str> = texts.map(|file| file.text.as_str()).collect();
        for other in &packages {
            let is_imported = || {
                let modules = modules_of(other, files);
                texts.iter().any(|text| imports_any(text, &modules))
            };
            if *other != root && !named.contains(other) && is_imported() {
                named.push(other);
            }
        }
    }
    let written = named
        .iter()
        .map(|directory| match directory.strip_prefix(root) {
            Ok(inside) if !inside.as_os_str().is_empty() => format!("./{}", inside.display()),
            _ => ".".to_owned(),
        });
    written.collect()
}

/// The directory that a file is installed with: the nearest that has a manifest, or the root.
fn package_of<'a>(file: &'a Path, packages: &[&Path], root: &Path) -> Option<&'a Path> {
    let mut above = file.ancestors().skip(1);
    above.find(|directory| *directory == root || packages.contains(directory))
}

/// The names by which others import what a package has.
fn modules_of(package: &Path, files: &[PathBuf]) -> Vec<String> {
    let sources = package.join("src");
    let names = files.iter().filter_map(|file| {
        let inside = file
            .strip_prefix(&sources)
            .or_else(|_| file.strip_prefix(package))
            .ok()?;
        let is_package = inside.iter().count() == 2 && inside.ends_with("__init__.py");
        is_package.then(|| Some(inside.iter().next()?.to_str()?.to_owned()))?
    });
    names.collect()
}

fn imports_any(text: &str, modules: &[String]) -> bool {
    let mut imported = text.lines().filter_map(|line| {
        let line = line.trim_start();
        let rest = line
            .strip_prefix("import ")
            .or_else(|| line.strip_prefix("from "))?;
        rest.split([' ', '.', ',']).next()
    });
    imported.any(|name| modules.iter().any(|module| module == name))
}

#[cfg(test)]
mod tests {
    use super::super::{Reach, code, files, graphs};
    use super::*;
    use crate::disk::tests::MadeUp;

    fn named(written: &[(&str, &str)]) -> Vec<String> {
        let disk = written
            .iter()
            .fold(MadeUp::default(), |disk, (file, text)| {
                disk.and_file(&format!("/p/{file}"), text)
            });
        let root = Path::new("/p");
        let files = files(root, Reach::WHOLE, &disk);
        let code = code(&files, &disk);
        dependencies(&graphs(&code), &code, &files, root)
    }

    const GRAPH: &str = "from langgraph.graph import StateGraph\ngraph = b.compile()\n";

    #[test]
    fn a_project_is_its_own_dependency_and_one_in_javascript_has_none() {
        assert_eq!(
            named(&[("pyproject.toml", ""), ("src/a/graph.py", GRAPH)]),
            ["."]
        );
        assert_eq!(named(&[("graph.py", GRAPH)]), ["."]);
        let chain = "import \"@langchain/langgraph\";\nexport const graph = b.compile();\n";
        assert!(named(&[("src/graph.ts", chain)]).is_empty());
    }

    #[test]
    fn packages_of_a_repository_are_named_with_those_that_they_import() {
        let importing = format!("from shared.models import model\n{GRAPH}");
        assert_eq!(
            named(&[
                ("pyproject.toml", ""),
                ("apps/chat/pyproject.toml", ""),
                ("apps/chat/src/chat/graph.py", &importing),
                ("libs/shared/pyproject.toml", ""),
                ("libs/shared/src/shared/__init__.py", ""),
                ("libs/shared/src/shared/models.py", "import deep\n"),
                ("libs/deep/pyproject.toml", ""),
                ("libs/deep/deep/__init__.py", ""),
                ("libs/other/pyproject.toml", ""),
                ("libs/other/other/__init__.py", ""),
            ]),
            ["./apps/chat", "./libs/shared", "./libs/deep"]
        );
    }
}
