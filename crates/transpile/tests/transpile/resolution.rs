//! Where imports are found: extensions, aliases, packages of the workspace.

use std::path::PathBuf;

use lgx_transpile::ImportKind;

use crate::project::{Project, sources};

#[test]
fn extensions_may_be_left_out_or_be_those_of_what_is_compiled() {
    for (specifier, file) in [
        ("./a", "a.ts"),
        ("./a.js", "a.ts"),
        ("./a.ts", "a.ts"),
        ("./b", "b.tsx"),
        ("./b.js", "b.tsx"),
        ("./b.jsx", "b.tsx"),
        ("./c.mjs", "c.mts"),
        ("./c", "c.mts"),
        ("./d.cjs", "d.cts"),
        ("./folder", "folder/index.ts"),
        ("./folder/", "folder/index.ts"),
        ("./folder/index.js", "folder/index.ts"),
        (".", "index.ts"),
        ("./plain", "plain.js"),
        ("./plain.js", "plain.js"),
        ("./dotted.name", "dotted.name.ts"),
        ("./dotted.name.js", "dotted.name.ts"),
        ("./both", "both.ts"),
        ("./both.js", "both.ts"),
        ("./data", "data.json"),
        ("./main.js", "main.ts"),
        ("./folder.js", "folder.js/index.ts"),
    ] {
        let project = Project::of(&[
            ("a.ts", ""),
            ("b.tsx", ""),
            ("c.mts", ""),
            ("d.cts", ""),
            ("folder/index.ts", ""),
            ("folder.js/index.ts", ""),
            ("index.ts", ""),
            ("plain.js", ""),
            ("dotted.name.ts", ""),
            ("both.ts", ""),
            ("both.js", ""),
            ("data.json", "1"),
            ("main.ts", ""),
        ]);
        assert_eq!(
            resolved(&project, "main.ts", specifier),
            Some(project.path(file)),
            "{specifier}"
        );
    }
}

#[test]
fn javascript_prefers_what_it_names() {
    let project = Project::of(&[
        ("both.ts", ""),
        ("both.js", ""),
        ("a.ts", ""),
        ("main.js", ""),
    ]);
    assert_eq!(
        resolved(&project, "main.js", "./both.js"),
        Some(project.path("both.js"))
    );
    assert_eq!(
        resolved(&project, "main.js", "./a.js"),
        Some(project.path("a.ts"))
    );
}

#[test]
fn what_is_installed_or_built_in_is_left_to_node() {
    let project = Project::of(&[
        ("tsconfig.json", r#"{"compilerOptions": {"baseUrl": "."}}"#),
        (
            "node_modules/pkg/package.json",
            r#"{"name": "pkg", "main": "index.js"}"#,
        ),
        ("node_modules/pkg/index.js", ""),
        ("fs.ts", ""),
        ("main.ts", ""),
    ]);
    for specifier in [
        "pkg",
        "pkg/index.js",
        "not-installed",
        "node:fs",
        "fs",
        "path",
        "data:text/javascript,1",
        "file:///a.js",
        "#internal",
    ] {
        assert_eq!(
            resolved(&project, "main.ts", specifier),
            None,
            "{specifier}"
        );
    }
}

#[test]
fn a_part_of_a_package_is_found_without_its_extension_unless_the_package_says_otherwise() {
    let project = Project::of(&[
        (
            "package.json",
            r#"{"type": "module"}"#,
        ),
        ("node_modules/open/package.json", "{}"),
        ("node_modules/open/part.js", "module.exports = 'part';"),
        ("node_modules/open/folder/index.js", "module.exports = 'folder';"),
        ("node_modules/@scope/open/package.json", "{}"),
        ("node_modules/@scope/open/index.js", "module.exports = 'index';"),
        ("node_modules/@scope/open/part.cjs", "module.exports = 'scoped';"),
        (
            "node_modules/closed/package.json",
            r#"{"exports": {"./part": "./inner/part.js"}}"#,
        ),
        ("node_modules/closed/inner/part.js", "module.exports = 'closed';"),
        (
            "main.ts",
            "import part from 'open/part'; import folder from 'open/folder'; import whole from 'open/part.js'; import index from '@scope/open'; import scoped from '@scope/open/part'; import closed from 'closed/part';
             console.log(part, folder, whole, index, scoped, closed);",
        ),
    ]);
    for (specifier, expected) in [
        ("open/part", Some("node_modules/open/part.js")),
        ("open/folder", Some("node_modules/open/folder/index.js")),
        ("open/part.js", None),
        ("@scope/open", None),
        (
            "@scope/open/part",
            Some("node_modules/@scope/open/part.cjs"),
        ),
        ("closed/part", None),
    ] {
        let expected = expected.map(|file| project.path(file));
        assert_eq!(
            resolved(&project, "main.ts", specifier),
            expected,
            "{specifier}"
        );
    }
    project.prints("main.ts", "part folder part index scoped closed");
}

#[test]
fn aliases_are_those_of_the_nearest_tsconfig_of_a_monorepo() {
    let project = Project::of(&[
        ("langgraph.json", "{}"),
        (
            "tsconfig.base.json",
            "{\n  /* shared */\n  \"compilerOptions\": {\"baseUrl\": \".\", \"paths\": {\"@root/*\": [\"shared/*\"],},},\n}",
        ),
        ("shared/tools.ts", "export const tools = 'shared tools';"),
        (
            "packages/agent/tsconfig.json",
            r#"{"extends": "../../tsconfig.base.json", "compilerOptions": {"baseUrl": ".", "paths": {"~/*": ["./src/*"], "exact": ["./src/exact.ts"]}}}"#,
        ),
        (
            "packages/agent/src/graph.ts",
            "import { prompt } from '~/prompts'; import { it } from 'exact'; import { name } from '@scope/shared'; import '@scope/shared/extra'; console.log(prompt, it, name);",
        ),
        (
            "packages/agent/src/prompts/index.ts",
            "export const prompt = 'prompt';",
        ),
        ("packages/agent/src/exact.ts", "export const it = 'exact';"),
        (
            "packages/other/tsconfig.json",
            r#"{"extends": ["../../tsconfig.base.json"]}"#,
        ),
        (
            "packages/other/main.ts",
            "import { tools } from '@root/tools'; console.log(tools);",
        ),
        (
            "packages/shared/package.json",
            r#"{"name": "@scope/shared", "type": "module", "exports": {".": "./src/index.ts", "./*": "./src/*.ts"}}"#,
        ),
        (
            "packages/shared/tsconfig.json",
            r#"{"compilerOptions": {"paths": {"~/*": ["./src/inner/*"]}}}"#,
        ),
        (
            "packages/shared/src/index.ts",
            "import { inner } from '~/name'; enum E { A } export const name: string = inner + E.A;",
        ),
        (
            "packages/shared/src/inner/name.ts",
            "export const inner = 'inner';",
        ),
        ("packages/shared/src/extra.ts", "console.log('extra');"),
    ]);
    let packages = project.path("node_modules/@scope");
    fs_err::create_dir_all(&packages).unwrap();
    #[cfg(unix)]
    fs_err::os::unix::fs::symlink(project.path("packages/shared"), packages.join("shared"))
        .unwrap();
    project.prints("packages/agent/src/graph.ts", "extra\nprompt exact inner0");
    project.prints("packages/other/main.ts", "shared tools");
}

#[test]
fn a_tsconfig_is_found_through_references_and_packages_and_where_nothing_includes_the_file() {
    let project = Project::of(&[
        (
            "tsconfig.json",
            r#"{"files": [], "references": [{"path": "./tsconfig.app.json"}]}"#,
        ),
        (
            "tsconfig.app.json",
            r#"{"extends": "configs/base", "include": ["src"], "compilerOptions": {"paths": {"@/*": ["./src/*"]}}}"#,
        ),
        (
            "node_modules/configs/package.json",
            r#"{"name": "configs"}"#,
        ),
        (
            "node_modules/configs/base.json",
            r#"{"compilerOptions": {"experimentalDecorators": true}}"#,
        ),
        (
            "src/main.ts",
            "import { a } from '@/a'; const d: any = () => {}; @d class It {} console.log(a, It.name);",
        ),
        ("src/a.ts", "export const a = 1;"),
        (
            "agents/tsconfig.json",
            r#"{"include": ["src"], "compilerOptions": {"paths": {"@/*": ["./lib/*"]}}}"#,
        ),
        ("agents/lib/b.ts", "export const b = 2;"),
        (
            "agents/graph.ts",
            "import { b } from '@/b'; console.log(b);",
        ),
        (
            "plain/jsconfig.json",
            r#"{"compilerOptions": {"paths": {"$/*": ["./lib/*"]}}}"#,
        ),
        ("plain/lib/c.js", "export const c = 3;"),
        ("plain/main.js", "import { c } from '$/c'; console.log(c);"),
    ]);
    project.prints("src/main.ts", "1 It");
    project.prints("agents/graph.ts", "2");
    project.prints("plain/main.js", "3");
}

#[test]
fn imports_of_package_json_may_name_typescript() {
    let project = Project::of(&[
        (
            "package.json",
            r##"{"type": "module", "imports": {"#tools/*": "./src/tools/*.ts", "#dep": "path"}}"##,
        ),
        (
            "src/tools/search.ts",
            "export const search: string = 'found';",
        ),
        (
            "src/main.ts",
            "import { search } from '#tools/search'; import { sep } from '#dep'; console.log(search, sep);",
        ),
    ]);
    project.prints("src/main.ts", "found /");
}

#[test]
fn what_is_written_later_is_found_when_it_is_asked_for_again() {
    let project = Project::of(&[("main.ts", "")]);
    let mut sources = sources();
    let main = project.path("main.ts");
    assert_eq!(
        sources
            .resolve(&main, "./late", ImportKind::Dynamic)
            .unwrap(),
        None
    );
    project.write("late.ts", "");
    let found = sources
        .resolve(&main, "./late", ImportKind::Dynamic)
        .unwrap();
    assert_eq!(found, Some(project.path("late.ts")));
}

#[test]
fn another_load_sees_a_changed_tsconfig() {
    let project = Project::of(&[
        (
            "tsconfig.json",
            r#"{"compilerOptions": {"paths": {"~/*": ["./one/*"]}}}"#,
        ),
        ("one/a.ts", "export const a = 'one';"),
        ("two/a.ts", "export const a = 'two';"),
        ("main.ts", "import { a } from '~/a'; console.log(a);"),
    ]);
    project.prints("main.ts", "one");
    project.write(
        "tsconfig.json",
        r#"{"compilerOptions": {"paths": {"~/*": ["./two/*"]}}}"#,
    );
    project.prints("main.ts", "two");
}

fn resolved(project: &Project, from: &str, specifier: &str) -> Option<PathBuf> {
    let from = project.path(from);
    sources()
        .resolve(&from, specifier, ImportKind::Static)
        .unwrap()
}
