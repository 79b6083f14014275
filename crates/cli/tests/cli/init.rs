//! `lgx init` in projects of the shapes that people have, and where it writes nothing.

use insta::assert_snapshot;

use crate::place::Place;

const GRAPH: &str = "from langgraph.graph import StateGraph\n\nbuilder = StateGraph(dict)\n";

fn place(files: &[(&str, &str)]) -> Place {
    let place = Place::new();
    for (file, text) in files {
        place.write(file, text);
    }
    place
}

/// What is written, which `lgx check --no-import` finds nothing wrong with.
fn written(place: &Place) -> String {
    let checked = place.run(&["validate"]);
    assert_eq!(checked.code, Some(0), "{checked}");
    fs_err::read_to_string(place.path("langgraph.json")).unwrap()
}

#[test]
fn a_package_in_src_with_one_graph_and_variables() {
    let graph = format!(
        "import os\nfrom langchain_openai import ChatOpenAI\n{GRAPH}url = os.getenv(\"SEARCH_URL\", \"http://localhost\")\ngraph = builder.compile()\n"
    );
    let place = place(&[
        ("pyproject.toml", "[project]\nname = \"chat\"\n"),
        ("src/chat/__init__.py", ""),
        ("src/chat/graph.py", &graph),
        ("tests/test_graph.py", &graph),
    ]);
    assert_snapshot!(place.run(&["init"]), @r#"
    exit code: 0
    --- stderr
    Wrote langgraph.json
      agent  graph at src/chat/graph.py:7
    Wrote .env.example: OPENAI_API_KEY
      to set them, copy it to .env and add "env": ".env" to langgraph.json

    Next:
      lgx check
      lgx dev
    "#);
    assert_snapshot!(written(&place), @r#"
    {
      "dependencies": [
        "."
      ],
      "graphs": {
        "agent": "./src/chat/graph.py:graph"
      }
    }
    "#);
    let example = fs_err::read_to_string(place.path(".env.example")).unwrap();
    assert_snapshot!(example, @"
    # src/chat/graph.py
    OPENAI_API_KEY=
    # src/chat/graph.py
    # SEARCH_URL=
    ");
}

#[test]
fn a_single_file_with_several_graphs_and_an_env() {
    let graph = format!(
        "{GRAPH}planner = builder.compile()\n\nwriter = (\n    builder\n    .compile()\n)\n"
    );
    let place = place(&[
        ("requirements.txt", "langgraph\n"),
        ("app.py", &graph),
        (".env", "A_KEY=s3cret\n"),
    ]);
    assert_snapshot!(place.run(&["init"]), @"
    exit code: 0
    --- stderr
    Wrote langgraph.json
      planner  planner at app.py:4
      writer   writer at app.py:6

    Next:
      lgx check
      lgx dev
    ");
    assert_snapshot!(written(&place), @r#"
    {
      "dependencies": [
        "."
      ],
      "graphs": {
        "planner": "./app.py:planner",
        "writer": "./app.py:writer"
      },
      "env": ".env"
    }
    "#);
    assert!(!place.path(".env.example").exists());
}

#[test]
fn a_repository_of_several_packages() {
    let chat = format!("from shared.models import model\n{GRAPH}graph = builder.compile()\n");
    let deep = "from deepagents import create_deep_agent\n\nagent = create_deep_agent()\n";
    let place = place(&[
        ("pyproject.toml", "[tool.uv.workspace]\n"),
        ("apps/chat/pyproject.toml", ""),
        ("apps/chat/src/chat/graph.py", &chat),
        ("apps/research/pyproject.toml", ""),
        ("apps/research/research/agent.py", deep),
        ("libs/shared/pyproject.toml", ""),
        ("libs/shared/src/shared/__init__.py", ""),
        ("libs/shared/src/shared/models.py", ""),
    ]);
    assert_snapshot!(place.run(&["init"]), @"
    exit code: 0
    --- stderr
    Wrote langgraph.json
      research  agent at apps/research/research/agent.py:3
      chat      graph at apps/chat/src/chat/graph.py:5

    Next:
      lgx check
      lgx dev
    ");
    assert_snapshot!(written(&place), @r#"
    {
      "dependencies": [
        "./apps/research",
        "./apps/chat",
        "./libs/shared"
      ],
      "graphs": {
        "research": "./apps/research/research/agent.py:agent",
        "chat": "./apps/chat/src/chat/graph.py:graph"
      }
    }
    "#);
}

#[test]
fn a_project_in_typescript() {
    let graph = "import { StateGraph } from \"@langchain/langgraph\";\n\nconst graph = new StateGraph(State)\n  .compile();\n\nexport { graph };\nconst key = process.env.SEARCH_KEY;\n";
    let place = place(&[
        ("package.json", "{}"),
        ("src/agent/graph.ts", graph),
        ("src/agent/graph.test.ts", graph),
        ("node_modules/other/graph.js", graph),
        (".env.example", "SEARCH_KEY=\n"),
    ]);
    assert_snapshot!(place.run(&["init"]), @"
    exit code: 0
    --- stderr
    Wrote langgraph.json
      agent  graph at src/agent/graph.ts:3

    Next:
      lgx check
      lgx dev
    ");
    assert_snapshot!(written(&place), @r#"
    {
      "graphs": {
        "agent": "./src/agent/graph.ts:graph"
      }
    }
    "#);
    let example = fs_err::read_to_string(place.path(".env.example")).unwrap();
    assert_eq!(example, "SEARCH_KEY=\n", "it is the user's");
}

#[test]
fn factories_with_a_config_from_another_directory() {
    let builder = format!("{GRAPH}def build_graph(model):\n    return builder.compile()\n");
    let graph = "from builder import build_graph\n\n\nasync def make_graph(config):\n    graph = build_graph(config)\n    return graph\n";
    let place = place(&[("p/builder.py", &builder), ("p/agent.py", graph)]);
    assert_snapshot!(place.run(&["init", "p"]), @"
    exit code: 0
    --- stderr
    Wrote p/langgraph.json
      agent  make_graph at p/agent.py:4, a function that makes it

    Next:
      lgx check p
      lgx dev p
    ");
    let checked = place.run(&["validate", "p"]);
    assert_eq!(checked.code, Some(0), "{checked}");
}

#[test]
fn what_is_there_is_not_written_over_and_without_a_graph_nothing_is() {
    let place = place(&[("agent.py", "print('hello')\n"), ("pyproject.toml", "")]);
    assert_snapshot!(place.run(&["init"]), @r#"
    exit code: 1
    --- stderr
    error: there is no graph in the code of this directory (1 file looked at)
    help: write a langgraph.json that names your graphs by file and variable, such as {"graphs": {"agent": "./src/agent.py:graph"}}; `lgx new` makes a project to look at
    "#);
    assert!(!place.path("langgraph.json").exists());

    place.write("langgraph.json", "{}");
    assert_snapshot!(place.run(&["init"]), @"
    exit code: 1
    --- stderr
    error: there is a langgraph.json already; nothing was written
    help: `lgx check` says whether it is right
    ");
    let kept = fs_err::read_to_string(place.path("langgraph.json")).unwrap();
    assert_eq!(kept, "{}");
}
