"""A debugger that attaches from outside, such as an editor: the project's debugpy listens for it in this process.

While one is attached a person may stand at a breakpoint for any time, so nothing is said of a blocked event loop.
"""

from __future__ import annotations

import asyncio
import os
import sys
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lgx_worker.errors import CallFailed

if TYPE_CHECKING:
    from lgx_worker.worker import Worker

MISSING = "DebuggerMissing"
"""The type of the error that says that the project's environment has no debugpy."""
_LOOPBACK = "127.0.0.1"
_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


async def listen(
    worker: Worker, params: dict[str, Any], sections: list[memoryview]
) -> tuple[dict[str, Any], list[bytes]]:
    """Handle `debug.listen`: debugpy listens on a free port, and sees all that is executed from here on."""
    return {"port": await worker.on_main_thread(_listen)}, []


async def wait(
    worker: Worker, params: dict[str, Any], sections: list[memoryview]
) -> tuple[dict[str, Any], list[bytes]]:
    """Handle `debug.wait`: answered once a debugger is attached and has set its breakpoints."""
    import debugpy

    await asyncio.get_running_loop().run_in_executor(None, debugpy.wait_for_client)
    return {}, []


def is_attached() -> bool:
    """Whether a debugger is, also where the project has debugpy listen by itself."""
    debugpy = sys.modules.get("debugpy")
    try:
        return debugpy is not None and bool(debugpy.is_client_connected())
    except AttributeError:  # it is being imported
        return False


def _listen() -> int:
    with _settings():
        try:
            import debugpy
        except ImportError as error:
            raise CallFailed(f"`{sys.executable}` cannot import debugpy: {error}", type=MISSING) from error
        _pass_over_own_threads()
        # Those that the project starts are none of its graphs, and would wait for a debugger each.
        debugpy.configure(subProcess=False)
        _, port = debugpy.listen((_LOOPBACK, 0))
    sys.breakpointhook = _breakpoint
    return int(port)


def _breakpoint(*args: Any, **options: Any) -> Any:
    """`breakpoint()` stops in the debugger that is attached, else at the server's terminal."""
    if os.environ.get("PYTHONBREAKPOINT"):
        return sys.__breakpointhook__(*args, **options)
    caller = sys._getframe(1)
    if is_attached():
        import pydevd

        return pydevd.settrace(
            suspend=True, trace_only_current_thread=True, patch_multiprocessing=False, stop_at_frame=caller
        )
    import pdb

    return pdb.Pdb().set_trace(caller)


def _pass_over_own_threads() -> None:
    for thread in threading.enumerate():
        if thread.name.startswith("lgx-"):
            thread.pydev_do_not_trace = thread.is_pydev_daemon_thread = True  # type: ignore[attr-defined] # of debugpy's


@contextmanager
def _settings() -> Iterator[None]:
    """Have debugpy find what it reads in the environment, and nobody else."""
    settings = {
        # A person steps through the project's lines, and neither through those of libraries nor the worker's.
        "LIBRARY_ROOTS": os.pathsep.join([*_libraries(), _OWN]),
        # It warns on stderr of modules frozen into Python, which nobody wants to debug.
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    missing = [name for name in settings if name not in os.environ]
    os.environ.update({name: settings[name] for name in missing})
    try:
        yield
    finally:
        for name in missing:
            os.environ.pop(name, None)


def _libraries() -> list[str]:
    """Where the standard library and installed packages are."""
    installed = [path for path in sys.path if os.path.basename(path) in {"site-packages", "dist-packages"}]
    known = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    paths = [os.path.dirname(os.__file__), *known, *installed]
    return sorted({found for path in paths for found in (path, os.path.realpath(path))})
