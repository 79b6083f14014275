"""Scenario files: one topic each, laid out so that a difference can be read, and what many answers repeat by its name.

`named.json` holds values that answers have in common; `"<a new thread>"` stands for the one of that name wherever a recorded
answer is exactly that. A name is given by hand; the recorder then uses it by itself.
"""

import json
from pathlib import Path
from typing import Any

from layout import laid_out

HERE = Path(__file__).parent
SCENARIOS = HERE / "scenarios"
# The parts of a step that come from answers.
RECORDED = ("expect", "differs")


class Names:
    """The values that have a name."""

    def __init__(self, named: dict[str, Any]) -> None:
        self._values = {name: self._expanded(value, named) for name, value in named.items()}
        self._names = {json.dumps(value): name for name, value in self._values.items()}

    @classmethod
    def read(cls) -> "Names":
        """Those of `named.json`."""
        return cls(json.loads((HERE / "named.json").read_text()))

    def expanded(self, value: Any) -> Any:
        """The value with what each name stands for."""
        return self._expanded(value, self._values)

    def folded(self, value: Any) -> Any:
        """The value with the names of what has one."""
        if not isinstance(value, dict | list):
            return value
        if name := self._names.get(json.dumps(value)):
            return f"<{name}>"
        if isinstance(value, dict):
            return {key: self.folded(item) for key, item in value.items()}
        return [self.folded(item) for item in value]

    def _expanded(self, value: Any, named: dict[str, Any]) -> Any:
        if isinstance(value, dict):
            return {key: self._expanded(item, named) for key, item in value.items()}
        if isinstance(value, list):
            return [self._expanded(item, named) for item in value]
        if isinstance(value, str) and value[:1] == "<" and value[1:-1] in named:
            return self._expanded(named[value[1:-1]], named)
        return value


def of_project(name: str) -> list[Path]:
    """The scenario files for a project of `tests/projects`."""
    return sorted((SCENARIOS / name).rglob("*.json"))


def read(path: Path, names: Names) -> dict[str, Any]:
    """A scenario: what it is about, and its steps."""
    scenario: dict[str, Any] = json.loads(path.read_text())
    for step in scenario["steps"]:
        step.update({part: names.expanded(step[part]) for part in RECORDED if part in step})
    return scenario


def write(path: Path, scenario: dict[str, Any], names: Names) -> None:
    """Writes a scenario as it is kept."""
    steps = [
        {key: names.folded(value) if key in RECORDED else value for key, value in step.items()}
        for step in scenario["steps"]
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(laid_out({**scenario, "steps": steps}) + "\n")
