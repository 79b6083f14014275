//! The `record` section: whose calls are recorded, and what of a recording is passed over.

use jsonc_parser::ast::StringLit;

use crate::config::Record;
use crate::report::Report;
use crate::section::Section;

/// How many hexadecimal digits name a text that is no secret.
const DIGITS: usize = 16;

/// Reads the section; without it, nothing is added to what lgx knows.
pub(crate) fn read(file: Section<'_>, report: &mut Report<'_>) -> Record {
    let Some(section) = file.section("record", report) else {
        return Record::default();
    };
    let hosts = section.strings("hosts", report).unwrap_or_default();
    let allow = section.literals("allow", report).unwrap_or_default();
    let ignore = section.literals("ignore", report).unwrap_or_default();
    let allow = allow.into_iter().filter_map(|text| digest(text, report));
    let allow = allow.collect();
    let mut ignores_dates = false;
    for what in ignore {
        if what.value == "dates" {
            ignores_dates = true;
        } else {
            let message = format!("`record.ignore` \"{}\" is not known", what.value);
            report.error(what, message).hint("write \"dates\"");
        }
    }
    Record {
        hosts,
        allow,
        ignores_dates,
    }
}

fn digest(text: &StringLit<'_>, report: &mut Report<'_>) -> Option<String> {
    let digest = &*text.value;
    if digest.len() == DIGITS && digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(digest.to_ascii_lowercase());
    }
    let message =
        format!("`record.allow` \"{digest}\" is none of the digests of texts that are no secret");
    report.error(text, message).hint(
        "write the 16 digits that are told where a recording is refused, and never the text itself",
    );
    None
}
