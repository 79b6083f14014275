"""A server of a project that lives as long as the tests that need it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from lgx import NotInstalledError, find_lgx

STOPS_WITHIN = 30.0
"""Seconds that a server has to stop cleanly."""


@contextmanager
def serve(project: str | os.PathLike[str] | None, directory: Path) -> Iterator[str]:
    """Serve a project, or the one that is found from this directory on, and give its URL once it is ready."""
    with tempfile.TemporaryDirectory(prefix="lgx-pytest-") as state:
        said = Path(state, "said.txt")
        command = [
            _binary(),
            "dev",
            "--no-browser",
            "--no-reload",
            "--strict",
            "--port",
            "0",
            "--state-dir",
            f"{state}/state",
        ]
        if project is not None:
            command.append(os.fspath(project))
        with (
            said.open("wb") as stderr,
            subprocess.Popen(command, cwd=directory, stdout=subprocess.PIPE, stderr=stderr) as server,
        ):
            try:
                yield _url(server, said)
            finally:
                _stop(server)


def _binary() -> str:
    """The binary that came with this plugin, else the one on the PATH."""
    try:
        return os.fspath(find_lgx())
    except NotInstalledError as error:
        found = shutil.which("lgx")
        if found is None:
            pytest.fail(str(error), pytrace=False)
        return found


def _url(server: subprocess.Popen[bytes], said: Path) -> str:
    lines: IO[bytes] | None = server.stdout
    assert lines is not None
    for line in lines:
        told = json.loads(line)
        if told.get("event") == "ready":
            return str(told["url"])
    server.wait()
    pytest.fail(f"lgx could not serve the project:\n{said.read_text(errors='replace')}", pytrace=False)


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGTERM)
    try:
        server.wait(STOPS_WITHIN)
    except subprocess.TimeoutExpired:
        server.kill()
