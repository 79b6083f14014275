//! What `lgx graph` is to draw, and how.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lgx_devserver::Xray;

use super::load_timeout;
use crate::args::graph::{GraphArgs, GraphFormat};
use crate::args::interpreters::InterpreterArgs;
use crate::context::Context;

/// How a graph is to be drawn.
#[derive(Debug)]
pub(crate) struct GraphSettings {
    /// The graph; all if none is named.
    pub(crate) graph: Option<String>,
    /// The configuration or the project's directory, as far as it was named, made absolute.
    pub(crate) named: Option<PathBuf>,
    /// How it is drawn.
    pub(crate) format: GraphFormat,
    /// How far down.
    pub(crate) xray: Xray,
    /// The file that should have the drawing, as it was named.
    pub(crate) check: Option<PathBuf>,
    /// How long a graph may take to load; none for whatever it takes.
    pub(crate) load_timeout: Option<Duration>,
    /// The interpreter given with `--python`.
    pub(crate) python: Option<PathBuf>,
    /// The one given with `--node`.
    pub(crate) node: Option<PathBuf>,
    /// The arguments that change what is drawn, as they would be typed.
    pub(crate) repeated: Vec<String>,
}

/// Settles the arguments of `lgx graph`.
pub(crate) fn resolve(args: GraphArgs, context: &Context) -> GraphSettings {
    let repeated = repeated(&args);
    let GraphArgs {
        graph,
        config,
        format,
        xray,
        check,
        load_timeout,
        interpreters: InterpreterArgs { python, node },
    } = args;
    GraphSettings {
        graph,
        named: config.map(|path| context.absolute(&path)),
        format: format
            .or_else(|| Some(format_of(check.as_deref()?)))
            .unwrap_or(GraphFormat::Mermaid),
        xray: match xray.map(NonZeroU32::new) {
            None => Xray::Off,
            Some(None) => Xray::Full,
            Some(Some(levels)) => Xray::Levels(levels),
        },
        check,
        load_timeout: load_timeout::resolve(load_timeout),
        python,
        node,
        repeated,
    }
}

/// What a file holds that ends so.
fn format_of(file: &Path) -> GraphFormat {
    match file.extension().and_then(|it| it.to_str()) {
        Some("svg") => GraphFormat::Svg,
        Some("json") => GraphFormat::Json,
        Some("txt") => GraphFormat::Ascii,
        _ => GraphFormat::Mermaid,
    }
}

fn repeated(args: &GraphArgs) -> Vec<String> {
    let mut words = Vec::new();
    if let Some(config) = &args.config {
        words.extend(["--config".to_owned(), config.display().to_string()]);
    }
    match args.xray {
        None => {}
        Some(0) => words.push("--xray".to_owned()),
        Some(levels) => words.push(format!("--xray={levels}")),
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_by_its_name_what_is_in_it() {
        let of = |name: &str| format_of(Path::new(name));
        assert_eq!(of("docs/a.svg"), GraphFormat::Svg);
        assert_eq!(of("a.json"), GraphFormat::Json);
        assert_eq!(of("a.txt"), GraphFormat::Ascii);
        assert_eq!(of("a.mmd"), GraphFormat::Mermaid);
        assert_eq!(of("graph"), GraphFormat::Mermaid);
    }
}
