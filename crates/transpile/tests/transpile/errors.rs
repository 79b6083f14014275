//! What is told of sources that cannot be compiled: what is wrong, where, and what to do.

use crate::project::Project;

#[test]
fn syntax_errors_are_located_before_node_sees_them() {
    for (name, source, at, line, message) in [
        (
            "main.ts",
            "const a = 1;\nconst b = ;\n",
            (2, 11),
            "const b = ;",
            "Unexpected token",
        ),
        (
            "main.ts",
            "const é = '😀', b = @;",
            (1, 22),
            "const é = '😀', b = @;",
            "Unexpected token",
        ),
        (
            "main.ts",
            "function f() {\n",
            (2, 1),
            "",
            "Expected `}` but found `EOF`",
        ),
        (
            "main.tsx",
            "const a = <p>\n",
            (1, 14),
            "const a = <p>",
            "Unexpected token",
        ),
        (
            "main.js",
            "const a: number = 1;",
            (1, 7),
            "const a: number = 1;",
            "Missing initializer in const declaration",
        ),
        (
            "main.ts",
            "let a = 1;\nlet a = 2;",
            (1, 5),
            "let a = 1;",
            "Identifier `a` has already been declared",
        ),
        (
            "main.mts",
            "await 1; function f() { await 2; }",
            (1, 25),
            "await 1; function f() { await 2; }",
            "`await` is only allowed within async functions and at the top levels of modules",
        ),
        (
            "main.ts",
            "const a = 'unterminated\nconst b = 1;",
            (1, 11),
            "const a = 'unterminated",
            "Unterminated string",
        ),
    ] {
        let project = Project::of(&[(name, source)]);
        let error = project.error(name);
        let file = project.path(name).display().to_string();
        assert_eq!(error.message, message, "{source:?}");
        assert_eq!(
            (error.line, error.column),
            (Some(at.0), Some(at.1)),
            "{source:?}"
        );
        assert_eq!(error.source.as_deref(), Some(line), "{source:?}");
        assert_eq!(
            (error.kind.as_str(), error.file),
            ("SyntaxError", Some(file)),
            "{source:?}"
        );
    }
}

#[test]
fn types_in_javascript_are_told_to_be_typescript() {
    for (source, hint) in [
        (
            "const a: number = 1;",
            Some("this is TypeScript: give the file a name that ends with .ts"),
        ),
        (
            "const a: = 1;",
            Some("Add an initializer (e.g. ` = undefined`) here"),
        ),
    ] {
        let project = Project::of(&[("main.js", source)]);
        assert_eq!(project.error("main.js").hint.as_deref(), hint, "{source}");
    }
}

#[test]
fn an_error_in_what_is_imported_is_told_of_that_file() {
    let project = Project::of(&[
        ("main.ts", "import './nodes/one';"),
        (
            "nodes/one.ts",
            "export const one = () => {\n  return 1 +;\n};\n",
        ),
    ]);
    let error = project.error("main.ts");
    assert_eq!(
        error.file,
        Some(project.path("nodes/one.ts").display().to_string())
    );
    assert_eq!((error.line, error.column), (Some(2), Some(13)));
}

#[test]
fn a_namespace_that_exports_a_variable_is_told() {
    let project = Project::of(&[(
        "main.ts",
        "namespace A {\n  export let count = 0;\n}\nconsole.log(A);",
    )]);
    let error = project.error("main.ts");
    assert_eq!(error.line, Some(2));
    assert_eq!(
        error.hint.as_deref(),
        Some("export a `const` from the namespace, or a function that reads the variable")
    );
}

#[test]
fn an_import_of_a_file_that_is_not_there_is_located_with_the_one_that_was_meant() {
    for (source, at, message, hint) in [
        (
            "\nimport { a } from './nodse'; a;",
            (2, 19),
            "there is no file for './nodse'",
            "is './nodes.ts' meant?",
        ),
        (
            "export * from './agent/grpah.js';",
            (1, 15),
            "there is no file for './agent/grpah.js'",
            "is './agent/graph.ts' meant?",
        ),
        (
            "import '../nowhere/at/all';",
            (1, 8),
            "there is no file for '../nowhere/at/all'",
            "the path is relative to the file that imports it",
        ),
        (
            "import '~/nodse';",
            (1, 8),
            "there is no file for '~/nodse'",
            "look at `paths` in compilerOptions of tsconfig.json",
        ),
    ] {
        let project = Project::of(&[
            (
                "tsconfig.json",
                r#"{"compilerOptions": {"paths": {"~/*": ["./*"]}}}"#,
            ),
            ("nodes.ts", "export const a = 1;"),
            ("agent/graph.ts", ""),
            ("main.ts", source),
        ]);
        let error = project.error("main.ts");
        assert_eq!(
            (error.line, error.column),
            (Some(at.0), Some(at.1)),
            "{source:?}"
        );
        assert_eq!(
            (error.kind.as_str(), error.message.as_str()),
            ("ModuleNotFound", message)
        );
        assert_eq!(error.hint.as_deref(), Some(hint), "{source:?}");
        assert_eq!(error.source.as_deref(), source.lines().last());
    }
}

#[test]
fn what_may_be_missing_is_left_to_run() {
    let project = Project::of(&[(
        "main.mts",
        r#"
        const optional = await import("./optional.js").catch((error) => error.code);
        console.log(optional);
        try { require("./also-optional"); } catch (error: any) { console.log(error.code); }
        "#,
    )]);
    project.prints("main.mts", "ERR_MODULE_NOT_FOUND\nMODULE_NOT_FOUND");
}

#[test]
fn a_file_that_cannot_be_read_is_told() {
    let project = Project::of(&[("notes.txt", "text")]);
    let error = project.error("gone.ts");
    assert_eq!(
        error.file,
        Some(project.path("gone.ts").display().to_string())
    );
    assert_eq!(
        error.message,
        "cannot be read: No such file or directory (os error 2)"
    );
    let error = project.error("notes.txt");
    assert_eq!(
        error.message,
        "lgx does not know how to run a file of this kind"
    );
    fs_err::write(project.path("latin1.ts"), b"const a = '\xe9';").unwrap();
    let error = project.error("latin1.ts");
    assert_eq!(error.message, "is not UTF-8: byte 11 cannot be read");
    assert_eq!(error.hint.as_deref(), Some("save it as UTF-8"));
}

#[test]
fn a_tsconfig_that_cannot_be_used_is_located() {
    for (tsconfig, line, message) in [
        (
            "{\n  // fine\n  \"compilerOptions\": {paths: {}},\n}",
            Some(3),
            "is not valid: key must be a string",
        ),
        (
            r#"{"extends": "./gone.json"}"#,
            None,
            "its tsconfig.json needs ",
        ),
        (
            r#"{"extends": "@tsconfig/node20/tsconfig.json"}"#,
            None,
            "its tsconfig.json needs ",
        ),
        (
            r#"{"extends": "./tsconfig.json"}"#,
            None,
            "its tsconfig.json cannot be used: Tsconfig extends configs circularly",
        ),
    ] {
        let project = Project::of(&[("tsconfig.json", tsconfig), ("main.ts", "")]);
        let error = project.error("main.ts");
        assert_eq!(error.kind, "TsconfigError", "{error:?}");
        assert!(error.message.starts_with(message), "{tsconfig}: {error:?}");
        assert_eq!(error.line, line, "{error:?}");
    }
}
