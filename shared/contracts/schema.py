"""marshmallow schemas and JSON Schema, derived from the event dataclasses.

Two readings of one contract: closed for writers (an unknown field is a mistake), tolerant for readers
(a field of a later version is ignored).
"""

from __future__ import annotations

import types
from dataclasses import MISSING, Field, fields
from datetime import date
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

import marshmallow as ma
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from shared.contracts.base import Event


def marshmallow_schema(event_type: type[Event]) -> type[ma.Schema]:
    """The marshmallow schema class of an event type (unknown fields refused)."""
    hints = get_type_hints(event_type)
    declared = {
        field.name: _field(hints[field.name], field)
        for field in fields(event_type)  # type: ignore[arg-type] # every event type is a dataclass
    }
    return ma.Schema.from_dict(declared, name=event_type.TYPE)


def json_schema(event_type: type[Event], *, closed: bool) -> dict[str, Any]:
    """JSON Schema (2020-12 vocabulary) of the `data` of an event type."""
    spec = APISpec(title="", version="", openapi_version="3.1.0", plugins=[MarshmallowPlugin()])
    spec.components.schema("data", schema=marshmallow_schema(event_type))
    schema: dict[str, Any] = spec.to_dict()["components"]["schemas"]["data"]
    schema["additionalProperties"] = not closed
    schema["title"] = event_type.TYPE
    schema["description"] = (event_type.__doc__ or "").strip()
    return schema


def _field(hint: Any, field: Field[Any]) -> ma.fields.Field[Any]:
    inner, optional = unwrap(hint)
    metadata = {key: value for key, value in field.metadata.items() if value is not None}
    if "unit" in metadata:
        metadata["description"] = f"{metadata['description']} Unit: {metadata.pop('unit')}."
    arguments: dict[str, Any] = {
        "required": field.default is MISSING,
        "allow_none": optional,
        "metadata": metadata,
    }
    if isinstance(inner, type) and issubclass(inner, StrEnum):
        return ma.fields.String(validate=ma.validate.OneOf([str(member) for member in inner]), **arguments)
    made: ma.fields.Field[Any] = _FIELDS[inner](**arguments)
    return made


def unwrap(hint: Any) -> tuple[Any, bool]:
    """The type inside `X | None`, and whether None is allowed."""
    if get_origin(hint) in (Union, types.UnionType):
        (inner,) = (argument for argument in get_args(hint) if argument is not type(None))
        return inner, True
    return hint, False


_FIELDS: dict[type, Any] = {
    str: ma.fields.String,
    int: lambda **arguments: ma.fields.Integer(strict=True, **arguments),
    bool: ma.fields.Boolean,
    date: ma.fields.Date,
}
