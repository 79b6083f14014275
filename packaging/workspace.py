"""What all packages have in common: the version, the targets that there are binaries for, and files of the repository."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLATFORMS: list[dict[str, str]] = json.loads((ROOT / "packaging/npm/platforms.json").read_text())
TARGETS = [platform["target"] for platform in PLATFORMS]


def version() -> str:
    """The version of everything: that of Cargo's workspace."""
    found = re.search(r'^version = "([^"]+)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
    assert found is not None, "Cargo.toml has the version of the workspace on a line of its own"
    return found[1]


def binary_of(given: str) -> tuple[str, Path]:
    """The target and the file that `TARGET=BINARY` names, for argparse.

    Raises:
        ValueError: the target is none that lgx is released for, or the file is not there.
    """
    target, _, path = given.partition("=")
    if target not in TARGETS or not Path(path).is_file():
        raise ValueError(f"{given}: give TARGET=BINARY, with a file, and one of the targets {', '.join(TARGETS)}")
    return target, Path(path)


if __name__ == "__main__":
    print(version())  # noqa: T201 - for workflows
