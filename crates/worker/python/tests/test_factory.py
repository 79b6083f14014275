"""A graph factory gets the config and the runtime that its parameters ask for, however they are written."""

from __future__ import annotations

import asyncio
import functools
import typing
from typing import TYPE_CHECKING, Annotated, Any, Optional, Union

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime
from langgraph_sdk.runtime import ServerRuntime
from typing_extensions import TypedDict

from lgx_worker.factory import Factory

if TYPE_CHECKING:
    from nowhere import Thing  # type: ignore[import-not-found] # there is none, which is tried


class Context(TypedDict, total=False):
    name: str


def made_by(function: Any, config: dict[str, Any] | None = None) -> Any:
    """What the factory got, as it returns its arguments."""

    async def made() -> Any:
        store: Any = object()
        context = {"name": "ada", "other": 1}
        making = Factory(function).make(config or {}, context, None, "threads.create_run", store)
        async with making as graph:
            return graph

    return asyncio.run(made())


def plain(cfg: RunnableConfig):
    return cfg


def union(cfg: RunnableConfig | None = None):
    return cfg


def optional(cfg: Optional[RunnableConfig] = None):
    return cfg


def annotated(cfg: Annotated[Union[RunnableConfig, None], "mine"] = None):
    return cfg


def unknown(cfg: RunnableConfig | Thing | None = None):
    return cfg


def no_type(cfg):
    return cfg


def no_type_but_none(cfg=None):
    return cfg


def keyword(*, cfg: RunnableConfig | None = None):
    return cfg


def named(config=None):
    return config


def quoted(cfg: "Optional[RunnableConfig]" = None):
    return cfg


class Maker:
    def __call__(self, cfg: RunnableConfig | None = None):
        return cfg

    def method(self, cfg: Optional[RunnableConfig] = None):
        return cfg


# What the annotation is when the module does not make texts of all annotations.
def live(cfg=None):
    return cfg


live.__annotations__["cfg"] = Annotated[Optional[RunnableConfig], "mine"]


def forward(cfg=None):
    return cfg


forward.__annotations__["cfg"] = typing.Optional["RunnableConfig"]


@pytest.mark.parametrize(
    "function",
    [
        plain,
        union,
        optional,
        annotated,
        unknown,
        no_type,
        no_type_but_none,
        keyword,
        named,
        quoted,
        Maker(),
        Maker().method,
        functools.partial(union),
        live,
        forward,
    ],
)
def test_a_config_is_passed_whatever_the_parameter_is_called(function):
    assert made_by(function, {"configurable": {"k": 1}})["configurable"] == {"k": 1}


def server(what: ServerRuntime | None = None):
    return what


def typed_server(what: Optional[ServerRuntime[Context]] = None):
    return what


def own(what: Runtime[Context] | None = None):
    return what


def both(what: ServerRuntime | None = None, cfg: RunnableConfig | None = None):
    return what, cfg


def test_a_runtime_is_passed_with_its_context():
    assert made_by(server).execution_runtime.context == {"name": "ada", "other": 1}
    assert made_by(typed_server).execution_runtime.context == {"name": "ada"}
    assert made_by(own).context == {"name": "ada"}


def test_both_are_passed():
    runtime, config = made_by(both)
    assert runtime.access_context == "threads.create_run"
    assert config["recursion_limit"] > 0


def flag_first(flag: bool = True, cfg: RunnableConfig | None = None):
    return flag, cfg


def test_a_parameter_with_a_default_of_its_own_keeps_it():
    flag, config = made_by(flag_first, {"configurable": {"k": 1}})
    assert flag is True
    assert config["configurable"] == {"k": 1}

    def flagged(flag: bool = True):
        return flag

    assert made_by(flagged) is True


def test_a_config_has_the_keys_that_langgraphs_own_always_has():
    config = made_by(plain, {"tags": ["t"], "configurable": {}})
    assert config.keys() >= {"tags", "metadata", "callbacks", "recursion_limit", "configurable"}
    assert config["tags"] == ["t"]
    assert (config["metadata"], config["callbacks"]) == ({}, None)


def test_plain_values_of_configurable_are_in_the_metadata_too():
    configurable = {"thread_id": "t", "run_id": "r", "__after": 1, "api_key": "x", "user": {"name": "ada"}}
    config = made_by(plain, {"configurable": configurable, "metadata": {"run_id": "mine", "m": 1}})
    assert config["metadata"] == {"thread_id": "t", "run_id": "mine", "m": 1}
