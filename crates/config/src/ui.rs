//! The `ui` and `ui_config` sections: components that clients show beside what a graph says.

use std::path::Path;

use jsonc_parser::ast::Value;

use crate::config::{Ui, UiComponents};
use crate::report::Report;
use crate::section::{Section, wrong_type};
use crate::target::resolve;

const EXAMPLE: &str = r#"write "ui": { "agent": "./src/agent/ui.tsx" }, with a name of `graphs` and the file that exports its components"#;

/// The sections; without them there are no components.
pub(crate) fn read(file: Section<'_>, root: &Path, report: &mut Report<'_>) -> Ui {
    let shared = file
        .section("ui_config", report)
        .and_then(|config| config.strings("shared", report));
    let mut ui = Ui {
        components: Vec::new(),
        shared: shared.unwrap_or_default(),
    };
    let Some(section) = file.section("ui", report) else {
        return ui;
    };
    for property in &section.object().properties {
        let name = property.name.as_str();
        let Value::StringLit(written) = &property.value else {
            let what = format!("`ui.{name}`");
            wrong_type(report, &property.value, &what, "the path of a file");
            continue;
        };
        let path = resolve(root, written.value.trim());
        if path.is_file() {
            ui.components.push(UiComponents {
                name: name.to_owned(),
                file: path,
            });
        } else {
            report
                .error(
                    written,
                    format!("`ui.{name}`: there is no file {}", written.value),
                )
                .hint(EXAMPLE);
        }
    }
    ui
}
