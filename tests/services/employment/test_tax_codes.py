"""Tax codes by hand: 0100109106 has 1*29 + 1*17 + 9*7 + 1*5 = 114 = 10*11 + 4, and 10 - 4 = 6."""

from __future__ import annotations

import pytest

from services.employment.tax_codes import has_right_check_digit, normalised


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("0100109106", "0100109106"),
        ("100109106", "0100109106"),
        ("0100109106-001", "0100109106-001"),
        ("0100109106001", "0100109106-001"),
        ("01 00109106", "0100109106"),
        ("000211000001", "000211000001"),
        ("100109107", None),
        ("12345", None),
        ("MST123", None),
    ],
)
def test_a_tax_code_is_read_in_its_usual_writings(written: str, code: str | None) -> None:
    assert normalised(written) == code


def test_the_tenth_digit_checks_the_nine_before_it() -> None:
    assert has_right_check_digit("0100109106")
    assert has_right_check_digit("0100109106-001")
    assert not has_right_check_digit("0100109107")
    assert has_right_check_digit("000211000001")
