from __future__ import annotations

from itertools import combinations
from random import Random

import numpy as np
import pytest

from services.linkage.features import COLUMNS, Features
from services.linkage.files.preparing import prepared
from services.linkage.files.records import Collecting
from services.linkage.model.apart import known_apart, known_apart_of_many
from services.linkage.sealing import Seal

SEAL = Seal(b"k" * 32)


def of(digits: str | None) -> Features:
    if digits is None:
        return Features(name="lo van an")
    sealed = SEAL.number(digits)
    return Features(number=sealed.number, number_masks=sealed.masks, number_sorted=sealed.sorted)


@pytest.mark.parametrize(
    ("one", "other", "one_source", "apart"),
    [
        ("000211123456", "000211987654", True, True),
        ("000211123456", "000211987654", False, False),  # two sources: one of them may err
        ("000211123456", "000211123456", True, False),
        ("000211123456", "000211123457", True, False),  # one digit mistyped
        ("000211123456", "000211123465", True, False),  # two digits in another order
        ("000211123456", "000211123467", True, True),  # two digits differ
        ("000211123456", None, True, False),
        (None, None, True, False),
    ],
)
def test_one_source_tells_two_people_by_whole_numbers(
    one: str | None, other: str | None, one_source: bool, apart: bool
) -> None:
    assert known_apart(of(one), of(other), one_source=one_source) is apart
    assert known_apart(of(other), of(one), one_source=one_source) is apart


@pytest.mark.parametrize("chunk", [7, 1 << 20])
def test_columns_say_what_records_say(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.linkage.model.apart._CHUNK", chunk)
    random = Random(4)  # noqa: S311 made-up numbers
    numbers = [f"00021112{random.randrange(40):04d}" for _ in range(60)] + [None] * 9
    random.shuffle(numbers)
    bare = [Features(number=digit, number_sorted=f"{digit}0") for digit in "ab"]  # without masks
    found = [*bare, *map(of, numbers)]
    collecting = Collecting({column: column for column in COLUMNS})
    half = len(found) // 2
    for source, part in enumerate((found[:half], found[half:])):
        nothing = [None] * len(part)
        names = [str(place) for place in range(len(part))]
        collecting.add(
            prepared(source, names, part, COLUMNS, listings=nothing, stages=nothing, happened_years=nothing)
        )
    records = collecting.records()
    pairs = list(combinations(range(len(found)), 2))
    left, right = (np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True))
    expected = [known_apart(found[a], found[b], one_source=(a < half) is (b < half)) for a, b in pairs]
    assert known_apart_of_many(records.codes, records.source, left, right).tolist() == expected
    assert 100 < sum(expected) < len(pairs) // 2
