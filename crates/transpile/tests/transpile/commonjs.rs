//! ES modules and CommonJS: which one a file is, and what each may use of the other.

use crate::project::Project;

#[test]
fn a_file_is_what_its_extension_its_package_or_its_syntax_says() {
    for (name, package, source, expected) in [
        (
            "main.ts",
            "{}",
            "export {}; console.log(typeof require, typeof import.meta.url);",
            "function string",
        ),
        (
            "main.ts",
            "{}",
            "console.log(typeof module, this === module.exports);",
            "object true",
        ),
        (
            "main.ts",
            r#"{"type": "commonjs"}"#,
            "export {}; console.log(import.meta.url.length > 0);",
            "true",
        ),
        (
            "main.ts",
            r#"{"type": "module"}"#,
            "console.log(typeof this);",
            "undefined",
        ),
        (
            "main.js",
            "{}",
            "export {}; console.log(typeof this);",
            "undefined",
        ),
        ("main.js", "{}", "console.log(typeof this);", "object"),
        (
            "main.js",
            r#"{"type": "module"}"#,
            "console.log(typeof this);",
            "undefined",
        ),
        ("main.mts", "{}", "console.log(typeof this);", "undefined"),
        (
            "main.cts",
            r#"{"type": "module"}"#,
            "console.log(typeof this);",
            "object",
        ),
        (
            "main.cts",
            "{}",
            "import { sep } from 'node:path'; console.log(sep);",
            "/",
        ),
        (
            "main.cjs",
            r#"{"type": "module"}"#,
            "if (true) { console.log(typeof this); return; } console.log(2)",
            "object",
        ),
        (
            "main.ts",
            "{}",
            "console.log(await Promise.resolve(1));",
            "1",
        ),
        (
            "main.ts",
            "{}",
            "import type { A } from 'nowhere'; module.exports = { a: 1 as A }; console.log(typeof this);",
            "object",
        ),
        (
            "deep/main.ts",
            r#"{"type": "module"}"#,
            "console.log(typeof this);",
            "undefined",
        ),
    ] {
        let project = Project::of(&[("package.json", package), (name, source)]);
        project.prints(name, expected);
    }
}

#[test]
fn an_es_module_may_use_the_names_of_commonjs() {
    let project = Project::of(&[(
        "main.ts",
        r#"#!/usr/bin/env node
            import { basename } from "node:path";
            const fs = require("node:fs");
            console.log(basename(__filename), basename(__dirname) === basename(process.argv[3].replace("/main.ts", "")), typeof fs.readFileSync);
            if (require.main === module) console.log("never");
            "#,
    )]);
    project.prints("main.ts", "main.ts true function");
}

#[test]
fn names_that_a_file_has_of_its_own_are_its_own() {
    let project = Project::of(&[(
        "main.mts",
        r#"
        import { createRequire } from "node:module";
        const require = createRequire(import.meta.url);
        const __dirname = "mine";
        function load(module: { name: string }) { return module.name; }
        console.log(__dirname, typeof require, load({ name: "also mine" }));
        "#,
    )]);
    project.prints("main.mts", "mine function also mine");
    assert!(!project.code("main.mts").contains("lgxCreateRequire"));
}

#[test]
fn export_assignment_and_import_require_are_commonjs() {
    let project = Project::of(&[
        (
            "main.cts",
            "import lib = require('./lib.cjs'); import fs = require('node:fs'); import type { T } from './lib.cjs'; console.log(lib.answer, typeof fs.readFileSync); export = lib;",
        ),
        ("lib.cts", "const lib = { answer: 42 }; export = lib;"),
        (
            "index.ts",
            "import lib = require('./lib.cjs'); export = { lib };",
        ),
        (
            "mixed.mts",
            "import lib from './lib.cjs'; import fs = require('node:fs'); console.log(lib.answer, typeof fs.statSync);",
        ),
    ]);
    project.prints("main.cts", "42 function");
    project.prints("index.ts", "");
    project.prints("mixed.mts", "42 function");
}

#[test]
fn what_commonjs_and_es_modules_cannot_have_together_is_told() {
    for (name, source, at, message) in [
        (
            "main.ts",
            "import fs from 'fs';\nexport = fs;",
            (2, 1),
            "`export =` beside `import` or `export` statements",
        ),
        (
            "main.mts",
            "const a = 1;\n  export = a;",
            (2, 3),
            "`export =` in an ES module",
        ),
        (
            "main.ts",
            "import fs from 'fs';\n\nmodule.exports = { fs };",
            (3, 1),
            "`module.exports` and `exports` are of CommonJS, and this file is an ES module",
        ),
        (
            "main.mjs",
            "exports.a = 1;",
            (1, 1),
            "`module.exports` and `exports` are of CommonJS, and this file is an ES module",
        ),
    ] {
        let error = Project::of(&[(name, source)]).error(name);
        assert_eq!(
            (error.line, error.column),
            (Some(at.0), Some(at.1)),
            "{source}: {error:?}"
        );
        assert_eq!(error.message, message, "{source}");
        assert!(error.hint.unwrap().contains("node_loader"), "{source}");
    }
}
