//! The files of a library: `HOST/KEY-N.json`, where N counts equal requests.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::document::Recording;
use crate::error::LibraryError;

/// A file of a library.
#[derive(Debug)]
pub struct Entry {
    /// From the folder of the library on.
    pub name: String,
    /// How long the file is.
    pub bytes: u64,
    /// What is in it, or why that cannot be read.
    pub recording: Result<Recording, LibraryError>,
}

pub(super) fn permissions() -> Permissions {
    Permissions::from_mode(0o644)
}

/// The name of a file. Hosts are made of what every file system takes.
pub(super) fn name(host: &str, key: &str, number: usize) -> String {
    format!("{}/{key}-{number}.json", folder_of(host))
}

fn folder_of(host: &str) -> String {
    let letters = host.chars().map(|letter| match letter {
        'a'..='z' | '0'..='9' | '.' | '-' => letter,
        _ => '_',
    });
    let name: String = letters.collect();
    if name.starts_with('.') || name.is_empty() {
        format!("_{name}")
    } else {
        name
    }
}

/// The recordings of a key, in the order of their numbers.
fn of_key(library: &Path, host: &str, key: &str) -> io::Result<Vec<String>> {
    let mut names = of_host(library, host)?;
    names.retain(|name| parts(name).is_some_and(|(_, of, _)| of == key));
    Ok(names)
}

/// The recordings of a host, in the order of their keys and numbers.
pub(super) fn of_host(library: &Path, host: &str) -> io::Result<Vec<String>> {
    in_folder(library, &folder_of(host))
}

/// All recordings.
pub(super) fn all(library: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for folder in listed(library)? {
        if !folder.starts_with('.') && library.join(&folder).is_dir() {
            names.extend(in_folder(library, &folder)?);
        }
    }
    Ok(names)
}

pub(super) fn entries(library: &Path) -> Result<Vec<Entry>, LibraryError> {
    let names = all(library)?.into_iter();
    names
        .map(|name| {
            let bytes = fs_err::metadata(library.join(&name))?.len();
            let recording = read(library, &name);
            Ok(Entry {
                name,
                bytes,
                recording,
            })
        })
        .collect()
}

/// The recordings of a key in the order of their numbers, but for those that another run removes meanwhile.
pub(super) fn recordings_of_key(
    library: &Path,
    host: &str,
    key: &str,
) -> Result<Vec<Recording>, LibraryError> {
    let names = of_key(library, host, key)?;
    let recordings = names.iter().map(|name| read(library, name));
    let is_gone = |read: &Result<_, LibraryError>| matches!(read, Err(LibraryError::Disk(error)) if error.kind() == io::ErrorKind::NotFound);
    recordings.filter(|read| !is_gone(read)).collect()
}

pub(super) fn read(library: &Path, name: &str) -> Result<Recording, LibraryError> {
    let path = library.join(name);
    let text = fs_err::read_to_string(&path)?;
    Recording::read(name, &path, &text)
}

/// Removes the recordings of a key but this one.
pub(super) fn remove_others(library: &Path, host: &str, key: &str, but: &str) -> io::Result<()> {
    let names = of_key(library, host, key)?;
    let mut others = names.iter().filter(|name| *name != but);
    others.try_for_each(|name| remove_file(&library.join(name)))
}

/// Removes a recording, and its folder after the last one of it.
pub(super) fn remove(library: &Path, name: &str) -> io::Result<()> {
    let path = library.join(name);
    remove_file(&path)?;
    if let Some(folder) = path.parent() {
        let _ = std::fs::remove_dir(folder); // it stays while there is anything in it
    }
    Ok(())
}

fn remove_file(path: &Path) -> io::Result<()> {
    match fs_err::remove_file(path) {
        // Another run has.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn in_folder(library: &Path, folder: &str) -> io::Result<Vec<String>> {
    let names = listed(&library.join(folder))?.into_iter();
    let mut names: Vec<String> = names
        .map(|file| format!("{folder}/{file}"))
        .filter(|name| parts(name).is_some())
        .collect();
    names.sort_by(|one, other| parts(one).cmp(&parts(other)));
    Ok(names)
}

fn listed(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs_err::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let mut names: Vec<String> = names.collect::<io::Result<_>>()?;
    names.sort_unstable();
    Ok(names)
}

/// The folder, key and number that a name is made of.
fn parts(name: &str) -> Option<(&str, &str, u32)> {
    let (folder, file) = name.split_once('/')?;
    let (key, number) = file.strip_suffix(".json")?.rsplit_once('-')?;
    let is_key = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_key.then_some((folder, key, number.parse().ok()?))
}
