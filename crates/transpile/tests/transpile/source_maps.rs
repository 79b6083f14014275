//! Errors of compiled code name the lines and columns of the source.

use crate::project::Project;

/// Where Node says that each `new Error("…")` of the sources was made, for the names of the errors.
#[track_caller]
fn says_where(files: &[(&str, &str)], entry: &str) {
    let project = Project::of(files);
    let Some(printed) = project.run(entry) else {
        return;
    };
    let mut thrown = 0;
    for (name, text) in files {
        for (number, line) in text.lines().enumerate() {
            let Some(at) = line.find("new Error(") else {
                continue;
            };
            let column = line[..at].encode_utf16().count() + 1;
            let place = format!("{}:{}:{column}", project.path(name).display(), number + 1);
            assert!(
                printed.stdout.contains(&place),
                "{place} in:\n{}{}",
                printed.stdout,
                printed.stderr
            );
            thrown += 1;
        }
    }
    assert!(thrown > 0, "an error is made");
}

#[test]
fn places_survive_what_is_dropped_and_what_is_added() {
    says_where(
        &[
            (
                "main.ts",
                r#"import { Gone } from "nowhere";
import { deep } from "./deep";

interface Shape {
  a: number;
  b: Gone;
}

enum Level { Low, High }

class Point {
  constructor(private readonly x: number, public shape?: Shape) {}
  fail(): never {
    const level: Level = Level.High; throw new Error(`at ${level} ${this.x}`);
  }
}
try { new Point(1).fail(); } catch (error: any) { console.log(error.stack); }
try { deep<string>({ value: "é😀" }); } catch (error: any) { console.log(error.stack); }
console.log(typeof __dirname);
const after = () => { const tab: string = "😀"; return "é😀" + (new Error("after").stack); }; console.log(after());
"#,
            ),
            (
                "deep.ts",
                "export function deep<T>(options: { value: T }): void {\n\n\t/* a comment */ const error: Error = new Error('deep');\n  throw error;\n}\n",
            ),
        ],
        "main.ts",
    );
}

#[test]
fn places_survive_helpers_decorators_and_jsx() {
    says_where(
        &[
            (
                "tsconfig.json",
                r#"{"compilerOptions": {"experimentalDecorators": true, "jsx": "react", "jsxFactory": "h"}}"#,
            ),
            (
                "main.tsx",
                r#"#!/usr/bin/env node
const mark: any = () => {};
const h: any = (type: any) => type();
@mark
class It {
  @mark field: string = "x";
  @mark
  method(@mark value: number): Error { return new Error("method"); }
}
console.log(new It().method(1).stack);
console.log(1);
const Failing = () => { console.log(new Error("part").stack); };
console.log(<Failing />);
{ using held = { [Symbol.dispose]() { console.log(new Error("given back").stack); } }; }
"#,
            ),
        ],
        "main.tsx",
    );
}

#[test]
fn places_are_right_in_commonjs_and_in_javascript() {
    says_where(
        &[
            (
                "main.cts",
                "type Only = 1;\n\nimport other = require('./other');\nconsole.log(new Error('commonjs').stack);\nother.fail();\n",
            ),
            (
                "other.js",
                "exports.fail = () => {\n  console.log(new Error('plain').stack);\n};\n",
            ),
        ],
        "main.cts",
    );
}

#[test]
fn an_error_that_nobody_catches_shows_the_line_of_the_source() {
    let project = Project::of(&[(
        "main.ts",
        "interface A { b: 1 }\n\nconst thrower = (it: A): never => {\n  throw new TypeError('uncaught');\n};\nthrower({ b: 1 });\n",
    )]);
    let Some(printed) = project.run("main.ts") else {
        return;
    };
    assert!(printed.stderr.contains("main.ts:4"), "{}", printed.stderr);
    assert!(
        printed.stderr.contains("throw new TypeError('uncaught');"),
        "{}",
        printed.stderr
    );
}
