"""Vocational on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.vocational.service import SERVICE as VOCATIONAL
from tests.services.source_house import Sources, open_sources

INSTITUTIONS = """
    code | name              | kind      | commune_code | valid_from
    TT-1 | TT GDNN-GDTX      | GDNN-GDTX | 03390        | 2025-07-01
    CD-1 | Cao đẳng Lai Châu | CD        |              | 2025-07-01
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def house(database_url: str) -> Iterator[Sources]:
    """The service, with two institutions registered and their events gone."""
    with open_sources(database_url, VOCATIONAL) as sources:
        sources.load("institutions", INSTITUTIONS)
        sources.forget_events()
        yield sources
