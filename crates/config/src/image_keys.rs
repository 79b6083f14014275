//! The keys of a langgraph.json that say how an image of the project is built.

use std::path::Path;

use jsonc_parser::ast::Value;

use crate::document;
use crate::load::LoadError;
use crate::problem::Severity;
use crate::report::Report;
use crate::section::Section;
use crate::what_a_deployment_refuses;

/// What installs packages of Python that no lock file pins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PipInstaller {
    /// uv, or pip where only that understands what the file asks for.
    #[default]
    Auto,
    /// pip.
    Pip,
    /// uv.
    Uv,
}

/// Which tools that install packages are left in an image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum KeptTools {
    /// None: nothing is installed where a server runs.
    #[default]
    None,
    /// All that the image begins with.
    All,
    /// These.
    Only(Vec<String>),
}

/// `source`: the project is a package of a workspace of uv.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UvSource {
    /// Where uv.lock lies, as it is written; the directory of the configuration when not said.
    pub root: String,
    /// Which package of the workspace it is, if it is not that of the directory.
    pub package: Option<String>,
}

/// What a langgraph.json says of the image, as it is written there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageKeys {
    /// What the image begins with, in place of one with Python or Node.js.
    pub base_image: Option<String>,
    /// The distribution that it should be of.
    pub distribution: Option<String>,
    /// Lines of a Dockerfile that follow right behind that.
    pub dockerfile_lines: Vec<String>,
    /// Where pip finds packages.
    pub pip_config_file: Option<String>,
    /// What installs them.
    pub pip_installer: PipInstaller,
    /// Which tools for that stay.
    pub kept_tools: KeptTools,
    /// Directories, and requirements of packages.
    pub dependencies: Vec<String>,
    /// The workspace of uv that has the project.
    pub uv_source: Option<UvSource>,
    /// Services that run beside the server.
    pub compose_file: Option<String>,
}

impl ImageKeys {
    /// Reads them.
    ///
    /// # Errors
    /// Everything in the file that no image can be built by.
    pub fn read(path: &Path) -> Result<Self, LoadError> {
        let text = document::read(path).map_err(|problem| LoadError {
            problems: vec![*problem],
        })?;
        let mut report = Report::new(path, &text);
        let keys = document::object(&text, &mut report)
            .map(|object| keys(Section::new("", &object), &mut report));
        let mut problems = report.finish();
        let of_types = problems.len();
        problems.extend(what_a_deployment_refuses(path));
        let is_wrong = problems
            .iter()
            .any(|problem| problem.severity == Severity::Error);
        match keys {
            Some(keys) if !is_wrong => Ok(keys),
            // What cannot be read at all is told once.
            None => {
                problems.truncate(of_types);
                Err(LoadError { problems })
            }
            Some(_) => Err(LoadError { problems }),
        }
    }
}

fn keys(file: Section<'_>, report: &mut Report<'_>) -> ImageKeys {
    let mut text = |key: &str| {
        let text = file.string(key, report)?;
        (!text.trim().is_empty()).then_some(text)
    };
    let base_image = text("base_image");
    let distribution = text("image_distro");
    let pip_config_file = text("pip_config_file");
    let compose_file = text("docker_compose_file");
    let pip_installer = match text("pip_installer").as_deref() {
        Some("pip") => PipInstaller::Pip,
        Some("uv") => PipInstaller::Uv,
        _ => PipInstaller::Auto,
    };
    ImageKeys {
        base_image,
        distribution,
        dockerfile_lines: file.strings("dockerfile_lines", report).unwrap_or_default(),
        pip_config_file,
        pip_installer,
        kept_tools: kept_tools(file, report),
        dependencies: file
            .strings("dependencies", report)
            .unwrap_or_default()
            .into_iter()
            .map(|dependency| dependency.trim().to_owned())
            .collect(),
        uv_source: uv_source(file, report),
        compose_file,
    }
}

fn kept_tools(file: Section<'_>, report: &mut Report<'_>) -> KeptTools {
    match file.value("keep_pkg_tools") {
        Some(Value::BooleanLit(kept)) if kept.value => KeptTools::All,
        Some(Value::Array(_)) => {
            KeptTools::Only(file.strings("keep_pkg_tools", report).unwrap_or_default())
        }
        _ => KeptTools::None,
    }
}

fn uv_source(file: Section<'_>, report: &mut Report<'_>) -> Option<UvSource> {
    let source = file.section("source", report)?;
    Some(UvSource {
        root: source
            .string("root", report)
            .unwrap_or_else(|| ".".to_owned()),
        package: source.string("package", report),
    })
}
