//! Decorators of TypeScript, with the types that were written for those that ask.

use crate::project::Project;

const DECORATORS: &str = r#"{"compilerOptions": {"experimentalDecorators": true}}"#;
const METADATA: &str = r#"{"compilerOptions": {"experimentalDecorators": true, "emitDecoratorMetadata": true, "strict": true}}"#;

/// What reflect-metadata does as far as it is asked here.
const REFLECT: &str = r"
    const kept = new Map<unknown, Map<string, unknown>>();
    const where = (target: any, key?: any) => key === undefined ? target : `${(target.constructor ?? target).name}.${String(key)}`;
    (Reflect as any).metadata = (name: string, value: unknown) => (target: unknown, key?: unknown) => {
      const place = where(target, key);
      kept.set(place, (kept.get(place) ?? new Map()).set(name, value));
    };
    export const metadata = (target: unknown, key: unknown, name: string) => kept.get(where(target, key))?.get(name);
";

#[test]
fn decorators_see_what_those_of_typescript_see_in_its_order() {
    let project = Project::of(&[
        ("tsconfig.json", DECORATORS),
        (
            "main.ts",
            r#"
            const say = (name: string): any => (target: any, key?: any, third?: any) => {
              const kind = typeof third === "object" ? Object.keys(third).includes("get") ? "accessor" : "method" : typeof third;
              console.log(name, typeof target, String(key), kind);
            };
            const parameter = (name: string): any => (target: any, key: any, index: number) => console.log(name, String(key), index);
            const replace = (before: any): any => class extends before { replaced = true; };
            const double = (target: any, key: string, descriptor: PropertyDescriptor) => {
              const method = descriptor.value;
              descriptor.value = function (...args: unknown[]) { return method.apply(this, args) * 2; };
            };
            const K = "computed" as const;
            @say("class last") @replace @say("class first")
            class It {
              @say("field") field = 1;
              @say("method") method(@parameter("first") a: number, @parameter("second") b: number) { return a + b; }
              @double doubled() { return 21; }
              @say("accessor") get value() { return 1; }
              @say("computed") [K]() {}
              @say("static") static shared: number;
              constructor(@parameter("of constructor") name: string) {}
            }
            const it = new It("x") as any;
            console.log(it.doubled(), it.replaced, it.method(1, 2));
            "#,
        ),
    ]);
    project.prints(
        "main.ts",
        "field object field undefined
         second method 1
         first method 0
         method object method method
         accessor object value accessor
         computed object computed method
         static function shared undefined
         of constructor undefined 0
         class first function undefined undefined
         class last function undefined undefined
         42 true 3",
    );
}

#[test]
fn decorators_are_told_the_types_that_were_written() {
    let project = Project::of(&[
        ("tsconfig.json", METADATA),
        ("reflect.ts", REFLECT),
        (
            "service.ts",
            "export class Service {} export interface Shape { a: 1 } export type Name = string;",
        ),
        (
            "main.ts",
            r#"
            import { metadata } from "./reflect";
            import { Service, type Shape, type Name } from "./service";
            import type { Service as OnlyType } from "./service";
            enum Level { Low, High }
            enum Word { A = "a" }
            const injectable: any = () => {};
            @injectable
            class User {
              @injectable text!: string;
              @injectable maybe?: number | null;
              @injectable list: string[] = [];
              @injectable shape!: Shape;
              @injectable level!: Level;
              @injectable word!: Word;
              @injectable callback!: () => void;
              @injectable big!: bigint;
              @injectable when!: Date;
              @injectable only!: OnlyType;
              constructor(service: Service, name: string, flag: boolean) {}
              @injectable async run(service: Service): Promise<void> {}
            }
            const name = (type: any) => type === undefined ? "undefined" : type.name;
            for (const key of ["text", "maybe", "list", "shape", "level", "word", "callback", "big", "when", "only"])
              console.log(key, name(metadata(User.prototype, key, "design:type")));
            console.log((metadata(User, undefined, "design:paramtypes") as any[]).map(name).join());
            console.log((metadata(User.prototype, "run", "design:paramtypes") as any[]).map(name).join());
            console.log(name(metadata(User.prototype, "run", "design:returntype")));
            "#,
        ),
    ]);
    project.prints(
        "main.ts",
        "text String
         maybe Object
         list Array
         shape Object
         level Number
         word String
         callback Function
         big BigInt
         when Date
         only Object
         Service,String,Boolean
         Service
         Promise",
    );
}

#[test]
fn reflect_may_decide_how_decorators_are_applied() {
    let project = Project::of(&[
        ("tsconfig.json", DECORATORS),
        (
            "main.ts",
            r#"
            (Reflect as any).decorate = (decorators: unknown[], target: any, key?: string, descriptor?: unknown) => {
              console.log(decorators.length, typeof target, String(key), typeof descriptor);
              return key === undefined ? target : descriptor;
            };
            const noop: any = () => { throw new Error("not called"); };
            @noop class It { @noop field = 1; @noop method() {} }
            console.log(new It().field);
            "#,
        ),
    ]);
    project.prints(
        "main.ts",
        "1 object field undefined\n1 object method object\n1 function undefined undefined\n1",
    );
}

#[test]
fn decorators_that_nothing_is_said_of_are_told() {
    let project = Project::of(&[(
        "main.ts",
        "const mark: any = () => {};\nclass It {\n  @mark method() {}\n}\n",
    )]);
    let error = project.error("main.ts");
    assert_eq!((error.line, error.column), (Some(3), Some(3)));
    assert_eq!(error.source.as_deref(), Some("  @mark method() {}"));
    assert_eq!(
        error.message,
        "Node does not know decorators, and tsconfig.json does not say that these are TypeScript's"
    );
    let hint = error.hint.unwrap();
    assert!(hint.contains("\"experimentalDecorators\": true"), "{hint}");
    assert!(hint.contains("\"node_loader\": \"tsx\""), "{hint}");
}

#[test]
fn an_at_sign_elsewhere_is_no_decorator() {
    let project = Project::of(&[(
        "main.ts",
        "/** @param x */ const mail = 'a@b'; console.log(mail);",
    )]);
    project.prints("main.ts", "a@b");
}
