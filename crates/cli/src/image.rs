//! The image of a project: what it is built from, and the files that say so. Nothing here runs a program or writes a file.
//!
//! A project lies in the image as it does on disk, below `/app`, so that every path in its langgraph.json holds there too. Its packages are
//! installed in stages of their own, of which only what they leave is in the image: no cache, no tool that installs, no secret.

pub(crate) mod base_images;
pub(crate) mod build_command;
pub(crate) mod compose;
pub(crate) mod dockerfile;
pub(crate) mod folders;
pub(crate) mod ignore_file;
pub(crate) mod javascript;
pub(crate) mod lines;
pub(crate) mod project;
pub(crate) mod python;
pub(crate) mod secrets;
pub(crate) mod versions;

use std::path::Path;

use lgx_config::{Config, ImageKeys, Runtime};

use self::base_images::Bases;
use self::folders::Folders;
use self::javascript::NodePackages;
use self::python::PythonPackages;
use self::secrets::BuildSecret;
use crate::disk::Probe;
use crate::ui::error::Advised;

/// The port that a server in an image listens on.
pub(crate) const PORT: u16 = 8000;
/// The user that it runs as, by number: where containers must not run as root, that is what is looked at.
pub(crate) const USER: &str = "10001:10001";
/// What belongs to that user and is kept: mount a volume here.
pub(crate) const DATA: &str = "/data";
/// Where the server keeps its state: below a folder that may belong to somebody else, as those of volumes do.
pub(crate) const STATE: &str = "/data/state";

/// Everything that the files of an image are written from.
#[derive(Debug)]
pub(crate) struct ImagePlan<'a> {
    pub(crate) config: &'a Config,
    pub(crate) keys: &'a ImageKeys,
    pub(crate) folders: Folders,
    pub(crate) bases: Bases,
    pub(crate) python: Option<PythonPackages>,
    pub(crate) node: Option<NodePackages>,
    /// What the build gets and the image does not.
    pub(crate) secrets: Vec<BuildSecret>,
    /// What is not as the person may think.
    pub(crate) notes: Vec<String>,
}

impl<'a> ImagePlan<'a> {
    /// Decides what goes into the image; `base_image` wins over that of the file.
    pub(crate) fn of(
        config: &'a Config,
        keys: &'a ImageKeys,
        base_image: Option<&str>,
        home: Option<&Path>,
        disk: &impl Probe,
    ) -> Result<Self, Advised> {
        let mut notes = Vec::new();
        let runtimes = config.runtimes();
        let has_python = runtimes.contains(&Runtime::Python);
        let has_node = runtimes.contains(&Runtime::Node) || !config.ui.components.is_empty();
        let python = has_python.then(|| PythonPackages::of(config, keys, disk));
        let node = has_node.then(|| NodePackages::of(config, disk));
        let mut needed = vec![config.root.clone()];
        if let Some(python) = &python {
            needed.extend(python.folders());
        }
        if let Some(node) = &node {
            needed.push(node.folder.clone());
            notes.extend(node.notes(config));
        }
        let folders = Folders::holding(&needed, home)?;
        let bases = Bases::of(
            config,
            keys,
            base_image,
            python.is_some(),
            node.is_some(),
            disk,
            &mut notes,
        )?;
        if let Some(python) = &python {
            notes.extend(python.notes(keys));
        }
        notes.extend(secrets::notes_on_env(config));
        Ok(Self {
            secrets: secrets::of(config, keys, node.as_ref(), disk),
            config,
            keys,
            folders,
            bases,
            python,
            node,
            notes,
        })
    }

    /// Whether the project says who may use its server.
    pub(crate) fn has_auth(&self) -> bool {
        self.config.auth.is_some()
    }
}
