//! The Dockerfile of a project.

use lgx_config::{KeptTools, Runtime};

use super::javascript::NodePackages;
use super::lines::{DockerLines, exec_form};
use super::python::{ENVIRONMENT, PythonPackages, pip_mounts, uv_stage};
use super::secrets::BuildSecret;
use super::{DATA, ImagePlan, PORT, STATE, USER};

/// How files of ours begin: one that does not is somebody's own.
pub(crate) const MARK: &str = "# Written by lgx";
/// The tools that Python images come with.
const BUILD_TOOLS: [&str; 3] = ["pip", "setuptools", "wheel"];
const HOME: &str = "/home/lgx";

/// The text; `build` is the command that makes an image of it.
pub(crate) fn write(plan: &ImagePlan<'_>, build: Option<&str>) -> String {
    let mut lines = DockerLines::default();
    lines.add(format_args!(
        "{MARK} {} from langgraph.json.",
        env!("CARGO_PKG_VERSION")
    ));
    if let Some(build) = build {
        lines.comment(format_args!("Build it with: {build}"));
    }
    lines.gap();
    tools(plan, &mut lines);
    base(plan, &mut lines);
    packages(plan, &mut lines);
    server(plan, &mut lines);
    lines.finish()
}

/// The stages that single programs are taken from.
fn tools(plan: &ImagePlan<'_>, lines: &mut DockerLines) {
    lines.comment(
        "The server. Another binary of it: --build-context lgx=FOLDER, where it lies as `lgx`.",
    );
    lgx_stage(plan, lines);
    lines.gap();
    if plan.python.as_ref().is_some_and(PythonPackages::need_uv) {
        uv_stage(&plan.bases.python_tools, &plan.secrets, lines);
    }
    if plan.takes_node_along() {
        lines.stage(&plan.bases.node, Some("node"));
        lines.gap();
    }
}

/// Where the server comes from: the index that the project's own packages come from.
fn lgx_stage(plan: &ImagePlan<'_>, lines: &mut DockerLines) {
    let version = env!("CARGO_PKG_VERSION");
    if plan.python.is_some() {
        lines.stage(&plan.bases.python_tools, Some("lgx"));
        lines.run(
            &pip_mounts(&plan.secrets),
            format_args!(
                "pip install --target /wheel lgx-cli=={version} && mv /wheel/bin/lgx /lgx"
            ),
        );
    } else {
        lines.stage(&plan.bases.node, Some("lgx"));
        let mounts: Vec<_> = plan
            .secrets
            .iter()
            .filter_map(BuildSecret::for_npm)
            .collect();
        lines.run(
            &mounts,
            format_args!(
                "npm install --prefix /package lgx@{version} && mv /package/node_modules/@lgx/*/bin/lgx /lgx"
            ),
        );
    }
}

/// What packages are installed on, and the server runs on.
fn base(plan: &ImagePlan<'_>, lines: &mut DockerLines) {
    lines.stage(&plan.bases.server, Some("base"));
    if plan.takes_node_along() {
        for path in ["/usr/local/bin/node", "/usr/local/lib/node_modules"] {
            lines.copy(Some("node"), &[path.to_owned(), path.to_owned()]);
        }
        lines.run(
            &[],
            "ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm",
        );
    }
    for line in &plan.keys.dockerfile_lines {
        lines.add(line);
    }
    lines.gap();
}

/// The stage that installs the packages, with the code beside them.
fn packages(plan: &ImagePlan<'_>, lines: &mut DockerLines) {
    lines.stage("base", Some("build"));
    if plan.may_be_another_user() {
        lines.add("USER root");
    }
    lines.add("WORKDIR /app");
    let (folders, secrets) = (&plan.folders, &plan.secrets[..]);
    if let Some(python) = &plan.python {
        python.before_code(folders, secrets, lines);
    }
    if let Some(node) = &plan.node {
        node.before_code(folders, secrets, lines);
    }
    copy_code(plan, lines);
    if let Some(python) = &plan.python {
        python.behind_code(folders, secrets, lines);
    }
    if let Some(node) = &plan.node {
        node.behind_code(folders, secrets, lines);
    }
    lines.gap();
}

fn copy_code(plan: &ImagePlan<'_>, lines: &mut DockerLines) {
    if plan.folders.copied.is_empty() {
        lines.copy(None, &[".".to_owned(), "/app".to_owned()]);
    }
    for folder in &plan.folders.copied {
        let folder = folder.display().to_string();
        lines.copy(None, &[folder.clone(), format!("/app/{folder}")]);
    }
}

/// What is left of all that: the server, the packages, the code.
fn server(plan: &ImagePlan<'_>, lines: &mut DockerLines) {
    lines.stage("base", None);
    if plan.may_be_another_user() {
        lines.add("USER root");
    }
    without_tools(plan, lines);
    lines.run(
        &[],
        format_args!("mkdir -p {DATA} {HOME} && chown {USER} {DATA} {HOME}"),
    );
    let from_lgx = ["/lgx", "/usr/local/bin/lgx"];
    lines.copy(Some("lgx"), &from_lgx.map(str::to_owned));
    if plan.python.is_some() {
        let environment = ENVIRONMENT.to_owned();
        lines.copy(Some("build"), &[environment.clone(), environment]);
    }
    let app = "/app".to_owned();
    lines.copy(Some("build"), &[app.clone(), app]);
    variables(plan, lines);
    lines.add(format_args!("WORKDIR {}", plan.folders.of_project()));
    lines.add(format_args!("USER {USER}"));
    lines.add(format_args!("EXPOSE {PORT}"));
    lines.add(format_args!(
        "HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s CMD {}",
        exec_form(&["lgx", "status", "--ready", "--state-dir", STATE])
    ));
    lines.add(format_args!("CMD {}", exec_form(&serve())));
}

/// The command that serves.
pub(crate) fn serve() -> [String; 4] {
    ["lgx", "serve", "--state-dir", STATE].map(str::to_owned)
}

fn variables(plan: &ImagePlan<'_>, lines: &mut DockerLines) {
    lines.add(format_args!("ENV HOME={HOME} USER=lgx"));
    if plan.python.is_some() {
        lines.add(format_args!(
            "ENV VIRTUAL_ENV={ENVIRONMENT} PATH={ENVIRONMENT}/bin:$PATH PYTHONDONTWRITEBYTECODE=1"
        ));
    }
    if plan.node.is_some() {
        lines.add("ENV NODE_ENV=production");
    }
}

/// Takes out what installs packages, where nothing says that it stays.
fn without_tools(plan: &ImagePlan<'_>, lines: &mut DockerLines) {
    if plan.python.is_none() {
        return;
    }
    let stays = |tool: &&str| match &plan.keys.kept_tools {
        KeptTools::All => true,
        KeptTools::Only(kept) => kept.iter().any(|kept| kept == tool),
        KeptTools::None => false,
    };
    let going: Vec<_> = BUILD_TOOLS
        .iter()
        .filter(|tool| !stays(tool))
        .copied()
        .collect();
    if !going.is_empty() {
        lines.run(
            &[],
            format_args!(
                "if python3 -m pip --version; then python3 -m pip uninstall --yes --root-user-action=ignore {}; fi",
                going.join(" ")
            ),
        );
    }
}

impl ImagePlan<'_> {
    /// Whether Node.js is copied into an image that begins without.
    fn takes_node_along(&self) -> bool {
        let has_python = self.config.runtimes().contains(&Runtime::Python);
        self.node
            .as_ref()
            .is_some_and(|_: &NodePackages| has_python)
    }

    /// Whether steps before may have changed who steps run as.
    fn may_be_another_user(&self) -> bool {
        self.bases.is_own || !self.keys.dockerfile_lines.is_empty()
    }
}
