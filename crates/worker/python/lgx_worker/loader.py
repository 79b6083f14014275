"""The call `load`: imports the project's graphs, auth and app, once in the life of a worker."""

from __future__ import annotations

import asyncio
import importlib
import os
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from lgx_worker import import_times, load_watch, source_loader
from lgx_worker.calls import current_call
from lgx_worker.diagnostics import diagnose_target
from lgx_worker.disclosure import Disclosure
from lgx_worker.environment_reads import SetTooLate
from lgx_worker.errors import CallFailed
from lgx_worker.files_read import FilesRead
from lgx_worker.server_metadata import server_metadata
from lgx_worker.used_modules import UsedModules
from lgx_worker.versions import installed_versions, require_langgraph

if TYPE_CHECKING:
    from lgx_worker.run_news import RunNews
    from lgx_worker.worker import Worker

API_URL = ("LANGGRAPH_API_URL", "LGX_URL")
"""Variables that tell user code where this server is, unless they are set: langgraph's own tools read the first."""


async def load(
    worker: Worker, params: dict[str, Any], sections: list[memoryview]
) -> tuple[dict[str, Any], list[bytes]]:
    """Handle `load`. User code is imported on the main thread while no event loop runs, as a script would be."""
    if worker.loaded:
        raise CallFailed("This worker has loaded a project already; new code means a new process.", type="LoadError")
    worker.loaded = True
    require_langgraph()
    call = current_call()
    used, set_too_late = UsedModules(), SetTooLate()
    read = FilesRead([params["root"], *params["sys_path"]], params.get("data_suffixes") or ())

    def starting() -> asyncio.Task[Any] | None:
        return None if worker.app is None else worker.app.starting

    def load_noting() -> dict[str, Any]:
        with used.noted(), read.collecting():
            return _load_project(worker, params, lambda what: call.offer({"loading": what}))

    try:
        with load_watch.watched(params.get("patience_ms"), Path(params["root"]), call.offer, starting):
            loaded = await worker.on_main_thread(load_noting)
            if worker.app is not None:
                call.offer({"loading": "the app's lifespan"})
                with read.collecting():
                    loaded["app"] = await worker.app.start()
    except BaseException:
        call.offer(_looked_at(read))
        raise
    loaded["uses"] = {"modules": used.names(), "packages": used.packages()}
    told = {**_looked_at(read), "set_too_late": set_too_late.end(), "slowest": import_times.slowest()}
    return {**loaded, **told}, []


def _looked_at(read: FilesRead) -> dict[str, Any]:
    """What all of it was loaded from, also when it failed."""
    return {"files": sorted({*source_loader.project_files(), *read.files()}), "listed": read.directories()}


def _load_project(worker: Worker, params: dict[str, Any], say: Callable[[str], None]) -> dict[str, Any]:
    from lgx_worker import in_process_client
    from lgx_worker.graphs import Graphs
    from lgx_worker.store import RemoteStore

    started = time.perf_counter()
    worker.root = Path(params["root"])
    worker.server = server_metadata(params, installed_versions()["langgraph"])
    worker.blocking = params.get("blocking") or "warn"
    Disclosure.hides = bool(params.get("redact_errors"))
    if params.get("api_url"):
        for name in API_URL:
            os.environ.setdefault(name, params["api_url"])
    worker.graphs = Graphs()
    worker.store = RemoteStore(worker.connection)
    source_loader.install(params["sys_path"])
    unrecorded = _record(worker, traces=bool(params.get("traces")))
    in_process_client.install(params["api_url"], params.get("client_secret"), worker.connection.loop)
    # First, and without mercy: nobody is served with auth that could not be loaded.
    if params.get("auth") is not None:
        from lgx_worker.auth import load as load_auth

        say("auth")
        worker.auth = load_auth(params["auth"], worker.root, lambda spec: _named(spec, params["sys_path"]))
    if params.get("store") is not None:
        from lgx_worker.store_index import load as load_store

        say("the embeddings")
        worker.store = load_store(worker, params["store"], lambda spec: _named(spec, params["sys_path"]))
    if params.get("app") is not None:
        from lgx_worker.app_target import load as load_app
        from lgx_worker.project_app import ProjectApp

        say("the app")
        app = load_app(params["app"]["target"], worker.root, lambda spec: _named(spec, params["sys_path"]))
        worker.app = ProjectApp(app, params["app"], worker)
    graphs: dict[str, dict[str, Any]] = {}
    failed_elsewhere = False
    for graph_id, spec in params["graphs"].items():
        say(f"the graph {graph_id}")
        try:
            graph = worker.graphs.add(graph_id, _named(spec, params["sys_path"]))
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 - told to the user
            diagnostic = worker.graphs.failed[graph_id] = diagnose_target(error, spec, worker.root)
            graphs[graph_id] = {"error": diagnostic}
            failed_elsewhere = failed_elsewhere or not _is_of_project(error)
        else:
            factory = not hasattr(graph.source, "checkpointer")
            graphs[graph_id] = {"name": graph.name, "factory": factory, "notices": graph.notices}
    return {
        "load_ms": round((time.perf_counter() - started) * 1000, 1),
        "versions": installed_versions(),
        "graphs": graphs,
        "unrecorded": unrecorded,
        "auth": None if worker.auth is None else {"handlers": worker.auth.handlers},
        "failed_elsewhere": failed_elsewhere,
    }


def _record(worker: Worker, *, traces: bool) -> dict[str, str]:
    """Have runs recorded, as far as the installed packages let it be; what is not, and why."""
    from lgx_worker import run_steps

    recorders: list[tuple[str, Callable[[], str | None], Callable[[RunNews], None]]] = []
    recorders.append(("steps", run_steps.install, run_steps.tell_steps))
    if traces:
        from lgx_worker import call_hooks

        recorders.append(("calls", call_hooks.install, call_hooks.trace_calls))
    unrecorded = {}
    for name, install, record in recorders:
        if (lack := install()) is None:
            worker.record.append(record)
        else:
            unrecorded[name] = lack
    return unrecorded


def _is_of_project(error: BaseException) -> bool:
    """Whether a line of the project raised it, and not one of a package; the import system's own lines do not count."""
    if isinstance(error, SyntaxError):
        return error.filename is not None and source_loader.is_project_path(error.filename)
    frames = traceback.extract_tb(error.__traceback__)
    files = [frame.filename for frame in frames if not frame.filename.startswith("<frozen importlib")]
    return bool(files) and source_loader.is_project_path(files[-1])


def _named(spec: Mapping[str, Any], sys_path: list[str]) -> Any:
    """What a `file` or `module` and an `attribute` name."""
    if spec.get("file"):
        path = Path(spec["file"])
        if not path.is_file():
            raise FileNotFoundError(f"There is no file {path}.")
        module, where = source_loader.import_file(path, sys_path), str(path)
    else:
        where = spec["module"]
        module = importlib.import_module(where)
    value: Any = module
    for part in spec["attribute"].split("."):
        try:
            value = getattr(value, part)
        except AttributeError:
            raise AttributeError(_no_attribute(module, spec["attribute"], where)) from None
    return value


def _no_attribute(module: ModuleType, attribute: str, where: str) -> str:
    import difflib

    public = [name for name in vars(module) if not name.startswith("_")]
    close = difflib.get_close_matches(attribute, public, n=1)
    return f"{where} has no `{attribute}`." + (f" Did you mean `{close[0]}`?" if close else "")
