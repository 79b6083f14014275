//! The project that an image is made of, as its files say.

use std::path::Path;

use anyhow::Context as _;
use lgx_config::{Config, ImageKeys, LoadError};

use super::ImagePlan;
use crate::args::image::ImageArgs;
use crate::context::Context;
use crate::disk::Disk;
use crate::env_names;
use crate::project::located::locate;
use crate::ui::{printer, style};

/// What is known of the project.
#[derive(Debug)]
pub(crate) struct ImageSources {
    config: Config,
    keys: ImageKeys,
    base_image: Option<String>,
}

impl ImageSources {
    /// Reads the project that the arguments of a command mean.
    pub(crate) fn read(args: ImageArgs, command: &str, context: &Context) -> anyhow::Result<Self> {
        let named = args.config.map(|path| context.absolute(&path));
        let file = locate(named.as_deref(), command, context)?.config;
        let lookup = |name: &str| Some(context.env.get(name)?.to_str()?.to_owned());
        let cannot = || format!("no image can be made by {}", context.shown(&file));
        let config = lgx_config::load(&file, &lookup)
            .map_err(errors_of)
            .with_context(cannot)?
            .config;
        let keys = ImageKeys::read(&file)
            .map_err(errors_of)
            .with_context(cannot)?;
        Ok(Self {
            config,
            keys,
            base_image: args.base_image,
        })
    }

    /// Decides what goes into the image, and tells what may not be as the person thinks.
    pub(crate) fn plan(&self, context: &Context) -> anyhow::Result<ImagePlan<'_>> {
        let home = context.env.path(env_names::HOME);
        let base = self.base_image.as_deref();
        let plan = ImagePlan::of(&self.config, &self.keys, base, home, &Disk)?;
        for note in &plan.notes {
            printer::say(format_args!("{} {note}", style::strong("note:")));
        }
        Ok(plan)
    }

    /// The folder of the project.
    pub(crate) fn folder(&self) -> &Path {
        &self.config.root
    }

    /// The compose file that langgraph.json names.
    pub(crate) fn compose_file(&self) -> Option<std::path::PathBuf> {
        let file = self.keys.compose_file.as_deref()?;
        Some(self.config.root.join(file))
    }
}

/// What is wrong, without what is only odd: that is for `lgx check` to tell.
fn errors_of(mut error: LoadError) -> LoadError {
    error
        .problems
        .retain(|problem| problem.severity == lgx_config::Severity::Error);
    error
}
