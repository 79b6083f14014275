"""A failure points at the user's own line, with a traceback that does not show the worker."""

from __future__ import annotations

import importlib.util
import os
import sys
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
    with pytest.raises(BaseException) as caught:
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
    with pytest.raises(ValueError) as caught:
        int("x")
    found = diagnose(caught.value, tmp_path)
    assert found["file"] == __file__
    assert diagnose(ValueError("never raised"), tmp_path)["file"] is None


def test_the_traceback_hides_the_worker_and_the_import_machinery(tmp_path: Path) -> None:
    class Broken(dict):  # type: ignore[type-arg]
        def items(self):  # type: ignore[no-untyped-def]
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


def test_an_exception_that_cannot_be_printed_still_has_a_message() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no")

    assert message_of(Mute()) == "(Mute has no readable message)"
