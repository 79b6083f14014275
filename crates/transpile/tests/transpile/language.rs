//! The parts of TypeScript that are more than types, and what of ECMAScript Node does not know yet.

use crate::project::Project;

#[track_caller]
fn prints(source: &str, expected: &str) {
    Project::of(&[("main.mts", source)]).prints("main.mts", expected);
}

#[test]
fn enums_are_objects_that_know_both_ways() {
    prints(
        r#"
        enum Color { Red, Green = "green", Blue = 4, Next }
        const enum Flag { A = 1 << 0, B = 1 << 1, Both = A | B }
        export enum Computed { Length = "four".length }
        enum Color { Late = 100 }
        declare enum Elsewhere { Gone }
        console.log(Color.Red, Color[0], Color.Green, Color.Next, Color.Late, Flag.Both, Computed.Length);
        "#,
        "0 Red green 5 100 3 4",
    );
}

#[test]
fn a_const_enum_may_be_of_another_file() {
    Project::of(&[
        (
            "main.mts",
            "import { Level } from './level.mjs'; console.log(Level.High);",
        ),
        ("level.mts", "export const enum Level { Low, High }"),
    ])
    .prints("main.mts", "1");
}

#[test]
fn namespaces_are_objects_that_may_be_written_in_parts() {
    prints(
        r#"
        namespace Shapes {
          export const unit = 1;
          export function area(side: number) { return side * side * unit; }
          export namespace Deep { export class Box { size = area(2); } }
          export interface Only { types: string }
        }
        namespace Shapes { export const more = Shapes.unit + 1; }
        namespace OnlyTypes { export type Name = string }
        function callable() { return "called"; }
        namespace callable { export const version = 3; }
        class Merged {}
        namespace Merged { export const made = true; }
        import Box = Shapes.Deep.Box;
        console.log(Shapes.area(3), new Box().size, Shapes.more, callable(), callable.version, (Merged as any).made);
        console.log(typeof (globalThis as any).OnlyTypes);
        "#,
        "9 4 2 called 3 true\nundefined",
    );
}

#[test]
fn parameters_of_a_constructor_may_be_properties() {
    prints(
        r#"
        class Base { constructor(public name: string) {} }
        class Point extends Base {
          sum = 1;
          constructor(readonly x: number, private y = 2, protected override readonly name: string = "point") {
            super(name);
            this.sum += this.x + this.y;
          }
        }
        console.log(JSON.stringify(new Point(1)));
        "#,
        r#"{"name":"point","x":1,"y":2,"sum":4}"#,
    );
}

#[test]
fn abstract_classes_and_overloads_leave_what_runs() {
    prints(
        r#"
        abstract class Shape {
          abstract area(): number;
          abstract name: string;
          declare hidden: string;
          describe(): string { return `${this.name} ${this.area()}`; }
        }
        class Square extends Shape {
          name = "square";
          constructor(private side: number) { super(); }
          area(): number { return this.side ** 2; }
          double(value: string): string;
          double(value: number): number;
          double(value: any) { return typeof value === "string" ? value + value : value * 2; }
        }
        function first(list: string): string;
        function first<T>(list: T[]): T;
        function first(list: any) { return list[0]; }
        const square = new Square(2);
        console.log(square.describe(), square.double("a"), square.double(2), first([7]), "hidden" in square);
        "#,
        "square 4 aa 4 7 false",
    );
}

#[test]
fn what_is_only_about_types_leaves_nothing() {
    let source = r#"
        type Options = { depth: number };
        interface Shape { side: number }
        declare const elsewhere: string;
        declare global { var added: number }
        declare module "nowhere" { export const x: number }
        const options = { depth: 2 } satisfies Options;
        const shape = <Shape>{ side: 3 };
        const certain = options!.depth as unknown as number;
        const literal = ["a", "b"] as const;
        let unset!: number;
        unset = 1;
        function isShape(value: unknown): value is Shape { return true; }
        function asserts(value: unknown): asserts value {}
        function typed(this: Shape, extra?: number): number { return this.side + (extra ?? 0); }
        const generic = <const T,>(value: T): T => value;
        const instantiated = generic<string>;
        console.log(options.depth, shape.side, certain, literal[1], unset, isShape(0), typed.call(shape, 1), instantiated("x"));
        "#;
    Project::of(&[("main.ts", source)]).prints("main.ts", "2 3 2 b 1 true 4 x");
}

#[test]
fn accessor_is_a_pair_over_a_private_field() {
    prints(
        r#"
        class Counter {
          accessor count = 1;
          static accessor total: number = 5;
          accessor #hidden = 2;
          get hidden() { return this.#hidden; }
        }
        const counter = new Counter();
        counter.count += 1;
        Counter.total += 1;
        console.log(counter.count, Counter.total, counter.hidden, Object.keys(counter).length);
        console.log(typeof Object.getOwnPropertyDescriptor(Counter.prototype, "count")!.get);
        "#,
        "2 6 2 0\nfunction",
    );
}

#[test]
fn using_gives_back_what_a_block_holds_the_last_first() {
    let held = r#"
        const held = (name: string) => ({ name, [Symbol.dispose]() { console.log("back", name); } });
    "#;
    prints(
        &format!(
            r#"{held}
            {{
              using a = held("a"), none = null;
              using b = held("b");
              console.log("in", a.name, b.name, none);
            }}
            function inside() {{ using c = held("c"); return "returned"; }}
            console.log(inside());
            for (using d of [held("d1"), held("d2")]) console.log("loop", d.name);
            "#
        ),
        "in a b null\nback b\nback a\nback c\nreturned\nloop d1\nback d1\nloop d2\nback d2",
    );
    prints(
        r#"
        const held = (name: string) => ({ async [Symbol.asyncDispose]() { await null; console.log("back", name); } });
        {
          await using a = held("a");
          await using b = { [Symbol.dispose]() { console.log("sync"); } };
          console.log("in");
        }
        console.log("after");
        "#,
        "in\nsync\nback a\nafter",
    );
}

#[test]
fn using_keeps_both_errors_when_giving_back_fails_too() {
    prints(
        r#"
        const fails = (name: string) => ({ [Symbol.dispose]() { throw new Error(name); } });
        try {
          using a = fails("a");
          using b = fails("b");
          throw new Error("first");
        } catch (error: any) {
          console.log(error.name, error.error.message, error.suppressed.error.message, error.suppressed.suppressed.message);
        }
        try { using n: any = { notDisposable: true }; } catch (error: any) { console.log(error.name, error.message); }
        "#,
        "SuppressedError a b first\nTypeError Object is not disposable",
    );
}

#[test]
fn class_fields_are_defined_unless_tsconfig_has_an_older_target() {
    let source = r#"
        class Base { set kept(value: string) { console.log("set", value); } }
        class Child extends Base { kept = "x"; typed?: number; }
        console.log(Object.keys(new Child()).join());
    "#;
    for (options, expected) in [
        ("{}", "kept,typed"),
        (r#"{"target": "ES2022"}"#, "kept,typed"),
        (r#"{"target": "esnext"}"#, "kept,typed"),
        (r#"{"target": "es2017"}"#, "set x\n"),
        (
            r#"{"target": "ES2021", "useDefineForClassFields": true}"#,
            "kept,typed",
        ),
        (
            r#"{"target": "es2022", "useDefineForClassFields": false}"#,
            "set x\n",
        ),
    ] {
        let tsconfig = format!(r#"{{"compilerOptions": {options}}}"#);
        let project = Project::of(&[("main.mts", source), ("tsconfig.json", &tsconfig)]);
        project.prints("main.mts", expected);
    }
}

#[test]
fn javascript_stays_as_it_is_written() {
    let source = "#!/usr/bin/env node\nexport  const odd   =  1 ;\nconsole.log(  odd )\n";
    let project = Project::of(&[("main.mjs", source)]);
    assert_eq!(project.code("main.mjs"), source);
    project.prints("main.mjs", "1");
}

#[test]
fn the_latest_of_ecmascript_goes_through() {
    prints(
        r#"
        const data = { answer: 42 };
        const found = /(?<year>\d{4})/v.exec("in 2024")?.groups?.year;
        let set: number | undefined;
        set ??= 1_000n === 1000n ? 5 : 6;
        class Brand { #is = 1; static { console.log("block"); } static has(value: object) { return #is in value; } }
        label: for (const x of [1]) { continue label; }
        console.log(found, set, Brand.has(new Brand()), await Promise.resolve(data.answer));
        "#,
        "block\n2024 5 true 42",
    );
}
