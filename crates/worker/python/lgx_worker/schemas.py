"""The JSON Schemas of what goes in and comes out of a graph: all that can be described is, field by field.

langgraph describes a schema whole or not at all. One field is enough to lose it: a class that pydantic does not know, or
`NotRequired` inside `Annotated`, which is how middleware declares its state. So when the whole fails, the same schema is made
once more without such qualifiers, and a field that fails even then has no type.
"""

from __future__ import annotations

import contextlib
import dataclasses
import typing
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import typing_extensions
from langchain_core.utils.pydantic import create_model_v2
from langgraph.channels.base import BaseChannel
from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

if TYPE_CHECKING:
    from langgraph.pregel import Pregel

# typing and typing_extensions have the same ones only in the newest Pythons.
_QUALIFIERS = {
    getattr(module, name)
    for module in (typing, typing_extensions)
    for name in ("NotRequired", "Required", "ReadOnly")
    if hasattr(module, name)
}
_ANY_CLASS = ConfigDict(arbitrary_types_allowed=True)


def graph_schemas(graph: Pregel) -> dict[str, Any]:
    """The schemas of the graph's input, output, state and context; null for what cannot be described at all."""
    builder = getattr(graph, "builder", None)  # only graphs made of nodes and edges have one

    def made_of(name: str) -> Callable[[], dict[str, Any]]:
        return lambda: _by_field(getattr(builder, name))

    context = _first(graph.get_context_jsonschema, lambda: _by_field(graph.context_schema))
    return {
        "input_schema": _first(graph.get_input_jsonschema, made_of("input_schema")),
        "output_schema": _first(graph.get_output_jsonschema, made_of("output_schema")),
        "state_schema": _first(lambda: _state_schema(graph)),
        "config_schema": context if context is not None else {},
        "context_schema": context,
    }


def _first(*attempts: Callable[[], Any]) -> Any:
    """What the first attempt makes that does not fail.

    pydantic raises many kinds of exceptions, none of which is the graph's fault.
    """
    for attempt in attempts:
        with contextlib.suppress(Exception):
            return attempt()
    return None


def _state_schema(graph: Pregel) -> dict[str, Any]:
    """Every channel that the state has, none of them required."""
    hints = {
        key: channel.UpdateType
        for key in graph.stream_channels_list
        if isinstance(channel := graph.channels[key], BaseChannel)
    }

    def model(hints: Mapping[str, Any]) -> dict[str, Any]:
        fields = {key: (hint, None) for key, hint in hints.items()}
        made = create_model_v2(graph.get_name("State"), field_definitions=fields)
        return made.model_json_schema(schema_generator=_Untyped)

    return _with_usable(hints, model)


def _by_field(schema: Any) -> dict[str, Any]:
    """The schema of a TypedDict, a dataclass or a pydantic model, in which some fields cannot be described."""
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        return schema.model_json_schema(schema_generator=_Untyped)
    hints = typing_extensions.get_type_hints(schema, include_extras=True)
    again = _dataclass if dataclasses.is_dataclass(schema) else _typed_dict
    return _with_usable(hints, lambda hints: TypeAdapter(again(schema, hints)).json_schema(schema_generator=_Untyped))


def _with_usable(hints: Mapping[str, Any], make: Callable[[Mapping[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """What `make` makes of the hints without qualifiers, and without the types of those that fail."""
    hints = {key: unqualified(hint) for key, hint in hints.items()}
    try:
        return make(hints)
    except Exception:  # noqa: BLE001 - pydantic raises many kinds here
        return make({key: hint if _usable(hint) else Any for key, hint in hints.items()})


def _usable(hint: Any) -> bool:
    try:
        TypeAdapter(hint).json_schema()
    except Exception:  # noqa: BLE001 - pydantic raises many kinds here
        return False
    return True


def unqualified(hint: Any) -> Any:
    """A type without what only a TypedDict may say of it: `NotRequired`, `Required`, `ReadOnly`, also inside `Annotated`."""
    origin, arguments = typing_extensions.get_origin(hint), typing_extensions.get_args(hint)
    if origin in _QUALIFIERS:
        return unqualified(arguments[0])
    if origin is typing_extensions.Annotated:
        annotated: Any = typing_extensions.Annotated
        parts = (unqualified(arguments[0]), *arguments[1:])
        return annotated[parts]
    return hint


def _is_required(hint: Any) -> bool | None:
    """What the qualifiers of a type say, if they do."""
    origin, arguments = typing_extensions.get_origin(hint), typing_extensions.get_args(hint)
    if origin not in _QUALIFIERS and origin is not typing_extensions.Annotated:
        return None
    said = {"Required": True, "NotRequired": False}.get(getattr(origin, "_name", ""))
    return _is_required(arguments[0]) if said is None else said


def _typed_dict(schema: Any, hints: Mapping[str, Any]) -> Any:
    """A TypedDict like `schema` with other hints."""
    fields = {}
    for key, declared in typing_extensions.get_type_hints(schema, include_extras=True).items():
        # `__required_keys__` does not know of qualifiers in annotations that are texts.
        said = _is_required(declared)
        required = key in schema.__required_keys__ if said is None else said
        qualifier: Any = typing_extensions.Required if required else typing_extensions.NotRequired
        fields[key] = qualifier[hints[key]]
    made: Any = typing_extensions.TypedDict(schema.__name__, fields)  # type: ignore[misc] # made of what is only known here
    return _like(schema, made)


def _dataclass(schema: Any, hints: Mapping[str, Any]) -> Any:
    """A dataclass like `schema` with other hints."""
    fields = [
        (one.name, hints[one.name], dataclasses.field(default=one.default, default_factory=one.default_factory))
        for one in dataclasses.fields(schema)
    ]
    return _like(schema, dataclasses.make_dataclass(schema.__name__, fields, kw_only=True))


def _like(schema: Any, made: Any) -> Any:
    made.__doc__ = schema.__doc__
    made.__pydantic_config__ = _ANY_CLASS
    return made


class _Untyped(GenerateJsonSchema):
    """Leaves open what JSON Schema has no words for."""

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> JsonSchemaValue:
        return {}
