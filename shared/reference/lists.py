"""Reads the code lists that lie beside this module."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path


def rows(name: str) -> Iterator[dict[str, str]]:
    """The rows of a list by its file name without ".csv"; every value is text, empty when unknown."""
    with (_FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


_FOLDER = Path(__file__).with_name("data")
