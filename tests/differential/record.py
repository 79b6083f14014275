#!/usr/bin/env python3
"""Records what a server answers to the scenarios: `record.py URL [FILE...]` plays each twice and writes `expect` into its steps.

A scenario file has one JSON object a line: `{"scenario": NAME}` opens a scenario, every other line is a step of it.
The URL is that of the official server, started on `tests/projects/fixtures`, or for scenarios in a folder of their own
on the project of that name. What both plays agree on is kept as it is; what differs between them, and every id and time,
becomes a placeholder.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from exchange import exchange
from pattern import Unsteady, agreed, loosened, pattern
from variables import Variables

HERE = Path(__file__).parent


def play(base: str, steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The answers to a scenario's steps, each as a pattern."""
    variables = Variables()
    answers = []
    for step in steps:
        answer = exchange(base, step, variables)
        variables.capture(step.get("capture", {}), answer)
        answers.append(pattern(answer, variables))
    return answers


def record(base: str, name: str, steps: list[dict[str, Any]]) -> None:
    """Writes into each step what the server answers to it."""
    first, second = play(base, steps), play(base, steps)
    for step, one, other in zip(steps, first, second, strict=True):
        for pointer in step.get("loose", []):
            one, other = loosened(one, pointer), loosened(other, pointer)
        try:
            step["expect"] = agreed(one, other)
        except Unsteady as unsteady:
            raise SystemExit(f"{name}: {step['request']} answers differently each time: {unsteady}") from None


def scenarios(lines: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The scenarios of a file with their steps."""
    found: list[tuple[str, list[dict[str, Any]]]] = []
    for line in lines:
        if "scenario" in line:
            found.append((line["scenario"], []))
        else:
            found[-1][1].append(line)
    return found


def main() -> None:
    """Records the files named, or all of them."""
    base, *names = sys.argv[1:]
    paths = [Path(name) for name in names] or sorted((HERE / "scenarios").glob("*.jsonl"))
    for path in paths:
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda scenario: record(base, *scenario), scenarios(lines)))
        path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
        print(f"{path.name}: {sum('request' in line for line in lines)} steps")


if __name__ == "__main__":
    main()
