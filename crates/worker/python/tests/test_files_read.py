"""What project code reads while it is loaded is named, by whatever means it is read; nothing else is."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

from lgx_worker.errors import CallFailed
from projects import load, load_params, process, run

SUFFIXES = ["md", "txt", "json"]
GRAPH = """
from langgraph.graph import START, StateGraph

def late(state):
    open("late.md").close()

graph = StateGraph(dict).add_node("late", late).add_edge(START, "late").compile()
"""


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(textwrap.dedent(text))


async def read_by(root: Path, source: str, **changes: Any) -> tuple[set[str], set[str]]:
    """The files and the directories that are named after `source` was imported, from the project's directory."""
    write(root, {"agent.py": source + GRAPH})
    asked = {"root": root, "data_suffixes": SUFFIXES, **changes}
    async with process(cwd=root) as worker:
        loaded = await load(worker.server, {"agent": "agent.py:graph"}, **asked)
        assert "error" not in loaded["graphs"]["agent"], loaded["graphs"]["agent"]
        await run(worker.server, "agent", {})
        return names(root, loaded["files"]), names(root, loaded["listed"])


def names(root: Path, paths: list[str]) -> set[str]:
    return {str(Path(path).relative_to(root)) for path in paths}


@pytest.mark.parametrize(
    "source",
    [
        "open('prompts/a.md').read()",
        "open(b'prompts/a.md', 'rb').read()",
        "from pathlib import Path; Path('prompts/a.md').read_text()",
        "from pathlib import Path; (Path(__file__).parent / 'prompts' / 'a.md').read_text()",
        "import os; os.close(os.open('prompts/a.md', os.O_RDONLY))",
        "import io; io.FileIO('prompts/../prompts/a.md').read()",
        "import pkgutil, prompts; pkgutil.get_data('prompts', 'a.md')",
        "import threading; t = threading.Thread(target=open, args=('prompts/a.md',)); t.start(); t.join()",
    ],
)
async def test_a_file_that_is_read_is_named_however_it_is_read(tmp_path: Path, source: str) -> None:
    write(tmp_path, {"prompts/a.md": "be kind", "prompts/b.md": "", "prompts/__init__.py": "", "late.md": ""})
    files, listed = await read_by(tmp_path, source + "\n")
    assert files - {"prompts/__init__.py"} == {"agent.py", "prompts/a.md"}
    assert listed == set()


async def test_a_directory_that_is_looked_through_is_named_with_what_was_read_in_it(tmp_path: Path) -> None:
    write(tmp_path, {"prompts/a.md": "", "prompts/deep/b.md": "", "other/c.md": "", "late.md": ""})
    source = "from pathlib import Path\nfor path in Path('prompts').rglob('*.md'):\n    path.read_text()\n"
    files, listed = await read_by(tmp_path, source)
    assert files == {"agent.py", "prompts/a.md", "prompts/deep/b.md"}
    assert listed == {"prompts", "prompts/deep"}


async def test_looking_for_packages_is_not_looking_for_data(tmp_path: Path) -> None:
    write(tmp_path, {"late.md": "", "tools/__init__.py": ""})
    source = "import importlib.metadata, pkgutil, tools\nlist(importlib.metadata.entry_points())\n"
    files, listed = await read_by(
        tmp_path, source + "list(importlib.metadata.distributions())\nlist(pkgutil.iter_modules())\n"
    )
    assert (files, listed) == ({"agent.py", "tools/__init__.py"}, set())


async def test_a_file_that_is_not_there_is_named_and_one_that_code_writes_is_not(tmp_path: Path) -> None:
    write(tmp_path, {"late.md": "", "kept.json": "{}", "log.txt": ""})
    source = """
try:
    open("missing.md")
except FileNotFoundError:
    pass
open("kept.json").close()
open("kept.json", "w").close()
open("log.txt", "a").close()
open("data.csv", "w").close()
open("data.csv").close()
"""
    files, _ = await read_by(tmp_path, source)
    assert files == {"agent.py", "missing.md"}


async def test_what_is_not_the_projects_is_not_named(tmp_path: Path) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    write(project, {".venv/lib/site-packages/installed.md": "", "late.md": ""})
    write(elsewhere, {"a.md": ""})
    source = f"open('.venv/lib/site-packages/installed.md'); open({str(elsewhere / 'a.md')!r})\n"
    files, _ = await read_by(project, source)
    assert files == {"agent.py"}


async def test_nothing_but_modules_is_named_where_nothing_is_asked_for(tmp_path: Path) -> None:
    write(tmp_path, {"late.md": ""})
    files, listed = await read_by(tmp_path, "import os; os.listdir('.'); open('late.md')\n", data_suffixes=None)
    assert (files, listed) == ({"agent.py"}, set())


async def test_what_was_read_is_told_also_when_loading_fails(tmp_path: Path) -> None:
    write(tmp_path, {"users.json": "{", "broken.py": "(", "late.md": ""})
    write(tmp_path, {"auth.py": "import json\njson.load(open('users.json'))\n"})
    write(tmp_path, {"agent.py": "import broken\n" + GRAPH})
    asked = {"root": tmp_path, "data_suffixes": SUFFIXES}
    async with process(cwd=tmp_path) as worker:
        loaded = await load(worker.server, {"agent": "agent.py:graph"}, **asked)
        assert "error" in loaded["graphs"]["agent"]
        assert names(tmp_path, loaded["files"]) == {"agent.py", "broken.py"}
    async with process(cwd=tmp_path) as worker:
        auth = {"file": str(tmp_path / "auth.py"), "attribute": "auth"}
        loading = worker.server.start("load", load_params({}, auth=auth, **asked))
        with pytest.raises(CallFailed):
            await loading.answer
        told = [data for event, data in loading.events if event == "files"]
        assert names(tmp_path, told[0]["files"]) == {"auth.py", "users.json"}
