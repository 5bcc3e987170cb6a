"""The 54 peoples, by code 01-54; all but Kinh are minorities ("DTTS")."""

from __future__ import annotations

from functools import cache

from shared.reference import lists
from shared.vietnamese import equality_key, match_key

KINH = "01"


def codes() -> tuple[str, ...]:
    """All codes in the official order."""
    return tuple(_rows())


def name_of(code: str) -> str | None:
    """The official name."""
    row = _rows().get(code)
    return row["name"] if row else None


def is_minority(code: str) -> bool:
    """Whether the code is one of the 53 minorities; false for unknown codes."""
    row = _rows().get(code)
    return row is not None and row["minority"] == "1"


def is_very_small(code: str) -> bool:
    """Whether the people has fewer than 10,000 members."""
    row = _rows().get(code)
    return row is not None and row["very_small"] == "1"


def code_of_name(name: str) -> str | None:
    """The code of a people by an official or other name; None when unknown or shared by several.

    Official names win over other names, marks over their absence ("Thái" is not "Thai").
    """
    for table, key in zip(_by_name(), (_spelled, _bare, _spelled, _bare), strict=True):
        found = table.get(key(name))
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _spelled(name: str) -> str:
    return equality_key(name.replace("-", " "))


def _bare(name: str) -> str:
    return "".join(c for c in match_key(name) if c.isalnum())


@cache
def _rows() -> dict[str, dict[str, str]]:
    return {row["code"]: row for row in lists.rows("ethnic_groups")}


@cache
def _by_name() -> tuple[dict[str, tuple[str, ...]], ...]:
    """Official names with and without marks, then other names with and without marks."""
    tables: tuple[dict[str, tuple[str, ...]], ...] = ({}, {}, {}, {})
    for code, row in _rows().items():
        others = [name.strip() for name in row["other_names"].split(";") if name.strip()]
        for place, names in ((0, [row["name"]]), (2, others)):
            for name in names:
                for table, key in ((tables[place], _spelled(name)), (tables[place + 1], _bare(name))):
                    if code not in table.get(key, ()):
                        table[key] = (*table.get(key, ()), code)
    return tables
