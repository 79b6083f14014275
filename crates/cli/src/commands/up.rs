//! `lgx up`: makes an image of the project and runs it with compose.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tokio::runtime::Builder;

use super::build::build;
use crate::args::image::UpArgs;
use crate::context::Context;
use crate::docker::Docker;
use crate::exit::Outcome;
use crate::image::compose::{self, ImageFrom};
use crate::image::project::ImageSources;
use crate::ui::error::Advised;
use crate::ui::{printer, style};

/// Runs the command.
pub(crate) fn run(args: UpArgs, context: &Context) -> anyhow::Result<Outcome> {
    let sources = ImageSources::read(args.built, "up", context)?;
    let plan = sources.plan(context)?;
    let further = match &args.docker_compose {
        Some(file) => Some(there(context.absolute(file), context)?),
        None => sources.compose_file(),
    };
    let name = name_of(sources.folder());
    let image = args.image.clone().unwrap_or_else(|| name.clone());
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let docker = Docker::ready(context).await?;
        let compose = docker.compose(context).await?;
        if args.image.is_none() {
            let built = build(
                &docker,
                &plan,
                std::slice::from_ref(&image),
                &args.pulled,
                Vec::new(),
            )
            .await?;
            if built != Outcome::Success {
                return Ok(built);
            }
        }
        let as_it_is = |path: &Path| path.display().to_string();
        let text = compose::write(&plan, &ImageFrom::Tag(image), args.port, as_it_is);
        let project = project(&name, sources.folder(), further.as_deref());
        let up = |flags: &[&str]| {
            let flags = flags.iter().map(|flag| (*flag).to_owned());
            project
                .iter()
                .cloned()
                .chain(["up".to_owned()])
                .chain(flags)
                .collect::<Vec<_>>()
        };
        let mut flags = vec!["--detach", "--wait", "--remove-orphans"];
        if args.recreate {
            flags.push("--force-recreate");
        }
        let started = compose.run(&up(&flags), &text).await?;
        if started != Outcome::Success {
            return Ok(started);
        }
        let url = format!("http://127.0.0.1:{}", args.port);
        printer::say(format_args!(
            "{} {}",
            style::success("ready:"),
            style::place(&url)
        ));
        if !context.terminal.stdout {
            printer::put(serde_json::json!({"event": "ready", "url": url}))?;
        }
        if args.wait {
            return Ok(Outcome::Success);
        }
        compose.run(&up(&["--no-recreate"]), &text).await
    })
}

/// What each call of compose begins with.
fn project(name: &str, folder: &Path, further: Option<&Path>) -> Vec<String> {
    let shown = |path: &Path| path.display().to_string();
    let mut words = vec![
        "--project-name".to_owned(),
        name.to_owned(),
        "--project-directory".to_owned(),
        shown(folder),
        "--file".to_owned(),
        "-".to_owned(),
    ];
    if let Some(file) = further {
        words.extend(["--file".to_owned(), shown(file)]);
    }
    words
}

fn there(file: PathBuf, context: &Context) -> Result<PathBuf, Advised> {
    if file.is_file() {
        return Ok(file);
    }
    Err(Advised::new(
        format!("there is no file {}", context.shown(&file)),
        "--docker-compose names a compose file with further services",
    ))
}

/// What the project goes by with Docker. Two folders of one name are two projects, with volumes of their own.
fn name_of(folder: &Path) -> String {
    let name = folder
        .file_name()
        .map(|name| name.to_string_lossy().to_lowercase());
    let plain = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit();
    let words: Vec<_> = name
        .as_deref()
        .unwrap_or_default()
        .split(|character| !plain(character))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    let digest = Sha256::digest(folder.as_os_str().as_encoded_bytes());
    format!(
        "lgx-{}-{:02x}{:02x}{:02x}",
        words.join("-"),
        digest[0],
        digest[1],
        digest[2]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_that_docker_takes_and_is_the_folders_own() {
        let name = name_of(Path::new("/home/ada/My Agent_2"));
        assert!(name.starts_with("lgx-my-agent-2-"), "{name}");
        assert_ne!(name, name_of(Path::new("/srv/My Agent_2")));
    }
}
