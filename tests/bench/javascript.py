"""Measures graphs in TypeScript on lgx and, if asked for, on the official JavaScript server beside it; prints a table.

`floor` is the same graphs, compiled beforehand, in one Node.js process with no server at all. Both servers run what is
installed in `tests/projects/bench-javascript` (`npm ci` there). Compare columns of one run, never two runs.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
from functools import partial
from pathlib import Path
from statistics import median

import many
import measures
import wrk
from served import JAVASCRIPT, Server
from side_by_side import Column, measured, table

BINARIES = JAVASCRIPT / "node_modules" / ".bin"
PARTS: dict[str, measures.Part] = {"load": measures.load, "reload": measures.reload, "durability": measures.durability}


def floor(node: str) -> Column:
    """The graphs alone, each figure the median of three processes."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        (project / "src").mkdir()
        (project / "node_modules").symlink_to(JAVASCRIPT / "node_modules")
        shutil.copy(Path(__file__).parent / "floor.mjs", project)
        compiled = ["--format=esm", f"--outfile={project / 'src' / 'graphs.mjs'}", "--log-level=warning"]
        subprocess.run([BINARIES / "esbuild", JAVASCRIPT / "src" / "graphs.ts", *compiled], check=True)
        runs = [
            json.loads(subprocess.run([node, "floor.mjs"], cwd=project, capture_output=True, check=True).stdout)
            for _ in range(3)
        ]
    of = {name: median(run[name] for run in runs) for name in runs[0]}
    return {
        "first answer after exec, s": of["import"],
        "run echo, p50 ms, 1 client": of["echo"],
        "run echo once warm, p50 ms": of["echo"],
        "run 10 steps, p50 ms, 1 client": of["steps"],
        "run echo, runs/s, 8 clients": 1e3 / of["echo"],
        "tokens/s, 1 stream": of["tokens"],
    }


def server(command: Path, part: str, folder: Path) -> Server:
    """A server of the project in TypeScript; it has thirty files more where reloads are measured."""
    made = Server([str(command.absolute())], folder, reloads=part == "reload", of=JAVASCRIPT)
    if part == "reload":
        many.use(made.project)
    return made


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lgx", required=True, type=Path, help="the binary")
    parser.add_argument("--official", action="store_true", help="also `langgraphjs dev`, as the reference")
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of the parts: {', '.join(PARTS)}")
    parser.add_argument("-n", type=int, default=15, help="how many requests a median is of")
    arguments = parser.parse_args()
    parts = measures.chosen(PARTS, arguments.only, parser)
    if not BINARIES.exists():
        parser.error(f"run `npm ci` in {JAVASCRIPT} first")
    if (node := shutil.which("node")) is None:
        parser.error("there is no node on the PATH")
    wrk.needed()
    part_of: dict[str, str] = {}
    columns = {"floor": floor(node)} if "load" in parts else {}
    if arguments.official:
        columns["official"] = measured(partial(server, BINARIES / "langgraphjs"), parts, arguments.n, part_of)
    columns["lgx"] = measured(partial(server, arguments.lgx), parts, arguments.n, part_of)
    print(table(columns, part_of))


if __name__ == "__main__":
    main()
