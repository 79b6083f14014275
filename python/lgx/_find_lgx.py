"""Where installers put the binary that this package came with."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

NAME = "lgx"


class NotInstalledError(FileNotFoundError):
    """The package is there, and the binary that belongs to it is in none of the places where installers put it."""


def find_lgx() -> Path:
    """The binary that this package came with.

    Raises:
        NotInstalledError: it is in none of the places where installers put it.
    """
    places = list(dict.fromkeys(_places()))
    for place in places:
        binary = place / NAME
        if binary.is_file() and os.access(binary, os.X_OK):
            return binary
    looked = ", ".join(str(place) for place in places)
    raise NotInstalledError(f"there is no {NAME} in {looked}; install it again: pip install --force-reinstall lgx-cli")


def _places() -> Iterator[Path]:
    yield Path(sysconfig.get_path("scripts"))
    # With `pip install --prefix`, and where the interpreter of one environment imports the packages of another one.
    package = Path(__file__).resolve().parent
    for above in package.parents:
        if above.name.startswith("python") and above.parent.name in ("lib", "lib64"):
            yield above.parent.parent / "bin"
    # With `pip install --target`.
    yield package.parent / "bin"
    # With `pip install --user`.
    yield Path(
        sysconfig.get_path("scripts", scheme=f"{os.name}_user" if sys.platform != "darwin" else "osx_framework_user")
    )
