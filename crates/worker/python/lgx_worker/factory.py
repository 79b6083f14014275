"""Graph factories: what a function that makes graphs is called with, and what it may answer with."""

from __future__ import annotations

import inspect
import typing
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from lgx_worker.context import coerce_context

if TYPE_CHECKING:
    from langgraph.store.base import BaseStore


class Factory:
    """A function of the user's that is called for each operation with its config, its runtime, both or nothing."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self._parameters = list(_parameters(function))

    @asynccontextmanager
    async def make(
        self, config: dict[str, Any], context: Any, user: Any, access: str, store: BaseStore
    ) -> AsyncIterator[Any]:
        """What the factory makes for one operation; it may be sync, async, or a context manager of either kind."""
        arguments: list[Any] = []
        named: dict[str, Any] = {}
        for parameter, wants, hint in self._parameters:
            value = config if wants == "config" else _runtime(wants, hint, context, user, access, store)
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
                named[parameter.name] = value
            else:
                arguments.append(value)
        made = self.function(*arguments, **named)
        if inspect.isawaitable(made):
            made = await made
        if hasattr(made, "__aenter__"):
            async with made as graph:
                yield graph
        elif hasattr(made, "__enter__"):
            with made as graph:
                yield graph
        else:
            yield made


def _parameters(function: Callable[..., Any]) -> typing.Iterator[tuple[inspect.Parameter, str, Any]]:
    """The parameters to pass, each with what it wants: `config`, `server_runtime` or `runtime`."""
    parameters = [
        parameter
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind not in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    ]
    required = [parameter for parameter in parameters if parameter.default is inspect.Parameter.empty]
    if len(required) > 2:
        names = ", ".join(parameter.name for parameter in required)
        raise TypeError(
            f"A graph factory takes a config, a ServerRuntime, both, or nothing; this one has {len(required)} "
            f"parameters: {names}."
        )
    try:
        hints = typing.get_type_hints(inspect.unwrap(function))
    except Exception:  # noqa: BLE001 - names that only a type checker sees
        hints = {}
    for parameter in parameters:
        hint = hints.get(parameter.name, parameter.annotation)
        wants = _wants(parameter.name, hint)
        # A parameter with a default that is neither is the factory's own affair.
        if wants is not None or parameter.default is inspect.Parameter.empty:
            yield parameter, wants or "config", hint


def _wants(name: str, hint: Any) -> str | None:
    origin = typing.get_origin(hint) or hint
    kind = hint if isinstance(hint, str) else getattr(origin, "__name__", "") or ""
    kind = kind.partition("[")[0].rpartition(".")[2]
    if kind in ("ServerRuntime", "_ExecutionRuntime", "_ReadRuntime"):
        return "server_runtime"
    if kind == "Runtime":
        return "runtime"
    if kind == "RunnableConfig" or name == "config":
        return "config"
    if name in ("runtime", "server_runtime"):
        return "server_runtime"
    return None


def _runtime(wants: str, hint: Any, context: Any, user: Any, access: str, store: BaseStore) -> Any:
    executing = access == "threads.create_run"
    schema = next(iter(typing.get_args(hint)), None)
    if wants == "runtime":
        from langgraph.runtime import Runtime

        return Runtime(context=coerce_context(schema, context) if executing else None, store=store)
    from langgraph_sdk import runtime

    if executing:
        return runtime._ExecutionRuntime(
            access_context=access, user=user, store=store, context=coerce_context(schema, context)
        )
    return runtime._ReadRuntime(access_context=access, user=user, store=store)
