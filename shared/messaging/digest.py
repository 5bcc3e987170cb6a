"""A digest of a table that does not depend on the order of its rows: to compare two ways to the same state.

Each row is hashed and the hashes are added (Bellare and Micciancio, "A new paradigm for collision-free
hashing", 1997: an incremental multiset hash), so a table of any size takes one pass and no sorting.
A column whose value may differ between two computations has `info={"digest": False}`.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy import Row, Table, select
from sqlalchemy.orm import Session

_BYTES = 32
_MODULUS = 1 << (8 * _BYTES)


@dataclass(frozen=True, slots=True)
class Digest:
    """Number of rows, and the sum of their hashes in hexadecimal."""

    rows: int
    value: str


def digest_of(session: Session, table: Table) -> Digest:
    """The digest of all rows as this transaction sees them."""
    columns = [column for column in table.c if column.info.get("digest", True)]
    total = rows = 0
    result = session.execute(select(*columns).execution_options(yield_per=2_000))
    for part in result.partitions():
        total += sum(map(_hashed, part))
        rows += len(part)
    return Digest(rows, f"{total % _MODULUS:0{2 * _BYTES}x}")


def _hashed(row: Row[Any]) -> int:
    text = orjson.dumps(tuple(row), default=_plain, option=orjson.OPT_NAIVE_UTC)
    return int.from_bytes(blake2b(text, digest_size=_BYTES).digest(), "little")


def _plain(value: Any) -> Any:
    """As text what JSON does not have. Instants are in UTC on every connection, with a zone or without."""
    return value.hex() if isinstance(value, bytes) else str(value)
