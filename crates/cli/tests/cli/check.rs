//! `lgx check` and `lgx validate`, as far as they go without an interpreter: what is read, each form of the report, exit codes.

use insta::assert_snapshot;

use crate::place::Place;

/// A project with a mistake of each kind that is found by reading.
fn project() -> Place {
    let place = Place::new();
    place.write(
        "langgraph.json",
        r#"{
  "dependencies": ["."],
  "graphs": {"agent": "./agent.py:graph"},
  "env": ".env",
  "grphs": {}
}"#,
    );
    place.write("agent.py", "raise SystemExit('nobody runs this')\n");
    place.write(".env", "MODEL=secret-model\nHOME=/secret\nEMPTY=\n");
    place.write(
        ".env.example",
        "# For the model.\nMODEL=\nAPI_KEY=\n# OPTIONAL=\n",
    );
    place.write("requirements.txt", "langgraph\nlanggraph_api==0.4\n");
    place
}

#[test]
fn a_person_is_told_what_was_read_and_all_that_is_odd() {
    assert_snapshot!(project().run(&["validate"]), @r#"
    exit code: 0
    --- stdout
    - graph agent agent.py:graph
      env .env (3 variables), 1 of .env.example missing

    warning: langgraph.json:5:3: unknown key `grphs`, ignored
      5 |   "grphs": {}
        |   ^^^^^^^
      hint: did you mean `graphs`?

    warning: the variable API_KEY is not set, neither by the project nor in the environment
      .env.example:3
      help: set it in .env, or make it a comment in the example if the project does without

    warning: the project depends on langgraph-api, which is the official server; lgx serves it without
      requirements.txt:2
      help: take it out, unless the project's own code imports it

    note: the project sets HOME to another value than the environment has; the project's counts

    note: the variable EMPTY is set, and empty

    note: found no Python for this project: no virtual environment is active or near it, and there is no `python3` on the PATH
      help: install Python 3.10 or newer, or name one with --python PATH

    ✓ langgraph.json is valid (1 graph found): 3 warnings, 3 notes
    "#);
}

#[test]
fn what_a_deployment_refuses_is_an_error_of_validate() {
    let place = Place::new();
    let text = r#"{
  "graphs": {"agent": "./agent.py:graph"},
  "dependencies": ["."],
  "python_version": "3.12.1"
}"#;
    place.write("langgraph.json", text);
    place.write("agent.py", "");
    assert_snapshot!(place.run(&["validate"]), @r#"
    exit code: 1
    --- stdout
    - graph agent agent.py:graph

    error: langgraph.json:4:21: `python_version` "3.12.1" is not of the form major.minor
      4 |   "python_version": "3.12.1"
        |                     ^^^^^^^^
      hint: write "3.11", for example

    note: found no Python for this project: no virtual environment is active or near it, and there is no `python3` on the PATH
      help: install Python 3.10 or newer, or name one with --python PATH

    ✗ langgraph.json: 1 error, 1 note
    "#);
}

#[test]
fn a_workflow_gets_annotations() {
    assert_snapshot!(project().run(&["validate", "--format", "github"]), @"
    exit code: 0
    --- stdout
    ::warning file=langgraph.json,line=5,col=3,title=lgx configuration::unknown key `grphs`, ignored%0Ahelp: did you mean `graphs`?
    ::notice file=.env,title=lgx env-shadowed::the project sets HOME to another value than the environment has; the project's counts
    ::notice file=.env,title=lgx env-empty::the variable EMPTY is set, and empty
    ::warning file=.env.example,line=3,title=lgx env-missing::the variable API_KEY is not set, neither by the project nor in the environment%0Ahelp: set it in .env, or make it a comment in the example if the project does without
    ::warning file=requirements.txt,line=2,title=lgx official-server::the project depends on langgraph-api, which is the official server; lgx serves it without%0Ahelp: take it out, unless the project's own code imports it
    ::notice file=langgraph.json,title=lgx interpreter::found no Python for this project: no virtual environment is active or near it, and there is no `python3` on the PATH%0Ahelp: install Python 3.10 or newer, or name one with --python PATH
    langgraph.json: 0 errors, 3 warnings
    ");
}

#[test]
fn a_program_gets_all_of_it_and_no_values() {
    let place = project();
    let ran = place.run(&["check", "--no-import", "--json"]);
    assert!(!ran.to_string().contains("secret"), "{ran}");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran}");
    let mut report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let findings = report["findings"].take();
    assert_eq!(report["lgx"].take(), env!("CARGO_PKG_VERSION"));
    assert_snapshot!(format!("{report:#}"), @r#"
    {
      "version": 1,
      "lgx": null,
      "ok": true,
      "root": "[HOME]/here",
      "config": "langgraph.json",
      "imported": false,
      "errors": 0,
      "warnings": 3,
      "notes": 3,
      "interpreters": [],
      "auth": null,
      "embeddings": null,
      "app": null,
      "graphs": [
        {
          "id": "agent",
          "target": "agent.py:graph",
          "status": "not_imported",
          "import_ms": null,
          "schemas": null
        }
      ],
      "environment": {
        "file": ".env",
        "example": ".env.example",
        "variables": [
          {
            "name": "MODEL",
            "status": "set"
          },
          {
            "name": "HOME",
            "status": "shadowed"
          },
          {
            "name": "EMPTY",
            "status": "empty"
          },
          {
            "name": "API_KEY",
            "status": "missing"
          }
        ]
      },
      "findings": null
    }
    "#);
    assert_snapshot!(format!("{:#}", findings[3]), @r#"
    {
      "rule": "env-missing",
      "level": "warning",
      "message": "the variable API_KEY is not set, neither by the project nor in the environment",
      "hint": "set it in .env, or make it a comment in the example if the project does without",
      "file": ".env.example",
      "line": 3,
      "column": null,
      "graph": null,
      "exception": null
    }
    "#);
}

#[test]
fn code_scanning_gets_sarif() {
    let ran = project().run(&["check", "--no-import", "--format", "sarif"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran}");
    let sarif: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let run = &sarif["runs"][0];
    assert_eq!(sarif["version"], "2.1.0");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        let place = &result["locations"][0]["physicalLocation"];
        assert!(
            place["region"]["startLine"].as_u64().unwrap() > 0,
            "{result}"
        );
    }
    assert_snapshot!(format!("{:#}", run["results"][0]), @r#"
    {
      "ruleId": "configuration",
      "ruleIndex": 0,
      "level": "warning",
      "message": {
        "text": "unknown key `grphs`, ignored\nhelp: did you mean `graphs`?"
      },
      "locations": [
        {
          "physicalLocation": {
            "artifactLocation": {
              "uri": "langgraph.json",
              "uriBaseId": "%SRCROOT%"
            },
            "region": {
              "startLine": 5,
              "startColumn": 3
            }
          }
        }
      ]
    }
    "#);
}

#[test]
fn every_error_of_the_configuration_is_told_at_once() {
    let place = Place::new();
    place.write(
        "langgraph.json",
        "{\n  \"graphs\": {\n    \"a\": \"./gone.py:graph\",\n    \"b\": 3\n  },\n  \"auth\": {}\n}",
    );
    assert_snapshot!(place.run(&["validate"]), @r#"
    exit code: 1
    --- stdout
    error: langgraph.json:3:10: graph 'a': there is no file ./gone.py
      3 |     "a": "./gone.py:graph",
        |          ^^^^^^^^^^^^^^^^^
      hint: paths are relative to the configuration file; looked for [HOME]/here/gone.py

    error: langgraph.json:4:10: graph 'b' must be a string like "./src/agent/graph.py:graph" or an object with a `path`, not a number
      4 |     "b": 3
        |          ^

    error: langgraph.json:6:11: `auth` has no `path`, so there is nothing to authenticate with
      6 |   "auth": {}
        |           ^^
      hint: write "auth": { "path": "./src/security/auth.py:auth" }

    error: langgraph.json:1:1: an image of a Python project needs `dependencies`, or a `source`
      1 | {
        | ^
      hint: write "dependencies": ["."] for the package that this file lies in

    ✗ langgraph.json: 4 errors
    "#);
    let annotated = place.run(&["check", "--format", "github"]);
    assert_eq!(annotated.code, Some(1), "{annotated}");
    assert_eq!(
        annotated
            .stdout
            .matches("::error file=langgraph.json,line=")
            .count(),
        3,
        "{annotated}"
    );
}

#[test]
fn files_are_named_from_the_repository_that_the_project_is_in() {
    let place = Place::new();
    place.write(".git/HEAD", "");
    place.write("services/agent/langgraph.json", "{}");
    let ran = place.run(&["validate", "services/agent", "--format", "github"]);
    assert!(
        ran.stdout
            .starts_with("::error file=services/agent/langgraph.json,line=1,col=1,"),
        "{ran}"
    );
}

#[test]
fn a_project_that_cannot_be_found_is_an_error_of_the_report() {
    let place = Place::new();
    place.write("package.json", "{}");
    assert_snapshot!(place.run(&["check"]), @r#"
    exit code: 1
    --- stdout
    error: there is a package.json in this directory and no langgraph.json
      help: write a langgraph.json that names your graphs by file and variable, such as {"graphs": {"agent": "./src/agent.ts:graph"}}; `lgx new` makes a project to look at

    ✗ langgraph.json: 1 error
    "#);
    let ran = place.run(&["check", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, &report["ok"]), (Some(1), &false.into()), "{ran}");
}

#[test]
fn a_project_without_an_interpreter_is_told_so_and_the_rest_too() {
    let ran = project().run(&["check"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(
        ran.stdout
            .contains("error: found no Python for this project"),
        "{ran}"
    );
    assert!(
        ran.stdout
            .contains("warning: the variable API_KEY is not set"),
        "{ran}"
    );
}

#[test]
fn what_is_named_twice_is_a_wrong_command_line() {
    for arguments in [
        &["check", "--json", "--format", "sarif"][..],
        &["check", "--no-import", "--load-timeout", "3"],
        &["check", "a", "--config", "b"],
        &["check", "--format", "xml"],
        &["validate", "--no-import"],
    ] {
        let ran = Place::new().run(arguments);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (Some(2), ""),
            "{arguments:?}\n{ran}"
        );
    }
}
