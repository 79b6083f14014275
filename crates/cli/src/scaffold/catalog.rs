//! The templates that are part of the binary.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lgx_embedded::Embedded;
use serde::{Deserialize, Serialize};

use super::language::Language;

/// What `build.rs` gathered from the repository's `templates/`, by the path in it.
const EMBEDDED: Embedded = include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// The file that describes a template and does not become part of a project.
const MANIFEST: &str = "template.toml";

/// Templates that the official command downloads and lgx does not bring, without the language at their end.
const OFFICIAL: [&str; 4] = [
    "data-enrichment-agent",
    "memory-agent",
    "react-agent",
    "retrieval-agent",
];

/// A template.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Template {
    /// What `--template` takes.
    pub(crate) id: String,
    #[serde(flatten)]
    pub(crate) manifest: Manifest,
    /// The files, by their path in the project.
    #[serde(skip)]
    pub(crate) files: BTreeMap<PathBuf, Vec<u8>>,
}

/// A template's `template.toml`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// The name in menus.
    pub(crate) name: String,
    /// One line about it.
    pub(crate) description: String,
    /// The language of the project.
    pub(crate) language: Language,
    /// Its place in lists.
    #[serde(skip_serializing)]
    order: u32,
    /// Words in files' contents that stand for something of the new project.
    #[serde(skip_serializing)]
    pub(crate) sentinels: Sentinels,
    /// Files that the project gets as a copy of another one.
    #[serde(default, skip_serializing)]
    pub(crate) copies: BTreeMap<PathBuf, PathBuf>,
}

/// The words of a template that a project has its own in place of.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Sentinels {
    /// Stands for the project's name.
    pub(crate) project_name: String,
}

/// All templates, in the order in which lists show them.
pub(crate) fn all() -> anyhow::Result<Vec<Template>> {
    let mut files_of = BTreeMap::<_, BTreeMap<_, _>>::new();
    for (path, content) in EMBEDDED.unpack()? {
        // Beside the templates there may be a file about them all.
        if let Some((id, file)) = path.split_once('/') {
            let files = files_of.entry(id).or_default();
            files.insert(PathBuf::from(file), content);
        }
    }
    let mut templates = files_of
        .into_iter()
        .map(|(id, files)| read(id, files))
        .collect::<anyhow::Result<Vec<_>>>()?;
    templates.sort_by(|a, b| (a.manifest.order, &a.id).cmp(&(b.manifest.order, &b.id)));
    Ok(templates)
}

/// Whether it is the id of one that only the official command has.
pub(crate) fn is_official(id: &str) -> bool {
    let (stem, language) = Language::split(id);
    language.is_some_and(|language| id.ends_with(language.suffix()) && OFFICIAL.contains(&stem))
}

/// The id that somebody may have meant, if one is near enough. Who says of which language it is to be means no other.
pub(crate) fn nearest<'a>(templates: &'a [Template], wanted: &str) -> Option<&'a str> {
    let (stem, language) = Language::split(wanted);
    let wanted = match language {
        Some(language) => format!("{stem}{}", language.suffix()),
        None => wanted.to_owned(),
    };
    let mut nearest = None;
    let mut most_like = 0.8;
    for Template { id, manifest, .. } in templates {
        let like = match language {
            None => id.strip_suffix(manifest.language.suffix()).unwrap_or(id),
            Some(language) if language == manifest.language => id,
            Some(_) => continue,
        };
        let likeness = strsim::jaro_winkler(like, &wanted);
        // Of several that are as near, the first in the list.
        if likeness > most_like {
            (nearest, most_like) = (Some(id.as_str()), likeness);
        }
    }
    nearest
}

fn read(id: &str, mut files: BTreeMap<PathBuf, Vec<u8>>) -> anyhow::Result<Template> {
    let manifest = files.remove(Path::new(MANIFEST)).unwrap_or_default();
    Ok(Template {
        id: id.to_owned(),
        manifest: toml::from_str(std::str::from_utf8(&manifest)?)?,
        files,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::process::Command;

    use super::*;

    #[test]
    fn every_template_is_read_and_the_plain_one_comes_first() {
        let ids: Vec<_> = all()
            .unwrap()
            .into_iter()
            .map(|template| template.id)
            .collect();

        assert_eq!(
            ids,
            [
                "new-langgraph-project-python",
                "new-langgraph-project-js",
                "custom-auth-python",
                "custom-auth-js",
                "private-conversations-python",
                "oauth-python",
                "agent-python",
                "agent-js",
                "deep-agent-python",
                "memory-python",
                "rag-python",
                "deep-agent-js",
            ]
        );
    }

    #[test]
    fn exactly_the_files_that_are_under_version_control_are_embedded() {
        let listed = Command::new("git")
            .args(["ls-files", "--cached", "."])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../templates"))
            .output()
            .expect("git runs");
        assert!(listed.status.success(), "{listed:?}");
        let tracked: BTreeSet<_> = String::from_utf8(listed.stdout)
            .unwrap()
            .lines()
            .map(PathBuf::from)
            .collect();
        let embedded: BTreeSet<_> = all()
            .unwrap()
            .iter()
            .flat_map(|template| {
                let files = template
                    .files
                    .keys()
                    .map(|file| Path::new(&template.id).join(file));
                files
                    .chain([Path::new(&template.id).join(MANIFEST)])
                    .collect::<Vec<_>>()
            })
            .collect();

        assert_eq!(embedded, tracked);
    }

    #[test]
    fn a_misspelt_id_has_a_nearest_one_and_a_strange_one_has_none() {
        let templates = all().unwrap();

        assert_eq!(
            nearest(&templates, "new-langraph-project-python"),
            Some("new-langgraph-project-python")
        );
        assert_eq!(
            nearest(&templates, "custom-auth"),
            Some("custom-auth-python")
        );
        assert_eq!(
            nearest(&templates, "new-langgraph-js"),
            Some("new-langgraph-project-js")
        );
        for ending in ["ts", "typescript", "javascript"] {
            let id = format!("new-langgraph-project-{ending}");
            assert_eq!(nearest(&templates, &id), Some("new-langgraph-project-js"));
            let id = format!("custom-auth-{ending}");
            assert_eq!(nearest(&templates, &id), Some("custom-auth-js"));
        }
        assert_eq!(nearest(&templates, "xyz"), None);
    }
}
