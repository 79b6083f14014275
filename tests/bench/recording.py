"""What recording runs takes of a worker's processor: the same runs with nothing recorded, with their steps, and with their calls.

The worker is a process of its own in front of a server of dictionaries, and only its own processor time counts. Which run
records what changes from one to the next, so that whatever else the machine does falls on all alike. Prints a table in Markdown.

    python tests/bench/recording.py [--rounds 500]      # with an interpreter that has langgraph, pytest and pytest-asyncio
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORKER = ROOT / "crates/worker/python"
PROJECT = ROOT / "tests/projects/bench"
sys.path[:0] = [str(WORKER), str(WORKER / "tests")]

from projects import Process, load_params, process, run_params  # type: ignore[import-not-found] # of the worker's tests  # noqa: E402 - on the path by now

CHAT = {"messages": [{"role": "user", "content": "hi"}]}
GRAPHS = {
    "echo": (CHAT, ["values"]),
    "steps": ({"seen": []}, ["values"]),
    "asked": (CHAT, ["values"]),
    "agent": (CHAT, ["values"]),
    "tokens": (CHAT, ["messages-tuple"]),
}
CALLS = {"asked": 1, "agent": 3, "tokens": 1}
"""How many models and tools a run calls."""
SLOW = {"tokens": 10}
"""Of these graphs there are so many times fewer rounds."""
RECORDED = ("nothing", "steps", "calls")
WARM_UP = 20

ENTRY = f"""
import sys
sys.path.insert(0, {str(WORKER)!r})
from lgx_worker import main, runner

execute, KINDS = runner._run, {RECORDED!r}

async def execute_recording(worker, params, sections, call):
    if len(worker.record) == 2:
        execute_recording.all = worker.record
    worker.record = execute_recording.all[: KINDS.index(params["recorded"])]
    return await execute(worker, params, sections, call)

runner._run = execute_recording
main.main()
"""
"""A worker in which each run says what is recorded of it; for steps there is no other switch."""

Times = dict[str, list[float]]


async def spent_on_run(worker: Process, graph: str, recorded: str) -> float:
    """The processor time of a run, in microseconds."""
    given, modes = GRAPHS[graph]
    clock = (~worker.child.pid << 3) | 2
    begun = time.clock_gettime_ns(clock)
    params = run_params(graph, given, stream_mode=modes, temporary=True, recorded=recorded)
    answer = await worker.server.call("run", params)
    assert answer.meta["status"] == "success", answer.meta
    assert bool(answer.steps.started) is (recorded != "nothing")
    assert len(answer.calls.all()) == (CALLS.get(graph, 0) if recorded == "calls" else 0)
    return (time.clock_gettime_ns(clock) - begun) / 1e3


async def measured(folder: Path, graphs: list[str], rounds: int) -> dict[str, Times]:
    """By graph and by what is recorded, the time of each run."""
    (folder / "__main__.py").write_text(ENTRY)
    async with process(sources=folder) as worker:
        await worker.server.hello
        named = {graph: f"src/graphs.py:{graph}" for graph in graphs}
        await worker.server.call("load", load_params(named, PROJECT, traces=True))
        times: dict[str, Times] = {graph: {recorded: [] for recorded in RECORDED} for graph in graphs}
        for number in range(WARM_UP + rounds):
            for graph in graphs:
                if number % SLOW.get(graph, 1):
                    continue
                for recorded in random.sample(RECORDED, len(RECORDED)):
                    took = await spent_on_run(worker, graph, recorded)
                    if number >= WARM_UP:
                        times[graph][recorded].append(took)
        return times


def table(times: dict[str, Times]) -> str:
    """The fastest tenth of each, and what recording adds to it."""
    lines = [
        "| run of | nothing, µs | with its steps, µs | with its calls too, µs | a call, µs |",
        "|---|---:|---:|---:|---:|",
    ]
    for graph, of_graph in times.items():
        nothing, steps, calls = (sorted(of_graph[recorded])[len(of_graph[recorded]) // 10] for recorded in RECORDED)
        a_call = f"{(calls - steps) / CALLS[graph]:.0f}" if graph in CALLS else ""
        lines.append(
            f"| {graph} | {nothing:.0f} | {steps - nothing:+.0f} ({steps / nothing - 1:+.1%}) "
            f"| {calls - nothing:+.0f} ({calls / nothing - 1:+.1%}) | {a_call} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--only", choices=GRAPHS, action="append", help="these graphs, else all")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(table(asyncio.run(measured(Path(folder), arguments.only or list(GRAPHS), arguments.rounds))))


if __name__ == "__main__":
    main()
