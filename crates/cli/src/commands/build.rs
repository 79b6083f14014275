//! `lgx build`: makes an image of the project with Docker.

use std::path::Path;

use anyhow::Context as _;
use fs_err as fs;
use tempfile::TempDir;
use tokio::runtime::Builder;

use crate::args::image::{BuildArgs, PullArgs};
use crate::context::Context;
use crate::disk::Disk;
use crate::docker::Docker;
use crate::exit::Outcome;
use crate::image::project::ImageSources;
use crate::image::{ImagePlan, build_command, dockerfile, ignore_file};

/// Runs the command.
pub(crate) fn run(args: BuildArgs, context: &Context) -> anyhow::Result<Outcome> {
    let sources = ImageSources::read(args.image, "build", context)?;
    let plan = sources.plan(context)?;
    let mut further = Vec::new();
    if let Some(platform) = args.platform {
        further.extend(["--platform".to_owned(), platform]);
    }
    further.extend(args.docker);
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let docker = Docker::ready(context).await?;
        build(&docker, &plan, &args.tag, &args.pull, further).await
    })
}

/// Builds an image. Its files lie in a folder of their own meanwhile: Docker finds what it must not send only beside a Dockerfile.
pub(crate) async fn build(
    docker: &Docker,
    plan: &ImagePlan<'_>,
    tags: &[String],
    pull: &PullArgs,
    further: Vec<String>,
) -> anyhow::Result<Outcome> {
    let folder = files(plan).context("cannot write the Dockerfile")?;
    let as_it_is = |path: &Path| path.display().to_string();
    let mut arguments = build_command::arguments(plan, tags, as_it_is);
    if !pull.no_pull {
        arguments.push("--pull".to_owned());
    }
    arguments.extend(further);
    let file = folder.path().join("Dockerfile");
    arguments.extend([
        "--file".to_owned(),
        as_it_is(&file),
        as_it_is(&plan.folders.context),
    ]);
    docker.run(&arguments).await
}

fn files(plan: &ImagePlan<'_>) -> std::io::Result<TempDir> {
    let folder = TempDir::with_prefix("lgx-image-")?;
    let write = |name: &str, text: String| fs::write(folder.path().join(name), text);
    write("Dockerfile", dockerfile::write(plan, None))?;
    write("Dockerfile.dockerignore", ignore_file::write(plan, &Disk))?;
    Ok(folder)
}
