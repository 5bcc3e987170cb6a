"""The property that everything stands on: our scorers give exactly what Splink gives."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from random import Random

import numpy as np
import pytest

from services.linkage.features import COLUMNS, Features
from services.linkage.model import document as documents
from services.linkage.model import frequencies as tables
from services.linkage.model.batch import BatchScorer
from services.linkage.model.compiling import Scorer
from services.linkage.model.document import COMPARISONS, Document
from tests.services.linkage.model.records import PAO, anyone, changed, golden, hostile
from tests.services.linkage.model.splink_says import predicted

Pairs = Sequence[tuple[Features, Features]]


@pytest.fixture(scope="module")
def document() -> Document:
    return documents.shipped()


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    random = Random(20_261)  # noqa: S311
    return [
        *product(golden(), golden()),
        *((anyone(random), anyone(random)) for _ in range(1500)),
        *((_near(random), _near(random)) for _ in range(2500)),
        *((hostile(random), hostile(random)) for _ in range(500)),
    ]


@pytest.fixture(scope="module")
def frequencies(document: Document, pairs: Pairs) -> tables.Frequencies:
    return tables.from_records(document, (left for left, _ in pairs[::2]))


@pytest.fixture(scope="module")
def scorer(document: Document, frequencies: tables.Frequencies) -> Scorer:
    return Scorer(document, frequencies)


def _near(random: Random) -> Features:
    """`PAO` with three columns as of anybody: pairs of these come into the upper levels."""
    other = anyone(random)
    return changed(**{column: getattr(other, column) for column in random.sample(COLUMNS, 3)})


def test_weights_and_levels_are_those_of_splink_on_golden_random_and_hostile_pairs(
    document: Document, frequencies: tables.Frequencies, scorer: Scorer, pairs: Pairs
) -> None:
    expected = predicted(document, frequencies, pairs)
    seen: set[tuple[str, int]] = set()
    for (left, right), (weight, levels, rarity) in zip(pairs, expected, strict=True):
        scored = scorer.score(left, right)
        assert scored.levels == levels, (left, right)
        assert scored.weight_bits == pytest.approx(weight, abs=1e-6), (left, right)
        assert scored.name_tf_bits == pytest.approx(rarity, abs=1e-6), (left, right)
        seen |= set(zip(COMPARISONS, levels, strict=True))
    every = {
        (comparison.name, level.value) for comparison in document.comparisons for level in comparison.levels
    }
    assert every - seen == set(), "the pairs must reach every level"


def test_the_batch_gives_what_the_scorer_gives(
    document: Document, frequencies: tables.Frequencies, scorer: Scorer, pairs: Pairs
) -> None:
    batch = BatchScorer(document, frequencies)
    encoded = batch.encode([record for pair in pairs for record in pair])
    places = np.arange(len(pairs))
    found = batch.score(encoded, 2 * places, 2 * places + 1)
    expected = [scorer.score(left, right) for left, right in pairs]
    assert found.levels.tolist() == [list(scored.levels) for scored in expected]
    assert found.weight_bits == pytest.approx([scored.weight_bits for scored in expected], abs=1e-9)
    assert found.name_tf_bits == pytest.approx([scored.name_tf_bits for scored in expected], abs=1e-9)


def test_a_batch_larger_than_a_chunk_is_scored_to_its_end(
    document: Document, frequencies: tables.Frequencies
) -> None:
    batch = BatchScorer(document, frequencies)
    encoded = batch.encode([PAO, Features()])
    size = 150_001
    left = np.zeros(size, dtype=np.int64)
    right = np.zeros(size, dtype=np.int64)
    right[-1] = 1
    found = batch.score(encoded, left, right)
    assert found.weight_bits[-1] == pytest.approx(document.prior_bits)
    assert np.unique(found.weight_bits[:-1]).size == 1


def test_an_empty_batch_has_no_pairs(document: Document, frequencies: tables.Frequencies) -> None:
    batch = BatchScorer(document, frequencies)
    none = np.empty(0, dtype=np.int64)
    found = batch.score(batch.encode([]), none, none)
    assert found.levels.shape == (0, len(COMPARISONS))


def test_the_order_of_a_pair_does_not_matter(scorer: Scorer, pairs: Pairs) -> None:
    for left, right in pairs:
        one, other = scorer.score(left, right), scorer.score(right, left)
        assert one.levels == other.levels
        assert one.weight_bits == pytest.approx(other.weight_bits, abs=1e-9)


def test_nothing_known_says_nothing(document: Document, scorer: Scorer) -> None:
    scored = scorer.score(PAO, Features())
    assert scored == (document.prior_bits, (-1,) * len(COMPARISONS), 0.0)


@pytest.mark.parametrize(
    ("other", "comparison", "label"),
    [
        (changed(name_marked="giang a pao"), "name", "giống khi bỏ dấu"),
        (changed(name="a pao giang", name_marked="a páo giàng"), "name", "cùng âm tiết, khác thứ tự"),
        (
            changed(dob="2011-04-03", dob_swapped="2011-03-04", birth_monthday="04-03"),
            "birth",
            "đổi chỗ ngày và tháng",
        ),
        (
            changed(dob="2011-01-01", dob_swapped=None, birth_monthday="01-01", nominal=1),
            "birth",
            "cùng năm, một bên là 01/01 hoặc chỉ có năm",
        ),
        (
            changed(number="seal-2", number_masks=("m00", "z"), number_sorted="s"),
            "number",
            "lệch một chữ số",
        ),
        (changed(), "phone", "cùng số, cùng cha mẹ: một hộ, cha mẹ đã nói lên"),
        (changed(mother=None, father=None, parents=None), "phone", "cùng số"),
        (changed(home=None, village=None, father=None, parents=None), "place", "cùng xã, thiếu tên thôn"),
    ],
)
def test_what_offices_write_falls_into_the_level_made_for_it(
    document: Document, scorer: Scorer, other: Features, comparison: str, label: str
) -> None:
    value = scorer.score(PAO, other).levels[COMPARISONS.index(comparison)]
    assert document.comparison(comparison).level(value).label == label
