"""Requests a second, as wrk counts them: https://github.com/wg/wrk, or the package `wrk` of most systems."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from served import TOKEN

POST = Path(__file__).parent / "post.lua"


def needed() -> None:
    """Says at once that it is missing, instead of after minutes."""
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not on the PATH; install it, for example with `apt install wrk`")


def per_second(
    port: int, path: str, body: Any = None, *, clients: int = 8, seconds: int = 4, authenticated: bool = False
) -> float:
    """How many requests a second are answered with success to so many clients; GET without a body, else POST."""
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "30s"]
    environment = dict(os.environ)
    if body is not None:
        command += ["-s", str(POST)]
        environment["BODY"] = json.dumps(body)
        if authenticated:
            environment["AUTH"] = TOKEN
    command.append(f"http://127.0.0.1:{port}{path}")
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in told:
        raise RuntimeError(f"{path} was refused: {told}")
    return float(told.split("Requests/sec:", 1)[1].split()[0])
