"""Rows for SQLite in a few statements of many rows, instead of one step per row.

The driver gives up the interpreter for every step of a statement. With `executemany` a step is a row, and
whoever takes the interpreter meanwhile may keep it for 5 ms: beside one thread of pure Python 1,000 inserts
took 900 ms; as blocks they take 17 ms, and the other thread goes on while SQLite works.

Sizes are powers of two: any number of rows is at most ten statements beyond the largest, and there are only
ten texts per table, which the driver keeps compiled.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

LARGEST = 512
"""Rows. SQLite takes 32,766 parameters in one statement since 3.32, so a row has at most 63."""


def in_blocks(rows: Sequence[Sequence[Any]]) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """How many rows the next block has, and its parameters one after the other; in the order of `rows`."""
    begin = 0
    while left := len(rows) - begin:
        size = min(LARGEST, 1 << (left.bit_length() - 1))
        yield size, tuple(chain.from_iterable(rows[begin : begin + size]))
        begin += size
