//! The arguments of the commands that make an image of a project: `lgx dockerfile`, `lgx build` and `lgx up`.

use std::path::PathBuf;

use clap::Args;

/// Which project is meant, and what its image begins with.
#[derive(Debug, Args)]
pub(crate) struct ImageArgs {
    /// The project's configuration, or the directory it is in [default: langgraph.json, here or above]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// What the image begins with, in place of one with the project's Python or Node.js
    #[arg(long, value_name = "IMAGE")]
    pub(crate) base_image: Option<String>,
}

/// Whether images that others are built on are looked for anew.
#[derive(Debug, Args)]
pub(crate) struct PullArgs {
    /// Look for newer versions of the images that this one is built on [default]
    #[arg(long, overrides_with = "no_pull")]
    pub(crate) pull: bool,

    /// Take those that are on this machine
    #[arg(long, overrides_with = "pull")]
    pub(crate) no_pull: bool,
}

/// Write a Dockerfile for the project in this directory
///
/// It installs the packages from the project's lock, leaves `.env` and tools out, and serves with `lgx serve` as a user without rights. Beside a file goes another one, FILE.dockerignore, which Docker reads by its name.
#[derive(Debug, Args)]
pub(crate) struct DockerfileArgs {
    /// The file to write, or `-` for stdout
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) path: PathBuf,

    #[command(flatten)]
    pub(crate) image: ImageArgs,

    /// Write a docker-compose.yml beside it, which builds and runs the image
    #[arg(long)]
    pub(crate) add_docker_compose: bool,

    /// Write over files that lgx has not written
    #[arg(long)]
    pub(crate) force: bool,
}

/// Build an image of the project in this directory with Docker
///
/// The image is that of `lgx dockerfile`; no file is written into the project. Exits with the code of `docker build`.
#[derive(Debug, Args)]
#[command(after_help = BUILD_EXAMPLES)]
pub(crate) struct BuildArgs {
    /// The name of the image
    #[arg(short, long, value_name = "NAME", required = true)]
    pub(crate) tag: Vec<String>,

    /// The platform to build for, or several, as Docker names them: linux/amd64,linux/arm64
    #[arg(long, value_name = "PLATFORM")]
    pub(crate) platform: Option<String>,

    #[command(flatten)]
    pub(crate) pull: PullArgs,

    #[command(flatten)]
    pub(crate) image: ImageArgs,

    /// What else `docker build` is told, behind `--`
    #[arg(last = true, value_name = "DOCKER ARGUMENTS")]
    pub(crate) docker: Vec<String>,
}

const BUILD_EXAMPLES: &str = "\
Examples:
  lgx build -t my-agent
  lgx build -t my-agent --platform linux/amd64 -- --push --no-cache";

/// Build an image of the project and run it with Docker, on a port of this machine
///
/// Waits until the server is ready and prints its URL. Then its output follows, and Ctrl-C stops it; what it keeps is in a volume, and there again the next time.
#[derive(Debug, Args)]
pub(crate) struct UpArgs {
    /// The port on 127.0.0.1
    #[arg(short, long, default_value_t = 8123)]
    pub(crate) port: u16,

    /// Return once the server is ready, and let it run
    #[arg(long)]
    pub(crate) wait: bool,

    /// Run this image and build none
    #[arg(long, value_name = "IMAGE", conflicts_with_all = ["base_image", "pull", "no_pull"])]
    pub(crate) image: Option<String>,

    /// A compose file with further services
    #[arg(short, long, value_name = "FILE")]
    pub(crate) docker_compose: Option<PathBuf>,

    /// Make the containers anew even if nothing has changed
    #[arg(long, overrides_with = "no_recreate")]
    pub(crate) recreate: bool,

    /// Keep those of which nothing has changed [default]
    #[arg(long, overrides_with = "recreate")]
    pub(crate) no_recreate: bool,

    #[command(flatten)]
    pub(crate) pulled: PullArgs,

    #[command(flatten)]
    pub(crate) built: ImageArgs,
}
