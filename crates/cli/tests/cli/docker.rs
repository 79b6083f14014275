//! `lgx build` and `lgx up`, with a Docker that writes down how it was called and what it was given.

use insta::assert_snapshot;

use crate::place::{Place, Ran};

/// Writes down each call with what it reads; a build also has its files written down.
const DOCKER: &str = r#"
case "$*" in
  version*) [ -z "$NO_ENGINE" ] || { echo "Cannot connect to the Docker daemon. Is it running?" >&2; exit 1; }; echo 28.0.0; exit ;;
  "compose version") exit ${NO_COMPOSE:-0} ;;
esac
{
  echo "docker $*"
  previous=
  for word in "$@"; do
    if [ "$previous" = --file ] && [ "$word" != - ] && [ "${word%Dockerfile}" != "$word" ]; then
      while IFS= read -r line; do echo "  $line"; done < "$word"
      while IFS= read -r line; do echo "  ignored: $line"; done < "$word.dockerignore"
    fi
    previous=$word
  done
  case "$1" in compose) while IFS= read -r line; do echo "  $line"; done ;; esac
} >> "$HOME/calls"
exit ${BUILD_CODE:-0}
"#;

fn project() -> Place {
    let place = Place::new();
    place.write(
        "langgraph.json",
        r#"{"graphs": {"agent": "./agent.ts:graph"}, "env": ".env"}"#,
    );
    place.write("agent.ts", "");
    place.write("package.json", "{}");
    place.write("package-lock.json", "{}");
    place.install("docker", DOCKER);
    place
}

/// How Docker was called, with the folders by what they are and not by their names.
fn calls(place: &Place) -> String {
    let text = fs_err::read_to_string(place.path("../calls")).unwrap_or_default();
    let words = text.split_inclusive([' ', '\n']).map(|word| {
        let file = word.trim_end();
        if file.contains("lgx-image-") {
            word.replace(file, "[TEMPORARY]/Dockerfile")
        } else {
            word.to_owned()
        }
    });
    place
        .shown(&words.map(without_digest).collect::<String>())
        .replace(env!("CARGO_PKG_VERSION"), "[VERSION]")
        .replace("target=/root", "target=[BUILDER]")
}

/// The project's name without what tells its folder from others.
fn without_digest(word: String) -> String {
    match word.split_once("lgx-here-") {
        Some((before, behind)) => format!("{before}lgx-here-[DIGEST]{}", &behind[6..]),
        None => word,
    }
}

/// The lines about calls alone.
fn first_lines(place: &Place) -> String {
    let calls = calls(place);
    let lines: Vec<_> = calls
        .lines()
        .filter(|line| line.starts_with("docker "))
        .collect();
    lines.join("\n")
}

fn told(ran: &Ran) -> (Option<i32>, &str, &str) {
    (ran.code, ran.stdout.as_str(), ran.stderr.as_str())
}

#[test]
fn a_build_gives_docker_the_files_and_writes_none_into_the_project() {
    let place = project();
    let before = place.tree("");
    let ran = place.run(&[
        "build",
        "-t",
        "agent",
        "--platform",
        "linux/arm64",
        "--",
        "--no-cache",
    ]);
    assert_eq!(told(&ran), (Some(0), "", ""));
    assert_snapshot!(calls(&place));
    assert_eq!(place.tree(""), before);
}

#[test]
fn a_build_that_fails_ends_with_its_code() {
    let place = project();
    let ran = place.ran(
        place
            .lgx(&["build", "-t", "a", "-t", "b", "--no-pull"])
            .env("BUILD_CODE", "17"),
    );
    assert_eq!(told(&ran), (Some(17), "", ""));
    assert_snapshot!(first_lines(&place), @"docker build --tag a --tag b --file [TEMPORARY]/Dockerfile [HOME]/here");
}

#[test]
fn without_docker_or_its_engine_one_error_says_so() {
    let place = project();
    let ran = place.ran(place.lgx(&["build", "-t", "agent"]).env("NO_ENGINE", "1"));
    assert_snapshot!(ran, @"
    exit code: 1
    --- stderr
    error: the engine of Docker cannot be reached
      caused by: Cannot connect to the Docker daemon. Is it running?
    help: start Docker, or let this user reach it
    ");
    let place = project();
    fs_err::remove_file(place.path("../bin/docker")).unwrap();
    assert_snapshot!(place.run(&["up"]), @"
    exit code: 1
    --- stderr
    error: there is no `docker` on the PATH
    help: install Docker: https://docs.docker.com/get-started/get-docker/; `lgx dockerfile` needs none
    ");
    let place = project();
    let ran = place.ran(place.lgx(&["up"]).env("NO_COMPOSE", "1"));
    assert_snapshot!(ran, @"
    exit code: 1
    --- stderr
    error: this Docker has no `compose`
    help: install its plugin: https://docs.docker.com/compose/install/
    ");
}

#[test]
fn up_builds_starts_waits_says_where_and_follows() {
    let place = project();
    let ran = place.run(&["up", "--port", "9000"]);
    assert_snapshot!(ran, @r#"
    exit code: 0
    --- stdout
    {"event":"ready","url":"http://127.0.0.1:9000"}
    --- stderr
    ready: http://127.0.0.1:9000
    "#);
    assert_snapshot!(calls(&place));
}

#[test]
fn up_with_an_image_builds_none_and_with_wait_it_returns() {
    let place = project();
    place.write("more.yml", "services: {}\n");
    let arguments = [
        "up",
        "--wait",
        "--image",
        "agent:1",
        "--recreate",
        "--docker-compose",
        "more.yml",
    ];
    assert_eq!(place.run(&arguments).code, Some(0));
    assert_snapshot!(first_lines(&place), @"docker compose --project-name lgx-here-[DIGEST] --project-directory [HOME]/here --file - --file [HOME]/here/more.yml up --detach --wait --remove-orphans --force-recreate");
}

#[test]
fn up_does_not_go_on_when_the_build_fails() {
    let place = project();
    let ran = place.ran(place.lgx(&["up", "--wait"]).env("BUILD_CODE", "3"));
    assert_eq!(told(&ran), (Some(3), "", ""));
    assert_eq!(first_lines(&place).lines().count(), 1);
}
