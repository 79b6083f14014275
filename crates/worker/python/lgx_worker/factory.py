"""Graph factories: what a function that makes graphs is called with, and what it may answer with."""

from __future__ import annotations

import functools
import inspect
import re
import types
import typing
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from lgx_worker.context import coerce_context

if TYPE_CHECKING:
    from langgraph.store.base import BaseStore

    from lgx_worker.worker import Access

try:
    from langgraph._internal._config import DEFAULT_RECURSION_LIMIT as _RECURSION_LIMIT
except ImportError:  # where older versions of langgraph have none of their own
    from langchain_core.runnables.config import DEFAULT_RECURSION_LIMIT as _RECURSION_LIMIT  # type: ignore[assignment] # that one is of a subclass of int

_SECRET = re.compile("key|token|secret|password", re.IGNORECASE)


class Factory:
    """A function of the user's that is called for each operation with its config, its runtime, both or nothing."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self._parameters = list(_parameters(function))

    @asynccontextmanager
    async def make(
        self, config: dict[str, Any], context: Any, user: Any, access: Access, store: BaseStore
    ) -> AsyncIterator[Any]:
        """What the factory makes for one operation; it may be sync, async, or a context manager of either kind. Its
        config has every key that langgraph's own configs always have.
        """
        metadata = {**_as_metadata(config.get("configurable") or {}), **(config.get("metadata") or {})}
        defaults: dict[str, Any] = {"tags": [], "callbacks": None, "recursion_limit": _RECURSION_LIMIT}
        config = {**defaults, **config, "metadata": metadata}
        arguments: list[Any] = []
        named: dict[str, Any] = {}
        for name, wants, hint in self._parameters:
            value = config if wants == "config" else _runtime(wants, hint, context, user, access, store)
            if name is not None:
                named[name] = value
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


def _as_metadata(configurable: Mapping[str, Any]) -> dict[str, Any]:
    """What langgraph copies of `configurable` to the metadata: the ids of run, thread and graph, and other plain values, but no
    secrets, as metadata goes into traces.
    """
    return {
        key: value
        for key, value in configurable.items()
        if isinstance(value, (str, int, float)) and not key.startswith("__") and not _SECRET.search(key)
    }


def _parameters(function: Callable[..., Any]) -> Iterator[tuple[str | None, str, Any]]:
    """The parameters to pass: by which name, if not by their place, what each wants, and the annotation that says so."""
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
    names_of_module = _globals(function)
    by_place = True
    for parameter in parameters:
        wants, hint = _wanted(parameter, _evaluated(parameter.annotation, names_of_module))
        # Behind one that keeps its default the places are not theirs any more.
        by_place = by_place and wants is not None and parameter.kind is not inspect.Parameter.KEYWORD_ONLY
        if wants is not None:
            yield None if by_place else parameter.name, wants, hint


def _wanted(parameter: inspect.Parameter, annotation: Any) -> tuple[str | None, Any]:
    """What a parameter wants: `config`, `server_runtime`, `runtime` or nothing; its type says it, else its name."""
    for hint in _alternatives(annotation):
        if (wants := _by_type(hint)) is not None:
            return wants, hint
    if parameter.name in ("runtime", "server_runtime"):
        return "server_runtime", annotation
    # One with a default is the factory's own affair, unless nothing but the config could be meant.
    says_nothing = annotation is inspect.Parameter.empty and parameter.default is None
    if parameter.name == "config" or says_nothing or parameter.default is inspect.Parameter.empty:
        return "config", annotation
    return None, annotation


def _alternatives(annotation: Any) -> Iterator[Any]:
    """The types that an annotation allows, without what `Annotated` adds to them."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        yield from _alternatives(arguments[0])
    elif origin in (typing.Union, types.UnionType):
        for argument in arguments:
            yield from _alternatives(argument)
    else:
        yield annotation


def _by_type(hint: Any) -> str | None:
    if isinstance(hint, typing.ForwardRef):
        hint = hint.__forward_arg__
    if isinstance(hint, str):  # of names that only a type checker sees
        named = set(re.findall(r"\w+", hint))
    else:
        named = {getattr(typing.get_origin(hint) or hint, "__name__", None)}
    if named & {"ServerRuntime", "_ExecutionRuntime", "_ReadRuntime"}:
        return "server_runtime"
    if "RunnableConfig" in named:
        return "config"
    return "runtime" if "Runtime" in named else None


def _evaluated(annotation: Any, names: dict[str, Any]) -> Any:
    """An annotation that was written as a text, if it means something at run time."""
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, names)  # noqa: S307 - the user's own source, as `typing.get_type_hints` evaluates it
    except Exception:  # noqa: BLE001 - names that only a type checker sees
        return annotation


def _globals(function: Any) -> dict[str, Any]:
    """The names that the annotations of a function, a partial of one, or an object that can be called may use."""
    function = inspect.unwrap(function)
    while isinstance(function, functools.partial):
        function = function.func
    if not hasattr(function, "__globals__"):
        function = getattr(function, "__func__", type(function).__call__)
    return getattr(function, "__globals__", {})


def _runtime(wants: str, hint: Any, context: Any, user: Any, access: Access, store: BaseStore) -> Any:
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
