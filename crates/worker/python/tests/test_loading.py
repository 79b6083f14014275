"""Loading a project: every form of graph, imports as Python has them, and what is said of what fails."""

import asyncio
import inspect
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from fake_server import connected
from lgx_worker import source_loader
from lgx_worker.errors import CallFailed
from projects import load, load_params, process, run


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))


def graph_source(out, before=""):
    return f"""
        {before}
        from langgraph.graph import START, StateGraph
        graph = StateGraph(dict).add_node("n", lambda _: {{"out": {out}}}).add_edge(START, "n").compile()
        """


def outcome(graphs, graph_id, input=None, **changes):
    """Load graphs in this process, run one, and give the values it ends with."""

    async def test():
        async with connected() as (server, _):
            loaded = await load(server, graphs)
            assert "error" not in loaded["graphs"][graph_id], loaded["graphs"][graph_id]
            answer = await run(server, graph_id, input if input is not None else {}, **changes)
            assert answer.meta["status"] == "success", answer.meta
            return answer.values

    return asyncio.run(test())


@pytest.mark.parametrize(
    ("attribute", "out"),
    [
        ("compiled", "compiled"),
        ("builder", "builder"),
        ("nothing", "nothing"),
        ("with_config", "word"),
        ("asynchronous", "threads.create_run True None"),
        ("managed", "managed"),
        ("async_managed", "Context(model='m')"),
        ("with_runtime", "Context(model='m') 7"),
    ],
)
def test_a_graph_may_be_given_in_any_form(attribute, out):
    graphs = {"g": f"forms.py:{attribute}"}
    values = outcome(graphs, "g", context={"model": "m", "other": 1}, configurable={"word": "word"})
    assert values == {"out": out}


async def test_what_is_about_to_be_imported_is_said_before_it_is():
    async with connected() as (server, _):
        answer = await server.call("load", load_params({"one": "steps.py:graph", "two": "no_such_file.py:graph"}))
        assert answer.named("loading") == ["the graph one", "the graph two"]


async def test_a_factory_is_called_for_each_run_and_its_context_manager_is_left():
    async with connected() as (server, worker):
        await load(server, {"g": "forms.py:async_managed"})
        closed = inspect.unwrap(worker.graphs.loaded["g"].source.function).__globals__["closed"]
        closed.clear()
        for _ in range(2):
            await run(server, "g", {})
        assert closed == ["async_managed"] * 2


async def test_a_run_tells_when_its_factory_has_made_the_graph():
    async with connected() as (server, _):
        await load(server, {"made": "forms.py:with_config", "compiled": "forms.py:compiled"})
        assert (await run(server, "made", {})).events[0] == ("opened", None)
        assert "opened" not in dict((await run(server, "compiled", {})).events)


async def test_a_factory_knows_why_it_is_called():
    async with connected() as (server, worker):
        await load(server, {"g": "forms.py:asynchronous"})
        async with worker.open_graph("g", config={}, access="assistants.read") as graph:
            assert graph.nodes["n" if "n" in graph.nodes else "node"] is not None
            assert await graph.ainvoke({}, {"configurable": {"thread_id": "t"}}) == {
                "out": "assistants.read False None"
            }


@pytest.mark.parametrize(
    ("attribute", "error", "message"),
    [("broken", "LookupError", "no model today"), ("wrong", "TypeError", "returned a int, not a graph")],
)
async def test_what_a_factory_raises_is_the_error_of_the_run(attribute, error, message):
    async with connected() as (server, _):
        await load(server, {"g": f"forms.py:{attribute}"})
        answer = await run(server, "g", {})
        assert answer.events == []
        assert answer.meta["error"]["error"] == error
        assert message in answer.meta["error"]["message"]


def test_the_worker_is_no_part_of_the_project_in_whose_folder_it_lies() -> None:
    package = Path(source_loader.__file__).parent
    for file in (package / "main.py", package.parent / "__main__.py"):
        assert not source_loader.is_project_path(str(file))


async def test_names_are_those_of_the_code_or_else_the_id_and_a_checkpointer_is_replaced_with_a_notice():
    async with connected() as (server, _):
        graphs = {
            "a": "forms.py:compiled",
            "b": "forms.py:builder",
            "c": "forms.py:with_config",
            "d": "asks.py:one",
        }
        loaded = (await load(server, graphs))["graphs"]
        assert {graph_id: graph["name"] for graph_id, graph in loaded.items()} == {
            "a": "named", "b": "b", "c": "c", "d": "one",
        }  # fmt: skip
        assert [loaded[graph_id]["factory"] for graph_id in "abcd"] == [False, False, True, False]
        assert loaded["a"]["notices"] == []
        assert "InMemorySaver" in loaded["d"]["notices"][0]


@pytest.mark.parametrize(
    ("source", "attribute", "kind", "message"),
    [
        ("def (", "graph", "SyntaxError", "invalid syntax"),
        ("import does_not_exist", "graph", "ModuleNotFoundError", "does_not_exist"),
        ("raise RuntimeError('at import')", "graph", "RuntimeError", "at import"),
        ("import sys; sys.exit('no key')", "graph", "SystemExit", "no key"),
        ("graf = 1", "graph", "AttributeError", "Did you mean `graf`?"),
        ("graph = 7", "graph", "TypeError", "`bad` is an int, not a graph"),
        ("class Graph(dict): ...", "Graph", "TypeError", "`bad` is a class, not a graph"),
        ("def graph(a, b, c): ...", "graph", "TypeError", "this one has 3 parameters: a, b, c"),
    ],
)
async def test_a_graph_that_cannot_be_loaded_says_why_and_the_others_serve(tmp_path, source, attribute, kind, message):
    write(tmp_path, {"bad_one.py": source, "good_one.py": graph_source("'fine'")})
    async with process() as worker:
        graphs = {"bad": f"bad_one.py:{attribute}", "good": "good_one.py:graph"}
        loaded = await load(worker.server, graphs, root=tmp_path)
        error = loaded["graphs"]["bad"]["error"]
        assert error["type"] == kind
        assert message in error["message"]
        if kind in ("SyntaxError", "RuntimeError", "ModuleNotFoundError"):
            assert (error["file"], error["line"]) == (str(tmp_path / "bad_one.py"), 1)
        elif kind != "SystemExit":
            # No line is to blame, least of all one of the worker's.
            assert (error["file"], error["line"]) == (str(tmp_path / "bad_one.py"), None)
            assert error["traceback"] == ""
        refused = await run(worker.server, "bad", {})
        assert refused.meta["error"]["error"] == "GraphLoadError"
        assert refused.meta["diagnostic"]["type"] == kind
        assert (await run(worker.server, "good", {})).values == {"out": "fine"}


async def test_a_file_that_is_not_there_is_named():
    async with connected() as (server, _):
        error = (await load(server, {"g": "nope.py:graph"}))["graphs"]["g"]["error"]
        assert (error["type"], error["message"].endswith("nope.py.")) == ("FileNotFoundError", True)


def imported(tmp_path, files, graphs, graph_id="g", **changes):
    """The values of a graph of a project that a process of its own has loaded, and the files it has loaded."""
    write(tmp_path, files)

    async def test():
        async with process() as worker:
            loaded = await load(worker.server, graphs, root=tmp_path, **changes)
            assert "error" not in loaded["graphs"][graph_id], loaded["graphs"][graph_id]
            return (await run(worker.server, graph_id, {})).values["out"], loaded["files"]

    return asyncio.run(test())


def test_relative_and_absolute_imports_work_without_any_init_file(tmp_path):
    source = graph_source("here + there", "from .near import here; import src.agent.near as far; there = far.here")
    files = {"src/agent/graph.py": source, "src/agent/near.py": "here = __name__ + ' '"}
    out, loaded = imported(tmp_path, files, {"g": "src/agent/graph.py:graph"})
    assert out == "src.agent.near src.agent.near "
    assert loaded == [str(tmp_path / "src/agent/graph.py"), str(tmp_path / "src/agent/near.py")]


def test_a_file_in_a_package_is_imported_as_part_of_it(tmp_path):
    files = {
        "src/pkg/__init__.py": "",
        "src/pkg/graph.py": graph_source("__name__ + ' ' + word", "from .words import word; import pkg.words"),
        "src/pkg/words.py": "word = __name__",
    }
    out, _ = imported(tmp_path, files, {"g": "src/pkg/graph.py:graph"})
    assert out == "pkg.graph pkg.words"


def test_a_module_that_is_named_and_imported_is_executed_once(tmp_path):
    files = {
        "one.py": graph_source("count()", "counted = []; count = lambda: len(counted)"),
        "two.py": graph_source("one.count()", "import one; one.counted.append(1)"),
    }
    out, _ = imported(tmp_path, files, {"first": "two.py:graph", "g": "one.py:graph"})
    assert out == 1


def test_a_file_whose_name_is_taken_gets_a_name_of_its_own(tmp_path):
    files = {
        "json.py": graph_source("'mine'"),
        "a/graph.py": graph_source("'a'"),
        "b/graph.py": graph_source("'b'"),
    }
    graphs = {"j": "json.py:graph", "a": "a/graph.py:graph", "g": "b/graph.py:graph"}
    roots = [str(tmp_path), str(tmp_path / "a"), str(tmp_path / "b")]
    assert imported(tmp_path, files, graphs, sys_path=roots)[0] == "b"
    assert imported(tmp_path, files, graphs, graph_id="j", sys_path=roots)[0] == "mine"


def test_a_graph_can_be_named_by_its_module(tmp_path):
    files = {"lib/inner/graphs.py": graph_source("__name__")}
    out, _ = imported(tmp_path, files, {"g": "inner.graphs:graph"}, sys_path=[str(tmp_path), str(tmp_path / "lib")])
    assert out == "inner.graphs"


def test_code_may_run_its_own_event_loop_while_it_is_imported(tmp_path):
    files = {"g.py": graph_source("found", "import asyncio; found = asyncio.run(asyncio.sleep(0, 'by asyncio.run'))")}
    assert imported(tmp_path, files, {"g": "g.py:graph"})[0] == "by asyncio.run"


def test_the_worker_leaves_no_trace_of_itself_where_the_project_looks(tmp_path):
    before = "import os, sys; found = [p for p in sys.path if 'crates' in p], os.environ.get('LGX_WORKER_FD')"
    out, _ = imported(tmp_path, {"g.py": graph_source("found", before)}, {"g": "g.py:graph"})
    assert out == [[], None]


def test_stale_bytecode_is_never_run(tmp_path):
    write(tmp_path, {"words.py": "word = 'old'\n", "g.py": graph_source("word", "from words import word")})
    stamp = (1_700_000_000, 1_700_000_000)
    os.utime(tmp_path / "words.py", stamp)
    without = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, "-c", "import words"], cwd=tmp_path, env=without, check=True)
    assert list(tmp_path.glob("__pycache__/words*.pyc")), "Python has kept its bytecode"
    (tmp_path / "words.py").write_text("word = 'new'\n")
    os.utime(tmp_path / "words.py", stamp)
    out, _ = imported(tmp_path, {}, {"g": "g.py:graph"})
    assert out == "new"


async def test_a_worker_loads_once():
    async with connected() as (server, _):
        await load(server, {})
        with pytest.raises(CallFailed, match="new code means a new process"):
            await load(server, {})


async def test_auth_that_cannot_be_loaded_ends_the_load(tmp_path):
    write(tmp_path, {"auth.py": "raise RuntimeError('no secret')"})
    async with process() as worker:
        auth = {"file": str(tmp_path / "auth.py"), "attribute": "auth"}
        with pytest.raises(CallFailed) as raised:
            await load(worker.server, {}, root=tmp_path, auth=auth)
        assert raised.value.type == "AuthLoadError"
        assert raised.value.diagnostic["line"] == 1


async def test_an_unknown_call_is_refused_by_name():
    async with connected() as (server, _):
        with pytest.raises(CallFailed, match="does not know the call `dance`"):
            await server.call("dance", {})
