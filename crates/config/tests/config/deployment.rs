//! What a deployment refuses that lgx serves: each sentence, and that nothing is said of what it takes.

use lgx_config::what_a_deployment_refuses;

use crate::project::Project;

/// All that is refused, with its place.
fn refused(project: &Project, langgraph_json: &str) -> Vec<String> {
    project.write("langgraph.json", langgraph_json);
    let problems = what_a_deployment_refuses(&project.path("langgraph.json"));
    let shown = problems.iter().map(|problem| {
        let file = problem.file.file_name().unwrap().to_string_lossy();
        let (line, column) = (problem.line.unwrap(), problem.column.unwrap());
        format!("{file}:{line}:{column}: {}", problem.message)
    });
    shown.collect()
}

/// The sentence about one key of a project in Python that is whole otherwise.
fn said_of(key: &str) -> Vec<String> {
    let text = format!(
        r#"{{"graphs": {{"a": "./a.py:graph"}}, "dependencies": ["."],{}{key}}}"#,
        '\n'
    );
    let said = refused(&Project::with(&[]), &text);
    let said = said
        .iter()
        .map(|line| line.replace("langgraph.json:2:", ""));
    said.collect()
}

#[test]
fn versions_are_those_of_images() {
    for good in ["3.11", "3.14", "3.12-bookworm"] {
        assert_eq!(said_of(&format!(r#""python_version": "{good}""#)), [""; 0]);
    }
    assert_eq!(
        said_of(r#""python_version": "3.10""#),
        ["19: there is no image with Python 3.10"]
    );
    assert_eq!(
        said_of(r#""python_version": "3.12.1""#),
        [r#"19: `python_version` "3.12.1" is not of the form major.minor"#]
    );
    assert_eq!(
        said_of(r#""python_version": "3.12-bullseye""#),
        ["19: images on Debian bullseye are made no longer"]
    );
    assert_eq!(said_of(r#""node_version": "22""#), [""; 0]);
    assert_eq!(
        said_of(r#""node_version": "18""#),
        ["17: there is no image with Node.js 18"]
    );
    assert_eq!(
        said_of(r#""node_version": ">=20""#),
        [r#"17: `node_version` ">=20" is not a major version"#]
    );
    assert_eq!(said_of(r#""api_version": "~=0.8""#), [""; 0]);
    assert_eq!(
        said_of(r#""api_version": "latest""#),
        [r#"16: `api_version` "latest" is not a version"#]
    );
}

#[test]
fn keys_of_images_have_the_values_that_there_are() {
    for good in [
        r#""pip_installer": "uv""#,
        r#""image_distro": "wolfi""#,
        r#""keep_pkg_tools": ["pip"]"#,
        r#""keep_pkg_tools": true"#,
        // As good as not said.
        r#""image_distro": """#,
        r#""python_version": """#,
        r#""encryption": {"path": "./e.py:encryption"}"#,
    ] {
        assert_eq!(said_of(good), [""; 0], "{good}");
    }
    for (bad, sentence) in [
        (
            r#""pip_installer": "poetry""#,
            r#"18: `pip_installer` must be one of "auto", "pip", "uv""#,
        ),
        (
            r#""image_distro": "alpine""#,
            r#"17: `image_distro` must be one of "debian", "bookworm", "wolfi""#,
        ),
        (
            r#""image_distro": "bullseye""#,
            "17: images on Debian bullseye are made no longer",
        ),
        (
            r#""keep_pkg_tools": ["npm"]"#,
            r#"20: each entry of `keep_pkg_tools` must be one of "pip", "setuptools", "wheel""#,
        ),
        (
            r#""project_root": "..""#,
            "1: `project_root` is no longer there",
        ),
        (
            r#""encryption": {"path": "./e.py"}"#,
            "24: `encryption.path` does not say which attribute of the file it means",
        ),
        (
            r#""priority": {"path": "./p.ts:priority"}"#,
            "22: a callback of `priority` cannot be in JavaScript",
        ),
    ] {
        assert_eq!(said_of(bad), [sentence], "{bad}");
    }
}

#[test]
fn an_image_of_python_knows_what_to_install() {
    let project = Project::with(&[]);
    let needs = "an image of a Python project needs `dependencies`, or a `source`";
    let graphs = r#""graphs": {"a": {"path": "./a.py:graph"}}"#;
    assert_eq!(
        refused(&project, &format!("{{{graphs}}}")),
        [format!("langgraph.json:1:1: {needs}")]
    );
    assert_eq!(
        refused(&project, &format!(r#"{{{graphs}, "dependencies": []}}"#)),
        [format!("langgraph.json:1:45: {needs}")]
    );
    // One of JavaScript has its package.json.
    assert_eq!(
        refused(&project, r#"{"graphs": {"a": "./a.ts:graph"}}"#),
        [""; 0]
    );
    let with = |source: &str| refused(&project, &format!("{{{graphs},\n{source}}}"));
    assert_eq!(with(r#""source": {"kind": "uv", "root": ".."}"#), [""; 0]);
    assert_eq!(
        with(r#""source": {"kind": "poetry"}"#),
        [r#"langgraph.json:2:20: the only `source.kind` there is is "uv""#]
    );
    assert_eq!(
        with(r#""source": {"kind": "uv", "root": " "}, "dependencies": ["."]"#),
        [
            "langgraph.json:2:34: `source.root` must be a string that is not empty",
            "langgraph.json:2:40: `dependencies` do not go with a `source` of uv"
        ]
    );
    assert_eq!(
        refused(
            &project,
            r#"{"graphs": {"a": "./a.ts:graph"}, "source": {"kind": "uv"}}"#
        ),
        ["langgraph.json:1:35: a `source` of uv is for graphs in Python, and there is none"]
    );
}

#[test]
fn credentials_in_an_address_are_refused_and_not_repeated() {
    let said = said_of(r#""dependencies": [".", "x @ git+https://ada:secret@example.com/x.git"]"#);
    assert_eq!(
        said,
        ["23: this address holds credentials, which layers of an image keep"]
    );
    let good = r#""dependencies": ["x @ git+https://example.com/x.git@v1"]"#;
    assert_eq!(said_of(good), [""; 0]);
}

#[test]
fn engines_of_package_json_are_those_of_images() {
    let project = Project::with(&[]);
    let javascript = r#"{"graphs": {"a": "./a.ts:graph"}}"#;
    project.write("package.json", r#"{"engines": {"node": "22"}}"#);
    assert_eq!(refused(&project, javascript), [""; 0]);
    project.write(
        "package.json",
        "{\"engines\": {\n\"node\": \">=20\",\n\"pnpm\": \"10\"}}",
    );
    assert_eq!(
        refused(&project, javascript),
        [
            r#"package.json:2:9: `engines.node` ">=20" is not a major version"#,
            "package.json:3:1: `engines.pnpm`: an image is built for no other engine than `node`"
        ]
    );
    // A project in Python may have a package.json for its page.
    let python = r#"{"graphs": {"a": "./a.py:graph"}, "dependencies": ["."]}"#;
    assert_eq!(refused(&project, python), [""; 0]);
}

#[test]
fn of_a_file_that_cannot_be_read_loading_tells() {
    let project = Project::with(&[]);
    assert_eq!(refused(&project, "{"), [""; 0]);
    assert!(what_a_deployment_refuses(&project.path("gone.json")).is_empty());
}
