"""The servers to measure, and the arguments that name them."""

from __future__ import annotations

import argparse
import os
from pathlib import Path


def parser(description: str) -> argparse.ArgumentParser:
    """The arguments that every measurement takes."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--python", required=True, type=Path, help="an interpreter whose environment has langgraph")
    made.add_argument("--lgx", required=True, type=Path, help="the binary")
    made.add_argument(
        "--official", action="store_true", help="also `langgraph dev` of that environment, as the reference"
    )
    made.add_argument("--json", type=Path, help="where the figures go as JSON")
    return made


def servers(arguments: argparse.Namespace) -> dict[str, list[str]]:
    """The command of each server by its name. From then on that Python's environment is the active one."""
    binaries = arguments.python.absolute().parent
    os.environ["PATH"] = f"{binaries}:{os.environ['PATH']}"
    os.environ["VIRTUAL_ENV"] = str(binaries.parent)
    official = {"official": [str(binaries / "langgraph")]} if arguments.official else {}
    return {**official, "lgx": [str(arguments.lgx.absolute())]}
