"""Rows in statements of many rows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.database.blocks import LARGEST, in_blocks


def test_blocks_are_powers_of_two_and_keep_the_order() -> None:
    assert list(in_blocks([(1, "a"), (2, "b"), (3, "c")])) == [(2, (1, "a", 2, "b")), (1, (3, "c"))]
    assert list(in_blocks([])) == []


@given(st.integers(0, 3 * LARGEST))
def test_every_row_is_in_one_block_and_there_are_few_sizes(count: int) -> None:
    blocks = list(in_blocks([(place,) for place in range(count)]))
    assert [place for _, values in blocks for place in values] == list(range(count))
    assert {size for size, _ in blocks} <= {2**power for power in range(10)}
    assert len([size for size, _ in blocks if size < LARGEST]) <= 9
