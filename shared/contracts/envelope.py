"""CloudEvents 1.0 in structured JSON: how an event looks on the wire.

Validation is on the hot path, so it is a fastjsonschema validator compiled once per type from the JSON
Schema that the contract gives; marshmallow stays at the edge, where a person reads the error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple, get_type_hints

import fastjsonschema
import orjson

from shared.contracts.base import EVENT_TYPES, Event
from shared.contracts.schema import json_schema, unwrap
from shared.errors import Invalid

SEQUENCE_DIGITS = 10


class ContractViolation(Invalid):
    """An event does not keep its contract; `str()` says where, without the values."""

    code = "contract_violation"


class Envelope(NamedTuple):
    """One event with the attributes that CloudEvents 1.0 gives it.

    A named tuple: one is made per event read, and a frozen dataclass takes four times as long to make.
    `id`: unique for ever. `source`: "/<owner>/<publisher>". `time`: aware UTC instant of recording.
    `subject`: the aggregate, also the partition key. `sequence`: 1, 2, 3 … per subject and topic
    (written as ten digits, so that it also sorts as text).
    """

    id: str
    source: str
    time: datetime
    subject: str
    sequence: int
    data: Event

    @property
    def publisher(self) -> str:
        """The organisation that the fact is from."""
        return self.source.rsplit("/", 1)[-1]


def encode(envelope: Envelope) -> bytes:
    """Bytes of a CloudEvents JSON document; raises `ContractViolation` for data off its contract."""
    data = envelope.data
    content = orjson.dumps(data)
    _check(type(data), orjson.loads(content), closed=True)
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": envelope.id,
            "source": envelope.source,
            "type": data.TYPE,
            "time": envelope.time,
            "subject": envelope.subject,
            "datacontenttype": "application/json",
            "sequence": f"{envelope.sequence:0{SEQUENCE_DIGITS}d}",
            "data": orjson.Fragment(content),
        }
    )


def decode(value: bytes) -> Envelope:
    """Read one event; fields unknown to this version are ignored.

    Raises `ContractViolation` for anything that is not a known, valid event.
    """
    try:
        document = orjson.loads(value)
        event_type = EVENT_TYPES.get(document["type"])
        if event_type is None:
            raise ContractViolation("loại sự kiện không có trong danh mục", code="unknown_type")
        data = document["data"]
        _check(event_type, data, closed=False)
        return Envelope(
            document["id"],
            document["source"],
            datetime.fromisoformat(document["time"]),
            document["subject"],
            int(document["sequence"]),
            _build(event_type, data),
        )
    except ContractViolation:
        raise
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as fault:
        raise ContractViolation(f"không đọc được sự kiện ({type(fault).__name__})") from fault


def _check(event_type: type[Event], data: Any, *, closed: bool) -> None:
    try:
        _validator(event_type.TYPE, closed)(data)
    except fastjsonschema.JsonSchemaValueException as fault:
        where = ".".join(str(part) for part in fault.path[1:]) or "data"
        raise ContractViolation(f"{event_type.TYPE}: {where} sai quy tắc {fault.rule}") from fault


@cache
def _validator(type_name: str, closed: bool) -> Callable[[Any], Any]:
    schema = json_schema(EVENT_TYPES[type_name], closed=closed)
    compiled: Callable[[Any], Any] = fastjsonschema.compile(schema, use_default=False)
    return compiled


@cache
def _field_names(type_name: str) -> frozenset[str]:
    return frozenset(field.name for field in fields(EVENT_TYPES[type_name]))  # type: ignore[arg-type]


@cache
def _converters(type_name: str) -> Sequence[tuple[str, Callable[[Any], Any]]]:
    """The fields whose JSON form is not their Python form, with what makes the one from the other."""
    converters: list[tuple[str, Callable[[Any], Any]]] = []
    for name, hint in get_type_hints(EVENT_TYPES[type_name]).items():
        inner, _ = unwrap(hint)
        if inner is date:
            converters.append((name, date.fromisoformat))
        elif isinstance(inner, type) and issubclass(inner, StrEnum):
            # A look-up takes a sixth of the time of a call of the class.
            converters.append((name, {member.value: member for member in inner}.__getitem__))
    return converters


def _build(event_type: type[Event], data: dict[str, Any]) -> Event:
    """The event of a validated document, whose values are replaced by their Python forms."""
    names = _field_names(event_type.TYPE)
    if not data.keys() <= names:
        data = {name: value for name, value in data.items() if name in names}
    for name, convert in _converters(event_type.TYPE):
        value = data.get(name)
        if value is not None:
            data[name] = convert(value)
    return event_type(**data)
