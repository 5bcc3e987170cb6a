"""The first half of judging records: decode and validate each, and keep plain values by event type.

What comes out holds nothing but texts, numbers and bytes in tuples, lists and dicts, so another process can
do this half (`reading_beside`) and hand it over for a tenth of what it costs; the second half is
`Applier.items`. This module imports only contracts, so that such a process starts quickly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from shared.contracts import EVENT_TYPES, ContractViolation
from shared.contracts.envelope import parse
from shared.messaging.log import Fields


class Verdicts(NamedTuple):
    """What is known of the records of a batch, by their places in it.

    `events`: by type the places and the columns that `build` takes. `faults`: place, message and code.
    """

    records: Sequence[Fields]
    events: dict[str, tuple[list[int], list[tuple[Any, ...]]]]
    faults: list[tuple[int, str, str]]


def verdicts_on(records: Sequence[Fields]) -> Verdicts:
    """Decode and validate. An event off its contract, or on a foreign topic, is a fault."""
    found: dict[str, tuple[list[int], list[tuple[Any, ...]]]] = {}
    faults = []
    for place, (topic, _, _, key, value, _) in enumerate(records):
        try:
            type_name, row = parse(value)
            if EVENT_TYPES[type_name].TOPIC.name != topic:
                raise ContractViolation("sự kiện không thuộc chủ đề này", code="wrong_topic")
            if row[3] != key:
                raise ContractViolation("khóa không phải chủ thể của sự kiện", code="wrong_key")
        except ContractViolation as fault:
            faults.append((place, fault.message, fault.code))
            continue
        try:
            places, rows = found[type_name]
        except KeyError:
            places, rows = found[type_name] = [], []
        places.append(place)
        rows.append(row)
    columns = {name: (places, list(zip(*rows, strict=True))) for name, (places, rows) in found.items()}
    return Verdicts(records, columns, faults)
