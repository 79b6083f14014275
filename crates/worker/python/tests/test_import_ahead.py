"""What is imported ahead of the project's code, and what shows that it should not have been."""

import importlib
import json
import os
import sys
from pathlib import Path

import pytest

from lgx_worker import environment_reads
from lgx_worker.environment_reads import SetTooLate
from lgx_worker.preload import is_installed_module, preload
from lgx_worker.source_loader import is_project_path, project_files
from lgx_worker.used_modules import UsedModules
from projects import load, process, run


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of installed packages, on the path."""
    directory = tmp_path / "site-packages"
    directory.mkdir()
    monkeypatch.syspath_prepend(str(directory))
    before = set(sys.modules)
    yield directory
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_what_is_installed_is_imported_and_what_fails_is_left(packages: Path, tmp_path: Path, monkeypatch):
    (packages / "good.py").write_text("")
    (packages / "bad.py").write_text("raise SystemExit(3)")
    (packages / "gevent.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path / "project"))
    (tmp_path / "project").mkdir()
    (tmp_path / "project/mine.py").write_text("")
    seen = []
    preload(["bad", "gevent", "mine", "no_such", "good"], lambda: seen.append(1))
    assert "good" in sys.modules
    assert not {"bad", "gevent", "mine", "no_such"} & set(sys.modules)
    assert len(seen) >= 5


def test_of_what_was_imported_ahead_nothing_is_looked_for_again(packages: Path):
    (packages / "good.py").write_text("")
    preload(["good"])
    looked_for = is_project_path.cache_info().misses
    assert str(packages / "good.py") not in project_files()
    assert is_project_path.cache_info().misses == looked_for


def test_what_the_project_asks_for_is_told_and_what_that_imports_is_not(packages: Path, tmp_path: Path, monkeypatch):
    (packages / "inner.py").write_text("")
    (packages / "lazy.py").write_text("")
    (packages / "outer.py").write_text("import inner\ndef later():\n    import lazy\n")
    project = tmp_path / "project"
    project.mkdir()
    (project / "graph.py").write_text("import mine")
    (project / "mine.py").write_text("import json\nimport outer\nfrom importlib import import_module\nouter.later()\n")
    monkeypatch.syspath_prepend(str(project))
    for again in (False, True):
        if again:
            del sys.modules["mine"], sys.modules["graph"]
        used = UsedModules()
        with used.noted():
            importlib.import_module("graph")
        names = used.names()
        assert [name for name in names if name in ("json", "outer", "lazy", "inner", "mine")] == [
            "json",
            "outer",
            "lazy",
        ]
        assert "outer" in used.packages() and "lazy" not in used.packages()
    assert is_installed_module("outer", sys.modules["outer"]) and not is_installed_module("mine", sys.modules["mine"])


def test_a_variable_that_is_set_after_it_was_read_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(environment_reads, "_reads", {})
    monkeypatch.setenv("READ_AHEAD", "one")
    with environment_reads.recorded():
        os.environ.get("READ_AHEAD")
        os.getenv("MISSING_AHEAD")
    set_too_late = SetTooLate()
    os.environ["READ_AHEAD"] = "one"
    os.environ["NEVER_READ"] = "x"
    assert set_too_late.names == set()
    monkeypatch.setenv("MISSING_AHEAD", "now")
    del os.environ["READ_AHEAD"]
    assert set_too_late.end() == ["MISSING_AHEAD", "READ_AHEAD"]
    del os.environ["NEVER_READ"]
    assert set_too_late.end() == ["MISSING_AHEAD", "READ_AHEAD"]


async def test_a_worker_that_is_started_for_it_says_when_it_is_warm(tmp_path: Path):
    ahead = tmp_path / "imports.json"
    ahead.write_text(json.dumps({"modules": ["wave"]}))
    async with process(LGX_IMPORT_AHEAD=str(ahead)) as worker:
        warm = await worker.server.warm
        assert any(file.endswith("wave.py") for file in warm["files"])
        loaded = await load(worker.server, {"steps": "steps.py:graph"})
        assert "langgraph.graph" in loaded["uses"]["modules"]
        assert "langgraph" in loaded["uses"]["packages"]
        assert loaded["slowest"][0][0].endswith("steps.py")


@pytest.mark.parametrize("ahead", [False, True])
async def test_collections_leave_out_what_was_imported_first_and_are_on_for_the_project(tmp_path: Path, ahead: bool):
    (tmp_path / "imports.json").write_text(json.dumps({"modules": ["wave"]}))
    (tmp_path / "graph.py").write_text(
        "import gc\nfrom langgraph.graph import START, StateGraph\n\n"
        "FOUND = {'on': gc.isenabled(), 'left_out': gc.get_freeze_count()}\n"
        "graph = StateGraph(dict).add_node('node', lambda state: FOUND).add_edge(START, 'node').compile()\n"
    )
    environment = {"LGX_IMPORT_AHEAD": str(tmp_path / "imports.json")} if ahead else {}
    async with process(**environment) as worker:
        await load(worker.server, {"graph": "graph.py:graph"}, root=tmp_path)
        found = (await run(worker.server, "graph", {})).values
    assert found["on"] and found["left_out"] > 50_000
