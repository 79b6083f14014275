"""A block of the event loop is told with the line that the user can change, whoever runs it, and as what it is."""

from __future__ import annotations

import asyncio
import builtins
import importlib
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

from lgx_worker.block_report import STUCK, Wording, level
from lgx_worker.blocked_place import Place, find_place
from lgx_worker.calls import Call
from lgx_worker.run_context import attribute_to_run
from lgx_worker.watchdog import HOLDS_UP, HoldUp, _likeliest
from projects import needs_context_in_nodes

LIBRARY = """
import asyncio, functools

def work(look):
    look()

async def working(look):
    await asyncio.sleep(0)
    work(look)

async def as_task(look):
    await asyncio.create_task(working(look))

async def gathered(look):
    await asyncio.gather(asyncio.sleep(0), working(look))

async def waited(look):
    await asyncio.wait([asyncio.create_task(as_task(look))])

async def shielded(look):
    await asyncio.shield(working(look))

async def timed(look):
    await asyncio.wait_for(working(look), 60)

async def grouped(look):
    async with asyncio.TaskGroup() as group:
        group.create_task(working(look))

async def generating(look):
    for _ in range(2):
        await as_task(look)
        yield

async def generated(look):
    async for _ in generating(look):
        pass
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """A project folder, with a library installed inside it."""
    installed = tmp_path / ".venv" / "lib" / "site-packages"
    installed.mkdir(parents=True)
    (installed / "lgx_blocking_library.py").write_text(LIBRARY)
    sys.path[:0] = [str(tmp_path), str(installed)]
    importlib.invalidate_caches()
    yield tmp_path
    sys.path[:2] = []
    for name in ("lgx_blocking_library", "lgx_slow_import", "lgx_project_code", "lgx_project_tools"):
        sys.modules.pop(name, None)


def seen_in(project: Path, code: str) -> Place | None:
    """What is found while `look()` is called somewhere under `async def node(look)` of a module of the project."""
    (project / "lgx_project_code.py").write_text(f"import lgx_blocking_library as library\n\n\n{code}")
    seen: list[Place | None] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()

        def look() -> None:
            seen.append(find_place(sys._getframe(1), loop, project))

        await asyncio.create_task(importlib.import_module("lgx_project_code").node(look))

    asyncio.run(main())
    return seen[0]


def test_it_is_the_innermost_line_of_the_project(project: Path) -> None:
    place = seen_in(project, "async def node(look):\n    helper(look)\n\ndef helper(look):\n    library.work(look)\n")
    assert place == Place("lgx_project_code.py:8 in helper")


@pytest.mark.parametrize("way", ["as_task", "gathered", "waited", "shielded", "timed", "grouped", "generated"])
def test_what_a_task_of_a_library_does_is_told_with_the_line_that_awaits_it(project: Path, way: str) -> None:
    if way == "grouped" and sys.version_info < (3, 11):
        pytest.skip("task groups came with Python 3.11")
    place = seen_in(project, f"async def node(look):\n    await library.{way}(look)\n")
    assert place == Place("lgx_project_code.py:5 in node", library="lgx_blocking_library.py:5 in work")


def test_a_task_that_nobody_awaits_has_only_the_line_of_the_library(project: Path) -> None:
    code = (
        "import asyncio\n\n\nasync def node(look):\n"
        "    task = asyncio.create_task(library.working(look))\n    while not task.done():\n        await asyncio.sleep(0)\n"
    )
    assert seen_in(project, code) == Place(None, library="lgx_blocking_library.py:5 in work")


def test_an_import_is_told_as_the_import_that_was_asked_for(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = project / ".venv" / "lib" / "site-packages"
    (installed / "lgx_slow_import.py").write_text("import lgx_blocking_library\nlgx_blocking_library.work(LOOK)\n")
    monkeypatch.setattr(builtins, "LOOK", None, raising=False)
    code = "import builtins\n\n\nasync def node(look):\n    builtins.LOOK = look\n    import lgx_slow_import\n"
    assert seen_in(project, code) == Place("lgx_project_code.py:9 in node", importing="lgx_slow_import")


@needs_context_in_nodes
def test_the_run_and_the_node_are_known(project: Path) -> None:
    seen: list[Place | None] = []

    class State(TypedDict, total=False):
        word: str

    async def main() -> None:
        loop = asyncio.get_running_loop()

        async def inner(state: State) -> None:
            seen.append(find_place(sys._getframe(), loop, project))

        child = StateGraph(State).add_node("inner", inner).add_edge(START, "inner").compile()
        graph = StateGraph(State).add_node("outer", child).add_edge(START, "outer").compile()
        attribute_to_run("run-1")
        await graph.ainvoke({"word": ""})

    asyncio.run(main())
    assert seen[0] is not None
    assert (seen[0].run_id, seen[0].node) == ("run-1", "outer > inner")


OWN = Place("a.py:1 in act", run_id="r", node="act")
AWAITED = Place("a.py:1 in act", library="lib.py:5 in work", node="act")
LIBRARY_ONLY = Place(None, library="lib.py:5 in work", node="act")
IMPORT = Place("a.py:1 in act", importing="openai", node="act")


@pytest.mark.parametrize(
    ("place", "seconds", "expected"),
    [
        (OWN, 0.2, "warning"),
        (AWAITED, 0.2, "warning"),
        (LIBRARY_ONLY, 0.2, "debug"),
        (LIBRARY_ONLY, STUCK, "warning"),
        (IMPORT, 0.2, "debug"),
        (IMPORT, 5.0, "debug"),
    ],
)
def test_what_nobody_can_change_is_for_those_who_look_closely(place: Place, seconds: float, expected: str) -> None:
    assert level(place, seconds) == expected


@pytest.mark.parametrize(
    ("place", "start"),
    [
        (OWN, "a.py:1 in act (node `act`) blocked the event loop for 0.3 s; no other run goes on meanwhile. Use"),
        (
            AWAITED,
            "a.py:1 in act (node `act`), awaiting lib.py:5 in work, blocked the event loop for 0.3 s; no other run",
        ),
        (
            LIBRARY_ONLY,
            "lib.py:5 in work (node `act`) blocked the event loop for 0.3 s; no other run goes on meanwhile.",
        ),
        (IMPORT, "importing `openai` (a.py:1 in act, node `act`) blocked the event loop for 0.3 s; no other run"),
    ],
)
def test_a_block_is_told_by_its_place_its_node_and_its_time(place: Place, start: str) -> None:
    assert Wording().blocked(place, 0.3).startswith(start)


def test_what_to_do_is_said_once_for_each_place() -> None:
    wording = Wording()
    assert "to_thread" in wording.stuck(OWN, 2.0)
    assert wording.over(OWN, 3.0) == "a.py:1 in act (node `act`) let go of the event loop after 3.0 s"
    assert wording.blocked(OWN, 0.4) == "a.py:1 in act (node `act`) blocked the event loop for 0.4 s"
    assert "to_thread" in wording.blocked(Place("b.py:1 in act"), 0.4)


def test_the_runs_that_waited_are_named_each_time() -> None:
    wording = Wording()
    assert "for 2.0 s and goes on; run 111111 waits meanwhile. Use" in wording.stuck(OWN, 2.0, ["r", "run-111111"])
    others = [f"run-{number * 111111}" for number in range(2, 7)]
    assert wording.blocked(OWN, 0.3, others).endswith(" 0.3 s; runs 222222, 333333, 444444 and 2 more waited meanwhile")


def test_a_step_is_told_by_the_place_where_it_was_found_most_often() -> None:
    assert _likeliest(Counter([IMPORT, OWN, OWN])) == OWN


def test_a_call_stays_when_one_step_of_it_has_been_executing_for_long() -> None:
    nothing: Any = SimpleNamespace()
    call, other = Call(2, "auth", nothing), Call(4, "auth", nothing)
    step, next_step = object(), object()

    def at(step: object, of: Call) -> Place:
        return Place("auth.py:1 in get_current_user", answers=of, step=step)

    held_up = HoldUp()
    assert held_up.found(at(step, call), 0) is None
    assert held_up.found(at(step, call), HOLDS_UP - 0.1) is None
    assert held_up.found(at(next_step, other), HOLDS_UP) is None, "what comes after a long step has not taken long"
    assert held_up.found(at(next_step, other), 2 * HOLDS_UP) is other
    assert held_up.found(at(next_step, other), 3 * HOLDS_UP) is None, "it has been told"
