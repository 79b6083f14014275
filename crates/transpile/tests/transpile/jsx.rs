//! JSX, as tsconfig.json wants it or as the file says.

use crate::project::Project;

const MAIN: &str = r#"
    const Part = (props: object) => null;
    const rest = { b: 2 };
    console.log(JSON.stringify([<p className="x" {...rest}>text {1 + 1}<Part key="k" /></p>, <><b/></>], (_, v) => typeof v === "function" ? v.name : v));
"#;

const CREATE: &str =
    "const h: any = (type: any, props: any, ...children: any[]) => [type, props, ...children];";

const RUNTIME: &str = r#"
    export const jsx = (type, props, key) => ({ jsx: type, props, key });
    export const jsxs = (type, props, key) => ({ jsxs: type, props, key });
    export const jsxDEV = (type, props, key, many, source) => ({ dev: type, line: source.lineNumber });
    export const Fragment = "fragment";
"#;

const AUTOMATIC: &str = r#"[{"jsxs":"p","props":{"className":"x","b":2,"children":["text ",2,{"jsx":"Part","props":{},"key":"k"}]}},{"jsx":"fragment","props":{"children":{"jsx":"b","props":{}}}}]"#;

fn project(options: &str, main: &str) -> Project {
    let package = |name: &str| {
        format!(r#"{{"name": "{name}", "type": "module", "exports": {{"./*": "./*.js"}}}}"#)
    };
    Project::of(&[
        (
            "tsconfig.json",
            &format!(r#"{{"compilerOptions": {options}}}"#),
        ),
        ("main.tsx", main),
        ("main.jsx", main.replace(": object", "").as_str()),
        ("node_modules/react/package.json", &package("react")),
        ("node_modules/react/jsx-runtime.js", RUNTIME),
        ("node_modules/react/jsx-dev-runtime.js", RUNTIME),
        ("node_modules/other/package.json", &package("other")),
        (
            "node_modules/other/jsx-runtime.js",
            &RUNTIME.replace("fragment", "other"),
        ),
    ])
}

#[test]
fn the_runtime_of_react_is_imported_unless_something_else_is_said() {
    for options in ["{}", r#"{"jsx": "react-jsx"}"#, r#"{"jsx": "preserve"}"#] {
        let project = project(options, MAIN);
        project.prints("main.tsx", AUTOMATIC);
        project.prints("main.jsx", AUTOMATIC);
    }
}

#[test]
fn the_runtime_may_be_of_another_package() {
    let other = AUTOMATIC.replace("fragment", "other");
    let options = r#"{"jsx": "react-jsx", "jsxImportSource": "other"}"#;
    project(options, MAIN).prints("main.tsx", &other);
    let pragma = format!("/** @jsxImportSource other */{MAIN}");
    project("{}", &pragma).prints("main.tsx", &other);
}

#[test]
fn the_development_runtime_is_told_the_lines_of_the_source() {
    let options = r#"{"jsx": "react-jsxdev"}"#;
    let main = "console.log(1);\nconsole.log(JSON.stringify(<p>\n</p>));";
    project(options, main).prints("main.tsx", "1\n{\"dev\":\"p\",\"line\":2}");
}

#[test]
fn classic_jsx_calls_what_is_in_scope() {
    let classic = r#"[["p",{"className":"x","b":2},"text ",2,["Part",{"key":"k"}]],["whole",null,["b",null]]]"#;
    let options = r#"{"jsx": "react", "jsxFactory": "h", "jsxFragmentFactory": "Whole"}"#;
    let own = format!("{CREATE} const Whole = 'whole'; {MAIN}");
    project(options, &own).prints("main.tsx", classic);
    let react = format!("{CREATE} const React = {{ createElement: h, Fragment: 'whole' }}; {MAIN}");
    project(r#"{"jsx": "react"}"#, &react).prints("main.tsx", classic);
}
