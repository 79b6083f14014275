//! What images of projects begin with, and the versions of what they are made with: the one place where these are pinned.
//!
//! The versions are the newest releases of Python and Node.js on 2026-11-28, each with Debian 12 below it. They are pinned by their whole
//! version. A digest, which a registry gives and which nobody can make up, is added behind the tag where one is known.

use lgx_config::{Config, ImageKeys};

use super::versions;
use crate::disk::Probe;
use crate::ui::error::Advised;

/// The Debian of all of them.
const DEBIAN: &str = "bookworm";
/// What installs packages of Python from the lock.
pub(crate) const UV: &str = "0.13.9";
/// What an image is built with that does not care.
const ANY_PYTHON: &str = "3.12";
/// The Node.js of a project that asks for none.
pub(crate) const ANY_NODE: &str = "22";

/// A release that there is an image of.
#[derive(Debug)]
struct PinnedImage {
    /// What a langgraph.json asks for.
    version: &'static str,
    /// What it gets.
    release: &'static str,
    /// `sha256:…` of the index of all its platforms, where it is known.
    digest: Option<&'static str>,
}

const fn pinned(version: &'static str, release: &'static str) -> PinnedImage {
    PinnedImage {
        version,
        release,
        digest: None,
    }
}

const PYTHON: [PinnedImage; 5] = [
    pinned("3.11", "3.11.18"),
    pinned("3.12", "3.12.16"),
    pinned("3.13", "3.13.18"),
    pinned("3.14", "3.14.10"),
    pinned("3.15", "3.15.2"),
];

const NODE: [PinnedImage; 4] = [
    pinned("20", "20.20.2"),
    pinned("22", "22.23.3"),
    pinned("24", "24.21.0"),
    pinned("26", "26.10.0"),
];

/// The images that the stages of one Dockerfile begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bases {
    /// What the server runs on.
    pub(crate) server: String,
    /// Where a tool comes from that Python's index has.
    pub(crate) python_tools: String,
    /// Where Node.js comes from.
    pub(crate) node: String,
    /// Whether the first is the project's own choice, so that nothing is known of it.
    pub(crate) is_own: bool,
}

impl Bases {
    /// What a project begins with.
    pub(super) fn of(
        config: &Config,
        keys: &ImageKeys,
        base_image: Option<&str>,
        has_python: bool,
        has_node: bool,
        disk: &impl Probe,
        notes: &mut Vec<String>,
    ) -> Result<Self, Advised> {
        let python = versions::python(config, disk);
        let node = versions::node(config, disk);
        let own = base_image
            .or(keys.base_image.as_deref())
            .filter(|image| !is_official(image, notes));
        if let (None, Some("wolfi")) = (own, keys.distribution.as_deref()) {
            return Err(Advised::new(
                "`image_distro` asks for Wolfi, and lgx has no images of it: those of Python and Node.js by version are not public there",
                "name one of yours with --base-image, or take `image_distro` out for Debian",
            ));
        }
        let python_image = image("python", &PYTHON, &python);
        let node_image = image("node", &NODE, &node);
        let default = if has_python || !has_node {
            python_image
        } else {
            node_image.clone()
        };
        Ok(Self {
            is_own: own.is_some(),
            server: own.map_or(default, str::to_owned),
            python_tools: image("python", &PYTHON, ANY_PYTHON),
            node: node_image,
        })
    }
}

/// Whether an image is one of the official server, which a server of lgx has no use for.
fn is_official(image: &str, notes: &mut Vec<String>) -> bool {
    let is_official = image.contains("langchain/langgraph");
    if is_official {
        notes.push(format!(
            "`base_image` {image} holds the official server; this image is built without it"
        ));
    }
    is_official
}

/// The image of a version: pinned where it is known, else the newest there is.
fn image(name: &str, known: &[PinnedImage], version: &str) -> String {
    let known = known.iter().find(|known| known.version == version);
    let release = known.map_or(version, |known| known.release);
    let tag = if name == "python" {
        format!("{name}:{release}-slim-{DEBIAN}")
    } else {
        format!("{name}:{release}-{DEBIAN}-slim")
    };
    match known.and_then(|known| known.digest) {
        Some(digest) => format!("{tag}@{digest}"),
        None => tag,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_version_is_pinned_and_another_one_is_taken_by_its_name() {
        assert_eq!(
            image("python", &PYTHON, "3.11"),
            "python:3.11.18-slim-bookworm"
        );
        assert_eq!(image("node", &NODE, "23"), "node:23-bookworm-slim");
        let known = [PinnedImage {
            version: "3.12",
            release: "3.12.1",
            digest: Some("sha256:0"),
        }];
        assert_eq!(
            image("python", &known, "3.12"),
            "python:3.12.1-slim-bookworm@sha256:0"
        );
    }

    #[test]
    fn what_is_pinned_is_a_release_of_the_version_that_is_asked_for() {
        for pinned in PYTHON.iter().chain(&NODE) {
            let begin = format!("{}.", pinned.version);
            assert!(pinned.release.starts_with(&begin), "{pinned:?}");
            assert_eq!(pinned.release.split('.').count(), 3, "{pinned:?}");
        }
        assert!(PYTHON.iter().any(|pinned| pinned.version == ANY_PYTHON));
        assert!(NODE.iter().any(|pinned| pinned.version == ANY_NODE));
    }
}
