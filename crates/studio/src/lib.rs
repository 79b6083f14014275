//! The page of the local Studio as it was built, in the binary: its files by their names, each with its content type and its tag.
//!
//! `web/` holds the sources, `dist/` the build, which is committed, so that whoever builds lgx needs nothing that builds pages.

use std::borrow::Cow;
use std::io::{self, Read as _};
use std::path::Path;
use std::time::UNIX_EPOCH;

use flate2::read::GzDecoder;

/// A file as it is packed into the binary.
struct Packed {
    name: &'static str,
    etag: &'static str,
    gzip: &'static [u8],
}

static DIST: &[Packed] = include!(concat!(env!("OUT_DIR"), "/dist.rs"));

/// A file of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// For the header of that name.
    pub content_type: &'static str,
    /// Changes with the content; weak, as it is the same for content that is packed.
    pub etag: Cow<'static, str>,
    /// What it holds.
    pub content: Content,
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Packed with gzip, as it lies in the binary.
    Gzip(&'static [u8]),
    /// As it is.
    Plain(Vec<u8>),
}

impl Content {
    /// As it is, whichever way it lies.
    ///
    /// # Errors
    /// When what lies in the binary cannot be unpacked.
    pub fn unpacked(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Plain(content) => Ok(content),
            Self::Gzip(packed) => {
                let mut content = Vec::new();
                GzDecoder::new(packed).read_to_end(&mut content)?;
                Ok(content)
            }
        }
    }
}

/// A file of the page, by its path in the build: `index.html`, `app.js`.
pub fn asset(path: &str) -> Option<Asset> {
    let packed = DIST.iter().find(|packed| packed.name == path)?;
    Some(Asset {
        content_type: content_type(path),
        etag: packed.etag.into(),
        content: Content::Gzip(packed.gzip),
    })
}

/// The same of a build that lies in a folder, as it is there now.
///
/// # Errors
/// When it is there and cannot be read.
pub fn asset_in(folder: &Path, path: &str) -> io::Result<Option<Asset>> {
    if !path.split('/').all(is_name) {
        return Ok(None);
    }
    let file = folder.join(path);
    let metadata = match fs_err::metadata(&file) {
        Ok(metadata) if metadata.is_file() => metadata,
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => return Ok(None),
    };
    let written = metadata.modified()?.duration_since(UNIX_EPOCH);
    let written = written.unwrap_or_default().as_nanos();
    Ok(Some(Asset {
        content_type: content_type(path),
        etag: format!("W/\"{:x}-{written:x}\"", metadata.len()).into(),
        content: Content::Plain(fs_err::read(file)?),
    }))
}

/// Whether this is the name of something within a folder, and no way out of it.
fn is_name(segment: &str) -> bool {
    !segment.is_empty() && !segment.starts_with('.') && !segment.contains(['\\', '\0'])
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dist() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("dist")
    }

    #[test]
    fn every_file_of_the_build_comes_out_as_it_went_in() {
        for Packed { name, .. } in DIST {
            let packed = asset(name).unwrap();
            let there = asset_in(&dist(), name).unwrap().unwrap();
            assert_eq!(packed.content_type, there.content_type, "{name}");
            assert_ne!(packed.content_type, "application/octet-stream", "{name}");
            let content = packed.content.unpacked().unwrap();
            assert!(content == there.content.unpacked().unwrap(), "{name}");
        }
        let page = asset("index.html").unwrap();
        assert_eq!(page.content_type, "text/html; charset=utf-8");
        assert!(page.etag.starts_with("W/\""), "{}", page.etag);
        assert_eq!(asset("nothing.js"), None);
        assert_eq!(asset("sources.sha256"), None);
    }

    #[test]
    fn nothing_outside_of_a_folder_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("page")).unwrap();
        for file in ["secret.js", "page/app.js", "page/.hidden.js"] {
            std::fs::write(folder.path().join(file), "x").unwrap();
        }
        let page = folder.path().join("page");
        let there = |path: &str| asset_in(&page, path).unwrap().is_some();
        assert!(there("app.js"));
        let secret = folder.path().join("secret.js");
        for path in [
            "../secret.js",
            ".hidden.js",
            "",
            "./app.js",
            "nothing/app.js",
            secret.to_str().unwrap(),
        ] {
            assert!(!there(path), "{path}");
        }
    }

    #[test]
    fn a_file_that_changes_has_another_tag() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("app.js");
        let tag = |text: &str| {
            std::fs::write(&file, text).unwrap();
            asset_in(folder.path(), "app.js").unwrap().unwrap().etag
        };
        assert_ne!(tag("short"), tag("longer than that"));
    }
}
