"""Reads the code lists that lie beside this module."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from importlib import resources


def rows(name: str) -> Iterator[dict[str, str]]:
    """The rows of a list by its file name without ".csv"; every value is text, empty when unknown."""
    path = resources.files("shared.reference") / "data" / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)
