"""Measures lgx and, if asked for, the official server beside it, in one run on one machine; prints a table in Markdown.

`floor` is the same graphs in one Python process, with no server at all; of a reload with a heavy import, that import alone; of
the project's own HTTP app, the same app on uvicorn.
Compare columns of one run, never two runs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import commands
import heavy
import wrk
from measures import CONFIGS, OWN_ROUTE, PARTS, SETTINGS, Part, chosen
from served import PROJECT, Server, alone, served

Column = dict[str, float]


def floor(python: Path) -> Column:
    """The graphs alone, each figure the median of three processes."""
    command = [str(python.absolute()), str(Path(__file__).parent / "floor.py")]
    runs = [
        json.loads(subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout)
        for _ in range(3)
    ]
    of = {name: median(run[name] for run in runs) for name in runs[0]}
    return {
        "ready after exec, s": of["import"],
        "first answer after exec, s": of["import"],
        "run echo, p50 ms, 1 client": of["echo"],
        "run echo once warm, p50 ms": of["echo"],
        "run 10 steps, p50 ms, 1 client": of["steps"],
        "run echo, runs/s, 8 clients": 1e3 / of["echo"],
        "tokens/s, 1 stream": of["tokens"],
    }


def heavy_floor(python: Path) -> Column:
    """What the heavy package takes to be imported, the median of three processes; its bytecode is there, as a package's is."""
    code = "import time; begun = time.perf_counter(); import heavy; print(time.perf_counter() - begun)"
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | heavy.install(Path(folder)) | {"PYTHONDONTWRITEBYTECODE": ""}
        command = [str(python.absolute()), "-c", code]
        times = [
            float(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
            for _ in range(4)
        ]
    return {"reload, heavy import: edit to new answer, s": median(times[1:])}


def app_floor(python: Path) -> Column:
    """The project's app on a server of its own, uvicorn, if that interpreter has it."""
    command = [str(python.absolute()), "-m", "uvicorn", "src.app:app", "--log-level", "warning"]
    with alone(command) as port:
        return {OWN_ROUTE: wrk.per_second(port, "/hello?name=ann")}


def measured(
    serve: Callable[[str, Path], Server], parts: dict[str, Part], repeats: int, part_of: dict[str, str]
) -> Column:
    """All parts of one server, each row noted with its part. A part that fails says so and does not hide the others."""
    column: Column = {}
    for part, measure in parts.items():
        with tempfile.TemporaryDirectory() as folder:
            server = serve(part, Path(folder))
            try:
                with served(server):
                    for row, figure in measure(server, repeats):
                        part_of[row] = part
                        column[row] = figure
            except Exception as error:  # noqa: BLE001 - whatever it is, it is told and the other parts are measured
                print(f"{server.command[0]}, {part}: {type(error).__name__}: {error}\n{server.said()}", file=sys.stderr)
    return column


def python_server(command: list[str], part: str, folder: Path) -> Server:
    """A server of the project in Python as this part of the measurements needs it."""
    config = CONFIGS.get(part, "langgraph.json")
    settings = dict(SETTINGS.get(part, {}))
    if part == "reload-heavy":
        settings |= heavy.install(folder)
    server = Server(command, folder, config, reloads=part.startswith("reload"), settings=settings)
    if part == "reload-heavy":
        heavy.use(server.project)
    return server


def table(columns: dict[str, Column], part_of: dict[str, str]) -> str:
    """The columns in Markdown, how lgx compares with the official server, and what measures the row alone."""
    compared = {"official", "lgx"} <= columns.keys()
    heads = ["what", *columns, *(["lgx / official"] if compared else [])]
    lines = [f"| {' | '.join(heads)} | `--only` |", f"|---|{'---:|' * (len(heads) - 1)}---|"]
    for row, part in part_of.items():
        figures = [column.get(row) for column in columns.values()]
        cells = ["-" if figure is None else f"{figure:.3f}" for figure in figures]
        if compared:
            official, lgx = columns["official"].get(row), columns["lgx"].get(row)
            cells.append(f"{lgx / official:.4f}" if official and lgx is not None else "")
        lines.append(f"| {row} | {' | '.join(cells)} | {part} |")
    return "\n".join(lines)


def main() -> None:
    """Measures and prints."""
    parser = commands.parser(__doc__ or "")
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of the parts: {', '.join(PARTS)}")
    parser.add_argument("-n", type=int, default=50, help="how many requests a median is of")
    arguments = parser.parse_args()
    parts = chosen(PARTS, arguments.only, parser)
    wrk.needed()
    part_of: dict[str, str] = {}
    bare: Column = {}
    if "load" in parts:
        bare |= floor(arguments.python)
    if "reload-heavy" in parts:
        bare |= heavy_floor(arguments.python)
    if "app" in parts:
        bare |= app_floor(arguments.python)
    columns = {"floor": bare} if bare else {}
    for name, command in commands.servers(arguments).items():
        columns[name] = measured(partial(python_server, command), parts, arguments.n, part_of)
    print(table(columns, part_of))
    if arguments.json:
        arguments.json.write_text(json.dumps(columns, indent=1))


if __name__ == "__main__":
    main()
