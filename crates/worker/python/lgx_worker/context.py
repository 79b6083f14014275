"""The runtime context: turning the JSON of a request into what a graph's `context_schema` asks for."""

from __future__ import annotations

import dataclasses
from typing import Any

from typing_extensions import is_typeddict


def coerce_context(schema: Any, context: Any) -> Any:
    """`context` as an instance of `schema`; keys that it does not have are dropped, as clients may send more."""
    if not isinstance(context, dict) or not isinstance(schema, type):
        return context
    if dataclasses.is_dataclass(schema):
        known = {field.name for field in dataclasses.fields(schema) if field.init}
        return schema(**{key: value for key, value in context.items() if key in known})
    if is_typeddict(schema):
        return {key: value for key, value in context.items() if key in schema.__annotations__}
    model: Any = schema
    if not hasattr(model, "model_validate"):
        return context
    if getattr(model, "model_config", {}).get("extra") == "forbid":
        names = {name for key, field in model.model_fields.items() for name in (key, field.alias)}
        context = {key: value for key, value in context.items() if key in names}
    return model.model_validate(context)
