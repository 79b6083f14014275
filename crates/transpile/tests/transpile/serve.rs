//! The replies that a worker gets over its descriptor, byte by byte.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::mpsc;

use serde_json::{Value, json};

use crate::project::{Project, sources};

/// A worker's end.
struct Client(UnixStream);

impl Client {
    fn ask(&mut self, kind: u8, payload: &str) -> (u8, Vec<u8>) {
        let length = u32::try_from(payload.len() + 1).unwrap();
        self.0.write_all(&length.to_le_bytes()).unwrap();
        self.0.write_all(&[kind]).unwrap();
        self.0.write_all(payload.as_bytes()).unwrap();
        let mut length = [0; 4];
        self.0.read_exact(&mut length).unwrap();
        let mut reply = vec![0; u32::from_le_bytes(length) as usize];
        self.0.read_exact(&mut reply).unwrap();
        (reply[0], reply[1..].to_vec())
    }

    fn ask_json(&mut self, kind: u8, payload: &str) -> (u8, Value) {
        let (status, reply) = self.ask(kind, payload);
        (status, serde_json::from_slice(&reply).unwrap())
    }
}

#[test]
fn files_are_loaded_resolved_and_refused_until_the_worker_hangs_up() {
    let project = Project::of(&[
        (
            "main.ts",
            "import { a } from './a';\nimport 'pkg';\nconsole.log(a as number);\n",
        ),
        ("a.ts", "export const a = 1;"),
        ("broken.ts", "\nconst = 1;"),
    ]);
    let path = |name: &str| project.path(name).display().to_string();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let (loaded, files) = mpsc::channel();
    let serving = lgx_transpile::spawn(theirs, sources(), move |file| {
        loaded.send(file.to_owned()).unwrap();
    });
    let mut client = Client(ours);

    let (status, reply) = client.ask(1, &path("main.ts"));
    assert_eq!(status, 1);
    let head_length = u32::from_le_bytes(reply[..4].try_into().unwrap()) as usize;
    let head: Value = serde_json::from_slice(&reply[4..4 + head_length]).unwrap();
    assert_eq!(
        head,
        json!({"format": "module", "imports": [
            {"specifier": "./a", "file": path("a.ts"), "line": 1, "column": 19},
            {"specifier": "pkg", "file": null, "line": 2, "column": 8},
        ]})
    );
    let code = std::str::from_utf8(&reply[4 + head_length..]).unwrap();
    assert!(
        code.starts_with(
            "import { a } from \"./a\";\nimport \"pkg\";\nconsole.log(a);\n//# sourceMappingURL="
        ),
        "{code}"
    );

    let (status, error) = client.ask_json(1, &path("broken.ts"));
    assert_eq!(
        (status, &error["line"], &error["source"]),
        (3, &json!(2), &json!("const = 1;"))
    );
    assert_eq!(error["type"], "SyntaxError");

    let request = json!({"from": path("main.ts"), "specifier": "./a.js"}).to_string();
    assert_eq!(
        client.ask_json(2, &request),
        (2, json!({"file": path("a.ts")}))
    );
    let request = json!({"from": path("main.ts"), "specifier": "pkg", "require": true}).to_string();
    assert_eq!(client.ask_json(2, &request), (2, json!({"file": null})));

    drop(client);
    serving.unwrap().join().unwrap().unwrap();
    assert_eq!(
        files.iter().collect::<Vec<_>>(),
        [project.path("main.ts"), project.path("broken.ts")]
    );
}

#[test]
fn a_request_that_makes_no_sense_ends_the_connection() {
    for (request, message) in [
        (&[1u8, 0, 0, 0, 9][..], "there is no request of kind 9"),
        (&[0, 0, 0, 0], "a request without a kind"),
        (
            &[255, 255, 255, 255],
            "a request of 4294967295 bytes is too long",
        ),
        (
            &[2, 0, 0, 0, 1, 0xff],
            "invalid utf-8 sequence of 1 bytes from index 0",
        ),
        (
            &[3, 0, 0, 0, 2, b'{', b'}'],
            "missing field `from` at line 1 column 2",
        ),
        (&[9, 0, 0, 0, 1, b'/'], "failed to fill whole buffer"),
        (&[9, 0], "unexpected end of file"),
    ] {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        let serving = lgx_transpile::spawn(theirs, sources(), |_| {}).unwrap();
        ours.write_all(request).unwrap();
        drop(ours);
        let error = serving.join().unwrap().unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn code_may_be_nested_deep() {
    let depth = 5_000;
    let nested = format!(
        "export const a = {}1{};",
        "[".repeat(depth),
        "]".repeat(depth)
    );
    let chain = format!("export const b: number = {}1;", "1 + ".repeat(100_000));
    let project = Project::of(&[("nested.ts", &nested), ("chain.ts", &chain)]);
    let (ours, theirs) = UnixStream::pair().unwrap();
    let _serving = lgx_transpile::spawn(theirs, sources(), |_| {}).unwrap();
    let mut client = Client(ours);
    for name in ["nested.ts", "chain.ts"] {
        let (status, _) = client.ask(1, &project.path(name).display().to_string());
        assert_eq!(status, 1, "{name}");
    }
}
