"""Tax codes: ten digits with a check digit, ten and three for a branch, twelve for a household business.

The check digit of a ten-digit code is 10 - (weighted sum of the first nine digits mod 11), with the weights
31, 29, 23, 19, 17, 13, 7, 5, 3. Household businesses and individuals use their personal number since
01/07/2025; it is stored, but leaves the service in no event.
"""

from __future__ import annotations

import re

_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
_SEPARATORS = re.compile(r"[\s.]")
_FORM = re.compile(r"(\d{10})(?:-?(\d{3}))?")
_PERSONAL = re.compile(r"\d{12}")
_ONE_ZERO_LOST = re.compile(r"\d{9}")


def normalised(text: str) -> str | None:
    """A tax code as 0123456789, 0123456789-001 or twelve digits; None where the text is none.

    A leading zero that a sheet dropped is restored where the check digit agrees.
    """
    compact = _SEPARATORS.sub("", text)
    if not compact.isascii():
        return None
    if _PERSONAL.fullmatch(compact):
        return compact
    if _ONE_ZERO_LOST.fullmatch(compact):
        padded = f"0{compact}"
        return padded if has_right_check_digit(padded) else None
    found = _FORM.fullmatch(compact)
    if found is None:
        return None
    return found.group(1) if found.group(2) is None else f"{found.group(1)}-{found.group(2)}"


def has_right_check_digit(code: str) -> bool:
    """Whether the tenth digit agrees with the nine before it; true for twelve digits, which have none."""
    if _PERSONAL.fullmatch(code):
        return True
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, code[:9], strict=True))
    return 10 - total % 11 == int(code[9])
