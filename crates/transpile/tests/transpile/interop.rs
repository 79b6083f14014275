//! What a file gets of the CommonJS that it imports: as `require` and `esModuleInterop` have it, or as Node has it.

use crate::project::Project;

/// The ways to export from a package.
const PACKAGES: [(&str, &str); 8] = [
    (
        "node_modules/flagged/index.js",
        "Object.defineProperty(exports, '__esModule', { value: true }); exports.default = function def() {}; exports.named = function named() {};",
    ),
    (
        "node_modules/plain/index.js",
        "module.exports = function plain() {}; module.exports.named = function named() {};",
    ),
    // Node cannot tell the names of these without running them.
    (
        "node_modules/hidden/index.js",
        "const build = () => { const e = { default: function def() {}, named: function named() {} }; Object.defineProperty(e, '__esModule', { value: true }); return e; }; module.exports = build();",
    ),
    (
        "node_modules/hidden-plain/index.js",
        "class It { own = function own() {}; method() {} } module.exports = new It();",
    ),
    (
        "node_modules/nothing/index.js",
        "module.exports = undefined;",
    ),
    ("node_modules/detected/index.js", "export const named = 1;"),
    ("node_modules/modern/package.json", r#"{"type": "module"}"#),
    (
        "node_modules/modern/index.js",
        "export const named = 1; export default { __esModule: true, default: 2 };",
    ),
];

const SHOW: &str = "const show = (it: any): string => typeof it === 'function' ? it.name + '()' : typeof it === 'object' ? '{' + Object.keys(it).filter((key) => key !== 'module.exports').sort() + '}' : String(it);";

/// A project of the packages, with these files beside them.
fn project(files: &[(&str, &str)]) -> Project {
    let project = Project::of(&PACKAGES);
    for package in [
        "flagged",
        "plain",
        "hidden",
        "hidden-plain",
        "nothing",
        "detected",
    ] {
        project.write(&format!("node_modules/{package}/package.json"), "{}");
    }
    for (name, text) in files {
        project.write(name, text);
    }
    project
}

/// Prints what a form of import gives.
fn showing(import: &str) -> String {
    format!("{import}\n{SHOW}\nconsole.log(show(it));")
}

#[test]
fn a_file_that_typescript_makes_commonjs_gets_what_require_and_interop_give() {
    for (import, expected) in [
        ("import it from 'flagged';", "def()"),
        ("import { default as it } from 'flagged';", "def()"),
        ("import { named as it } from 'flagged';", "named()"),
        ("import * as it from 'flagged';", "{default,named}"),
        ("import it from 'hidden';", "def()"),
        ("import { named as it } from 'hidden';", "named()"),
        (
            "import * as all from 'hidden'; const it = all.named;",
            "named()",
        ),
        ("import it from 'plain';", "plain()"),
        ("import { named as it } from 'plain';", "named()"),
        ("import * as it from 'plain';", "{default,named}"),
        (
            "import all, * as rest from 'plain'; const it = all === rest.default;",
            "true",
        ),
        ("import { own as it } from 'hidden-plain';", "own()"),
        (
            "import * as all from 'hidden-plain'; const it = (all as any).method;",
            "method()",
        ),
        ("import * as it from 'nothing';", "{default}"),
        ("import it from 'nothing';", "undefined"),
        ("import { gone as it } from 'plain';", "undefined"),
        ("import { named as it } from 'detected';", "1"),
        ("import it from 'modern';", "{__esModule,default}"),
        ("import * as it from 'modern';", "{default,named}"),
        (
            "const it = (await import('flagged')).default; export {};",
            "def()",
        ),
        (
            "import it = require('flagged'); export {};",
            "{default,named}",
        ),
    ] {
        for package in ["{}", r#"{"type": "commonjs"}"#] {
            let source = showing(import);
            let project = project(&[("package.json", package), ("main.ts", &source)]);
            project.prints("main.ts", expected);
        }
    }
}

#[test]
fn a_file_that_typescript_makes_an_es_module_gets_what_node_gives() {
    for (import, expected) in [
        ("import it from 'flagged';", "{default,named}"),
        ("import { named as it } from 'flagged';", "named()"),
        ("import it from 'hidden';", "{default,named}"),
        ("import * as it from 'hidden';", "{default}"),
        ("import it from 'plain';", "plain()"),
    ] {
        let source = showing(import);
        let module = r#"{"type": "module"}"#;
        for (name, package) in [("main.ts", module), ("main.mts", "{}")] {
            let project = project(&[("package.json", package), (name, &source)]);
            project.prints(name, expected);
        }
    }
}

#[test]
fn what_is_passed_on_and_what_is_commonjs_in_the_project_itself_is_given_the_same_way() {
    let project = project(&[
        (
            "main.ts",
            "import { whole, first, named } from './between'; import own, { named as mine } from './compiled.js'; import * as all from './assigned.cjs';
             console.log(whole.default.name, first.name, named.name, own, mine, all.default.a, all.a);",
        ),
        (
            "between.ts",
            "export * as whole from 'hidden'; export { default as first } from 'hidden'; export * from 'flagged';",
        ),
        (
            "compiled.js",
            "Object.defineProperty(exports, '__esModule', { value: true }); exports.default = 'own'; exports.named = 'mine';",
        ),
        ("assigned.cts", "export = { a: 1 };"),
    ]);
    project.prints("main.ts", "def def named own mine 1 1");
}

#[test]
fn what_was_imported_before_a_cycle_is_there_within_it() {
    let project = project(&[
        (
            "main.ts",
            "import it from 'hidden'; import * as all from 'plain'; import './other'; export function name() { return it.name + all.named.name; }",
        ),
        (
            "other.ts",
            "import { name } from './main'; console.log(name());",
        ),
    ]);
    project.prints("main.ts", "defnamed");
}

#[test]
fn types_of_commonjs_are_nothing_where_decorators_are_told_of_them() {
    let options =
        r#"{"compilerOptions": {"experimentalDecorators": true, "emitDecoratorMetadata": true}}"#;
    let source = r#"
        import { Options } from "plain";
        (Reflect as any).metadata = (name: string, value: any) => () => {
          if (name === "design:paramtypes") console.log(value.map((one: any) => one.name).join());
        };
        const injectable: any = () => {};
        @injectable class User { constructor(options: Options) {} }
        "#;
    let project = project(&[("tsconfig.json", options), ("main.ts", source)]);
    project.prints("main.ts", "Object");
}
