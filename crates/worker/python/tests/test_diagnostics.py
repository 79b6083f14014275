"""A failure points at the user's own line, with a traceback that does not show the worker."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from lgx_worker import encode
from lgx_worker.diagnostics import diagnose, diagnose_target, message_of, traceback_text
from lgx_worker.disclosure import run_error


def load(path: Path, text: str) -> ModuleType:
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def raised(path: Path, text: str) -> BaseException:
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - whatever the project raises
        load(path, text).go()
    return caught.value


def test_the_place_is_the_innermost_line_of_the_project(tmp_path: Path) -> None:
    file = tmp_path / "graph.py"
    exc = raised(file, "import json\n\ndef go():\n    return json.loads('nope')\n")
    found = diagnose(exc, tmp_path)
    assert (found["type"], found["file"], found["line"], found["function"]) == ("JSONDecodeError", str(file), 4, "go")
    assert found["source"] == "    return json.loads('nope')"
    assert found["column"] == (12 if sys.version_info >= (3, 11) else None)


def test_a_syntax_error_is_where_the_parser_stopped(tmp_path: Path) -> None:
    file = tmp_path / "broken.py"
    found = diagnose(raised(file, "x = 1\n\ndef (:\n    pass\n"), tmp_path)
    assert (found["type"], found["message"], found["file"]) == ("SyntaxError", "invalid syntax", str(file))
    assert (found["line"], found["column"], found["source"], found["function"]) == (3, 5, "def (:", None)


def test_code_that_is_installed_inside_the_project_is_not_the_project(tmp_path: Path) -> None:
    installed = tmp_path / ".venv" / "lib" / "site-packages"
    installed.mkdir(parents=True)
    (installed / "lgx_test_library.py").write_text("def fail():\n    raise RuntimeError('deep')\n")
    sys.path.insert(0, str(installed))
    try:
        exc = raised(tmp_path / "graph.py", "def go():\n    import lgx_test_library\n    lgx_test_library.fail()\n")
    finally:
        sys.path.remove(str(installed))
    assert diagnose(exc, tmp_path)["line"] == 3


def test_an_exception_that_a_library_wrapped_is_traced_to_its_cause(tmp_path: Path) -> None:
    inside = raised(tmp_path / "graph.py", "def go():\n    1 / 0\n")
    with pytest.raises(RuntimeError) as caught:
        raise RuntimeError("wrapped") from inside
    found = diagnose(caught.value, tmp_path)
    assert (found["message"], found["line"]) == ("wrapped", 2)


def test_without_a_project_line_it_is_the_innermost_of_all(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="invalid literal") as caught:
        int("x")
    found = diagnose(caught.value, tmp_path)
    assert found["file"] == __file__
    assert diagnose(ValueError("never raised"), tmp_path)["file"] is None


def test_the_traceback_hides_the_worker_and_the_import_machinery(tmp_path: Path) -> None:
    class Broken(dict):  # type: ignore[type-arg] # of anything
        def items(self):  # type: ignore[no-untyped-def] # it only raises
            raise RuntimeError("mine")

    with pytest.raises(RuntimeError) as caught:
        encode._walk(Broken(), 0, set())
    text = traceback_text(caught.value)
    assert "RuntimeError: mine" in text
    assert os.path.join("lgx_worker", "encode.py") not in text

    text = traceback_text(
        raised(tmp_path / "graph.py", "import importlib\nimportlib.import_module('not_there_at_all')")
    )
    assert "frozen importlib" not in text
    assert "graph.py" in text


def test_what_no_line_is_to_blame_for_is_told_once_with_the_file_it_is_about(tmp_path: Path) -> None:
    spec = {"file": "/p/graph.py", "attribute": "graph"}
    found = diagnose_target(TypeError("not a graph"), spec, tmp_path)
    assert (found["file"], found["line"], found["traceback"]) == ("/p/graph.py", None, "")
    own_line = raised(tmp_path / "graph.py", "x = 1\nboom()\n")
    assert diagnose_target(own_line, spec, tmp_path)["line"] == 2


def test_a_missing_module_comes_with_what_to_do(tmp_path: Path) -> None:
    found = diagnose(raised(tmp_path / "graph.py", "import not_there_at_all.part\n"), tmp_path)
    assert found["line"] == 1
    assert found["hint"].startswith("`not_there_at_all` cannot be imported by ")
    assert "own" in diagnose(raised(tmp_path / "other.py", "from . import x\n"), tmp_path)["hint"]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups came with Python 3.11")
def test_a_group_is_told_by_its_first_member(tmp_path: Path) -> None:
    exc = raised(
        tmp_path / "graph.py",
        "def go():\n    raise ExceptionGroup('g', [ExceptionGroup('h', [ValueError('first')]), KeyError('second')])\n",
    )
    assert run_error(exc) == {"error": "ValueError", "message": "first"}
    found = diagnose(exc, tmp_path)
    assert (found["type"], found["line"]) == ("ValueError", 2)
    assert "second" in found["traceback"]


LIBRARY = """
import asyncio

async def fetch():
    raise OSError("no network")

async def in_groups(deep):
    async with asyncio.TaskGroup() as group:
        group.create_task(in_groups(deep - 1) if deep else fetch())

async def wrapped():
    try:
        await in_groups(1)
    except BaseException as error:
        raise RuntimeError("the tools cannot be had") from error
"""


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Path]:
    """A folder of installed packages inside the project, on `sys.path`."""
    installed = tmp_path / ".venv" / "lib" / "site-packages"
    installed.mkdir(parents=True)
    sys.path.insert(0, str(installed))
    before = set(sys.modules)
    yield installed
    sys.path.remove(str(installed))
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups came with Python 3.11")
@pytest.mark.parametrize("call", ["in_groups(0)", "in_groups(2)", "wrapped()"])
def test_what_only_libraries_raised_in_a_group_is_at_the_line_of_the_project_that_called_them(
    tmp_path: Path, library: Path, call: str
) -> None:
    (library / "lgx_test_tools.py").write_text(LIBRARY)
    code = f"import asyncio\nimport lgx_test_tools\n\ndef go():\n    return asyncio.run(lgx_test_tools.{call})\n"
    found = diagnose(raised(tmp_path / "graph.py", code), tmp_path)
    assert (found["file"], found["line"]) == (str(tmp_path / "graph.py"), 5)
    assert "no network" in found["traceback"]


def hint_of(path: Path, text: str) -> str | None:
    hint = diagnose(raised(path, f"def go():\n    {text}\n"), path.parent)["hint"]
    return str(hint) if hint is not None else None


def test_a_part_that_an_installed_package_does_not_have_is_not_called_missing(tmp_path: Path) -> None:
    version = importlib.metadata.version("langchain-core")
    for text, told in (
        ("import langchain_core.pydantic_v1", "has no `pydantic_v1`;"),
        ("from langchain_core.pydantic_v1.main import BaseModel", "has no `pydantic_v1`;"),
        ("from langchain_core.messages import NoMessage", "has no `NoMessage` in `langchain_core.messages`;"),
    ):
        hint = hint_of(tmp_path / "graph.py", text)
        assert hint == f"`langchain_core` {version} is installed and {told} the project may need another version.", text


def test_a_part_that_a_package_of_the_project_does_not_have_is_not_to_be_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lgx_own_package").mkdir()
    (tmp_path / "lgx_own_package" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    hint = hint_of(tmp_path / "graph.py", "import lgx_own_package.tools")
    assert hint is not None
    assert hint.startswith("`lgx_own_package` is the project's own (") and hint.endswith("has no `tools`.")


def test_two_modules_of_one_name_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "colorsys.py"
    own.write_text("mine = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    for text in ("from colorsys import rgb_to_hsv", "import colorsys; colorsys.rgb_to_hsv", "import colorsys.deep"):
        hint = hint_of(tmp_path / "graph.py", text)
        assert hint == (
            f"`colorsys` is the project's own {own}, which hides the module of Python's standard library of that name: "
            "rename the file."
        ), text
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    sys.path.remove(str(tmp_path))
    sys.path.append(str(tmp_path))
    hint = hint_of(tmp_path / "graph.py", "from colorsys import mine")
    assert hint is not None and hint.endswith(f"which comes before the project's own {own}: rename the file.")
    sys.modules.pop("colorsys", None)


def test_modules_of_the_project_that_import_each_other_are_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lgx_first.py").write_text("from lgx_second import two\none = 1\n")
    (tmp_path / "lgx_second.py").write_text("from lgx_first import one\ntwo = 2\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    hint = hint_of(tmp_path / "graph.py", "import lgx_first")
    assert hint is not None and hint.startswith("`lgx_first` is imported by a module that it imports itself")


def test_an_exception_that_cannot_be_printed_still_has_a_message() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no")

    assert message_of(Mute()) == "(Mute has no readable message)"
