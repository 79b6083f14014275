//! Answers a worker that asks, over a descriptor on which it blocks, for the code of files and for where imports lie.
//!
//! All integers are u32, little endian. The worker sends one request at a time and waits for its reply:
//!
//! | request | |
//! |---|---|
//! | `length` | bytes that follow; at most 1 MiB |
//! | `kind`, one byte | 1: load, 2: resolve |
//! | then | load: the path of a file, absolute; resolve: `{"from":path,"specifier":"…","require":bool}` |
//!
//! | reply | |
//! |---|---|
//! | `length` | bytes that follow |
//! | `status`, one byte | 1: a module, 2: a resolution, 3: a Diagnostic |
//! | then | module: `head_length`, as many bytes of a head, and JavaScript to the end; else JSON |
//!
//! Head of a module: `{"format":"module"|"commonjs","imports":[{"specifier":"./a","file":path|null,"line":1|null,"column":8|null}],"common_js":{"./b":["name"]}}`. The file is what
//! the worker's hook resolves the specifier to; `null` is Node's to find, and has a line, so that what Node does not find can be located.
//! Resolution: `{"file":path|null}`, for specifiers that were not written out. Diagnostic: as everywhere in the protocol.
//!
//! The hook asks for every file outside of `node_modules`, and for a `.json` only where the import says nothing of `type: "json"`, under a URL
//! of its own (`file:///…/a.json?module`), since that is an ES module and what Node makes of the file is another one. A query of a
//! specifier stays with the URL, and is not part of the path that is asked for.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use lgx_model::Diagnostic;
use serde::{Deserialize, Serialize};

use crate::common_js::TakenNames;
use crate::{Format, ImportKind, LoadedModule, Sources};

const LONGEST_REQUEST: u32 = 1 << 20;

/// The compiler goes down into the code as deep as it is nested: generated code, and long chains of operators, are deep.
const STACK: usize = 256 << 20;

#[derive(Debug, Deserialize)]
struct ResolveRequest {
    from: PathBuf,
    specifier: String,
    #[serde(default)]
    require: bool,
}

#[derive(Debug, Serialize)]
struct ModuleHead<'a> {
    format: &'static str,
    imports: Vec<ImportHead<'a>>,
    #[serde(skip_serializing_if = "TakenNames::is_empty")]
    common_js: &'a TakenNames,
}

#[derive(Debug, Serialize)]
struct ImportHead<'a> {
    specifier: &'a str,
    file: Option<&'a Path>,
    line: Option<u32>,
    column: Option<u32>,
}

#[derive(Debug, Serialize)]
struct ResolutionHead {
    file: Option<PathBuf>,
}

enum Reply {
    Module(LoadedModule),
    Resolution(ResolutionHead),
    Diagnostic(Box<Diagnostic>),
}

/// Serves on a thread of its own, with room for code that is nested deep, until the other end hangs up.
///
/// `on_load` is told of every file that is asked for, also of those that cannot be compiled.
pub fn spawn<S>(
    stream: S,
    sources: Sources,
    on_load: impl FnMut(&Path) + Send + 'static,
) -> io::Result<JoinHandle<io::Result<()>>>
where
    S: Read + Write + Send + 'static,
{
    std::thread::Builder::new()
        .name("transpile".to_owned())
        .stack_size(STACK)
        .spawn(move || serve(stream, sources, on_load))
}

/// Serves on this thread, until the other end hangs up; [`spawn`] has more stack.
pub fn serve(
    mut stream: impl Read + Write,
    mut sources: Sources,
    mut on_load: impl FnMut(&Path),
) -> io::Result<()> {
    while let Some(request) = read_request(&mut stream)? {
        let reply = match request {
            Request::Load(path) => {
                on_load(&path);
                sources.load(&path).map(Reply::Module)
            }
            Request::Resolve(request) => {
                let kind = if request.require {
                    ImportKind::Require
                } else {
                    ImportKind::Dynamic
                };
                let file = sources.resolve(&request.from, &request.specifier, kind);
                file.map(|file| Reply::Resolution(ResolutionHead { file }))
            }
        };
        let reply = reply.unwrap_or_else(Reply::Diagnostic);
        write_reply(&mut stream, &reply)?;
    }
    Ok(())
}

enum Request {
    Load(PathBuf),
    Resolve(ResolveRequest),
}

/// The next request, or nothing if the other end has hung up between two.
fn read_request(stream: &mut impl Read) -> io::Result<Option<Request>> {
    let mut length = [0; 4];
    let mut have = 0;
    while have < length.len() {
        match stream.read(&mut length[have..]) {
            Ok(0) if have == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(more) => have += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let length = u32::from_le_bytes(length);
    if length > LONGEST_REQUEST {
        return Err(invalid(format!("a request of {length} bytes is too long")));
    }
    let mut request = vec![0; length as usize];
    stream.read_exact(&mut request)?;
    match request.split_first() {
        Some((1, path)) => {
            let path = std::str::from_utf8(path).map_err(invalid)?;
            Ok(Some(Request::Load(PathBuf::from(path))))
        }
        Some((2, request)) => {
            let request = serde_json::from_slice(request).map_err(invalid)?;
            Ok(Some(Request::Resolve(request)))
        }
        Some((kind, _)) => Err(invalid(format!("there is no request of kind {kind}"))),
        None => Err(invalid("a request without a kind")),
    }
}

fn write_reply(stream: &mut impl Write, reply: &Reply) -> io::Result<()> {
    let mut frame = vec![0; 4];
    match reply {
        Reply::Module(loaded) => {
            frame.push(1);
            let head = serde_json::to_vec(&head(loaded))?;
            frame.extend(length_of(&head)?);
            frame.extend(head);
            frame.extend(loaded.module.code.as_bytes());
        }
        Reply::Resolution(resolution) => {
            frame.push(2);
            serde_json::to_writer(&mut frame, resolution)?;
        }
        Reply::Diagnostic(diagnostic) => {
            frame.push(3);
            serde_json::to_writer(&mut frame, diagnostic)?;
        }
    }
    let length = length_of(&frame[4..])?;
    frame[..4].copy_from_slice(&length);
    stream.write_all(&frame)?;
    stream.flush()
}

fn head(loaded: &LoadedModule) -> ModuleHead<'_> {
    let imports = loaded.imports().map(|(import, file)| ImportHead {
        specifier: &import.specifier,
        file,
        line: import.place.map(|place| place.line),
        column: import.place.map(|place| place.column),
    });
    ModuleHead {
        format: match loaded.module.format {
            Format::Module => "module",
            Format::CommonJs => "commonjs",
        },
        imports: imports.collect(),
        common_js: &loaded.common_js,
    }
}

fn length_of(bytes: &[u8]) -> io::Result<[u8; 4]> {
    let length = u32::try_from(bytes.len()).map_err(invalid)?;
    Ok(length.to_le_bytes())
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
