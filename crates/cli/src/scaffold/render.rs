//! Turns a template into the files of one project, without touching the disk.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::catalog::Template;

/// The files of a project, by their path in it.
pub(crate) type Plan = BTreeMap<PathBuf, Vec<u8>>;

/// The files of a project of this name.
pub(crate) fn plan(template: &Template, project_name: &str) -> Plan {
    let sentinel = &template.manifest.sentinels.project_name;
    let mut plan: Plan = template
        .files
        .iter()
        .map(|(path, content)| (path.clone(), replace(content, sentinel, project_name)))
        .collect();
    for (copy, original) in &template.manifest.copies {
        if let Some(content) = plan.get(original).cloned() {
            plan.insert(copy.clone(), content);
        }
    }
    plan
}

/// Replaces a word wherever it stands in a text.
fn replace(content: &[u8], word: &str, replacement: &str) -> Vec<u8> {
    match std::str::from_utf8(content) {
        Ok(text) => text.replace(word, replacement).into_bytes(),
        Err(_) => content.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::scaffold::catalog;
    use crate::scaffold::language::Language;

    fn text<'a>(plan: &'a Plan, path: &str) -> &'a str {
        std::str::from_utf8(&plan[Path::new(path)]).unwrap()
    }

    #[test]
    fn the_name_of_the_project_stands_wherever_the_template_has_its_own() {
        for template in catalog::all().unwrap() {
            let plan = plan(&template, "my-agent");

            let (manifest, name) = match template.manifest.language {
                Language::Python => ("pyproject.toml", "name = \"my-agent\"\n"),
                Language::TypeScript => ("package.json", "\"name\": \"my-agent\",\n"),
            };
            assert!(text(&plan, manifest).contains(name), "{}", template.id);
            assert!(
                text(&plan, "README.md").starts_with("# my-agent\n"),
                "{}",
                template.id
            );
            for (path, content) in &plan {
                let content = String::from_utf8_lossy(content);
                let sentinel = &template.manifest.sentinels.project_name;
                assert!(
                    !content.contains(sentinel.as_str()),
                    "{sentinel} is left in {}",
                    path.display()
                );
            }
        }
    }

    #[test]
    fn a_project_starts_with_an_env_file_and_ignores_it() {
        for template in catalog::all().unwrap() {
            let plan = plan(&template, "my-agent");

            assert_eq!(
                text(&plan, ".env"),
                text(&plan, ".env.example"),
                "{}",
                template.id
            );
            assert!(
                text(&plan, ".gitignore").lines().any(|line| line == ".env"),
                "{}",
                template.id
            );
            assert!(
                !plan.contains_key(Path::new("template.toml")),
                "{}",
                template.id
            );
        }
    }
}
