//! `lgx dockerfile`: writes what an image of the project is built from.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use fs_err as fs;

use crate::args::image::DockerfileArgs;
use crate::context::Context;
use crate::disk::{Disk, Probe as _};
use crate::exit::Outcome;
use crate::image::compose::ImageFrom;
use crate::image::dockerfile::MARK;
use crate::image::project::ImageSources;
use crate::image::{ImagePlan, build_command, compose, dockerfile, ignore_file};
use crate::shell;
use crate::ui::error::Advised;
use crate::ui::{printer, style};

/// The name that Docker's own commands find without being told.
const COMPOSE: &str = "docker-compose.yml";
/// The port on this machine, as `lgx up` has it.
const COMPOSE_PORT: u16 = 8123;

/// Runs the command.
pub(crate) fn run(args: DockerfileArgs, context: &Context) -> anyhow::Result<Outcome> {
    let sources = ImageSources::read(args.image, "dockerfile", context)?;
    let plan = sources.plan(context)?;
    if args.path == Path::new("-") {
        if args.add_docker_compose {
            return Err(Advised::new(
                "a docker-compose.yml names the Dockerfile that it builds, and there is none on stdout",
                "lgx dockerfile Dockerfile --add-docker-compose",
            )
            .into());
        }
        printer::put(dockerfile::write(&plan, Some(&command(&plan, None, context))).trim_end())?;
        return Ok(Outcome::Success);
    }
    let file = context.absolute(&args.path);
    let file = if file.is_dir() {
        file.join("Dockerfile")
    } else {
        file
    };
    for (path, text) in texts(&plan, &file, args.add_docker_compose, context) {
        write(&path, &text, args.force, context)?;
    }
    Ok(Outcome::Success)
}

/// All files that are written, each with its text.
fn texts(
    plan: &ImagePlan<'_>,
    file: &Path,
    with_compose: bool,
    context: &Context,
) -> Vec<(PathBuf, String)> {
    let build = command(plan, Some(file), context);
    let mut ignored = file.as_os_str().to_owned();
    ignored.push(".dockerignore");
    let mark = format!("{MARK} for {}.\n", name_of(file));
    let mut texts = vec![
        (file.to_owned(), dockerfile::write(plan, Some(&build))),
        (ignored.into(), mark + &ignore_file::write(plan, &Disk)),
    ];
    if with_compose {
        let folder = file.parent().unwrap_or(file);
        let image = ImageFrom::Built {
            context: seen_from(folder, &plan.folders.context),
            dockerfile: seen_from(&plan.folders.context, file),
        };
        let text = compose::write(plan, &image, COMPOSE_PORT, |path| seen_from(folder, path));
        texts.push((folder.join(COMPOSE), text));
    }
    texts
}

/// The command that builds.
fn command(plan: &ImagePlan<'_>, file: Option<&Path>, context: &Context) -> String {
    let shown = |path: &Path| seen_from(&context.cwd, path);
    let tag = name_of(&plan.config.root).to_lowercase();
    let mut words = vec!["docker".to_owned()];
    words.extend(build_command::arguments(plan, &[tag], shown));
    let file = file.map_or_else(|| "-".to_owned(), shown);
    words.extend([
        "--file".to_owned(),
        file.clone(),
        shown(&plan.folders.context),
    ]);
    let command = shell::command(words.iter().map(String::as_str));
    if file == "-" {
        format!("lgx dockerfile | {command}")
    } else {
        command
    }
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy());
    name.unwrap_or_default().into_owned()
}

/// A path as it is written in a file of a folder.
fn seen_from(folder: &Path, path: &Path) -> String {
    let shared = folder
        .ancestors()
        .find(|outer| path.starts_with(outer))
        .unwrap_or(folder);
    let up = folder
        .strip_prefix(shared)
        .map_or(0, |below| below.iter().count());
    let below = path.strip_prefix(shared).unwrap_or(path);
    let mut seen: PathBuf = std::iter::repeat_n("..", up).collect();
    seen.push(below);
    if seen.as_os_str().is_empty() {
        ".".to_owned()
    } else {
        seen.display().to_string().trim_end_matches('/').to_owned()
    }
}

/// Writes a file, unless it is somebody's own.
fn write(path: &Path, text: &str, force: bool, context: &Context) -> anyhow::Result<()> {
    let shown = context.shown(path);
    let is_own = Disk.read(path).is_some_and(|old| old.starts_with(MARK));
    if Disk.exists(path) && !is_own && !force {
        return Err(Advised::new(
            format!("{shown} is there already, and lgx has not written it"),
            "name another file, or write over it with --force",
        )
        .into());
    }
    fs::write(path, text).with_context(|| format!("cannot write {shown}"))?;
    printer::say(format_args!("{} {shown}", style::success("wrote")));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_from_where_it_is_read() {
        let seen = |folder: &str, path: &str| seen_from(Path::new(folder), Path::new(path));
        assert_eq!(seen("/r/a", "/r/a"), ".");
        assert_eq!(seen("/r/a", "/r"), "..");
        assert_eq!(seen("/r/a/b", "/r/c/d"), "../../c/d");
        assert_eq!(seen("/r", "/r/a/Dockerfile"), "a/Dockerfile");
    }
}
