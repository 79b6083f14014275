"""An installed package that takes long to import, as those for data and models do, and a project that uses it."""

from __future__ import annotations

from pathlib import Path

MODULES = 500
_MODULE = """
from dataclasses import dataclass, field


@dataclass
class Settings{number}:
    name: str = "x"
    sizes: list[int] = field(default_factory=list)
    limits: dict[str, float] = field(default_factory=dict)
    is_on: bool = True
    parent: "Settings{number} | None" = None
"""


def install(folder: Path) -> dict[str, str]:
    """Put it where packages are installed, below this folder; what the environment has to say, for it to be found there."""
    packages = folder / "site-packages"
    heavy = packages / "heavy"
    heavy.mkdir(parents=True)
    for number in range(MODULES):
        (heavy / f"part_{number}.py").write_text(_MODULE.format(number=number))
    (heavy / "__init__.py").write_text("".join(f"from heavy import part_{number}\n" for number in range(MODULES)))
    return {"PYTHONPATH": str(packages)}


def use(project: Path) -> None:
    """Have the project import it, as the first thing it does."""
    graphs = project / "src" / "graphs.py"
    docstring, rest = graphs.read_text().split("\n\n", 1)
    graphs.write_text(f"{docstring}\n\nimport heavy\n{rest}")
