#!/usr/bin/env python3
"""Records what a server answers to the scenarios: `record.py URL [FILE...]` plays each twice and writes `expect` into its steps.

The URL is that of the official server, started on the project of `tests/projects` whose name the scenarios' folder has; without
files, all those of the fixtures are played. What both plays agree on is kept as it is; what differs between them, and every id
and time, becomes a placeholder.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from pathlib import Path
from typing import Any

from exchange import exchange
from pattern import Unsteady, agreed, loosened, pattern
from scenario_file import Names, of_project, read, write
from variables import Variables


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
    for step, *answers in zip(steps, first, second, strict=True):
        pointers = step.get("loose", [])
        try:
            step["expect"] = agreed(*(reduce(loosened, pointers, answer) for answer in answers))
        except Unsteady as unsteady:
            raise SystemExit(f"{name}: {step['request']} answers differently each time: {unsteady}") from None


def main() -> None:
    """Records the files named, or all of the fixtures."""
    base, *files = sys.argv[1:]
    paths = [Path(file) for file in files] or of_project("fixtures")
    names = Names.read()
    scenarios = [read(path, names) for path in paths]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda scenario: record(base, scenario["scenario"], scenario["steps"]), scenarios))
    for path, scenario in zip(paths, scenarios, strict=True):
        write(path, scenario, names)
    print(f"{len(paths)} scenarios, {sum(len(scenario['steps']) for scenario in scenarios)} steps")


if __name__ == "__main__":
    main()
