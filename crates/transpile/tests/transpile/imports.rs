//! JSON, and the other things besides code that TypeScript lets a file import.

use crate::project::Project;

#[test]
fn json_is_imported_without_saying_that_it_is_json() {
    let project = Project::of(&[
        (
            "data/settings.json",
            "\u{feff}{\"name\": \"lgx\", \"a-b\": 1, \"default\": 2, \"class\": 3, \"__proto__\": {\"x\": 1}, \"n\": 1e400}",
        ),
        ("list.json", "[1, 2]"),
        (
            "main.ts",
            r#"
            import settings, { name } from "./data/settings.json";
            import * as all from "./data/settings.json";
            import list from "./list.json";
            import extensionless from "./list";
            export { name as again } from "./data/settings.json";
            console.log(name, settings["a-b"], settings.default, list.length, Object.keys(all).join(), Object.keys(settings).length, extensionless === list);
            "#,
        ),
    ]);
    project.prints("main.ts", "lgx 1 2 2 __proto__,class,default,n,name 6 true");
}

#[test]
fn json_that_is_none_is_located() {
    let project = Project::of(&[
        ("broken.json", "{\n  \"a\": 1,\n  \"b\": oops\n}"),
        (
            "main.ts",
            "import it from './broken.json'; console.log(it);",
        ),
    ]);
    let error = project.error("main.ts");
    assert_eq!(
        error.file,
        Some(project.path("broken.json").display().to_string())
    );
    assert_eq!((error.line, error.column), (Some(3), Some(8)));
    assert_eq!(error.source.as_deref(), Some("  \"b\": oops"));
    assert_eq!(error.message, "this is not JSON: expected value");
}
