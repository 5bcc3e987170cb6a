"""Employment on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.employment.service import SERVICE as EMPLOYMENT
from tests.services.source_house import Sources, open_sources


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def house(database_url: str) -> Iterator[Sources]:
    """The service, empty."""
    with open_sources(database_url, EMPLOYMENT) as sources:
        yield sources
