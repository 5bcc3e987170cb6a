"""Which records are compared at all: those that share a key of at least one blocking rule.

Each rule joins a few columns; its key is a signed 64-bit number, so that a database indexes it and Splink
joins on it (`l.key_NN = r.key_NN`, rule NN of the document). A record has no key of a rule of which it lacks
a column. Keys under which more than `OVERSIZE` records stand are skipped, online and in bulk alike: a
village where everybody is born on the first of January is then found through its other keys.

A key is the exclusive or of the hashes of its columns and of its rule (BLAKE2b, 64 bits, each salted with the
name of the column: Zobrist hashing), so that common values are hashed once, and the same rule runs over whole
columns in numpy. Keys are the same on every machine; a change of the rules is a new version of the document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from services.linkage.features import Features, by_columns

OVERSIZE = 40
"""The most records under one key that are still compared.

At 100,000 people 200 found 0.0003 more of the true pairs (dirty; normal 0.0001) with a fifth more pairs; at a
million its pairs grow with the square of the names: 66 million against 35 million (three sources).
"""

_CACHED = 1 << 15


@dataclass(frozen=True, slots=True)
class Rule:
    """One blocking rule. `parts`: each a column, or two with `|` between: the first that is known."""

    parts: tuple[str, ...]


def _rule(*parts: str) -> Rule:
    return Rule(parts)


RULES: tuple[Rule, ...] = (
    _rule("number|number_hint"),
    _rule("student"),
    _rule("phone"),
    _rule("name_sorted", "dob"),
    _rule("name_sorted", "birth_year"),
    _rule("name_sorted", "commune|split"),
    _rule("name", "village"),
    _rule("name", "birth_monthday"),
    _rule("given", "dob"),
    _rule("initials", "dob"),
    _rule("given", "birth_monthday", "commune|split"),
    _rule("given", "birth_monthday", "village"),
    _rule("given", "birth_year", "commune|split"),
    _rule("given", "birth_year", "village"),
    _rule("initials", "birth_year", "village"),
    _rule("family|marker", "given", "commune|split"),
    _rule("dob", "commune|split"),
    _rule("dob", "village"),
    _rule("given", "mother"),
    _rule("given", "father"),
    _rule("mother", "dob"),
    _rule("father", "dob"),
    _rule("mother", "father"),
    _rule("mother", "commune|split"),
    _rule("father", "commune|split"),
    _rule("family|marker", "birth_monthday", "commune|split"),
    _rule("family|marker", "dob", "sex"),
)
"""Rule NN of the settings document is `RULES[NN - 1]`."""

KEY_COLUMNS: tuple[str, ...] = tuple(f"key_{number:02d}" for number in range(1, len(RULES) + 1))
"""The names of the key columns, in the order of `RULES`."""

_PARTS: tuple[str, ...] = tuple(dict.fromkeys(part for rule in RULES for part in rule.parts))
_NOT_KNOWN = 0


def keys(record: Features) -> list[int]:
    """The keys of a record, one per rule for which it has every column, as signed 64-bit numbers."""
    return [key for key in key_columns(record) if key is not None]


def key_columns(record: Features) -> list[int | None]:
    """The key of each rule in order, None where the record lacks a column of it."""
    return _keys_of(record)  # type: ignore[no-any-return]


def key_table(records: Sequence[Features]) -> npt.NDArray[np.int64]:
    """The keys of many records: one row a record, one column a rule, 0 where there is none."""
    return key_table_of(by_columns(records), len(records))


def key_table_of(columns: Mapping[str, Sequence[Any]], size: int) -> npt.NDArray[np.int64]:
    """`key_table` of records that stand by columns (`features.by_columns`)."""
    hashed = {part: _hashed_column(columns, part) for part in _PARTS}
    known = {part: values != _NOT_KNOWN for part, values in hashed.items()}
    table = np.zeros((size, len(RULES)), dtype=np.int64)
    for number, rule in enumerate(RULES):
        first, *others = rule.parts
        key = hashed[first] ^ np.int64(_seed(number))
        complete = known[first]
        for part in others:
            key ^= hashed[part]
            complete = complete & known[part]
        table[:, number] = np.where(complete, key, _NOT_KNOWN)
    return table


def _hashed_column(columns: Mapping[str, Sequence[Any]], part: str) -> npt.NDArray[np.int64]:
    first, *others = part.split("|")
    values = columns[first]
    for column in others:
        values = [other if v is None else v for v, other in zip(values, columns[column], strict=True)]
    codes = {value: _NOT_KNOWN if value is None else _digest(part, value) for value in set(values)}
    return np.fromiter(map(codes.__getitem__, values), dtype=np.int64, count=len(values))


def _digest(part: str, value: Any) -> int:
    """64 bits of a value in its part of a rule, signed; never 0, which means "not known"."""
    text = f"{part}={value}"
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True) or 1


def _seed(number: int) -> int:
    """Where the mixing of a rule starts, so that two rules never share a key."""
    return _digest("rule", number + 1)


def _source() -> str:
    """The source of `_keys_of(record)`: written out, because it runs for every record."""
    lines = ["def _keys_of(record):"]
    names = {}
    for number, part in enumerate(_PARTS):
        names[part] = f"p{number}"
        first, *others = part.split("|")
        lines.append(f"    v = record.{first}")
        lines.extend(f"    if v is None: v = record.{other}" for other in others)
        lines.append(f"    p{number} = None if v is None else hash_{number}(v)")
    entries = []
    for number, rule in enumerate(RULES):
        parts = [names[part] for part in rule.parts]
        known = " or ".join(f"{part} is None" for part in parts)
        entries.append(f"        None if {known} else {_seed(number)} ^ {' ^ '.join(parts)},")
    return "\n".join([*lines, "    return [", *entries, "    ]"]) + "\n"


def _compiled() -> Any:
    scope: dict[str, Any] = {
        f"hash_{number}": lru_cache(maxsize=_CACHED)(partial(_digest, part))
        for number, part in enumerate(_PARTS)
    }
    exec(compile(_source(), "<blocking rules>", "exec"), scope)  # noqa: S102 own generated source
    return scope["_keys_of"]


_keys_of = _compiled()
