//! What docs/deployment.md shows: the unit of systemd and the objects of Kubernetes are well-formed, and each command of lgx is one.

use std::io::Write as _;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use lgx_tests::{EndsInTime, lgx, packages_env, workspace_root};
use serde_json::Value;
use tempfile::TempDir;

use crate::said;

/// Reads every object of a file in YAML, and writes them as JSON.
const AS_JSON: &str =
    "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(sys.stdin.read()))))";

fn document() -> Result<String> {
    Ok(fs_err::read_to_string(
        workspace_root().join("docs/deployment.md"),
    )?)
}

/// The blocks of a language, each as it stands there.
fn blocks(language: &str) -> Result<Vec<String>> {
    let document = document()?;
    let opened = format!("```{language}\n");
    let blocks = document.split(&opened).skip(1);
    let blocks: Option<Vec<_>> = blocks
        .map(|rest| Some(rest.split_once("```")?.0.to_owned()))
        .collect();
    blocks.context("each block ends")
}

/// What YAML says, read by another reader than ours.
fn objects(text: &str) -> Result<Vec<Value>> {
    let folder = TempDir::new()?;
    let file = folder.path().join("objects.yaml");
    fs_err::write(&file, text)?;
    let mut python = Command::new(packages_env()?.python());
    python.args(["-c", AS_JSON]);
    let stdin = fs_err::File::open(file)?.into_parts().0;
    let output = python.output_in_time_with(stdin.into())?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(serde_json::from_slice(&output.stdout)?)
}

#[test]
fn systemd_takes_the_unit() -> Result<()> {
    let mut version = Command::new("systemd-analyze");
    if version.arg("--version").output_in_time().is_err() {
        writeln!(
            std::io::stderr(),
            "SKIPPED: there is no systemd-analyze to read the unit"
        )?;
        return Ok(());
    }
    let units = blocks("ini")?;
    let [unit] = &units[..] else {
        anyhow::bail!("there is one unit, not {}", units.len());
    };
    let folder = TempDir::new()?;
    let binary = folder.path().join("lgx");
    fs_err::copy(lgx()?.get_program(), &binary)?;
    let file = folder.path().join("agent.service");
    let unit = unit.replace("/usr/local/bin/lgx", &binary.display().to_string());
    fs_err::write(&file, unit)?;
    let mut verify = Command::new("systemd-analyze");
    let output = verify.arg("verify").arg(&file).output_in_time()?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{told}");
    // An unknown key is only a warning.
    let about_it: Vec<_> = told
        .lines()
        .filter(|line| line.contains("agent.service"))
        .collect();
    ensure!(about_it.is_empty(), "{about_it:?}");
    Ok(())
}

#[test]
fn the_objects_of_kubernetes_fit_together() -> Result<()> {
    let text = blocks("yaml")?.concat();
    let objects = objects(&text)?;
    let of_kind = |kind: &str| {
        let mut objects = objects.iter();
        let found = objects.find(|object| object["kind"] == kind);
        found.with_context(|| format!("there is no {kind}"))
    };
    let deployment = &of_kind("Deployment")?["spec"];
    let pod = &deployment["template"]["spec"];
    let container = &pod["containers"][0];
    assert_eq!(deployment["replicas"], 1, "servers do not share SQLite");
    assert_eq!(deployment["strategy"]["type"], "Recreate");
    assert_eq!(
        deployment["selector"]["matchLabels"],
        deployment["template"]["metadata"]["labels"]
    );
    assert_eq!(
        of_kind("Service")?["spec"]["selector"],
        deployment["template"]["metadata"]["labels"]
    );
    assert_eq!(
        of_kind("Service")?["spec"]["ports"][0]["targetPort"],
        container["ports"][0]["containerPort"]
    );
    for (probe, path) in [
        ("startupProbe", "/ok?ready=1"),
        ("readinessProbe", "/ok?ready=1"),
        ("livenessProbe", "/ok"),
    ] {
        assert_eq!(container[probe]["httpGet"]["path"], path, "{probe}");
    }
    let claim = &pod["volumes"][0]["persistentVolumeClaim"]["claimName"];
    assert_eq!(
        *claim,
        of_kind("PersistentVolumeClaim")?["metadata"]["name"]
    );
    assert_eq!(
        container["volumeMounts"][0]["name"],
        pod["volumes"][0]["name"]
    );
    Ok(())
}

#[test]
fn each_command_of_lgx_that_is_shown_is_one() -> Result<()> {
    let text = blocks("sh")?.concat();
    let commands: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("lgx "))
        .collect();
    ensure!(commands.len() >= 2, "{text}");
    for command in commands {
        let words = command.split(" #").next().unwrap_or_default();
        // Help is printed only once the words before it have been understood.
        let mut asked = lgx()?;
        said(asked.args(words.split_whitespace().skip(1)).arg("--help"))
            .with_context(|| command.to_owned())?;
    }
    Ok(())
}

#[test]
fn a_compose_file_means_what_it_is_to_mean() -> Result<()> {
    let folder = TempDir::new()?;
    let write = |file: &str, text: &str| fs_err::write(folder.path().join(file), text);
    write(
        "langgraph.json",
        r#"{"graphs": {"agent": "./agent.ts:graph"}, "env": "a $b: \"c\".env"}"#,
    )?;
    write("agent.ts", "")?;
    write("package.json", "{}")?;
    let mut command = lgx()?;
    command.current_dir(folder.path());
    said(command.args(["dockerfile", "Dockerfile", "--add-docker-compose"]))?;
    let text = fs_err::read_to_string(folder.path().join("docker-compose.yml"))?;
    let objects = objects(&text)?;
    let service = &objects[0]["services"]["langgraph-api"];
    assert_eq!(service["build"]["dockerfile"], "Dockerfile");
    assert_eq!(service["ports"][0], "127.0.0.1:8123:8000");
    assert_eq!(service["command"][1], "serve");
    // Compose reads two dollars as one.
    assert_eq!(service["env_file"][0]["path"], "a $$b: \"c\".env");
    Ok(())
}
