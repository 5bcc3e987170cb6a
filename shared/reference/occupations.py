"""The Vietnamese list of occupations (VSCO 2020): five levels, each code begins with its parent's."""

from __future__ import annotations

from functools import cache

from shared.reference import lists


def name_of(code: str) -> str | None:
    """The name of an occupation or group of any level."""
    return _names().get(code)


def is_known(code: str) -> bool:
    """Whether the list has the code, at any level."""
    return code in _names()


def group_of(code: str, level: int) -> str | None:
    """The group of that level (1 to 5) to which the code belongs; None when the code is shorter."""
    return code[:level] if len(code) >= level and is_known(code[:level]) else None


@cache
def _names() -> dict[str, str]:
    return {row["code"]: row["name"] for row in lists.rows("occupations")}
