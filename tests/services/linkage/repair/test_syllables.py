"""What the judge of readings takes for a syllable of standard spelling."""

from __future__ import annotations

import pytest

from services.linkage.repair.syllables import is_valid, is_written_plainly


@pytest.mark.parametrize("word", ["quốc", "nghiêng", "giêng", "yến", "hoạch", "khuỷu", "đạt", "ý"])
def test_a_syllable_is_known(word: str) -> None:
    assert is_valid(word)


@pytest.mark.parametrize("word", ["quôc", "quồc", "blơng", "ksor", "kan", "gê", "dương2", "nguyen", ""])
def test_what_is_no_syllable_is_known_too(word: str) -> None:
    assert not is_valid(word)


def test_a_syllable_without_its_marks_is_recognised() -> None:
    assert is_written_plainly("nguyen")
    assert is_written_plainly("quoc")
    assert not is_written_plainly("blong")
