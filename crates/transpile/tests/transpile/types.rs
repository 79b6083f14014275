//! Which imports are of types only, and are gone when the code runs.

use crate::project::Project;

const VERBATIM: &str = r#"{"compilerOptions": {"verbatimModuleSyntax": true}}"#;

const SHAPES: &str = r#"
    export interface Shape { side: number }
    export type Name = string;
    export class Box { constructor(public side = 1) {} }
    console.log("shapes are loaded");
"#;

#[test]
fn imports_that_are_used_as_types_are_dropped() {
    let project = Project::of(&[
        (
            "main.mts",
            r#"
            import { Shape, Name, Box } from "./shapes.mjs";
            import { Config } from "not-installed";
            import type { Other } from "not-installed-either";
            import * as everything from "never-loaded";
            import unusedDefault from "never-loaded";
            const box: Shape & Name = new Box(2) as any;
            let config: Config | Other | typeof everything;
            export type { Shape } from "./shapes.mjs";
            export { type Name } from "./never-loaded.mjs";
            export function of(value: Config): typeof unusedDefault { return value as any; }
            console.log(box.side);
            "#,
        ),
        ("shapes.mts", SHAPES),
    ]);
    project.prints("main.mts", "shapes are loaded\n2");
    let code = project.code("main.mts");
    for gone in ["Config", "not-installed", "never-loaded", "Name"] {
        assert!(!code.contains(gone), "{gone} in {code}");
    }
}

#[test]
fn an_import_for_its_effects_stays() {
    Project::of(&[
        (
            "main.mts",
            "import './shapes.mjs'; import { type Box } from './other.mjs'; let box: Box;",
        ),
        ("shapes.mts", SHAPES),
        ("other.mts", "export class Box {} console.log('other');"),
    ])
    .prints("main.mts", "shapes are loaded");
}

#[test]
fn verbatim_modules_drop_only_what_says_type() {
    let project = Project::of(&[
        ("tsconfig.json", VERBATIM),
        (
            "main.mts",
            r#"
            import { Box, type Shape } from "./shapes.mjs";
            import type { Name } from "never-loaded";
            import {} from "./other.mjs";
            import { type Gone } from "./kept.mjs";
            let shape: Shape | Name | Gone;
            "#,
        ),
        ("shapes.mts", SHAPES),
        ("other.mts", "console.log('other');"),
        ("kept.mts", "console.log('kept'); export type Gone = 1;"),
    ]);
    project.prints("main.mts", "shapes are loaded\nother\nkept");
    assert!(project.code("main.mts").contains("Box"));
}

#[test]
fn what_jsx_or_a_decorator_uses_is_used() {
    let project = Project::of(&[
        (
            "tsconfig.json",
            r#"{"compilerOptions": {"jsx": "react", "jsxFactory": "h", "experimentalDecorators": true, "emitDecoratorMetadata": true}}"#,
        ),
        (
            "main.tsx",
            r#"
            import { h } from "./h.js";
            import { mark } from "./mark.js";
            import { Service } from "./service.js";
            @mark class User { constructor(readonly service: Service) {} }
            console.log(<p>{"text"}</p>);
            "#,
        ),
        (
            "h.ts",
            "export const h = (...parts: unknown[]) => parts.join();",
        ),
        ("mark.ts", "export const mark = (target: unknown) => {};"),
        (
            "service.ts",
            "export class Service {} console.log('service is loaded');",
        ),
    ]);
    project.prints("main.tsx", "service is loaded\np,,text");
}

#[test]
fn a_file_of_types_runs_and_does_nothing() {
    for name in ["types.ts", "types.mts", "types.cts"] {
        let project = Project::of(&[
            (
                "main.mts",
                &format!(
                    "import {{ Only }} from './{name}'; import './{name}'; let it: Only; console.log('ran');"
                ),
            ),
            (
                name,
                "export type Only = string; export interface Also { a: 1 } export type { Elsewhere } from 'nowhere';",
            ),
        ]);
        project.prints("main.mts", "ran");
    }
}

#[test]
fn types_are_dropped_where_they_are_passed_on_without_saying_so() {
    let project = Project::of(&[
        (
            "main.ts",
            r#"
            import { Shape, Box, Renamed, Starred, TypeStarred, Level } from "./index";
            import { make } from "./make";
            const box: Shape & Renamed & Starred & TypeStarred = make(new Box());
            console.log((box as any).side, Level.High);
            export { Shape, Box };
            "#,
        ),
        (
            "index.ts",
            r#"
            import { Name } from "./shapes";
            export { Shape, Box, Name as Renamed } from "./shapes";
            export { Name, Level };
            export * from "./starred";
            export type * from "./type-starred";
            import { Level } from "./level";
            "#,
        ),
        ("make.ts", "export { make, Made } from './made';"),
        (
            "made.ts",
            "export type Made = string; export const make = (it: any): any => it;",
        ),
        ("shapes.ts", SHAPES),
        ("level.ts", "export { Level } from './deep';"),
        (
            "deep.ts",
            "export enum Level { Low, High }; export * from './index';",
        ),
        (
            "starred.ts",
            "export interface Starred {} export * from './index';",
        ),
        ("type-starred.ts", "export class TypeStarred {}"),
    ]);
    project.prints("main.ts", "shapes are loaded\n1 1");
}

#[test]
fn types_are_dropped_from_what_decorators_are_told() {
    let project = Project::of(&[
        (
            "tsconfig.json",
            r#"{"compilerOptions": {"experimentalDecorators": true, "emitDecoratorMetadata": true}}"#,
        ),
        (
            "main.ts",
            r#"
            import { Options, Service } from "./service";
            (Reflect as any).metadata = (name: string, value: any) => () => {
              if (name === "design:paramtypes") console.log(value.map((one: any) => one.name).join());
            };
            const injectable: any = () => {};
            @injectable class User { constructor(options: Options, service: Service) {} }
            "#,
        ),
        (
            "service.ts",
            "export interface Options { a: 1 } export class Service {}",
        ),
    ]);
    project.prints("main.ts", "Object,Service");
}

#[test]
fn types_of_packages_are_dropped_from_what_decorators_are_told() {
    let source = r#"
        import { Options, Service, Passed } from "modern";
        (Reflect as any).metadata = (name: string, value: any) => () => {
          if (name === "design:paramtypes") console.log(value.map((one: any) => one.name).join());
        };
        const injectable: any = () => {};
        @injectable class User { constructor(options: Options, service: Service, passed: Passed) {} }
        "#;
    let options =
        r#"{"compilerOptions": {"experimentalDecorators": true, "emitDecoratorMetadata": true}}"#;
    let modern = "export * from './passed.mjs'; export class Service {}";
    let project = Project::of(&[
        ("tsconfig.json", options),
        ("main.ts", source),
        ("main.mts", source),
        ("node_modules/modern/package.json", r#"{"type": "module"}"#),
        ("node_modules/modern/index.js", modern),
        (
            "node_modules/modern/passed.mjs",
            "export * from './index.js'; export class Passed {}",
        ),
    ]);
    project.prints("main.ts", "Object,Service,Passed");
    project.prints("main.mts", "Object,Service,Passed");
}

#[test]
fn a_name_that_is_nowhere_is_left_for_node_to_tell() {
    let project = Project::of(&[
        (
            "main.ts",
            "import { gone } from './other'; console.log(gone);",
        ),
        ("other.ts", "export const there = 1;"),
    ]);
    let Some(printed) = project.run("main.ts") else {
        return;
    };
    let message = "does not provide an export named 'gone'";
    assert!(printed.stderr.contains(message), "{}", printed.stderr);
}
